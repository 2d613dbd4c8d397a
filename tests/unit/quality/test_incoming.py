"""Refused fields are counted on the way in, by hand-checked numbers, and nothing else is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from pydantic import ValidationError

from peil.charter.schema import Delivery
from peil.ingest import counted_fields
from peil.outcome import Refused

# IMSI, IMEI, number, counterpart, duration, goes out
ROWS = [
    ("i1", "t1", "n1", "n9", "60", "t"),
    ("i1", "t1", "n2", "n9", "10", "f"),
    ("i2", "t1", "n3", "", "0", "true"),
    ("i2", "t2", "n3", " ", "no", "FALSE"),
    ("", " ", "n3", "n1", None, "t"),
    ("i3", None, None, "n1", "20", None),
]
ALL = {
    "imei": "IMEI",
    "imsi": "IMSI",
    "msisdn": "NUMBER",
    "counterpart": "B",
    "duration": "SECONDS",
    "outgoing": "OUT",
}
BY_HAND = {
    "count_imsis": 3,
    "count_null_imsis": 1,
    "count_imeis": 2,
    "count_null_imeis": 2,
    "count_msisdns": 3,
    "max_msisdns_per_imei": 3,  # t1: n1, n2, n3
    "max_msisdns_per_imsi": 2,  # i1: n1, n2
    "count_null_counterparts": 2,
    "count_added_rows_outgoing": 3,
    "count_added_rows_incoming": 2,
    "count_onnet_msisdns": 3,
    "count_onnet_msisdns_outgoing": 2,  # n1, n3
    "count_onnet_msisdns_incoming": 2,  # n2, n3
    "count_null_durations": 2,
    "max_duration": 60,
    "median_duration": 15,
}


def delivery(counted: dict[str, str], **columns: str) -> Delivery:
    return Delivery(reader="generic", path="a.csv", columns=columns, counted=counted)  # type: ignore[arg-type]


@pytest.fixture
def opened() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as database:
        database.execute(
            "CREATE TABLE file (IMSI VARCHAR, IMEI VARCHAR, NUMBER VARCHAR, B VARCHAR, "
            "SECONDS VARCHAR, OUT VARCHAR)"
        )
        database.executemany("INSERT INTO file VALUES (?, ?, ?, ?, ?, ?)", ROWS)
        yield database


def test_all_that_is_named_is_counted_as_by_hand(opened: duckdb.DuckDBPyConnection) -> None:
    assert counted_fields.count(opened, "file", delivery(ALL)) == BY_HAND


def test_the_order_of_rows_changes_nothing(opened: duckdb.DuckDBPyConnection) -> None:
    backwards = "(SELECT * FROM file ORDER BY rowid DESC)"
    assert counted_fields.count(opened, backwards, delivery(ALL)) == BY_HAND


def test_without_a_name_nothing_is_counted(opened: duckdb.DuckDBPyConnection) -> None:
    assert counted_fields.count(opened, "no such table", delivery({}, subscriber_id="IMSI")) == {}


@pytest.mark.parametrize(
    ("counted", "checks"),
    [
        ({"imei": "IMEI"}, {"count_imeis", "count_null_imeis"}),
        (
            {"imei": "IMEI", "msisdn": "NUMBER"},
            {
                "count_imeis",
                "count_null_imeis",
                "count_msisdns",
                "max_msisdns_per_imei",
                "max_msisdns_per_imsi",
            },
        ),
        ({"duration": "SECONDS"}, {"count_null_durations", "max_duration", "median_duration"}),
        ({"counterpart": "B"}, {"count_null_counterparts"}),
    ],
)
def test_what_the_named_columns_allow_is_counted(
    opened: duckdb.DuckDBPyConnection, counted: dict[str, str], checks: set[str]
) -> None:
    """The subscriber is the IMSI; itself it is landed, and counted after staging."""
    counts = counted_fields.count(opened, "file", delivery(counted, subscriber_id="IMSI"))
    assert set(counts) == checks
    assert counts == {check: BY_HAND[check] for check in checks}


def test_a_landed_number_is_the_number_of_its_telephone(
    opened: duckdb.DuckDBPyConnection,
) -> None:
    counts = counted_fields.count(
        opened, "file", delivery({"imsi": "IMSI", "imei": "IMEI"}, subscriber_id="NUMBER")
    )
    assert counts["max_msisdns_per_imei"] == 3 and counts["count_imsis"] == 3
    assert "count_msisdns" not in counts


def test_who_opted_out_is_in_no_count(opened: duckdb.DuckDBPyConnection) -> None:
    opened.execute("UPDATE file SET IMSI = ' +31 6-1' WHERE IMSI = 'i1'")
    opened.execute("CREATE TEMP TABLE opted_out AS SELECT '3161' AS subscriber_id")
    named = delivery({"imei": "IMEI", "duration": "SECONDS"}, subscriber_id="IMSI")
    counts = counted_fields.count(opened, "file", named)
    assert counts["max_duration"] == 20 and counts["count_null_imeis"] == 2
    # without the subscriber's column nobody can be left out, so nobody is counted
    assert counted_fields.count(opened, "file", delivery({"imei": "IMEI"})) == {}


def test_a_column_name_is_a_name_and_no_sql(opened: duckdb.DuckDBPyConnection) -> None:
    opened.execute('ALTER TABLE file RENAME COLUMN IMEI TO "I""M); DROP TABLE file; --"')
    named = delivery({"imei": 'I"M); DROP TABLE file; --'})
    assert counted_fields.count(opened, "file", named)["count_imeis"] == 2
    assert opened.execute("SELECT count(*) FROM file").fetchone() == (6,)


def test_a_column_that_is_not_there_is_named(opened: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(Refused, match=r"lacks the column TAC: correct `inputs.events.counted.imei"):
        counted_fields.count(opened, "file", delivery({"imei": "TAC"}))


def test_a_charter_names_known_fields_only() -> None:
    with pytest.raises(ValidationError, match="counted"):
        delivery({"contact": "B"})


def test_files_of_a_day_are_put_together() -> None:
    entries: list[dict[str, Any]] = [
        {"count_imeis": 2.0, "count_null_imeis": 1.0, "max_duration": 9.0, "median_duration": 4.0},
        {"count_imeis": 3.0, "max_duration": 7.0, "median_duration": 5.0},
        {},
    ]
    assert counted_fields.of_day(entries) == {
        "count_imeis": 5.0,
        "count_null_imeis": 1.0,
        "max_duration": 9.0,
    }
    assert counted_fields.of_day(entries[:1]) == entries[0]
