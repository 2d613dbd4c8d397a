"""Is a file of events the one the charter describes, or can hardly a record of it be read?

A mapping that does not fit spoils every record in the same way. Set aside one by one they would
cost the day without a word; the file is refused instead, with its column and three counts.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from peil import methods
from peil.charter.schema import Delivery
from peil.ingest.readers import generic
from peil.ingest.readers.refusal import FileRefused, shown

# why a record cannot be read: the condition on what was landed of it
CAUSES = {
    "cannot_parse": "defect = 'cannot_parse'",
    "null_value": "defect = 'null_value'",
    "long_mcc": "defect IS NULL AND mcc BETWEEN 10000 AND 999999",
    "no_network": "defect IS NULL AND mcc IS NULL",
}


def require_readable(
    connection: duckdb.DuckDBPyConnection, file: Path, file_id: int, delivery: Delivery, pilot: str
) -> None:
    """Refuse a file of which too many records cannot be read for one and the same cause.

    It is every record, or more than `[unreadable]` in methods.toml allows of a file with enough
    records to judge by. A file with a few bad records among good ones is landed.

    Raises
    ------
    FileRefused
        With column, records, unreadable ones, those for the main cause, and what to do.
    """
    counts = ", ".join(f"count(*) FILTER ({condition})" for condition in CAUSES.values())
    row = connection.execute(
        f"SELECT count(*), {counts} FROM raw.main.events WHERE file_id = {file_id}"
    ).fetchone()
    assert row is not None
    n_rows, by_cause = int(row[0]), dict(zip(CAUSES, map(int, row[1:]), strict=True))
    cause = max(by_cause, key=lambda name: by_cause[name])
    limits = methods.section("unreadable", pilot)
    is_most = n_rows >= limits["rows_min"] and by_cause[cause] > limits["share_max"] * n_rows
    if not n_rows or not (is_most or by_cause[cause] == n_rows):
        return
    column, why = _reason(connection, cause, delivery)
    where = f", column {shown(column)}" if column else ""
    raise FileRefused(
        "unreadable",
        f"{shown(file)}{where}: of {n_rows} records {sum(by_cause.values())} cannot be read, "
        f"{by_cause[cause]} of them since {why}, or have the file delivered again.",
    )


def _reason(
    connection: duckdb.DuckDBPyConnection, cause: str, delivery: Delivery
) -> tuple[str, str]:
    """The column to blame, and the end of the sentence: why, and what to do."""
    columns = delivery.columns
    if cause == "long_mcc":
        why = "5 or 6 digits are no country code but a whole network: map it as `plmn`, not `mcc`"
        return columns.get("mcc", "mcc"), why
    if cause == "no_network":
        column = columns.get("mcc") or columns.get("plmn", "")
        digits = "3 digits" if "mcc" in columns or not column else "5 or 6 digits"
        return column, f"no network is named ({digits}): correct `columns` in the charter"
    if cause == "null_value":
        pair = " or ".join(columns.get(name, "") for name in ("subscriber_id", "observed_at"))
        return "", f"{pair if columns else 'subscriber or moment'} is empty: correct `columns`"
    unread = generic.unread(connection, delivery)
    column = max(unread, key=lambda name: unread[name], default="")
    if not unread.get(column):
        return "", "they are not written as the charter says: correct `inputs.events`"
    if not column:
        return "", "they have more or fewer fields than line 1: correct `separator` in the charter"
    if column == columns.get("observed_at"):
        why = "the moment is not written so: correct `time_format`, or `epoch`, in the charter"
        return column, why
    ours = next(name for name, theirs in columns.items() if theirs == column)
    return column, f"it holds no {ours}: correct `columns` in the charter"
