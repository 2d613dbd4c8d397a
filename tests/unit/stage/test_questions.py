"""A day sorted by packed numbers has its order, and the question of complete rows can fail."""

from __future__ import annotations

import random
from pathlib import Path

import duckdb
import jinja2
import pytest

from peil.adapters import dbt_parsed

COLUMNS = ("device_no", "after_s", "cell_no", "type_no", "file_id", "line")
PACKED = "{{ sorted_once() }}"
PLAIN = "order by {{ order_of_the_day() }}"
# numbers at which the bits of one column meet those of the next, and the largest of each
EDGES: dict[str, list[int | None]] = {
    "device_no": [1, 2, 3, 65_536, 2**31 - 2],
    "after_s": [0, 1, 65_535, 65_536, 93_599],
    "cell_no": [1, 128, 255, 256, 257, 65_536, 2**24 - 2, None],
    "type_no": [1, 2, 255, 256, 2**28 - 1],
    "file_id": [0, 1, 2, 65_536, 2**28 - 1],
    "line": [1, 2, 65_536, 2**32 - 1],
}


def sql(text: str) -> str:
    """SQL of the project, as dbt renders it for DuckDB where tables have their own names."""
    project = Path(dbt_parsed.DBT_PROJECT)
    files = ("macros/rules.sql", "dialects/duckdb/dialect.sql", "dialects/duckdb/rows.sql")
    macros = "".join((project / file).read_text() for file in files)
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)
    return environment.from_string(macros + text).render(ref=lambda name: name)


def rows_of_a_day(n_rows: int) -> list[tuple[int | None, ...]]:
    """Kept rows with every edge, and rows that were set aside: nothing but file and line."""
    chance = random.Random(7)
    rows = [tuple(chance.choice(EDGES[name]) for name in COLUMNS) for _ in range(n_rows)]
    aside = [(None, None, None, None, *row[-2:]) for row in rows[: n_rows // 10]]
    return [*rows, *aside]


def test_packed_numbers_sort_as_the_columns_do() -> None:
    with duckdb.connect(":memory:") as opened:
        spelled = ", ".join(f"{name} BIGINT" for name in COLUMNS)
        opened.execute(f"CREATE TABLE day ({spelled})")
        marks = ", ".join("?" * len(COLUMNS))
        opened.executemany(f"INSERT INTO day VALUES ({marks})", rows_of_a_day(3000))
        every = [opened.execute(f"FROM day {sql(order)}").fetchall() for order in (PACKED, PLAIN)]
    assert every[0] == every[1]
    assert len(set(every[0])) > 2500


def test_a_line_for_which_there_is_no_room_is_an_error_and_no_other_order() -> None:
    with duckdb.connect(":memory:") as opened:
        opened.execute("CREATE TABLE day AS SELECT 1 AS device_no, 1 AS after_s, 1 AS cell_no")
        opened.execute("ALTER TABLE day ADD COLUMN type_no INTEGER DEFAULT 1")
        opened.execute("ALTER TABLE day ADD COLUMN file_id INTEGER DEFAULT 1")
        opened.execute(f"ALTER TABLE day ADD COLUMN line BIGINT DEFAULT {2**32}")
        with pytest.raises(duckdb.ConversionException):
            opened.execute(f"FROM day {sql(PACKED)}").fetchall()


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


@pytest.mark.parametrize("lie", LIES)
def test_a_kept_row_that_is_not_complete_is_found(lie: str) -> None:
    question = Path(dbt_parsed.DBT_PROJECT) / "tests" / "staged_events_are_complete.sql"
    with duckdb.connect(":memory:") as opened:
        for statement in [*SOUND, *([LIES[lie]] if LIES[lie] else [])]:
            opened.execute(str(statement))
        found = opened.execute(sql(question.read_text())).fetchall()
    assert bool(found) == (LIES[lie] is not None)
