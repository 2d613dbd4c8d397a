"""An hour of which no cell has a row: found by SQL, a closed gate, no plan and no figure."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from expectations.hours import UNOBSERVED
from peil import gates
from peil.charter import reading
from peil.outcome import Refused
from peil.settings import settings
from peil.stage.counted import counted_of, unobserved_hours

SILENT = range(9, 15)  # UTC hours of the day: 10 to 16 h by the local clock


def without(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[~frame["hour_at"].dt.hour.isin(SILENT)]


@pytest.fixture
def outage(batch: Any) -> Any:
    """No cell has a row from 10 to 16 h."""
    for table in ("stg_operator__events", "int_devices_counted__by_cell_hour"):
        batch.staged[table] = without(batch.staged[table])
    batch.write("staged")
    return batch


def accept(folder: Path, monkeypatch: pytest.MonkeyPatch, n_hours: int) -> None:
    key = "pilot.small.expectations.staged_unobserved_hours_max_stop"
    words = 'unit = "hours"\nreason = "a test"\nreference = "docs/quality.md"\n'
    text = f"{settings().methods.read_text()}\n[{key}]\nvalue = {n_hours}\n{words}"
    (folder / "methods.toml").write_text(text)
    monkeypatch.setenv("PEIL_METHODS", str(folder / "methods.toml"))


def test_an_outage_closes_the_gate_with_its_hours_unless_the_pilot_accepts_them(
    outage: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = gates.check("staged", outage.pilot, outage.day)
    assert [finding.expectation for finding in report.stopped] == ["no_hour_is_unobserved"]
    words = report.refusal(outage.store)
    assert "n_hours_unobserved 6, first_unobserved_h 10, unobserved_until_h 16" in words
    assert "local time without an offset" in words
    assert "staged_unobserved_hours_max_stop of the pilot in methods.toml" in words
    accept(tmp_path, monkeypatch, 6)
    report = gates.check("staged", outage.pilot, outage.day)
    assert report.is_open
    assert "every_hour_has_devices" in [finding.expectation for finding in report.noted]


def test_what_is_counted_says_which_hours_were_not_observed(outage: Any) -> None:
    charter = reading.load(outage.pilot)
    counted = counted_of(charter, outage.day, outage.store)
    assert counted.unobserved == list(range(10, 16))
    hours = np.concatenate([plan.hours for plan in counted.plans])
    assert sorted(hours) == [*range(10), *range(16, 24)]
    silent = [outage.hours[number] for number in range(10, 16)]
    assert unobserved_hours(charter, outage.day, outage.store) == silent
    table = pd.DataFrame({"hour_at": list(outage.hours) * 2, "n_persons": 0.0, "run_id": "r"})
    masked = counted.unobserved_as_missing(table)
    assert set(masked.loc[masked["n_persons"].isna(), "hour_at"]) == set(silent)
    assert masked["n_persons"].notna().sum() == 36 and set(masked["run_id"]) == {"r"}


def test_a_withheld_hour_was_observed(batch: Any) -> None:
    table = "int_devices_counted__by_cell_hour"
    batch.staged[table] = batch.staged[table].iloc[8:]  # few devices in the first hour
    batch.write("staged")
    assert counted_of(reading.load(batch.pilot), batch.day, batch.store).unobserved == []


def test_a_day_without_any_row_is_refused_in_a_sentence(batch: Any) -> None:
    batch.staged["stg_operator__events"] = batch.staged["stg_operator__events"].iloc[:0]
    batch.write("staged")
    with pytest.raises(Refused, match="no hour was observed"):
        counted_of(reading.load(batch.pilot), batch.day, batch.store)


def test_the_hours_that_clocks_repeat_are_told_apart_from_an_outage() -> None:
    """The autumn night in a local feed: neither 02 h could be read; and noon is silent too."""
    with duckdb.connect() as opened:
        start = datetime(2026, 10, 24, 22, tzinfo=UTC)
        opened.execute(
            "CREATE TABLE this_batch AS SELECT 25 AS n_hours, ?::TIMESTAMPTZ AS day_start_at, "
            "'Europe/Amsterdam' AS time_zone",
            [start],
        )
        opened.execute(
            "CREATE TABLE staged_cells__heard AS SELECT 'c' AS cell_id, h AS hour_of_day "
            "FROM range(25) AS t(h) WHERE h NOT IN (2, 3, 13)"
        )
        assert opened.execute(UNOBSERVED).fetchall() == [(3, 2, 13, 2)]
