"""FlowETL's checks by name on a handful of rows that are counted by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

import peil.quality
from peil.quality import checks
from peil.quality import store as quality
from peil.quality.catalogue import CHECKS, FLOWETL, REASONS
from peil.quality.measuring import measure
from peil.settings import PROJECT
from peil.store.atomic import read_json, write_json
from tests.unit.quality.conftest import DAY, ROWS, Measured, text_of


def moment(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()  # type: ignore[misc, arg-type]


BY_HAND = {
    # FlowETL's, those that landed fields allow
    "count_added_rows": 14,
    "count_duplicated": 2,  # the records of 10:00:01 and of 10:20:00 came more than once
    "count_duplicates": 3,  # their repeats
    "count_imsis": 3,  # 1, 2 and 3
    "count_location_ids": 4,  # c1, c2, c3, zz
    "count_locatable_location_ids": 3,
    "count_locatable_events": 11,  # all but zz and the one without a cell
    "count_null_imsis": 1,
    "count_null_location_ids": 1,
    "earliest_timestamp": moment(2026, 3, 1, 22, 30),  # to the minute
    "latest_timestamp": moment(2026, 3, 2, 23, 10),
    # ours
    "n_files": 1,
    "n_rows_delivered": 15,
    "n_rows_opted_out": 1,
    "n_rows_staged": 4,
    "n_rows_before_day": 1,
    "n_rows_after_day": 1,
    "error_share": 10 / 14,
    "unlocated_share": 2 / 14,
    "rows_per_device": 4 / 3,
    "n_cells": 3,
    "n_cells_silent": 0,
    "n_hours_silent": 10,  # of 8..19, all but 10 and 11
    "n_rows_duplicate": 3,
    "n_rows_unknown_cell": 1,
    "n_rows_null_value": 1,
    "n_rows_no_location": 1,
    "n_rows_late": 1,
    "n_rows_out_of_range": 1,
    "n_rows_cannot_parse": 2,
    "duplicate_share": 3 / 14,
    "late_share": 1 / 14,
}


@pytest.fixture(scope="module")
def figures(measured: Measured) -> dict[tuple[Any, ...], Any]:
    return measured.run({"a.csv": text_of(ROWS)})


@pytest.mark.parametrize("check", sorted(BY_HAND))
def test_a_day_is_counted_as_by_hand(figures: dict[tuple[Any, ...], Any], check: str) -> None:
    assert figures[check, "day", "", None] == pytest.approx(BY_HAND[check], rel=1e-12)


@pytest.mark.parametrize(
    "check",
    sorted(
        set(BY_HAND)
        - {
            "count_duplicated",
            "count_imsis",
            "rows_per_device",
            "n_files",
            "n_cells",
            "n_cells_silent",
            "n_hours_silent",
        }
    ),
)
def test_the_only_file_is_counted_as_the_day(
    figures: dict[tuple[Any, ...], Any], check: str
) -> None:
    assert figures[check, "delivery", "a.csv", None] == pytest.approx(BY_HAND[check], rel=1e-12)


def test_every_reason_is_counted_and_they_add_up(figures: dict[tuple[Any, ...], Any]) -> None:
    by_reason = [figures[f"n_rows_{reason}", "day", "", None] for reason in REASONS]
    assert sum(by_reason) == BY_HAND["count_added_rows"] - BY_HAND["n_rows_staged"]
    macro = (PROJECT / "dbt_project/macros/rules.sql").read_text()
    assert all(f"'{reason}'" in macro for reason in REASONS)
    assert macro[macro.index("enum(") : macro.index("endmacro")].count("'") == 2 * len(REASONS)


def test_hours_are_counted_with_those_without_a_row(figures: dict[tuple[Any, ...], Any]) -> None:
    for check, by_hour in {
        "count_added_rows": {10: 5, 11: 4, 23: 1},
        "n_rows_staged": {10: 2, 11: 1, 23: 1},
        "count_imsis": {10: 2, 11: 1, 23: 1},
    }.items():
        for hour in range(24):
            assert figures[check, "hour", "", hour] == by_hour.get(hour, 0), (check, hour)
    assert figures["error_share", "hour", "", 10] == pytest.approx(3 / 5)
    assert figures["error_share", "hour", "", 9] is None


def test_regions_are_squares_and_small_counts_are_not_told(
    figures: dict[tuple[Any, ...], Any],
) -> None:
    assert figures["n_cells", "region", "E0.0N0.0", None] == 2
    assert figures["n_cells", "region", "E5.0N0.0", None] == 1
    assert figures["n_hours_silent", "region", "E0.0N0.0", None] == 10
    assert figures["n_hours_silent", "region", "E5.0N0.0", None] == 12
    assert figures["count_added_rows", "region", "E5.0N0.0", None] is None  # one row
    assert figures["n_rows_staged", "cell", "c1", None] is None  # two rows
    assert figures["n_rows_staged", "cell_hour", "c1", 10] is None
    assert figures["n_rows_staged", "cell_hour", "c1", 9] == 0


def test_every_figure_has_a_check_that_says_what_it_is(
    figures: dict[tuple[Any, ...], Any],
) -> None:
    assert {check for check, *_ in figures} <= set(CHECKS)
    assert len(FLOWETL) == 25  # FlowETL's 24 and, of the rows, those that come in
    assert all(check.says.strip() for check in CHECKS.values())


def test_no_place_is_anything_but_a_file_a_cell_of_the_plan_or_a_region(
    measured: Measured, figures: dict[tuple[Any, ...], Any]
) -> None:
    places = {place for _, scope, place, _ in figures if scope in ("cell", "cell_hour")}
    assert places == {"c1", "c2", "c3"}  # zz, which a row named, might have been anything
    content = quality.file_of(measured.tiny.store, "tiny", DAY, "figures").read_bytes()
    assert b"2040800" not in content and b"zz" not in content


def test_fifteen_rows_of_a_cell_and_hour_are_told_and_fourteen_are_not(
    measured: Measured,
) -> None:
    day = date(2026, 3, 3)
    rows = [(str(n % 9), f"2026-03-03 10:{n:02d}:00", "c1") for n in range(17) if n % 9]
    rows += [(str(n % 9), f"2026-03-03 12:{n:02d}:00", "c1") for n in range(16) if n % 9]
    figures = measured.run({"b.csv": text_of(rows)}, day)
    assert figures["n_rows_staged", "cell_hour", "c1", 10] == 15
    assert figures["n_rows_staged", "cell_hour", "c1", 12] is None
    assert figures["n_rows_staged", "cell", "c1", None] == 29


@pytest.mark.slow
def test_the_order_of_rows_and_files_changes_no_figure(measured: Measured) -> None:
    day, other = date(2026, 3, 4), date(2026, 3, 5)
    rows = [(who, at.replace("03-02", "03-04"), cell) for who, at, cell in ROWS]
    same = [
        (
            who,
            at.replace("03-02", "03-05").replace("03-03", "03-06").replace("03-01", "03-04"),
            cell,
        )
        for who, at, cell in ROWS
    ]
    rows = [
        (who, at.replace("03-03", "03-05").replace("03-01", "03-03"), cell)
        for who, at, cell in rows
    ]
    first = measured.run({"c.csv": text_of(rows[:6]), "d.csv": text_of(rows[6:])}, day)
    second = measured.run(
        {"c.csv": text_of(same[::-1][8:]), "d.csv": text_of(same[::-1][:8])}, other
    )
    differs = {key for key in first if key[1] != "delivery" and first[key] != second.get(key)}
    assert {check for check, *_ in differs} == {"earliest_timestamp", "latest_timestamp"}
    assert first.keys() - {k for k in first if k[1] == "delivery"} == (
        second.keys() - {k for k in second if k[1] == "delivery"}
    )
    assert first["count_duplicates", "day", "", None] == 3
    assert first["n_files", "day", "", None] == 2


def test_a_day_is_measured_once_and_again_when_what_it_rests_on_changes(
    measured: Measured, figures: dict[tuple[Any, ...], Any]
) -> None:
    tiny = measured.tiny
    assert measure(tiny.charter, DAY, tiny.store).status == "unchanged"
    assert peil.quality.measure("tiny", str(DAY)).status == "unchanged"
    file = quality.file_of(tiny.store, "tiny", DAY, "figures")
    before = file.read_bytes()
    manifest = tiny.store.raw_manifest("tiny", DAY)
    content = read_json(manifest)
    counted = {"count_imeis": 5.0, "max_duration": 60.0, "median_duration": 9.0}
    content["files"][0]["incoming"] = counted
    write_json(manifest, content)
    assert measure(tiny.charter, DAY, tiny.store).status == "done"
    counts = measured.figures()
    for check, value in counted.items():
        assert counts[check, "day", "", None] == counts[check, "delivery", "a.csv", None] == value
    del content["files"][0]["incoming"]
    write_json(manifest, content)
    measure(tiny.charter, DAY, tiny.store)
    assert file.read_bytes() == before


def test_a_fault_of_ours_quotes_no_value(
    measured: Measured, figures: dict[tuple[Any, ...], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from peil.quality.choices import limits_of

    bad = "SELECT subscriber_id::INTEGER FROM raw.main.events"
    monkeypatch.setitem(checks.passes.TABLES, "hours", bad)
    with pytest.raises(checks.CountError, match="could not make hours") as raised:
        checks.count(measured.tiny.charter, DAY, measured.tiny.store, limits_of("tiny"), 15)
    assert "20408" not in str(raised.value) and raised.value.__context__ is None
