"""Rows: none is lost, each has one reason, and neither order nor key changes what is counted."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import staged_day
from staged_day import START, Day, Row, cell, crowd, event

from peil.adapters import transform
from peil.outcome import Refused
from peil.store.raw_tables import CELL_COLUMNS

COUNTED = "SELECT cell_id, hour_at, n_devices FROM int_devices_counted__by_cell_hour ORDER BY ALL"
WITHHELD = "SELECT hour_at, n_devices, n_entries FROM int_devices_withheld__by_hour ORDER BY ALL"
ACCOUNTED = (
    "SELECT file_name, outcome, reason, n_rows FROM int_rows_accounted__by_file_reason ORDER BY ALL"
)


def dirty(seed: int) -> tuple[list[Row], dict[tuple[int, int], str | None]]:
    """Three files of records with every fault, and the reason that each must be given.

    Written down by what was done to a record, not by the rules of the SQL.
    """
    chance = random.Random(seed)
    faults: dict[str, dict[str, object]] = {
        "cannot_parse": {"defect": "cannot_parse", "subscriber_id": None, "observed_at": None},
        "null_value": {"defect": "null_value", "subscriber_id": None},
        "identifier_in_wrong_column": {"cell_id": "204080123456789"},
        "out_of_range": {"observed_at": START + timedelta(days=1, seconds=5)},
        "late": {"observed_at": START - timedelta(seconds=5)},
        "no_network": {"mcc": None, "mnc": None},
        "no_location": {"cell_id": None},
        "unknown_cell": {"cell_id": "ghost"},
        "cell_not_valid": {"cell_id": "tomorrow"},
    }
    rows, expected = [], {}
    for number in range(2, 3002):
        file_id = chance.choice([1, 2, 3])
        # a second of its own for each, so that only a planted copy is a duplicate
        row = event(number, file_id=file_id, observed_at=START + timedelta(seconds=number))
        fault = chance.choice([*faults, *[None] * 12])
        rows.append(row | (faults[fault] if fault else {}))
        expected[file_id, number] = fault
        if fault is None and chance.random() < 0.1:
            copy = row | {"file_id": chance.randint(file_id, 3), "line": number + 10_000}
            rows.append(copy)
            expected[copy["file_id"], copy["line"]] = "duplicate"
    return rows, expected


def plan() -> list[Row]:
    later = START + timedelta(days=1)
    return [*[cell(f"c{n}") for n in range(4)], cell("tomorrow", valid_from=later)]


def test_every_delivered_row_is_staged_quarantined_for_its_reason_or_opted_out(
    tmp_path: Path,
) -> None:
    rows, expected = dirty(1)
    assert len(set(expected.values())) == 11  # every reason and none
    day = Day(tmp_path, rows, plan(), opted_out={1: 7, 4: 2})
    day.stage()
    assert day.reasons() == expected
    told = day.read(ACCOUNTED)
    wanted = Counter(
        (f"{file_id}.csv", "quarantined" if reason else "staged", reason)
        for (file_id, _), reason in expected.items()
    )
    for file_id in (1, 2, 3, 4):
        wanted[f"{file_id}.csv", "opted_out", None] = {1: 7, 4: 2}.get(file_id, 0)
        wanted[f"{file_id}.csv", "staged", None] += 0
    assert {(name, outcome, reason): n for name, outcome, reason, n in told} == dict(wanted)


def test_a_name_without_letter_or_digit_is_nobodys(tmp_path: Path) -> None:
    rows = [event(line) for line in range(2, 50)]
    day = Day(tmp_path, [*rows, event(50, subscriber_id="- -"), event(51, subscriber_id="+")])
    day.stage()
    assert Counter(day.reasons().values()) == {None: 48, "null_value": 2}


@pytest.mark.slow
def test_a_day_that_was_landed_before_cells_had_a_logistic_is_staged_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logistic = {"midpoint_dbm": -85.0, "steepness": 0.3}
    query = "SELECT midpoint_dbm, steepness FROM stg_operator__cells"
    new = Day(tmp_path / "new", [event(2)], [cell("c0", **logistic)])
    new.stage()
    assert new.read(query) == [(-85.0, 0.3)]
    before = {name: kind for name, kind in CELL_COLUMNS.items() if name not in logistic}
    monkeypatch.setattr(staged_day, "CELL_COLUMNS", before)
    old = Day(tmp_path / "old", [event(2)], [cell("c0")])
    old.stage()
    assert old.read(query) == [(None, None)]


def test_the_order_of_rows_and_the_pseudonym_key_change_no_figure(tmp_path: Path) -> None:
    rows, _ = dirty(2)
    rows += [row for hour in range(6) for row in crowd(14 + hour % 3, f"c{hour % 4}", hour, 20_000)]
    found, keys, devices = [], set(), set()
    for number in range(2):
        day = Day(tmp_path / str(number), list(rows), plan(), threshold=15)
        if number:
            random.Random(3).shuffle(day.events)
            day.cells.reverse()
        day.stage()
        keys.add(day.key("pseudonym").read_bytes())
        found.append((day.read(COUNTED), day.read(WITHHELD), day.read(ACCOUNTED), day.reasons()))
        devices |= {
            row[0] for row in day.read("SELECT DISTINCT device_id FROM stg_operator__events")
        }
    assert len(keys) == 2
    assert len(found[0][0]) > 3
    assert found[0] == found[1]
    of_one = len(devices) // 2
    assert of_one > 40
    assert len(devices) == 2 * of_one  # no pseudonym is shared between the keys


def test_fifteen_devices_are_counted_fourteen_are_withheld_and_a_repeat_counts_once(
    tmp_path: Path,
) -> None:
    rows = crowd(15, "c1", 8) + crowd(14, "c2", 8, 100)
    again = [row | {"line": row["line"] + 5000} for row in crowd(14, "c2", 8, 100)]
    later = [
        row | {"line": row["line"] + 6000, "observed_at": row["observed_at"] + timedelta(minutes=5)}
        for row in crowd(14, "c2", 8, 100)
    ]
    day = Day(tmp_path, rows + again + later)
    day.stage()
    hour = START + timedelta(hours=8)
    assert day.read(COUNTED) == [("c1", hour, 15)]
    assert day.read(WITHHELD) == [(hour, 14, 1)]
    tables = {name for (name,) in day.read("SELECT table_name FROM duckdb_tables()")}
    assert tables == {
        "stg_operator__batch",
        "stg_operator__cells",
        "int_cells_numbered",
        "int_kinds_kept",
        "int_devices_numbered",
        "int_events_classified",
        "int_devices_counted__by_cell_hour",
        "int_devices_counted__by_hour",
        "int_devices_withheld__by_hour",
        "int_rows_accounted__by_file_reason",
        "int_rows_counted__by_cell_hour",
        "int_devices_seen__by_hour",
    }


@pytest.mark.parametrize(
    ("start", "hours"),
    [(datetime(2026, 3, 28, 23, tzinfo=UTC), 23), (datetime(2026, 10, 24, 22, tzinfo=UTC), 25)],
)
def test_a_day_on_which_the_clock_changes_has_all_its_hours(
    tmp_path: Path, start: datetime, hours: int
) -> None:
    rows = [
        event(
            line=100 * (hour + 2) + n,
            subscriber_id=str(n),
            cell_id="c1",
            observed_at=start + timedelta(hours=hour, minutes=59, seconds=59),
        )
        for hour in range(-1, 26)
        for n in range(2)
    ]
    day = Day(tmp_path, rows, threshold=1, start=start, hours=hours)
    day.stage()
    assert [row[1] for row in day.read(COUNTED)] == [
        start + timedelta(hours=hour) for hour in range(hours)
    ]
    reasons = Counter(day.reasons().values())
    assert reasons == {None: 2 * hours, "late": 2, "out_of_range": 2 * (26 - hours)}


def test_a_file_whose_rows_do_not_add_up_is_refused_in_words_without_values(
    tmp_path: Path,
) -> None:
    rows = [event(line) for line in range(2, 50)]
    day = Day(tmp_path, rows, n_rows={1: 49})
    with pytest.raises(Refused, match="rows are accounted for exactly does not hold") as refused:
        day.stage()
    assert "20408" not in str(refused.value)


@pytest.mark.slow
def test_a_second_run_in_the_same_process_writes_its_own_file_only(tmp_path: Path) -> None:
    one = Day(tmp_path / "one", [event(line) for line in range(2, 50)])
    other = Day(tmp_path / "other", [event(line) for line in range(2, 20)])
    one.stage()
    before = (one.folder / ".day.staged.duckdb.part").read_bytes()
    other.stage()
    assert (one.folder / ".day.staged.duckdb.part").read_bytes() == before
    assert other.read("SELECT count(*) FROM stg_operator__events") == [(18,)]
    assert not list(tmp_path.rglob("*.wal"))
    assert not list(tmp_path.rglob("spill/*"))


def test_a_wrong_key_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    day = Day(tmp_path, [event(line) for line in range(2, 20)])
    day.land()
    (tmp_path / "keys" / "raw.key").unlink()
    with pytest.raises(Refused, match="does not open with its key"):
        transform.build(["path:models/staging"], day.session, tmp_path / "dbt")
    assert not (tmp_path / ".day.staged.duckdb.part").exists()
