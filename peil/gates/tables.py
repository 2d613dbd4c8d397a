"""Make the measures of a state's suites: counts and shares, before anyone judges them.

Raw and staged are attached read-only, in a database of their own that Great Expectations never
gets: it receives the measures. Judging does not belong in here (`peil.gates.great`).
"""

from __future__ import annotations

import importlib
import json
import shutil
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from expectations.belief import Belief
from expectations.estimated import est_presence__by_zone_hour as believed
from expectations.limits import Limits
from peil.adapters import database
from peil.area.area import Area, area_of
from peil.charter.hour import end_of, hours_of, start_of
from peil.charter.schema import Charter
from peil.gates.report import GateReport, MeasureError
from peil.outcome import Refused, Waiting
from peil.quality import store as quality
from peil.store.atomic import read_json
from peil.store.faults import stopping
from peil.store.faults.written import require_written
from peil.store.store import Store

WEEKS_BACK = (1, 2, 3, 4)
PRODUCT = "presence"

# name: (file, columns that must be numbers even where they are all null)
TABLES: dict[str, dict[str, tuple[str, ...]]] = {
    "raw": {},
    "staged": {},
    "estimated": {
        "est_presence__by_zone_hour": (
            "n_devices",
            "n_devices_counted",
            "n_persons",
            "n_persons_lower",
            "n_persons_upper",
        ),
        "est_presence__by_tile_hour": ("n_devices",),
        "unlocated": ("n_devices_unlocated", "n_devices_withheld"),
    },
    "released": {"rel_presence__by_zone_hour": ("OBS_VALUE", "OBS_LOWER", "OBS_UPPER")},
}


def suites(state: str) -> Any:
    """Modules of a state's suites. Imported here, since they take Great Expectations' seconds."""
    return importlib.import_module(f"expectations.{state}").SUITES


def beliefs(state: str, limits: Limits) -> list[Belief]:
    """Every belief of a state, in the order of its suites."""
    return [belief for module in suites(state) for belief in module.suite(limits)]


def batch(charter: Charter, day: date) -> pd.DataFrame:
    """One row: what SQL needs to know of the period. A day has 23, 24 or 25 hours."""
    start, end = start_of(day, charter.time_zone), end_of(day, charter.time_zone)
    moment = {"day_start_at": pd.Timestamp(start), "day_end_at": pd.Timestamp(end)}
    return pd.DataFrame(
        [
            {
                "time_zone": charter.time_zone,
                "threshold": charter.threshold,
                "n_hours": len(hours_of(day, charter.time_zone)),
                **{name: at.tz_convert("UTC") for name, at in moment.items()},
            }
        ]
    )


def history(store: Store, pilot: str, day: date) -> pd.DataFrame:
    """Rows delivered on the same weekday of the weeks before, where that day's gate was open.

    Of an hour those of the same hour.
    """
    n_rows = []
    for weeks in WEEKS_BACK:
        file = store.quality(pilot, day - timedelta(weeks=weeks)) / "raw.json"
        if not file.is_file():
            continue
        try:
            report = GateReport.from_json(file.read_text(encoding="utf-8"))
        except (json.JSONDecodeError, TypeError, KeyError):
            continue
        n_rows += [
            result.observed["n_rows"]
            for result in report.results
            if report.is_open and result.expectation == "rows_were_delivered"
        ]
    return pd.DataFrame({"n_rows": pd.array(n_rows, dtype="Float64")})


def zones(area: Area) -> pd.DataFrame:
    """One row per zone, all levels: its parent and its registered persons, where known."""
    frame = pd.DataFrame(area.zones[["zone_id", "parent_id"]]).astype("string")
    register = area.register if area.register is not None else pd.Series(dtype="float64")
    frame["n_persons"] = frame["zone_id"].map(register).astype("Float64")
    return frame


def facts(where: Path) -> pd.DataFrame:
    """One row: what estimate told of its weights, and whose figures are released.

    A day estimated before it told has none, and what was released then.
    """
    record = where / "estimated.json"
    whole = read_json(record) if record.is_file() else {}
    of_day, presence = whole.get("facts", {}), whole.get("made_of", {}).get("presence", {})
    names = ("n_ratios_bounded", "misfit_share")
    released = presence.get("estimator", believed.RELEASED_ESTIMATOR)
    return pd.DataFrame(
        {name: [float(of_day.get(name, 0))] for name in names} | {"released_estimator": [released]}
    )


def folder(store: Store, charter: Charter, state: str, day: date) -> Path:
    """Where the tables of estimated or released lie. A release is judged before it crosses."""
    if state != "released":
        return store.estimated(charter.pilot, day)
    candidate = store.candidate(charter.pilot, PRODUCT, day)
    released = store.released(charter.pilot, PRODUCT, day)
    if candidate.is_dir() or not released.is_dir():
        return candidate
    # it crossed: no database reads on the agency's side, so it is judged in a copy
    copy = store.work(charter.pilot, day, "released_again")
    return Path(shutil.copytree(released, copy, dirs_exist_ok=True))


def make_views(opened: Any, state: str, where: Path) -> None:
    """Show the Parquet tables of a state under their names, figures as DOUBLE."""
    for name, numbers in TABLES[state].items():
        file = where / f"{name}.parquet"
        if not file.is_file():
            raise Waiting(f"{file} is not there: make the {state} state first.")
        require_written(file)
        casts = ", ".join(f"{column}::DOUBLE AS {column}" for column in numbers)
        path = str(file).replace("'", "''")
        opened.execute(
            f"CREATE VIEW {name} AS SELECT * REPLACE ({casts}) FROM read_parquet('{path}')"
        )


def measures(
    store: Store, charter: Charter, state: str, day: date, limits: Limits, where: Path
) -> dict[str, Any]:
    """Make the measures of a state.

    Returns
    -------
    dict of str to pyarrow.Table
        Every entry of the suites' `MEASURES`, by name, in memory.

    Raises
    ------
    MeasureError
        SQL failed. Its message is dropped, since DuckDB quotes the value that it failed on.
    """
    pilot = charter.pilot
    spill = store.work(pilot, day, f"gate_{state}") / "spill"
    made_tables: dict[str, Any] = {}
    with database.connection(store, spill, [where] if TABLES[state] else []) as opened:
        _attach(opened, store, pilot, day, state)
        given = {
            "this_batch": batch(charter, day),
            "limits": pd.DataFrame([asdict(limits)]),
            "history": history(store, pilot, day),
        }
        if state == "staged":
            given["judged"] = quality.judged(store, pilot, [day], scopes=["day"])
        if state in ("estimated", "released"):
            area = area_of(charter, store)
            given["zones"] = zones(area)
            given["this_area"] = pd.DataFrame(
                [{"has_elevation": area.has_elevation, "is_whole_country": area.is_whole_country}]
            )
        if state == "estimated":
            given["estimated_facts"] = facts(where)
        failed = None
        doing = "its tables"
        try:
            make_views(opened, state, where)
            for name, frame in given.items():
                keep(opened, name, frame)
            for module in suites(state):
                for doing, sql in module.MEASURES.items():
                    opened.execute(f"CREATE TABLE {doing} AS {sql}")
                    made_tables[doing] = opened.table(doing).to_arrow_table()
        except Refused:
            raise
        except Exception as error:
            stopping.check()
            failed = type(error).__name__
        if failed:  # raised out here, so that the original does not travel along as its context
            raise MeasureError(
                f"The {state} gate of {pilot} {day} could not make {doing} ({failed}): "
                "a table is not as it should be; this is a fault of ours."
            )
    return made_tables


def keep(opened: Any, name: str, frame: Any) -> None:
    """Copy a frame or an Arrow table into a database, under a name."""
    opened.register(f"given_{name}", frame)
    opened.execute(f"CREATE TABLE {name} AS FROM given_{name}")
    opened.unregister(f"given_{name}")


def _attach(opened: Any, store: Store, pilot: str, day: date, state: str) -> None:
    """Attach the sealed file that a state's measures are made from."""
    if state == "released":
        return
    kind = "raw" if state == "raw" else "staged"
    file = store.raw_file(pilot, day) if kind == "raw" else store.staged_file(pilot, day)
    if not file.is_file():
        raise Waiting(f"{pilot} {day} has no {kind} file yet: run the verb that makes it.")
    attach = database.attach_raw if kind == "raw" else database.attach_staged
    attach(opened, store, pilot, day, verb=f"gate of {state}")
