"""Judge an outlook before it is placed: closed, nothing of it is, and what stood there stays.

The four gates of a day are in `peil.gates`. This one is the agency's: it looks at figures that
were released, and at what was computed of them, nothing else.
"""

from __future__ import annotations

import importlib
from typing import Any

import pandas as pd

from expectations.belief import Belief, Bound
from peil.adapters import database
from peil.gates.report import Finding, GateReport, MeasureError, observed
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
    MeasureError
        A fault of ours; no value is quoted.
    """
    suites = importlib.import_module("expectations.outlook").SUITES
    beliefs = [belief for module in suites for belief in module.suite(limits_of(pilot))]
    measures: dict[str, Any] = {}
    failed = ""
    with database.scratch({**tables, "this_batch": pd.DataFrame([batch])}) as opened:
        for name, sql in ((n, s) for module in suites for n, s in module.MEASURES.items()):
            try:
                measures[name] = opened.execute(sql).to_arrow_table()
            except Exception as error:
                failed = f"{name} ({type(error).__name__})"
                break
    if failed:  # raised out here, so that the original does not travel along as its context
        raise MeasureError(
            f"The outlook gate of {pilot} {period} could not make {failed}: a fault of ours."
        )
    results = [
        Finding(
            expectation=belief.name,
            table=belief.table,
            why=belief.why,
            do=belief.do,
            severity=belief.severity,
            success=holds(belief, measures[belief.measure]),
            observed=observed(measures[belief.measure], belief.shows, {}),
        )
        for belief in beliefs
    ]
    is_open = all(finding.success or finding.severity == "note" for finding in results)
    return GateReport(STATE, pilot, period, is_open, results)


def holds(belief: Belief, measure: Any) -> bool:
    """Ask a bound of a measure of one row.

    Great Expectations would say the same (a test holds the two together) and take four times as
    long as all the rest of an hour's outlook.
    """
    assert isinstance(belief.expectation, Bound)
    return belief.expectation.holds(measure.column(belief.expectation.column)[0].as_py())


def require_open(report: GateReport) -> None:
    """Raise where the gate is closed, with what is not believable and what to do.

    Raises
    ------
    GateClosed
        Exit 3: nothing of the outlook was placed.
    """
    if report.is_open:
        return
    reasons = dict.fromkeys(finding.reason() for finding in report.stopped)
    remedies = dict.fromkeys(finding.do for finding in report.stopped)
    raise GateClosed(f"{report.sentence()} {' '.join(reasons)} What to do: {' '.join(remedies)}")
