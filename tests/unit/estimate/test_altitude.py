"""Antennas stand on the ground: an altitude of the plan counts only against elevation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from peil.area.area import Area
from peil.stage.counted import Counted, PlanOfHours
from peil_models.footprint import FootprintSignalStrength
from tests.unit.estimate.test_presence import FOOTPRINT, HOURS, area, estimated, plan

ALTITUDES = np.linspace(200.0, 1000.0, 9)


def sectors() -> pd.DataFrame:
    """One weak sector on each mast, looking east."""
    return plan().assign(azimuth_deg=90.0, power_w=1.0)


def lofty_day(place: Area) -> Counted:
    """What sectors on flat ground count, with a plan that says they stand on hills."""
    flat = FootprintSignalStrength(**FOOTPRINT).fit(sectors(), place.tiles)
    houses = place.tiles["residential"].to_numpy()
    counts = np.round(flat.connection_probability_ @ (2700 * houses / houses.sum()))
    cells = sectors().assign(altitude_m=ALTITUDES)
    hours = [PlanOfHours(cells, np.arange(24), np.tile(counts[:, None], (1, 24)))]
    return Counted(hours, np.zeros(24), HOURS, np.zeros((2, 24)))


def unlocated_share(place: Area) -> float:
    """By the sum of posteriors: polygons, which the released mean may lean on, know no altitude."""
    return float(estimated(place, lofty_day(place)).run("sb", "0")[2]["unlocated_share"])


def test_without_elevation_an_altitude_lifts_no_antenna() -> None:
    place = replace(area(), has_elevation=False)
    assert place.placed(sectors().assign(altitude_m=ALTITUDES))["altitude_m"].isna().all()
    assert unlocated_share(place) <= 0.05


def test_with_elevation_an_altitude_is_that_of_the_plan() -> None:
    place = replace(area(), has_elevation=True)
    cells = place.placed(sectors().assign(altitude_m=ALTITUDES))
    assert cells["altitude_m"].to_list() == pytest.approx(ALTITUDES)
    assert unlocated_share(place) > 0.3  # on ground that lies 200 to 1000 m lower
