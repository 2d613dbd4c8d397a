"""A cell plan that is wrong: noticed by the night, told, and leaned on less."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from peil.area.area import area_of
from peil.charter import reading
from peil.charter.schema import Charter
from peil.commands import verbs
from peil.commands.demo import simulate_demo
from peil.estimate import estimated_day
from peil.estimate import night as nights
from peil.estimate.champion import default_footprint
from peil.estimate.presence import Estimation
from peil.pages import build
from peil.score import truth
from peil.stage.counted import Counted, counted_of
from peil.store.store import Store
from peil_models import scores
from peil_models.footprint import calibrate_footprint

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
DAY = date(2026, 3, 2)
NEXT = date(2026, 3, 3)
NOTICED = 0.45  # presence.polygons_misfit_min
WORLD = 17  # neither tuned on nor scored elsewhere


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Two days of 12 000 devices, staged."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEIL_DATA", str(tmp_path_factory.mktemp("wrong-plans")))
        for name in ("PEIL_DELIVERIES", "PEIL_TRUTH", "PEIL_PILOTS"):
            patch.delenv(name, raising=False)
        simulate_demo(12_000, 2, WORLD, WORLD, lambda what, share: None)
        for day in (DAY, NEXT):
            for verb in ("ingest", "stage"):
                list(verbs.take(verb, "demo", str(day)))
        yield Store()  # type: ignore[misc]


def sound(cells: pd.DataFrame) -> pd.DataFrame:
    return cells


def shuffled(cells: pd.DataFrame) -> pd.DataFrame:
    """Each cell has the power, the height and the tilt of another."""
    order = np.random.default_rng(1).permutation(len(cells))
    columns = ["power_w", "antenna_height_m", "tilt_deg"]
    return cells.assign(**{name: cells[name].to_numpy()[order] for name in columns})


def turned(cells: pd.DataFrame) -> pd.DataFrame:
    return cells.assign(azimuth_deg=(cells["azimuth_deg"] + 180.0) % 360.0)


def errors(made: Estimation, true: np.ndarray) -> dict[str, float]:
    by_day = slice(7, 21)
    return {
        name: scores.mape(
            true[:, by_day].ravel(),
            made._persons(name, estimates.zones)[0][:, by_day].ravel(),  # type: ignore[index]
        )
        for name, estimates in made.estimates.items()
    }


def test_a_wrong_plan_is_noticed_and_the_release_is_never_worse_than_the_simple_one(
    staged: Store,
) -> None:
    charter = reading.load("demo")
    area, whole = area_of(charter, staged), counted_of(charter, DAY, staged)
    present = truth.present(charter, area, DAY).present
    wide = present.pivot(index="zone_id", columns="hour_at", values="n_true")
    true = wide.loc[area.bottom()].to_numpy()
    night = nights.night_for(charter, DAY, staged)
    misfits = {}
    for change in (sound, shuffled, turned):
        plans = [replace(part, cells=change(part.cells)) for part in whole.plans]
        seen = Counted(plans, whole.withheld, whole.hours, whole.network)
        dark = seen.of_hours(night.today_hours)
        footprint = calibrate_footprint(
            area.placed(dark.cells),
            area.tiles,
            dark.devices,
            area.residents_per_tile(),
            default_footprint("demo"),
        )
        made = Estimation(charter, area, seen, footprint, night)
        misfits[change.__name__] = made.misfit_share
        found = errors(made, true)
        said = json.dumps({change.__name__: found})
        assert found["combined"] <= 1.02 * found["sb"], said
    assert misfits["sound"] < NOTICED < min(misfits["shuffled"], misfits["turned"]), misfits


def test_a_wrong_plan_is_told_on_the_statement_and_the_page_of_its_release(
    staged: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Released from a plan that is wrong, one way on one day and another on the next."""
    monkeypatch.setenv("PEIL_DATA", str(staged.settings.data))
    changes = {DAY: shuffled, NEXT: turned}

    def wrongly(charter: Charter, day: date, store: Store) -> Counted:
        whole = counted_of(charter, day, store)
        plans = [replace(part, cells=changes[day](part.cells)) for part in whole.plans]
        return Counted(plans, whole.withheld, whole.hours, whole.network)

    monkeypatch.setattr(estimated_day, "counted_of", wrongly)
    charter = reading.load("demo")
    misfits = {}
    for day in changes:
        for verb in ("estimate", "release"):
            list(verbs.take(verb, "demo", str(day)))
        folder = staged.released("demo", "presence", day)
        misfits[day] = json.loads((folder / "metadata.json").read_text())["misfit_share"]
        assert misfits[day] > NOTICED, misfits
        for language, begin in (("en", "The night of {}"), ("nl", "De nacht van {}")):
            text = (folder / f"statement.{language}.md").read_text(encoding="utf-8")
            assert begin.format(day) in text and f"{misfits[day]:.0%}"[:-1] + " %" in text
    page, _ = build.build(charter, staged)
    assert page is not None
    html = page.read_text(encoding="utf-8")
    assert f"The night of {DAY}, {NEXT} contradicts the cell plan" in html
    assert f"De nacht van {DAY}, {NEXT} spreekt het antenneplan" in html
