"""A history is read once: what was kept of it says what the whole of it says."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from peil.charter import reading
from peil.store.store import Store
from peil.watch.outlook import figures, history
from peil.watch.outlook.figures import HourlyFigures
from tests.unit.watch.outlook.conftest import LOCAL, WEEK, Weeks, write_history

HOUR = pd.Timedelta(hours=1)
MONDAY = pd.Timestamp(WEEK, tz=LOCAL)
pytestmark = pytest.mark.usefixtures("tiny")


def read(store: Store) -> history.Past:
    """The history as it is kept, or read and kept."""
    return history.read(reading.load("tiny"), store)


@pytest.fixture
def year() -> Store:
    """A history of a year; an hour missing, one withheld, a zone that came late, one that went."""
    store = Store()
    write_history(store, weeks=52)
    file = store.history("tiny")
    table = pd.read_parquet(file)
    is_late = (table["zone_id"] == "C") & (table["hour_at"] < MONDAY - pd.Timedelta(days=300))
    table = table[~is_late].drop(index=[5]).reset_index(drop=True)
    table.loc[9, "n_persons"] = np.nan
    gone = table[table["zone_id"] == "A"].head(48).assign(zone_id="D")
    table = pd.concat([table, gone], ignore_index=True)
    table.sample(frac=1.0, random_state=0).to_parquet(file, index=False)
    return store


same = partial(pd.testing.assert_frame_equal, check_categorical=False)


def forbidden(*_: Any) -> Any:
    """Stands for reading the whole file."""
    raise AssertionError("the whole history was read")


def test_the_second_reading_does_not_read_the_file_and_says_the_same(
    year: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = read(year)
    whole = first.whole()
    monkeypatch.setattr(history, "_parsed", forbidden)
    again = read(year)
    same(again.near, first.near)
    assert again.near_from is not None and again.near_from > whole["hour_at"].min()
    same(whole, whole.sort_values(["zone_id", "hour_at"], ignore_index=True))
    since = whole[whole["hour_at"] >= again.near_from].reset_index(drop=True)
    same(again.near, since)
    assert again.zones == ("A", "B", "C", "D") and again.ends_at == MONDAY
    assert again.is_near(MONDAY - pd.Timedelta(days=7))  # of the week that it ends in
    assert again.first_at == whole["hour_at"].min()


def test_hashes_days_and_what_forecasts_look_at_are_those_of_the_whole(year: Store) -> None:
    past = read(year)
    whole = past.whole()
    at = list(pd.date_range(MONDAY, periods=3, freq="h"))
    released = pd.DataFrame({"zone_id": "A", "hour_at": at, "value": [7.0, 8.0, 9.0], "sd": 1.0})
    released["hour_at"] = released["hour_at"].dt.as_unit("s")
    near = history.in_order(past.near, released)
    every = history.in_order(whole, released)
    kept, plain = HourlyFigures(near, at, past=past), HourlyFigures(every, at)
    assert kept.zones == plain.zones and kept.first_at == plain.first_at
    long_ago = MONDAY - pd.Timedelta(days=200)
    for moment in (long_ago, MONDAY - 5 * HOUR, MONDAY, at[1], at[2] + HOUR):
        assert kept.hash_until(moment) == plain.hash_until(moment)
        assert kept.days_before(moment) == plain.days_before(moment)
        same(kept.all_until(moment), plain.until(moment))
        looked_at = plain.until(moment)["hour_at"] >= moment - history.LOOKED_BACK
        rows = kept.until(moment)
        rows = rows[rows["hour_at"] >= moment - history.LOOKED_BACK].reset_index(drop=True)
        same(rows, plain.until(moment)[looked_at].reset_index(drop=True))


def test_a_history_that_is_changed_is_read_again(year: Store) -> None:
    before, file = read(year), year.history("tiny")
    table = pd.read_parquet(file)
    table["n_persons"] += 1.0
    table.to_parquet(file, index=False)
    after = read(year)
    assert after.near["value"].sum() > before.near["value"].sum()
    assert after.digests != before.digests


@pytest.mark.parametrize("damaged", ["history.json", "near.parquet", "hours.parquet"])
def test_what_was_kept_and_is_damaged_is_made_again(year: Store, damaged: str) -> None:
    before = read(year)
    (file,) = year.outlook_model("tiny").glob(f"history/*/{damaged}")
    file.write_bytes(b"{")
    after = read(year)
    same(after.near, before.near)
    assert after.digests == before.digests


def test_of_hours_that_are_in_both_what_was_released_counts(weeks: Weeks) -> None:
    weeks.release(0)
    file = weeks.store.history("tiny")
    table = pd.read_parquet(file)
    table["hour_at"] += pd.Timedelta(days=3)
    table.to_parquet(file, index=False)
    both = figures.read(weeks.tiny.charter, weeks.store)
    since = both.frame[both.frame["hour_at"] >= MONDAY]
    assert len(since) == 24 * 3
    assert since["sd"].notna().all()
    assert both.days_before(MONDAY) == 67


def test_an_empty_history_says_nothing(tmp_path: Path) -> None:
    store = Store()
    write_history(store, weeks=1)
    file = store.history("tiny")
    pd.read_parquet(file).iloc[:0].to_parquet(file, index=False)
    for _ in range(2):
        past = read(store)
        assert past.zones == () and past.ends_at is None and past.near.empty
        assert HourlyFigures(past.near, [], past=past).days_before(MONDAY) == 0
