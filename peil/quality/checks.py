"""What is counted of a day: SQL over its two sealed files, attached read-only, counts only."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

import pyarrow as pa

from expectations.limits import Limits
from peil.adapters import database
from peil.charter.hour import end_of, hours_of, start_of
from peil.charter.schema import Charter, Delivery
from peil.ingest import counted_fields
from peil.outcome import Refused
from peil.quality import passes
from peil.quality.catalogue import REASONS, UNLOCATED
from peil.quality.store import SCHEMAS
from peil.store.atomic import read_json
from peil.store.faults import stopping
from peil.store.store import Store

# scope: (table, place, hour, {check: SQL}); `few` nulls a count of rows that is too small to tell
SCOPES: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "hour": (
        "by_hour",
        "''",
        "hour_at",
        {
            "count_added_rows": "n_added",
            "n_rows_staged": "n_staged",
            "error_share": "1 - n_staged / nullif(n_added, 0)",
        },
    ),
    "cell": (
        "by_cell",
        "cell_id",
        "NULL",
        {
            "count_added_rows": "few(n_added)",
            "n_rows_staged": "few(n_staged)",
            "error_share": "1 - few(n_staged) / nullif(few(n_added), 0)",
        },
    ),
    "cell_hour": ("by_cell_hour", "cell_id", "hour_at", {"n_rows_staged": "few(n_staged)"}),
    "region": (
        "by_region",
        "region_id",
        "NULL",
        {
            "count_added_rows": "few(n_added)",
            "n_rows_staged": "few(n_staged)",
            "error_share": "1 - few(n_staged) / nullif(few(n_added), 0)",
            "n_cells": "n_cells",
            "n_cells_silent": "n_cells_silent",
            "n_hours_silent": "n_hours_silent",
        },
    ),
}
SUMS = (
    "n_delivered",
    "n_opted_out",
    "n_added",
    "n_before",
    "n_after",
    "n_null_subscribers",
    "n_null_cells",
    "n_located",
)


class CountError(Exception):
    """A figure could not be made; a fault of ours. Its message quotes no value."""


def count(charter: Charter, day: date, store: Store, limits: Limits, few_rows: int) -> pa.Table:
    """Count a staged day.

    Parameters
    ----------
    limits : Limits
        Of `expectations`: the size of a region and the hours of daytime.
    few_rows : int
        A count of rows of one cell or region below it is null, unless it is 0.

    Returns
    -------
    pyarrow.Table
        Columns of `peil.quality.store.SCHEMAS["figures"]`, without order.

    Raises
    ------
    CountError
        SQL failed. Its message is dropped, since DuckDB quotes the value that it failed on.
    """
    pilot = charter.pilot
    failed = None
    manifest = read_json(store.raw_manifest(pilot, day))
    with database.connection(store, store.work(pilot, day, "quality") / "spill") as opened:
        database.attach_raw(opened, store, pilot, day, verb="quality")
        database.attach_staged(opened, store, pilot, day, verb="quality")
        doing = "the day"
        try:
            _given(opened, charter, day, limits, few_rows)
            for doing, sql in passes.TABLES.items():
                opened.execute(f"CREATE TEMP TABLE {doing} AS {sql}")
            doing = "figures"
            delivery = charter.inputs.events
            of_day = _of_day(opened, delivery, manifest)
            by_scope = _by_scope(opened, counted_fields.subscriber_check(delivery))
            return pa.concat_tables([of_day, *by_scope])
        except Refused:
            raise
        except Exception as error:
            stopping.check()
            failed = type(error).__name__
    # raised out here, so that the original does not travel along as its context
    raise CountError(
        f"The quality of {pilot} {day} could not make {doing} ({failed}): "
        "a table is not as it should be; this is a fault of ours."
    )


def _given(opened: Any, charter: Charter, day: date, limits: Limits, few_rows: int) -> None:
    """Lay down what the SQL must know of the day and of our choices."""
    start, end = start_of(day, charter.time_zone), end_of(day, charter.time_zone)
    n_hours = len(hours_of(day, charter.time_zone))
    opened.execute(
        "CREATE TEMP TABLE this_batch AS SELECT ?::TIMESTAMPTZ AS day_start_at, "
        "?::TIMESTAMPTZ AS day_end_at, ?::BIGINT AS n_hours, ?::VARCHAR AS time_zone",
        [start, end, n_hours, charter.time_zone],
    )
    named = asdict(limits)
    spelled = ", ".join(f"?::DOUBLE AS {name}" for name in named)
    opened.execute(f"CREATE TEMP TABLE limits AS SELECT {spelled}", list(named.values()))
    least = int(few_rows)
    opened.execute(f"CREATE TEMP MACRO few(n) AS CASE WHEN n = 0 OR n >= {least} THEN n END")


def _by_scope(opened: Any, subscribers: str) -> list[pa.Table]:
    """Make the figures of hours, cells and regions, one table a check."""
    tables = []
    queries = [
        (table, f"'{check}', '{scope}', {place}, {hour}::TIMESTAMPTZ, ({sql})::DOUBLE")
        for scope, (table, place, hour, checks) in SCOPES.items()
        for check, sql in checks.items()
    ]
    queries.append(("device_hours", f"'{subscribers}', 'hour', '', hour_at, n_devices::DOUBLE"))
    for table, columns in queries:
        rows = opened.execute(f"SELECT {columns} FROM {table}").to_arrow_table()
        tables.append(rows.rename_columns(SCHEMAS["figures"].names).cast(SCHEMAS["figures"]))
    return tables


def _of_day(opened: Any, delivery: Delivery, manifest: dict[str, Any]) -> pa.Table:
    """Make the figures of the whole day and of each delivered file."""
    files = opened.execute("SELECT * FROM by_file ORDER BY file_id").to_arrow_table().to_pylist()
    whole = opened.execute("SELECT * FROM whole").to_arrow_table().to_pylist()[0]
    reasons: dict[int, dict[str, int]] = {file["file_id"]: {} for file in files}
    accounted = "SELECT file_id, coalesce(reason, outcome), n_rows FROM staged.main."
    accounted += "int_rows_accounted__by_file_reason WHERE outcome <> 'opted_out'"
    for file_id, reason, n_rows in opened.execute(accounted).fetchall():
        reasons[file_id][reason] = n_rows
    subscribers = counted_fields.subscriber_check(delivery)
    incoming = [entry.get("incoming", {}) for entry in manifest["files"]]
    names = [file["file_name"] for file in files]
    rows = []
    for number, file in enumerate(files):
        name = names[number] if names.count(names[number]) == 1 else f"{names[number]} ({number})"
        figures = {**_of_rows(file, reasons[file["file_id"]], subscribers), **incoming[number]}
        rows += [("delivery", name, check, value) for check, value in figures.items()]
    sums = {name: sum(file[name] for file in files) for name in SUMS}
    sums |= {
        "earliest_s": min((f["earliest_s"] for f in files if f["earliest_s"]), default=None),
        "latest_s": max((f["latest_s"] for f in files if f["latest_s"]), default=None),
    }
    every = {
        reason: sum(counts.get(reason, 0) for counts in reasons.values())
        for reason in (*REASONS, "staged")
    }
    day = {
        **_of_rows({**sums, **whole}, every, subscribers),
        **counted_fields.of_day(incoming),
        subscribers: whole["n_devices"],
        "count_duplicated": whole["n_repeated"],
        "rows_per_device": every["staged"] / whole["n_devices"] if whole["n_devices"] else None,
        "n_files": len(files),
        "n_cells": whole["n_cells"],
        "n_cells_silent": whole["n_cells_silent"],
        "n_hours_silent": whole["n_hours_silent"],
        "plan_mark": whole["plan_mark"],
    }
    rows += [("day", "", check, value) for check, value in day.items()]
    named = [
        {
            "check": check,
            "scope": scope,
            "place": place,
            "hour_at": None,
            "value": None if value is None else float(value),
        }
        for scope, place, check, value in rows
    ]
    return pa.Table.from_pylist(named, schema=SCHEMAS["figures"])


def _of_rows(counts: dict[str, Any], reasons: dict[str, int], subscribers: str) -> dict[str, Any]:
    """Figures that a file and a day have in common."""
    n_added = counts["n_added"]
    n_staged = reasons.get("staged", 0)

    def share(n_rows: int) -> float | None:
        return n_rows / n_added if n_added else None

    figures: dict[str, Any] = {
        "n_rows_delivered": counts["n_delivered"],
        "n_rows_opted_out": counts["n_opted_out"],
        "count_added_rows": n_added,
        "n_rows_staged": n_staged,
        "n_rows_before_day": counts["n_before"],
        "n_rows_after_day": counts["n_after"],
        "error_share": share(n_added - n_staged),
        "unlocated_share": share(sum(reasons.get(reason, 0) for reason in UNLOCATED)),
        "count_duplicates": reasons.get("duplicate", 0),
        "count_location_ids": counts["n_cells_named"],
        "count_locatable_location_ids": counts["n_cells_located"],
        "count_locatable_events": counts["n_located"],
        f"count_null_{subscribers.removeprefix('count_')}": counts["n_null_subscribers"],
        "count_null_location_ids": counts["n_null_cells"],
        "earliest_timestamp": counts["earliest_s"],
        "latest_timestamp": counts["latest_s"],
    }
    for reason in REASONS:
        figures[f"n_rows_{reason}"] = reasons.get(reason, 0)
        figures[f"{reason}_share"] = share(reasons.get(reason, 0))
    return figures
