"""Visitors wait for presence of their window, and read its figures where it has any."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from peil.charter.products import PRODUCTS
from peil.charter.windows import Window
from peil.estimate.linked import beside
from peil.outcome import Waiting
from peil.settings import Settings
from peil.store.atomic import write_json
from peil.store.store import Store
from tests.unit.estimate.test_linked_tables import HOURS, N_HOURS, ZONES, weighing

WINDOW = Window(date(2026, 3, 2), date(2026, 3, 3))
FIRST, SECOND = WINDOW.days()
VISITORS, FLOWS = PRODUCTS["visitors"], PRODUCTS["flows"]


def charter(register: object = "register") -> Any:
    return SimpleNamespace(pilot="p", area=SimpleNamespace(register_=register))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(beside, "_is_without_night", lambda of, day, store: False)
    return Store(Settings(data=tmp_path))


def estimate(store: Store, day: date) -> None:
    folder = store.estimated("p", day)
    folder.mkdir(parents=True)
    own = HOURS[:24] if day == FIRST else HOURS[24:]
    rows = [
        (zone, hour, name, n)
        for name, n in (("combined", 500.0), ("sb", 9.0))
        for zone in [*ZONES, "A"]
        for hour in own
    ]
    table = pd.DataFrame(rows, columns=["zone_id", "hour_at", "estimator", "n_persons"])
    table.loc[table["hour_at"] == own[3], "n_persons"] = np.nan
    table.to_parquet(folder / "est_presence__by_zone_hour.parquet")
    write_json(folder / "estimated.json", {"run_ids": {"combined": f"run of {day}"}})


def test_visitors_wait_until_presence_of_each_day_is_estimated(store: Store) -> None:
    estimate(store, FIRST)
    assert beside.without_presence(charter(), VISITORS, WINDOW, store) == [SECOND]
    with pytest.raises(Waiting, match="run `peil estimate p 2026-03-03`"):
        beside.presence_runs(charter(), VISITORS, WINDOW, store)
    for product, of in ((FLOWS, charter()), (VISITORS, charter(register=None))):
        assert beside.without_presence(of, product, WINDOW, store) == []
        assert beside.presence_runs(of, product, WINDOW, store) == {}
    estimate(store, SECOND)
    runs = beside.presence_runs(charter(), VISITORS, WINDOW, store)
    assert runs == {str(day): f"run of {day}" for day in WINDOW.days()}


def test_a_day_that_cannot_have_presence_is_not_waited_for(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    estimate(store, FIRST)
    monkeypatch.setattr(beside, "_is_without_night", lambda of, day, store: True)
    runs = beside.presence_runs(charter(), VISITORS, WINDOW, store)
    assert list(runs) == [str(FIRST)]
    persons = beside.presence_of(charter(), weighing().area, list(runs), HOURS, store)
    assert persons.shape == (len(ZONES), N_HOURS)
    expected = np.where((np.arange(N_HOURS) < 24) & (np.arange(N_HOURS) != 3), 500.0, np.nan)
    assert np.array_equal(persons, np.tile(expected, (len(ZONES), 1)), equal_nan=True)
