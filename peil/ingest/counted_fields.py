"""Checks that need a field which is not landed: counted on the way in, only the counts are kept.

FlowETL counts telephones, telephone numbers, counterparts and durations. Peil refuses to land
these fields; a charter may say which column is which (`inputs.events.counted`), and then they are
counted here, from the delivered file, before it is let go.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from peil.charter.schema import Delivery
from peil.ingest.opt_out import quick_spelling
from peil.ingest.readers.opening import quoted
from peil.ingest.readers.typed import trimmed
from peil.outcome import Refused

ROLES = ("imsi", "imei", "msisdn", "counterpart", "duration", "outgoing")
GOES_OUT = ("1", "t", "true", "y", "yes", "out", "outgoing", "mo")
_COMES_IN = ("0", "f", "false", "n", "no", "in", "incoming", "mt")
DISTINCT = {
    "count_imeis",
    "count_msisdns",
    "count_imsis",
    "count_onnet_msisdns",
    "count_onnet_msisdns_outgoing",
    "count_onnet_msisdns_incoming",
}
MOST = {"max_msisdns_per_imei", "max_msisdns_per_imsi", "max_duration"}
MIDDLE = {"median_duration"}
_WHOSE = "whose"  # the subscriber whose record it is, beside the columns that are counted


def subscriber_check(delivery: Delivery) -> str:
    """What the landed subscriber counts as: a subscriber, or a number where another column is it.

    >>> subscriber_check(Delivery(reader="generic", path="a", counted={"imsi": "IMSI"}))
    'count_msisdns'
    """
    named = delivery.counted
    return "count_msisdns" if "imsi" in named and "msisdn" not in named else "count_imsis"


def count(
    connection: duckdb.DuckDBPyConnection, file_relation: str, delivery: Delivery
) -> dict[str, float]:
    """Count the refused fields of one delivered file.

    Parameters
    ----------
    connection : DuckDBPyConnection
        The one that ingest reads with. Where it has a table `opted_out`, the rows of these
        subscribers are left out, as they are everywhere else.
    file_relation : str
        SQL of the file's rows with the columns as delivered (`read_csv(...)`, a view's name).
    delivery : Delivery
        `counted` says which column is which; without it nothing is read. Nor where subscribers
        opted out and `columns` does not say which column is the subscriber.

    Returns
    -------
    dict of str to float
        By FlowETL's names, those that the named columns allow. Counts, and a longest and middle
        duration in the unit of the delivery; no value of a row otherwise.

    Raises
    ------
    Refused
        A column that `counted` names is not there.

    Notes
    -----
    The numbers of the network are those of the subscribers whose records these are, as FlowETL
    has it: a number that only ever is a counterpart is not counted.
    """
    if not delivery.counted:
        return {}
    there = {name.casefold() for name in connection.sql(f"FROM {file_relation} LIMIT 0").columns}
    for name, column in delivery.counted.items():
        if column.casefold() not in there:
            raise Refused(
                f"The delivered file lacks the column {column}: correct "
                f"`inputs.events.counted.{name}` in the charter, or have the file delivered again."
            )
    column_of: dict[str, str] = dict(delivery.counted.items())
    subscriber = delivery.columns.get("subscriber_id")
    role = subscriber_check(delivery).removeprefix("count_").removesuffix("s")
    if subscriber is not None:
        column_of.setdefault(role, subscriber)
    measures = _measures_of(column_of, landed=role if role not in delivery.counted else "")
    who = _unless_opted_out(connection, subscriber)
    if not measures or who is None:
        return {}
    if subscriber is not None:
        column_of[_WHOSE] = subscriber
    # in steps, so that no text is looked at twice: read, without blanks around it, who is left
    given = ", ".join(f"{quoted(column)}::VARCHAR AS {name}" for name, column in column_of.items())
    texts = ", ".join(f"{trimmed(name)} AS {name}" for name in column_of)
    rows = f"SELECT {texts} FROM (SELECT {given} FROM {file_relation})"
    rows = f"SELECT * FROM ({rows}){who}"
    spelled = ", ".join(f"({sql})::DOUBLE" for sql in measures.values())
    often = "MATERIALIZED" if any(sql.startswith("SELECT") for sql in measures.values()) else ""
    first = connection.execute(
        f"WITH counted AS {often} ({rows}) SELECT {spelled} FROM counted"
    ).fetchone()
    values = zip(measures, first or (), strict=True)
    return {name: float(value) for name, value in values if value is not None}


def of_day(files: Iterable[dict[str, float]]) -> dict[str, float]:
    """Put the counts of a day's files together.

    A telephone in two files counts twice, so the distinct ones of several files are an upper
    bound; a middle of several files cannot be had from their middles and is left out.

    >>> of_day([{"count_imeis": 2.0, "max_duration": 9.0}, {"count_imeis": 3.0}])
    {'count_imeis': 5.0, 'max_duration': 9.0}
    """
    per_file = list(files)
    totals: dict[str, float] = {}
    for name in sorted({name for file in per_file for name in file}):
        values = [file[name] for file in per_file if name in file]
        if name in MOST:
            totals[name] = max(values)
        elif name not in MIDDLE or len(per_file) == 1:
            totals[name] = sum(values)
    return totals


def _measures_of(column_of: dict[str, str], landed: str) -> dict[str, str]:
    """SQL of each check that the columns allow; what is landed is counted after staging."""
    measures: dict[str, str] = {}
    for role in ("imei", "imsi", "msisdn"):
        if role in column_of and role != landed:
            measures[f"count_{role}s"] = f"count(DISTINCT {role})"
            if role != "msisdn":
                measures[f"count_null_{role}s"] = f"count(*) FILTER ({role} IS NULL)"
    for role in ("imei", "imsi"):
        if role in column_of and "msisdn" in column_of:
            measures[f"max_msisdns_per_{role}"] = (
                f"SELECT max(n_numbers) FROM (SELECT count(DISTINCT msisdn) AS n_numbers "
                f"FROM counted WHERE {role} IS NOT NULL GROUP BY {role})"
            )
    if "counterpart" in column_of:
        measures["count_null_counterparts"] = "count(*) FILTER (counterpart IS NULL)"
        if "msisdn" in column_of:
            measures["count_onnet_msisdns"] = "count(DISTINCT msisdn)"
    for word, values in (("outgoing", GOES_OUT), ("incoming", _COMES_IN)):
        if "outgoing" in column_of:
            listed = ", ".join(f"'{value}'" for value in values)
            goes = f"lower(outgoing) IN ({listed})"
            measures[f"count_added_rows_{word}"] = f"count(*) FILTER ({goes})"
            if "msisdn" in column_of:
                measures[f"count_onnet_msisdns_{word}"] = f"count(DISTINCT msisdn) FILTER ({goes})"
    if "duration" in column_of:
        number = "TRY_CAST(duration AS DOUBLE)"
        measures["count_null_durations"] = f"count(*) FILTER ({number} IS NULL)"
        measures["max_duration"] = f"max({number})"
        measures["median_duration"] = f"median({number})"
    return measures


def _unless_opted_out(connection: duckdb.DuckDBPyConnection, subscriber: str | None) -> str | None:
    """Leave out who opted out, however spelled. None where it cannot be told who did."""
    there = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'opted_out'"
    ).fetchone()
    if not (there and there[0]):
        return ""
    if subscriber is None:
        return None
    spelled = quick_spelling(_WHOSE)
    return f" WHERE (({spelled}) IN (SELECT subscriber_id FROM opted_out)) IS NOT TRUE"
