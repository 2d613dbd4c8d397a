"""What the boosting is told of some days does not depend on what is left out before them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from peil_models.crowding import CrowdingCalendar
from peil_models.crowding.expected import Expected
from peil_models.crowding.features import Features, ZoneHours
from peil_models.crowding.history import HourCube, hour_cube
from tests.unit.models.crowding.histories import history, hours, noisy, wave

N_DAYS = 126
HOLIDAYS = (date(2026, 4, 6), date(2026, 4, 27), date(2026, 5, 5))


def cube() -> HourCube:
    """Zone b has no nights, zone c begins in the tenth week."""
    rows = pd.concat(
        [
            history(noisy(1), N_DAYS, zones=("a",)),
            history(noisy(2, 0.3), N_DAYS, zones=("b",)),
            history(wave, N_DAYS, zones=("c",)),
        ],
        ignore_index=True,
    )
    at = rows["hour_at"]
    rows.loc[(rows["zone_id"] == "b") & (at.dt.hour < 6), "value"] = np.nan
    return hour_cube(rows[(rows["zone_id"] != "c") | (at >= at.iloc[0] + pd.Timedelta(days=70))])


def calendar(has_weather: bool) -> CrowdingCalendar:
    at = hours(N_DAYS)
    warm = np.random.default_rng(3).normal(12.0, 4.0, len(at))
    weather = pd.DataFrame({"hour_at": at, "warm_c": warm}) if has_weather else None
    return CrowdingCalendar(holidays=HOLIDAYS, weather=weather)


@pytest.mark.parametrize("has_weather", [False, True])
@pytest.mark.parametrize("first", [100, 118])
def test_days_that_are_asked_of_have_the_features_that_they_have_among_all(
    has_weather: bool, first: int
) -> None:
    names = ("warm_c",) if has_weather else ()
    zone, day = (grid.ravel() for grid in np.meshgrid(np.arange(3), np.arange(first, N_DAYS)))
    midnights = ZoneHours.whole_days(zone, day)
    evenings = ZoneHours(midnights.zone, midnights.day, midnights.hour, midnights.issued - 3)
    of_all = Features.of(cube(), calendar(has_weather))
    some = Features.of(cube(), calendar(has_weather), first)
    for places in (midnights, evenings):
        rows = of_all.rows(places, names)
        np.testing.assert_allclose(some.rows(places, names), rows, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(some.unit(places), of_all.unit(places))
        np.testing.assert_allclose(some.median(places), of_all.median(places))
    # and what lies far before them is not computed at all
    earlier = ZoneHours.whole_days(np.array([0]), np.array([10]))
    assert np.isfinite(of_all.median(earlier)).all() and np.isnan(some.median(earlier)).all()


def test_where_weeks_say_nothing_any_day_does_and_the_level_is_of_the_hours_that_are_there() -> (
    None
):
    six_days = history(lambda at: 100.0 + at.day_of_week.to_numpy(), 7)
    rows = six_days[six_days["hour_at"].dt.hour >= 6]
    expected = Expected.of(hour_cube(rows), np.zeros(7, bool))
    # a first Saturday and Sunday: of their kind none was there before
    np.testing.assert_allclose(expected.median[0, 5:, 12], [102.0, 102.5])
    assert np.isnan(expected.median[0, 5, 3]) and np.isnan(expected.profile[0, 5:]).all()
    np.testing.assert_allclose(expected.level[0, 5:], [102.0, 102.5])
    late = Expected.of(hour_cube(rows), np.zeros(7, bool), 5)
    np.testing.assert_allclose(late.level[0, 5:], [102.0, 102.5])
    np.testing.assert_allclose(late.median[0, 5:, 12], [102.0, 102.5])
