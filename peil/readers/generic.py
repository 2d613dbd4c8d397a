"""CSV, CSV.gz and Parquet by a mapping in the charter: any names, any order of columns."""

from __future__ import annotations

import csv
import gzip
import zlib
from pathlib import Path

import duckdb

from peil.charter import Delivery
from peil.outcome import Refused
from peil.readers.canonical import CELL_COLUMNS

# More columns than announced make a record ragged; this many extra are still seen as one record.
EXTRA = 8
OFFSET = "[0-9]:[0-9]{2}([.][0-9]+)? *(Z|z|[+-][0-9]{2}(:?[0-9]{2})?)$"
MOST_MS = 1e14  # three thousand years from the epoch
NEVER = "\x01"  # a null marker that no delivery holds, so that an empty field stays ''


def quoted(name: str) -> str:
    """A column name as SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL literal. For file names and formats of the charter, never for row values."""
    return "'" + text.replace("'", "''") + "'"


def is_parquet(file: Path) -> bool:
    """Whether a file is Parquet, by its name."""
    return file.suffix == ".parquet"


def header(file: Path, separator: str) -> list[str]:
    """Column names of the first line of a CSV.

    Raises
    ------
    Refused
        Empty, not UTF-8, or a gzip that breaks off.
    """
    try:
        with (gzip.open if file.suffix == ".gz" else open)(file, "rb") as stream:
            first = stream.readline(1_000_000)
    except (OSError, EOFError, zlib.error):
        raise Refused(f"{file.name} cannot be read as gzip: have it delivered again.") from None
    if not first.strip():
        raise Refused(f"{file.name} is empty: have it delivered again.")
    try:
        text = first.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise Refused(
            f"{file.name}, line 1 is not UTF-8: deliver it as UTF-8, or convert it first."
        ) from None
    return [name.strip() for name in next(csv.reader([text], delimiter=separator))]


def require_whole(file: Path) -> None:
    """Refuse a gzip that breaks off or is damaged: DuckDB would read what there is as if whole."""
    if file.suffix != ".gz":
        return
    try:
        with gzip.open(file, "rb") as stream:
            while stream.read(4_000_000):
                pass
    except (OSError, EOFError, zlib.error):
        raise Refused(f"{file.name} breaks off or is damaged: have it delivered again.") from None


def source(
    connection: duckdb.DuckDBPyConnection, file: Path, delivery: Delivery
) -> tuple[str, list[str], str, str]:
    """SQL that reads one file as text.

    Returns the relation, the column names, the expression of the record's line and the
    condition under which a record is ragged.
    """
    if is_parquet(file):
        relation = f"read_parquet({literal(str(file))}, file_row_number=true)"
        described = connection.sql(f"SELECT * FROM {relation} LIMIT 0").columns
        return (
            relation,
            [c for c in described if c != "file_row_number"],
            "file_row_number + 1",
            ("false"),
        )
    names = header(file, delivery.separator)
    require_whole(file)
    if len(set(names)) != len(names):
        raise Refused(f"{file.name}, line 1 names a column twice: have the header corrected.")
    extra = [f"_extra_{number}" for number in range(EXTRA)]
    columns = ", ".join(f"{literal(n)}: 'VARCHAR'" for n in [*names, *extra])
    relation = (
        f"read_csv({literal(str(file))}, delim={literal(delivery.separator)}, header=false, "
        f"skip=1, quote='\"', escape='\"', nullstr={literal(NEVER)}, columns={{{columns}}}, "
        "null_padding=true, strict_mode=false, auto_detect=false, ignore_errors=true, "
        "store_rejects=true, parallel=false)"
    )
    # the header is line 1; row_number follows the file, since the scan is not parallel
    ragged = f"({quoted(names[-1])} IS NULL OR {quoted(extra[0])} IS NOT NULL)"
    return relation, names, "row_number() OVER () + 1", ragged


def require(file: Path, names: list[str], delivery: Delivery) -> None:
    """Refuse a file that lacks a column which the mapping names."""
    missing = sorted(set(delivery.columns.values()) - set(names))
    if missing:
        raise Refused(
            f"{file.name}, line 1 lacks the column {missing[0]}: "
            "correct the mapping `columns` in the charter, or have the file delivered again."
        )


def text_of(delivery: Delivery, canonical: str) -> str:
    """Expression of a mapped column as trimmed text, null when empty or not mapped."""
    theirs = delivery.columns.get(canonical)
    return f"nullif(trim({quoted(theirs)}::VARCHAR), '')" if theirs else "NULL::VARCHAR"


def moment(text: str, delivery: Delivery) -> str:
    """Expression of a time stamp with zone from text; null where it cannot be read.

    A text that says its own distance from UTC is read by it; `time_zone` holds for the others.
    """
    if delivery.epoch is not None:
        return after_epoch(text, delivery)
    if delivery.time_format and "%z" in delivery.time_format:
        return f"try_strptime({text}, {literal(delivery.time_format)})"
    if delivery.time_format:
        parsed = f"try_strptime({text}, {literal(delivery.time_format)})"
        if delivery.accept_iso_t:
            parsed = f"coalesce({parsed}, try_strptime({text}, '%Y-%m-%dT%H:%M:%S'))"
    else:
        parsed = f"TRY_CAST({text} AS TIMESTAMP)"
    local = f"timezone({literal(delivery.time_zone)}, {parsed})"
    if delivery.time_format:
        return local
    # a cast to TIMESTAMP would drop the offset without a word
    return (
        f"CASE WHEN regexp_matches({text}, {literal(OFFSET)}) "
        f"THEN TRY_CAST(regexp_replace({text}, ' +([+-])', '\\1') AS TIMESTAMPTZ) ELSE {local} END"
    )


def after_epoch(text: str, delivery: Delivery) -> str:
    """Expression of a moment from a number of steps since the charter's epoch."""
    assert delivery.epoch is not None
    after_ms = f"round(TRY_CAST({text} AS DOUBLE) * {delivery.seconds_per_t} * 1000)"
    # a number that is no time (nan, 1e300) makes the record unreadable, not the file
    return (
        f"{literal(delivery.epoch.isoformat())}::TIMESTAMPTZ + to_milliseconds("
        f"CASE WHEN abs({after_ms}) < {MOST_MS} THEN {after_ms}::BIGINT END)"
    )


def forget_rejected(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop what earlier scans rejected, so that `rejected_lines` speaks of the next one."""
    connection.execute("DROP TABLE IF EXISTS reject_errors")
    connection.execute("DROP TABLE IF EXISTS reject_scans")


def rejected_lines(connection: duckdb.DuckDBPyConnection) -> list[int]:
    """Lines of records that the CSV reader could not take at all (encoding, length)."""
    try:
        rows = connection.execute(
            "SELECT DISTINCT line FROM reject_errors ORDER BY line"
        ).fetchall()
    except duckdb.CatalogException:  # no CSV, or nothing rejected
        return []
    return [int(line) for (line,) in rows]


class Generic:
    """By mapping. A field that is there but cannot be read makes the row `cannot_parse`."""

    @staticmethod
    def land_events(
        connection: duckdb.DuckDBPyConnection, file: Path, file_id: int, delivery: Delivery
    ) -> list[str]:
        relation, names, line, ragged = source(connection, file, delivery)
        require(file, names, delivery)
        of = {
            name: text_of(delivery, name)
            for name in (
                "subscriber_id", "observed_at", "mcc", "mnc", "plmn", "cell_id", "event_type",
                "timing_advance",
            )
        }  # fmt: skip
        numbers = {name: f"TRY_CAST({of[name]} AS INTEGER)" for name in
                   ("mcc", "plmn", "timing_advance")}  # fmt: skip
        at = moment(of["observed_at"], delivery)
        unread = " OR ".join(
            [f"({of[name]} IS NOT NULL AND {number} IS NULL)" for name, number in numbers.items()]
            + [f"({of['observed_at']} IS NOT NULL AND {at} IS NULL)"]
        )
        mcc = f"coalesce({numbers['mcc']}, {delivery.mcc or 'NULL'}::INTEGER)"
        mnc = f"coalesce({of['mnc']}, {literal(delivery.mnc) if delivery.mnc else 'NULL'})"
        connection.execute(
            f"""CREATE OR REPLACE TEMP VIEW incoming AS
            SELECT {file_id}::INTEGER AS file_id, {line} AS line,
              {of["subscriber_id"]} AS subscriber_id, {at} AS observed_at,
              {mcc} AS mcc, {mnc} AS mnc, {numbers["plmn"]} AS plmn,
              {of["cell_id"]} AS cell_id, {of["event_type"]} AS event_type,
              {numbers["timing_advance"]} AS timing_advance,
              CASE WHEN {ragged} OR {unread} THEN 'cannot_parse'
                   WHEN {of["subscriber_id"]} IS NULL OR {of["observed_at"]} IS NULL
                   THEN 'null_value' END AS defect
            FROM {relation}"""
        )
        return sorted(set(names) - set(delivery.columns.values()))

    @staticmethod
    def land_cells(
        connection: duckdb.DuckDBPyConnection, file: Path, delivery: Delivery
    ) -> list[str]:
        relation, names, line, ragged = source(connection, file, delivery)
        require(file, names, delivery)
        parts, checks = [], [("record", ragged)]
        for column, kind in CELL_COLUMNS.items():
            if column not in delivery.columns:
                continue
            text = text_of(delivery, column)
            if kind == "DOUBLE" and delivery.decimal == ",":
                text = f"replace({text}, ',', '.')"
            is_moment = kind == "TIMESTAMPTZ"
            value = moment(text, delivery) if is_moment else f"TRY_CAST({text} AS {kind})"
            parts.append(f"{value} AS {column}")
            checks.append((column, f"({text} IS NOT NULL AND {value} IS NULL)"))
        forget_rejected(connection)
        # read once and whole: a scan of some columns does not see what is wrong in the others
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE plan_read AS SELECT *, {line} AS line FROM {relation}"
        )
        rejected = rejected_lines(connection)[:1]
        if delivery.crs and "crs" not in delivery.columns:
            parts.append(f"{literal(delivery.crs)} AS crs")
        connection.execute(
            f"CREATE OR REPLACE TEMP VIEW incoming AS SELECT {', '.join(parts)} FROM plan_read"
        )
        unread = ", ".join(f"min(CASE WHEN {bad} THEN line END)" for _, bad in checks)
        found = connection.execute(f"SELECT {unread} FROM plan_read").fetchone()
        first = [("record", number) for number in rejected]
        first += [(name, number) for (name, _), number in zip(checks, found or (), strict=True)]
        for column, bad_line in first:
            if bad_line is not None:
                raise Refused(
                    f"{file.name}, line {bad_line}, {column}: cannot be read as the charter "
                    "says; correct the cell plan or the mapping."
                )
        return sorted(set(names) - set(delivery.columns.values()))
