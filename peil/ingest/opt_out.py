"""Opt-outs: the list of who is left out, and the SQL that leaves them out before any write."""

from __future__ import annotations

from pathlib import Path

import duckdb

from peil.ingest.readers import EVENT_COLUMNS
from peil.ingest.readers.generic import place, quoted
from peil.ingest.readers.opening import NO_FOLDERS
from peil.ingest.readers.refusal import shown
from peil.outcome import Refused

BYTES = "([0-9A-Fa-f]{2})+"


def one_spelling(name: str) -> str:
    """SQL of an identifier's one spelling, as staging has it (`canonical_id` of its dialect).

    Without it somebody who opted out as ``204…`` would be counted where a record says ``+204…``.
    """
    return (
        f"CASE WHEN regexp_full_match({name}, ' *[+]?[0-9][0-9 .-]*') "
        f"THEN regexp_replace({name}, '[^0-9]', '', 'g') "
        f"WHEN regexp_matches({name}, '[[:alnum:]]') THEN trim({name}) END"
    )


def quick_spelling(name: str) -> str:
    """SQL of the same, without a regular expression for texts that have but one spelling."""
    marks = " OR ".join(f"contains({name}, '{mark}')" for mark in " +.-")
    return f"CASE WHEN {marks} THEN {one_spelling(name)} ELSE {name} END"


# an opted-out subscriber's record arrives without any field: only that it was there, so that one
# pass over the file both counts it and keeps it from being written
LEFT_OUT = (
    "SELECT file_id, line, "
    + ", ".join(
        f"CASE WHEN out.subscriber_id IS NULL THEN incoming.{name} END"
        for name in EVENT_COLUMNS
        if name not in {"file_id", "line", "defect"}
    )
    + ", CASE WHEN out.subscriber_id IS NULL THEN defect ELSE 'opted_out' END "
    "FROM incoming LEFT JOIN opted_out AS out "
    f"ON out.subscriber_id = {quick_spelling('incoming.subscriber_id')}"
)


def make_list(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table `opted_out`, empty, in the database in memory: its cursors see it too."""
    connection.execute("CREATE TABLE memory.main.opted_out (subscriber_id VARCHAR)")


def read_list(connection: duckdb.DuckDBPyConnection, file: Path, column: str) -> int:
    """Put the opt-out list in memory, so that its subscribers are left out before any write.

    An identifier that is the hexadecimal of bytes is there in lower case too: so are subscribers
    landed whose column is bytes, and the list may be written either way.

    Returns the number of identifiers.

    Raises
    ------
    Refused
        The list lacks the column that holds its names.
    """
    listed = f"read_csv({place(file)}, header=true, all_varchar=true, {NO_FOLDERS})"
    if column not in connection.sql(f"SELECT * FROM {listed} LIMIT 0").columns:
        raise Refused(
            f"{shown(file)}, line 1 lacks the column {column}: "
            "correct `inputs.opt_out` in the charter, or have the list delivered again."
        )
    connection.execute(
        f"INSERT INTO opted_out WITH listed AS MATERIALIZED (SELECT {one_spelling(quoted(column))} "
        f"AS id FROM {listed}) SELECT id FROM listed WHERE id IS NOT NULL "
        f"UNION SELECT lower(id) FROM listed WHERE regexp_full_match(id, '{BYTES}')"
    )
    (n_listed,) = connection.execute("SELECT count(*) FROM opted_out").fetchone() or (0,)
    return int(n_listed)
