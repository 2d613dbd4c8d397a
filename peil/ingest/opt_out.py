"""Opt-outs: the list of who is left out, and the SQL that leaves them out before any write."""

from __future__ import annotations

from pathlib import Path

import duckdb

from peil.ingest.readers import EVENT_COLUMNS
from peil.ingest.readers.generic import place, quoted
from peil.ingest.readers.opening import NO_FOLDERS, compression
from peil.ingest.readers.refusal import shown
from peil.outcome import Refused

BYTES = "([0-9A-Fa-f]{2})+"
# what a spreadsheet makes of an identifier (2.04E+14, 204080000000001.0, ="204…"), and what a
# quote that is never closed leaves of one: no record has it, so that nobody would be left out
SPOILT = "[0-9]([.,][0-9]*)?[Ee][+][0-9]+|[0-9]{5,}[.,]0+"
SIGNS = "[\"'[:cntrl:]]"


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
        The list lacks the column that holds its names, or an identifier in it is spoilt.
    """
    how = f"header=true, all_varchar=true, compression={compression(file)}, {NO_FOLDERS}"
    try:
        _insert(connection, file, column, f"read_csv({place(file)}, {how})")
    except duckdb.InvalidInputException:  # what it says quotes a line of the list
        raise Refused(
            f"{shown(file)} cannot be read: the list of who opted out is a CSV in UTF-8, plain or "
            "packed with gzip; have it delivered so."
        ) from None
    (n_listed,) = connection.execute("SELECT count(*) FROM opted_out").fetchone() or (0,)
    return int(n_listed)


def _insert(connection: duckdb.DuckDBPyConnection, file: Path, column: str, listed: str) -> None:
    if column not in connection.sql(f"SELECT * FROM {listed} LIMIT 0").columns:
        raise Refused(
            f"{shown(file)}, line 1 lacks the column {column}: "
            "correct `inputs.opt_out` in the charter, or have the list delivered again."
        )
    row = connection.execute(
        f"SELECT min(record), count(*) FROM (SELECT row_number() OVER () AS record, "
        f"trim({quoted(column)}) AS id FROM {listed}) WHERE regexp_full_match(id, $spoilt) "
        "OR regexp_matches(id, $signs)",
        {"spoilt": SPOILT, "signs": SIGNS},
    ).fetchone()
    if row is not None and row[1]:
        raise Refused(
            f"{shown(file)}: {row[1]} identifiers, the first in record {row[0]}, are written as a "
            "spreadsheet's number (E+14, .0) or with a quote, so that nobody would be found by "
            "them; have the column written as text."
        )
    connection.execute(
        f"INSERT INTO opted_out WITH listed AS MATERIALIZED (SELECT {one_spelling(quoted(column))} "
        f"AS id FROM {listed}) SELECT id FROM listed WHERE id IS NOT NULL "
        f"UNION SELECT lower(id) FROM listed WHERE regexp_full_match(id, '{BYTES}')"
    )
