"""SQL of canonical values from typed columns; what a type guarantees is not checked again.

A day has a hundred million rows, and a cast to text and back costs more than reading the file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from peil.ingest.readers.calm import Calm, is_utc

SMALL = {"TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT"}
WHOLE = SMALL | {"BIGINT", "HUGEINT", "UINTEGER", "UBIGINT", "UHUGEINT"}
LOCAL = {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"}
PLAIN_SECONDS = "____-__-_____:__:__"
OFFSET = "[0-9]:[0-9]{2}([.][0-9]+)? *((?i:Z|UTC)|[+-][0-9]{2}(:?[0-9]{2}(:[0-9]{2})?)?)$"
DAYTIME = "BETWEEN 4 AND 21"  # hours of the day at which no clock changes
CHANGES = (30, 60)  # minutes by which clocks go back


@dataclass(frozen=True)
class TypedField:
    """One canonical value in steps of SQL, each over the columns of the one before it.

    Attributes
    ----------
    name : str
        The canonical column.
    given : str
        ``<name>_given``, over the delivered columns: null where nothing was delivered.
    parsed : str
        ``<name>_parsed``, over the first step.
    value : str
        ``<name>`` over the first two: null where what was given has no value.
    is_sure : bool
        Whether the type rules that out.
    """

    name: str
    given: str
    parsed: str
    value: str
    is_sure: bool = False

    def steps(self) -> tuple[str, str, str, str]:
        """The columns of the four SELECTs, innermost first; the last says what has no value."""
        given = f"{self.name}_given"
        unread = "false" if self.is_sure else f"({given} IS NOT NULL AND {self.name} IS NULL)"
        return (
            f"{self.given} AS {given}",
            f"{given}, {self.parsed} AS {self.name}_parsed",
            f"{given}, {self.value} AS {self.name}",
            f"{given}, {self.name}, {unread} AS {self.name}_unread",
        )


def _field(
    name: str, given: str, parsed: str = "", value: str = "", is_sure: bool = False
) -> TypedField:
    return TypedField(name, given, parsed or f"{name}_given", value or f"{name}_parsed", is_sure)


class UnfitError(Exception):
    """A column of this type cannot hold what the mapping says; the message names no value."""


def trimmed(column: str, is_alike: bool = False) -> str:
    """Text without blanks around it; null when empty.

    Where rows differ, to look at both ends is cheaper than to trim each; where they are alike,
    as in a column that Parquet keeps as a dictionary, each text is trimmed but once.
    """
    trim = f"nullif(trim({column}), '')"
    if is_alike:
        return trim
    return f"CASE WHEN {column} < '!' OR ends_with({column}, ' ') THEN {trim} ELSE {column} END"


def text(name: str, column: str, kind: str, is_alike: bool = False) -> TypedField:
    """A name: text without blanks around it, or a number or bytes written as text.

    Raises
    ------
    UnfitError
        Floating-point numbers (the last digits of an identifier would be lost), times, nests.
    """
    if kind == "VARCHAR":
        return _field(name, trimmed(column, is_alike), is_sure=True)
    if kind == "BLOB":
        return _field(name, f"nullif(lower(hex({column})), '')", is_sure=True)
    is_flag = kind == "BOOLEAN" and name == "event_type"  # of records: outgoing or not
    if kind in WHOLE or kind == "UUID" or kind.startswith("ENUM") or is_flag:
        return _field(name, f"{column}::VARCHAR", is_sure=True)
    if kind.startswith("DECIMAL"):
        return _field(name, column, _whole(f"{name}_given", "HUGEINT"), f"{name}_parsed::VARCHAR")
    raise UnfitError(f"is {kind}, not text or a whole number")


def whole(name: str, column: str, kind: str) -> TypedField:
    """A small whole number.

    Raises
    ------
    UnfitError
        The type is neither a number nor text.
    """
    if kind in SMALL:
        return _field(name, column, is_sure=True)
    if kind == "VARCHAR":
        return _field(name, trimmed(column), *whole_of_text(f"{name}_given", f"{name}_parsed"))
    if kind in WHOLE:
        return _field(name, column, f"TRY_CAST({name}_given AS INTEGER)")
    if kind.startswith("DECIMAL") or kind in ("DOUBLE", "FLOAT"):
        return _field(name, column, _whole(f"{name}_given", "INTEGER"))
    raise UnfitError(f"is {kind}, not a whole number")


def whole_of_text(given: str, parsed: str) -> tuple[str, str]:
    """A whole number from text, in two steps; null where it is none. A cast would round ``204.6``.

    >>> import duckdb
    >>> number, whole = whole_of_text("x", "number")
    >>> values = "(VALUES ('204'), ('204.0'), ('204.6'), ('nan')) t(x)"
    >>> duckdb.sql(f"SELECT {whole} FROM (SELECT {number} AS number FROM {values})").fetchall()
    [(204,), (204,), (None,), (None,)]
    """
    number = f"coalesce(TRY_CAST({given} AS DOUBLE), TRY_CAST({given} AS INTEGER))"  # 0x10, say
    return number, _whole(parsed, "INTEGER")


def _whole(number: str, kind: str) -> str:
    return f"CASE WHEN {number} = trunc({number}) THEN TRY_CAST({number} AS {kind}) END"


def moment(
    name: str,
    column: str,
    kind: str,
    zone: str,
    stamp: Callable[[str], str],
    of_number: Callable[[str], str] | None,
    is_iso: bool,
    calm_of: Callable[[str, str, str], Calm | None] = lambda given, name, stamp: None,
) -> TypedField:
    """A moment in UTC.

    Parameters
    ----------
    zone : str
        SQL of the time zone's name, for time stamps without one.
    stamp, of_number : callable
        SQL of the time stamp from SQL of its text; SQL of the moment from a number, where the
        charter gives an epoch.
    is_iso : bool
        Whether text is read by the standard, and so may say its own distance from UTC.
    calm_of : callable
        When nothing happens to the clocks: `calm.at_head` of a file.

    Raises
    ------
    UnfitError
        The type holds no time of day, or a number without an epoch in the charter.
    """
    given = f"{name}_given"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return _field(name, column, f"CASE WHEN isfinite({given}) THEN {given} END")
    if kind in LOCAL:
        cast = given if kind == "TIMESTAMP" else f"{given}::TIMESTAMP"
        return _local_field(name, column, cast, zone, calm_of(column, given, cast))
    is_number = kind in WHOLE or kind in ("DOUBLE", "FLOAT") or kind.startswith("DECIMAL")
    if of_number and (is_number or kind == "VARCHAR"):
        number = trimmed(column) if kind == "VARCHAR" else column
        return _field(name, number, of_number(given))
    if kind == "VARCHAR":
        written, read = trimmed(column), stamp(given)
        calm = calm_of(written, given, read)
        field = _local_field(name, written, read, zone, calm)
        if not is_iso:
            return field
        own = f"CASE WHEN {says_offset(given)} THEN {with_offset(given)}"
        # a cast would take a day for its first moment, and put everybody there
        no_time = (
            f"WHEN {given} NOT LIKE '{PLAIN_SECONDS}' AND NOT contains({given}, ':') THEN NULL"
        )
        return replace(field, value=f"{own} {no_time} ELSE {field.value} END")
    if is_number:
        raise UnfitError(f"is {kind}: give the moment of 0 as `epoch`, and `seconds_per_t`, of it")
    raise UnfitError(f"is {kind}, which holds no time of day")


def zoned(name: str, column: str, stamp: Callable[[str], str]) -> TypedField:
    """A moment from text that is read with its zone."""
    return _field(name, trimmed(column), stamp(f"{name}_given"))


def _local_field(
    name: str, given: str, stamp: str, zone: str, calm: Calm | None = None
) -> TypedField:
    return _field(name, given, stamp, local(f"{name}_parsed", zone, calm))


def is_time(stamp: str, zone: str) -> str:
    """Whether a local time stamp is a moment: finite, and clocks neither skip nor repeat it."""
    if is_utc(zone):
        return f"isfinite({stamp})"
    at = f"timezone({zone}, {stamp})"
    # a CASE, since AND would ask the calendar about every row, not those of the night alone
    back = (f"timezone({zone}, {at} - to_minutes({minutes})) <> {stamp}" for minutes in CHANGES)
    return (
        f"CASE WHEN isfinite({stamp}) AND hour({stamp}) NOT {DAYTIME} "
        f"THEN timezone({zone}, {at}) = {stamp} AND {' AND '.join(back)} "
        f"ELSE isfinite({stamp}) END"
    )


def local(stamp: str, zone: str, calm: Calm | None = None) -> str:
    """A moment from a local time stamp, null where clocks skip that time or show it twice.

    >>> import duckdb
    >>> with duckdb.connect() as opened:
    ...     _ = opened.execute("SET TimeZone = 'UTC'")
    ...     seen = opened.sql(f'''SELECT {local("x", "'Europe/Amsterdam'")}::VARCHAR FROM (VALUES
    ...         (TIMESTAMP '2026-03-02 08:00'), ('2026-03-29 02:30'), ('2026-10-25 02:30')) t(x)'''
    ...                       ).fetchall()
    >>> seen
    [('2026-03-02 07:00:00+00',), (None,), (None,)]
    """
    at = f"make_timestamptz(epoch_us({stamp}))" if is_utc(zone) else f"timezone({zone}, {stamp})"
    first = f"WHEN {calm.holds(stamp)} THEN {calm.moment(stamp)} " if calm is not None else ""
    return f"CASE {first}WHEN {is_time(stamp, zone)} THEN {at} END"


def with_offset(text: str) -> str:
    """A moment from a text that says its own distance from UTC, a blank before it or none."""
    return f"TRY_CAST(regexp_replace({text}, ' +([+-])', '\\1') AS TIMESTAMPTZ)"


def says_offset(text: str) -> str:
    """Whether a text says its own distance from UTC, which a cast to TIMESTAMP would drop."""
    return f"({text} NOT LIKE '{PLAIN_SECONDS}' AND regexp_matches({text}, '{OFFSET}'))"


def of_text(text: str, stamp: str, zone: str) -> str:
    """A moment from text that says its own distance from UTC, else from its local time stamp."""
    own = f"CASE WHEN {says_offset(text)} THEN {with_offset(text)}"
    return f"{own} ELSE {local(stamp, zone)} END"
