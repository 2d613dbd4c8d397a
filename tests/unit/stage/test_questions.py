"""A day sorted by packed numbers has its order, and the question of complete rows can fail."""

from __future__ import annotations

import random
from pathlib import Path

import duckdb
import jinja2
import pytest

from peil.adapters import dbt_parsed

COLUMNS = ("device_no", "after_s", "cell_no", "type_no", "file_id", "line")
ORDERED = """
    WITH packed AS ({{ packed('day') }}), sorted AS (SELECT * FROM packed {{ sorted_once() }})
    {{ unpacked('sorted') }}
"""
PLAIN = "SELECT * FROM day order by {{ order_of_the_day() }}"
START = "TIMESTAMPTZ '2026-03-02 00:00:00+01'"
BATCH = f"CREATE TABLE batch AS SELECT {START} AS day_start_at"
DAY = """CREATE TABLE day (
    file_id INTEGER, line BIGINT, reason {{ reason_type() }}, device_no INTEGER, after_s INTEGER,
    cell_no INTEGER, type_no INTEGER, observed_at TIMESTAMPTZ, kind_no INTEGER,
    timing_advance SMALLINT
)"""
# numbers at which the bits of one column meet those of the next, and the largest of each
EDGES: dict[str, list[int | None]] = {
    "device_no": [1, 2, 3, 65_536, 2**31 - 2],
    "after_s": [0, 1, 65_535, 65_536, 93_599],
    "cell_no": [1, 128, 255, 256, 257, 65_536, 2**24 - 2, None],
    "type_no": [1, 2, 255, 256, 2**28 - 2],
    "file_id": [0, 1, 2, 65_536, 2**28 - 1],
    "line": [1, 2, 65_536, 2**32 - 1],
}
# what the sort carries beside its order
CARRIED: dict[str, list[int | None]] = {
    "microseconds": [0, 1, 999_999],
    "kind_no": [1, 2, 2**28 - 2],
    "timing_advance": [0, 1, 3846, None],
}


def sql(text: str) -> str:
    """SQL of the project, as dbt renders it for DuckDB where tables have their own names."""
    project = Path(dbt_parsed.DBT_PROJECT)
    files = ("macros/rules.sql", "dialects/duckdb/dialect.sql", "dialects/duckdb/rows.sql")
    macros = "".join((project / file).read_text() for file in files)
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)
    names = {"ref": lambda name: name, "source": lambda _, name: name, "config": lambda **_: ""}
    return environment.from_string(macros + text).render(names)


def rows_of_a_day(n_rows: int) -> list[tuple[int | str | None, ...]]:
    """Kept rows with every edge, and rows that were set aside: nothing but file, line and why."""
    chance = random.Random(7)
    kinds = {**EDGES, **CARRIED}
    rows = [tuple(chance.choice(kinds[name]) for name in kinds) for _ in range(n_rows)]
    places = {row[:6]: row for row in rows}  # of one file and line there is one row
    kept = [(*row, None) for row in places.values()]
    reasons = ["cannot_parse", "late", "suspicious_move"]
    nothing = (None,) * 4
    aside = [(*nothing, *row[4:6], None, None, None, chance.choice(reasons)) for row in rows[:100]]
    return [*kept, *{row[4:6]: row for row in aside}.values()]


def a_day(opened: duckdb.DuckDBPyConnection, rows: list[tuple[int | str | None, ...]]) -> None:
    """Make the tables that an order of a day is asked of."""
    opened.execute(BATCH)
    opened.execute(sql(DAY))
    opened.executemany(
        "INSERT INTO day BY NAME SELECT ? AS device_no, ?::INTEGER AS after_s, ? AS cell_no, "
        "? AS type_no, ? AS file_id, ? AS line, "
        f"make_timestamptz(epoch_us({START}) + after_s::BIGINT * 1000000 + ?) AS observed_at, "
        "? AS kind_no, ? AS timing_advance, ? AS reason",
        rows,
    )


def test_packed_numbers_sort_as_the_columns_do_and_give_them_back() -> None:
    with duckdb.connect(":memory:") as opened:
        a_day(opened, rows_of_a_day(3000))
        every = [opened.execute(sql(order)).fetchall() for order in (ORDERED, PLAIN)]
        types = [opened.execute(f"DESCRIBE {sql(order)}").fetchall() for order in (ORDERED, PLAIN)]
    assert every[0] == every[1]
    assert types[0] == types[1]
    assert len(set(every[0])) > 2500


def test_a_line_for_which_there_is_no_room_is_an_error_and_no_other_order() -> None:
    with duckdb.connect(":memory:") as opened:
        a_day(opened, [(1, 1, 1, 1, 1, 2**32, 0, 1, 1, None)])
        with pytest.raises(duckdb.ConversionException):
            opened.execute(sql(ORDERED)).fetchall()


SOUND = [
    "CREATE TABLE int_events_classified AS FROM (VALUES "
    "(1, TIMESTAMPTZ '2026-03-02 08:00:00+00', 1, 1, NULL), "
    "(1, TIMESTAMPTZ '2026-03-02 08:30:00+00', 1, 1, NULL), "
    "(2, TIMESTAMPTZ '2026-03-02 09:00:00+00', NULL, 2, NULL), "
    "(NULL, NULL, NULL, NULL, 'late')) AS t (device_no, observed_at, cell_no, kind_no, reason)",
    "CREATE TABLE int_kinds_kept AS FROM (VALUES (1, 204, false, NULL), (2, 204, true, 262)) "
    "AS t (kind_no, mcc, is_outbound, visited_mcc)",
    "CREATE TABLE int_devices_numbered AS FROM (VALUES (1, 'x'), (2, 'y')) "
    "AS t (device_no, device_id)",
    "CREATE TABLE int_cells_numbered AS FROM (VALUES (1, 'a'), (2, 'b')) AS t (cell_no, cell_id)",
    "CREATE TABLE stg_operator__batch AS SELECT TIMESTAMPTZ '2026-03-02 00:00:00+00' AS "
    "day_start_at, TIMESTAMPTZ '2026-03-03 00:00:00+00' AS day_end_at",
]
HALF_PAST = "observed_at = TIMESTAMPTZ '2026-03-02 08:30:00+00'"
LIES = {
    "nothing": None,
    "no device": "UPDATE int_events_classified SET device_no = NULL WHERE " + HALF_PAST,
    "no moment": "UPDATE int_events_classified SET observed_at = NULL WHERE " + HALF_PAST,
    "the day before": "UPDATE stg_operator__batch SET day_start_at = TIMESTAMPTZ "
    "'2026-03-02 08:00:00.000001+00'",
    "the day after": "UPDATE stg_operator__batch SET day_end_at = TIMESTAMPTZ "
    "'2026-03-02 09:00:00+00'",
    "no network": "UPDATE int_kinds_kept SET mcc = NULL WHERE kind_no = 1",
    "a kind that is not there": "DELETE FROM int_kinds_kept WHERE kind_no = 2",
    "no cell": "UPDATE int_events_classified SET cell_no = NULL WHERE " + HALF_PAST,
    "abroad in a cell": "UPDATE int_events_classified SET cell_no = 2 WHERE kind_no = 2",
    "abroad nowhere": "UPDATE int_kinds_kept SET visited_mcc = NULL WHERE kind_no = 2",
    "home and abroad": "UPDATE int_kinds_kept SET visited_mcc = 262 WHERE kind_no = 1",
    "a device without name": "DELETE FROM int_devices_numbered WHERE device_no = 2",
    "a cell without name": "DELETE FROM int_cells_numbered WHERE cell_no = 1",
}


def answers(question: str, statements: list[str]) -> list[object]:
    """What a question of the project finds in tables that are made so."""
    file = Path(dbt_parsed.DBT_PROJECT) / "tests" / f"{question}.sql"
    with duckdb.connect(":memory:") as opened:
        for statement in statements:
            opened.execute(statement)
        return opened.execute(sql(file.read_text())).fetchall()


@pytest.mark.parametrize("lie", LIES)
def test_a_kept_row_that_is_not_complete_is_found(lie: str) -> None:
    found = answers("staged_events_are_complete", [*SOUND, *filter(None, [LIES[lie]])])
    assert bool(found) == (LIES[lie] is not None)


LANDED = [
    "CREATE TABLE events AS SELECT n % 3 AS file_id, n // 3 + 2 AS line FROM range(900) AS t (n)",
    "CREATE TABLE int_events_classified AS FROM events ORDER BY hash(line)",
]
OTHER_LINES = {
    "nothing": ("SELECT 1", []),
    "a line twice": ("INSERT INTO int_events_classified VALUES (1, 7)", [1]),
    "a line less": ("DELETE FROM int_events_classified WHERE file_id = 2 AND line = 7", [2]),
    "a line for another": ("UPDATE int_events_classified SET line = 8 WHERE line = 7", [0, 1, 2]),
    "a file for another": (
        "UPDATE int_events_classified SET file_id = 1 WHERE file_id = 0 AND line = 7",
        [0, 1],
    ),
    "no line of a file": ("DELETE FROM int_events_classified WHERE file_id = 2", [2]),
    "a file of no delivery": ("INSERT INTO int_events_classified VALUES (3, 7)", [3]),
}


@pytest.mark.parametrize("lie", OTHER_LINES)
def test_lines_that_are_not_those_landed_are_found(lie: str) -> None:
    statement, of_files = OTHER_LINES[lie]
    found = answers("landed_lines_are_classified_once", [*LANDED, statement])
    assert sorted(found) == [(file_id,) for file_id in of_files]
