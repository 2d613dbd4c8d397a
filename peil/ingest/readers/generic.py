"""CSV, CSV.gz and Parquet by a mapping in the charter: any names, any order of columns."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import duckdb

from peil.charter.schema import Delivery
from peil.ingest.readers import calm, mapping, tolerant_csv, typed
from peil.ingest.readers.opening import (
    NO_FOLDERS,
    compression,
    header,
    is_parquet,
    literal,
    place,
    quoted,
    require_fit_names,
    require_whole,
)
from peil.ingest.readers.reader import Reader
from peil.ingest.readers.refusal import FileRefused, shown
from peil.outcome import Refused
from peil.store.raw_tables import CELL_COLUMNS, EVENT_COLUMNS

__all__ = ["compression", "header", "is_parquet", "literal", "place", "quoted", "require_whole"]

MOST_MS = 1e14  # three thousand years from the epoch
READ = "events_read"  # the temporary view of what `land_events` made of each field
THOUSANDS = "regexp_full_match({0}, '[+-]?[0-9]{{1,3}}([.][0-9]{{3}})+')"
NEVER = "\x01"  # a null marker that no delivery holds, so that an empty field stays ''


def source(
    connection: duckdb.DuckDBPyConnection, file: Path, delivery: Delivery
) -> tuple[str, list[str], str, str]:
    """SQL that reads one file as text, and a temporary view `delivered` of it as it came.

    Returns the relation, the column names, the expression of the record's line and the
    condition under which a record is ragged. Whether the file is whole is not looked at here.
    """
    if is_parquet(file):
        relation = f"read_parquet({place(file)}, file_row_number=true, {NO_FOLDERS})"
        require_fit_names(connection, file)
        described = connection.sql(f"SELECT * FROM {relation} LIMIT 0").columns
        names = [c for c in described if c != "file_row_number"]
        _show(connection, relation, names)
        return relation, names, "file_row_number + 1", "false"
    names = header(file, delivery.separator)
    folded = [name.casefold() for name in names]
    if len(set(folded)) != len(folded):
        raise FileRefused(
            "wrong_columns",
            f"{shown(file)}, line 1 names a column twice: have the header corrected.",
        )
    extra = tolerant_csv.EXTRA
    ragged = f"({quoted(names[-1])} IS NULL OR {quoted(extra[0])} IS NOT NULL)"
    if tolerant_csv.is_loaded(connection):
        _show(connection, tolerant_csv.TABLE, names)
        return tolerant_csv.TABLE, names, "_line", ragged
    columns = ", ".join(f"{literal(n)}: 'VARCHAR'" for n in [*names, *extra])
    relation = (
        f"read_csv({place(file)}, delim={literal(delivery.separator)}, header=false, "
        f"skip=1, quote='\"', escape='\"', nullstr={literal(NEVER)}, columns={{{columns}}}, "
        "null_padding=true, strict_mode=false, auto_detect=false, ignore_errors=true, "
        f"compression={compression(file)}, {NO_FOLDERS}, "
        "store_rejects=true, parallel=false)"
    )
    _show(connection, relation, names)
    # the header is line 1; row_number follows the file, since the scan is not parallel
    return relation, names, "row_number() OVER () + 1", ragged


def _show(connection: duckdb.DuckDBPyConnection, relation: str, names: list[str]) -> None:
    columns = ", ".join(map(quoted, names))
    connection.execute(f"CREATE OR REPLACE TEMP VIEW delivered AS SELECT {columns} FROM {relation}")


def text_of(delivery: Delivery, canonical: str) -> str:
    """Expression of a mapped column as trimmed text, null when empty or not mapped."""
    theirs = delivery.columns.get(canonical)
    return f"nullif(trim({quoted(theirs)}::VARCHAR), '')" if theirs else "NULL::VARCHAR"


def stamp(text: str, delivery: Delivery) -> str:
    """Expression of a time stamp without zone from text, by the charter's format."""
    if not delivery.time_format:
        return f"TRY_CAST({text} AS TIMESTAMP)"
    parsed = f"try_strptime({text}, {literal(delivery.time_format)})"
    if delivery.accept_iso_t:
        parsed = f"coalesce({parsed}, try_strptime({text}, '%Y-%m-%dT%H:%M:%S'))"
    return parsed


def says_zone(delivery: Delivery) -> bool:
    """Whether the charter's format reads each time stamp's own distance from UTC."""
    return delivery.time_format is not None and "%z" in delivery.time_format


def moment(text: str, delivery: Delivery) -> str:
    """Expression of a time stamp with zone from text; null where it cannot be read.

    A text that says its own distance from UTC is read by it; `time_zone` holds for the others.
    """
    if delivery.epoch is not None:
        return after_epoch(text, delivery)
    parsed, zone = stamp(text, delivery), literal(delivery.time_zone)
    if says_zone(delivery):
        return parsed
    return typed.local(parsed, zone) if delivery.time_format else typed.of_text(text, parsed, zone)


def after_epoch(text: str, delivery: Delivery) -> str:
    """Expression of a moment from a number of steps since the charter's epoch."""
    assert delivery.epoch is not None
    after_ms = f"round(TRY_CAST({text} AS DOUBLE) * {delivery.seconds_per_t} * 1000)"
    # a number that is no time (nan, 1e300) makes the record unreadable, not the file
    return (
        f"{literal(delivery.epoch.isoformat())}::TIMESTAMPTZ + to_milliseconds("
        f"CASE WHEN abs({after_ms}) < {MOST_MS} THEN {after_ms}::BIGINT END)"
    )


def fields(
    connection: duckdb.DuckDBPyConnection, file: Path, relation: str, delivery: Delivery
) -> dict[str, typed.TypedField]:
    """How each mapped column becomes its canonical value, by the type it was delivered in.

    Raises
    ------
    Refused
        A column's type cannot hold what the mapping says.
    """
    described = connection.sql(f"SELECT * FROM {relation} LIMIT 0")
    kinds = dict(zip(described.columns, map(str, described.types), strict=True))
    zone = literal(delivery.time_zone)
    number = (lambda given: after_epoch(given, delivery)) if delivery.epoch else None
    typed_fields = {}
    for name, theirs in delivery.columns.items():
        if name not in EVENT_COLUMNS:
            continue
        column, kind = quoted(theirs), kinds[theirs]
        try:
            if EVENT_COLUMNS[name] == "VARCHAR":
                is_alike = name != "subscriber_id" and is_parquet(file)
                typed_fields[name] = typed.text(name, column, kind, is_alike)
            elif EVENT_COLUMNS[name] == "INTEGER":
                typed_fields[name] = typed.whole(name, column, kind)
            elif says_zone(delivery) and kind == "VARCHAR":
                typed_fields[name] = typed.zoned(name, column, lambda text: stamp(text, delivery))
            else:
                typed_fields[name] = typed.moment(
                    name,
                    column,
                    kind,
                    zone,
                    lambda text: stamp(text, delivery),
                    number,
                    is_iso=not delivery.time_format,
                    calm_of=partial(calm.at_head, connection, relation, zone),
                )
        except typed.UnfitError as error:
            raise FileRefused(
                "wrong_columns",
                f"{shown(file)}, column {theirs} {error}: correct the mapping in the charter, or "
                "have the file delivered again.",
            ) from None
    return typed_fields


def forget_rejected(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop what earlier scans rejected, so that `rejected_lines` speaks of the next one."""
    connection.execute("DROP TABLE IF EXISTS reject_errors")
    connection.execute("DROP TABLE IF EXISTS reject_scans")


def rejected_lines(connection: duckdb.DuckDBPyConnection) -> list[int]:
    """Lines of records that the CSV reader could not take at all (encoding, length)."""
    try:
        lines = connection.execute("SELECT DISTINCT line FROM reject_errors ORDER BY line")
    except duckdb.CatalogException:  # no CSV, or nothing rejected
        return []
    return [int(line) for (line,) in lines.fetchall()]


def unread(connection: duckdb.DuckDBPyConnection, delivery: Delivery) -> dict[str, int]:
    """Records of the file that was landed last by the delivered column that cannot be read.

    A record with too few or too many fields counts for the column ``""``. Empty where the format
    names its own columns.
    """
    there = f"SELECT 1 FROM duckdb_views() WHERE view_name = '{READ}' AND temporary"
    if not connection.execute(there).fetchone():
        return {}
    names = [name for name in EVENT_COLUMNS if name in delivery.columns]
    counts = ", ".join(f"count(*) FILTER ({name}_unread)" for name in names)
    row = connection.execute(f"SELECT count(*) FILTER (is_ragged), {counts} FROM {READ}").fetchone()
    columns = ["", *(delivery.columns[name] for name in names)]
    return dict(zip(columns, map(int, row or ()), strict=True))


class Generic(Reader):
    """Any table, by the charter's mapping.

    A field that is there but cannot be read makes the row `cannot_parse`. It recognises nothing by
    itself: `peil.inspecting` guesses which column is which.
    """

    name = "generic"
    files = "CSV, CSV.gz, Parquet; any order of columns, BOM, CRLF, quotes"
    is_mapped = True

    @classmethod
    def land_events(
        cls, connection: duckdb.DuckDBPyConnection, file: Path, file_id: int, delivery: Delivery
    ) -> list[str]:
        relation, names, line, ragged = source(connection, file, delivery)
        delivery = mapping.matched(file, names, delivery)
        read = fields(connection, file, relation, delivery)
        first, second, third, fourth = (
            "".join(f", {step}" for step in steps)
            for steps in zip(*(field.steps() for field in read.values()), strict=True)
        )
        unread = [f"{name}_unread" for name, field in read.items() if not field.is_sure]
        landed = mapping.landed(read, delivery)
        connection.execute(
            f"""CREATE OR REPLACE TEMP VIEW {READ} AS
            SELECT line, is_ragged{fourth} FROM (SELECT line, is_ragged{third} FROM (
              SELECT line, is_ragged{second} FROM (
                SELECT {line} AS line, {ragged} AS is_ragged{first} FROM {relation})))"""
        )
        connection.execute(
            f"""CREATE OR REPLACE TEMP VIEW incoming AS
            SELECT {file_id}::INTEGER AS file_id, line, {landed},
              CASE WHEN {" OR ".join(["is_ragged", *unread])} THEN 'cannot_parse'
                   WHEN subscriber_id IS NULL OR observed_at_given IS NULL
                   THEN 'null_value' END AS defect
            FROM {READ}"""
        )
        return mapping.dropped(names, delivery)

    @classmethod
    def land_cells(
        cls, connection: duckdb.DuckDBPyConnection, file: Path, delivery: Delivery
    ) -> list[str]:
        relation, names, line, ragged = source(connection, file, delivery)
        delivery = mapping.matched(file, names, delivery)
        parts, checks = [], [("record", ragged)]
        for column, kind in CELL_COLUMNS.items():
            if column not in delivery.columns:
                continue
            text = text_of(delivery, column)
            if kind == "DOUBLE" and delivery.decimal == ",":
                number = f"replace({text}, ',', '.')"
                # with a decimal comma 1.800 is 1800, and no reading of it passes in silence
                is_odd = "false" if is_parquet(file) else THOUSANDS.format(text)
                text = f"CASE WHEN {is_odd} THEN 'x' ELSE {number} END"
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
        first_lines = connection.execute(f"SELECT {unread} FROM plan_read").fetchone()
        first = [("record", number) for number in rejected]
        first += [
            (name, number) for (name, _), number in zip(checks, first_lines or (), strict=True)
        ]
        for column, bad_line in first:
            if bad_line is not None:
                raise Refused(
                    f"{file.name}, line {bad_line}, {column}: cannot be read as the charter "
                    "says; correct the cell plan or the mapping."
                )
        return mapping.dropped(names, delivery)
