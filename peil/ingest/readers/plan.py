"""Reading a cell plan whole or not at all: as text first, then typed, and the first fault refuses.

The readers of cell plans share this; which delivered column is which is theirs to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from peil.area.separators import seen_instead
from peil.charter.schema import Delivery
from peil.ingest.readers import generic
from peil.ingest.readers.opening import NO_FOLDERS
from peil.outcome import Refused

TEXT = "plan_text"  # the temporary table that `whole` makes; `_line` is the record's line


@dataclass(frozen=True)
class PlanField:
    """One canonical column: the delivered column, its text and its value as SQL."""

    theirs: str
    text: str
    value: str


def names_of(connection: duckdb.DuckDBPyConnection, file: Path, delivery: Delivery) -> list[str]:
    """Column names of a CSV or Parquet file, in order.

    Raises
    ------
    Refused
        Empty, not UTF-8, or a gzip that breaks off.
    """
    if generic.is_parquet(file):
        relation = f"read_parquet({generic.place(file)}, {NO_FOLDERS})"
        return list(connection.sql(f"SELECT * FROM {relation} LIMIT 0").columns)
    return generic.header(file, delivery.separator)


def mapped(
    connection: duckdb.DuckDBPyConnection,
    file: Path,
    delivery: Delivery,
    usual: Mapping[str, str],
    needed: tuple[str, ...],
    kind: str,
) -> tuple[dict[str, str], list[str]]:
    """Which delivered column is which: the format's own names, the charter's where it says so.

    Returns
    -------
    tuple
        Canonical name → delivered name, of those that the file has; and all delivered names.

    Raises
    ------
    Refused
        A needed column, or one that the charter names, is not there.
    """
    names = names_of(connection, file, delivery)
    spelled = {**usual, **delivery.columns}
    for ours in (*needed, *delivery.columns):
        if spelled[ours] not in names:
            raise Refused(
                f"{file.name}, line 1 lacks the column {spelled[ours]}{seen_instead(names)}: "
                f"it is no {kind}; correct "
                "`reader` or `columns` in the charter, or have the file delivered again."
            )
    return {ours: theirs for ours, theirs in spelled.items() if theirs in names}, names


def refuse(file: Path, line: int, column: str, why: str = "cannot be read") -> Refused:
    """The refusal of a cell plan for one of its lines."""
    return Refused(
        f"{file.name}, line {line}, {column}: {why}; correct the cell plan or the mapping."
    )


def whole(
    connection: duckdb.DuckDBPyConnection, file: Path, relation: str, line: str, ragged: str
) -> None:
    """Make the temporary table `plan_text` of all records.

    Raises
    ------
    Refused
        A record that is no record of this file: too few or too many fields, not UTF-8.
    """
    generic.forget_rejected(connection)
    # read once and whole: a scan of some columns does not see what is wrong in the others
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {TEXT} AS "
        f"SELECT *, {line} AS _line, {ragged} AS _ragged FROM {relation}"
    )
    bad = generic.rejected_lines(connection)[:1] or lines(connection, "_ragged")
    if bad:
        raise refuse(file, bad[0], "record")
    if not connection.execute(f"SELECT 1 FROM {TEXT} LIMIT 1").fetchone():
        raise Refused(f"{file.name} holds no cell: have it delivered again.")


def lines(connection: duckdb.DuckDBPyConnection, condition: str) -> list[int]:
    """The first line of `plan_text` where a condition holds, or none."""
    row = connection.execute(f"SELECT min(_line) FROM {TEXT} WHERE {condition}").fetchone()
    return [] if row is None or row[0] is None else [int(row[0])]


def text(theirs: str) -> str:
    """SQL of a delivered field as trimmed text, null when empty."""
    return f"nullif(trim({generic.quoted(theirs)}::VARCHAR), '')"


def words(theirs: str) -> PlanField:
    """A field that stays text."""
    return PlanField(theirs, text(theirs), text(theirs))


def number(theirs: str, delivery: Delivery) -> PlanField:
    """A field that is a number, with the charter's decimal mark."""
    delivered = text(theirs)
    point = f"replace({delivered}, ',', '.')" if delivery.decimal == "," else delivered
    finite = f"TRY_CAST({point} AS DOUBLE)"
    return PlanField(theirs, delivered, f"CASE WHEN isfinite({finite}) THEN {finite} END")


def moment(theirs: str, delivery: Delivery, is_last_day: bool = False) -> PlanField:
    """A moment; a last day at midnight is valid whole, so the moment after it is stored."""
    delivered = text(theirs)
    value = generic.moment(delivered, delivery)
    if is_last_day:
        local = f"timezone({generic.literal(delivery.time_zone)}, {value})"
        after = f"timezone({generic.literal(delivery.time_zone)}, {local} + to_days(1))"
        value = f"CASE WHEN {local} = date_trunc('day', {local}) THEN {after} ELSE {value} END"
    return PlanField(theirs, delivered, value)


def require_read(
    connection: duckdb.DuckDBPyConnection, file: Path, fields: Mapping[str, PlanField]
) -> None:
    """Refuse the first field, in the order of `fields`, that is there but cannot be read.

    Raises
    ------
    Refused
        With file, line and the delivered column; also where a cell has no name.
    """
    for field in fields.values():
        if bad := lines(connection, f"({field.text}) IS NOT NULL AND ({field.value}) IS NULL"):
            raise refuse(file, bad[0], field.theirs)
    if bad := lines(connection, f"({fields['cell_id'].value}) IS NULL"):
        raise refuse(file, bad[0], fields["cell_id"].theirs, "a cell has no name")


def listed(fields: Mapping[str, PlanField]) -> str:
    """The columns of a SELECT over `plan_text`."""
    return ", ".join(f"{field.value} AS {ours}" for ours, field in fields.items())
