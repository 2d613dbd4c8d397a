"""Judge an outlook before it is placed: closed, nothing of it is, and what stood there stays.

The four gates of a day are in `peil.gates`. This one is the agency's: it looks at figures that
were released, and at what was computed of them, nothing else.
"""

from __future__ import annotations

import importlib
from typing import Any

import pandas as pd

from peil.adapters import sealing
from peil.gates.report import GateReport, MeasureError
from peil.outcome import GateClosed
from peil.quality.choices import limits_of

STATE: Any = "outlook"


def check(pilot: str, period: str, tables: dict[str, Any], batch: dict[str, Any]) -> GateReport:
    """Ask what is believed of an outlook.

    Parameters
    ----------
    pilot, period : str
        Of which pilot, as at which hour.
    tables : dict of str to pyarrow.Table
        The tables of the outlook, by name.
    batch : dict
        threshold, newest_at (a moment in UTC), n_zones.

    Raises
    ------
    MeasureError, JudgeError
        A fault of ours; no value is quoted.
    """
    from peil.gates import great  # takes Great Expectations' seconds
    from peil.gates.tables import keep

    suites = importlib.import_module("expectations.outlook").SUITES
    beliefs = [belief for module in suites for belief in module.suite(limits_of(pilot))]
    measures: dict[str, Any] = {}
    failed = ""

    def fill(connection: Any) -> None:
        nonlocal failed
        for name, table in tables.items():
            keep(connection, name, table)
        keep(connection, "this_batch", pd.DataFrame([batch]))
        sealing.confine(connection, [])
        for module in suites:
            for name, sql in module.MEASURES.items():
                try:
                    connection.execute(f"CREATE TABLE {name} AS {sql}")
                    measures[name] = connection.table(name).to_arrow_table()
                except Exception as error:
                    failed = f"{name} ({type(error).__name__})"
                    raise

    try:
        results = great.findings(STATE, beliefs, fill, measures)
    except Exception:
        if not failed:
            raise
    if failed:  # raised out here, so that the original does not travel along as its context
        raise MeasureError(
            f"The outlook gate of {pilot} {period} could not make {failed}: a fault of ours."
        )
    return GateReport.of(STATE, pilot, period, results)


def require_open(report: GateReport) -> None:
    """Raise where the gate is closed, with what is not believable and what to do.

    Raises
    ------
    GateClosed
        Exit 3: nothing of the outlook was placed.
    """
    if not report.is_open:
        raise GateClosed(report.explanation())
