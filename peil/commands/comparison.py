"""Lay estimators and footprint versions side by side, as tables that 80 columns hold."""

from __future__ import annotations

from collections import defaultdict
from statistics import mean
from typing import Any

from rich.table import Table

from peil.adapters import experiments
from peil.charter.period import Period

SCORES = ("mape_day_plain", "mape_day", "wape_day", "bias_day", "coverage")
PARAMETERS = ("path_loss_exponent", "midpoint_dbm", "steepness", "judged_deviance")


def tables(pilot: str) -> list[Table]:
    """Make a table of estimators (mean over days of their scores), and one of footprint versions.

    Where no footprint is registered yet there is no second table.
    """
    period = Period.open(pilot)
    record = experiments.compare(period.store, period.pilot)
    heads = ("estimator", "footprint", "days", *(name.replace("_", "\n") for name in SCORES))
    runs = Table(*heads, title=f"Estimators of {pilot}: mean over days")
    groups = defaultdict(list)
    for run in record["runs"]:
        groups[run["estimator"], run["footprint"]].append(run)
    for (estimator, footprint), members in sorted(groups.items()):
        figures = []
        for score in SCORES:
            values = [member[score] for member in members if score in member]
            figures.append(f"{mean(values):.3f}" if values else "-")
        runs.add_row(estimator, footprint, str(len(members)), *figures)
    heads = ("version", "champion", "footprint", "exponent", "midpoint\ndBm", "steep-\nness")
    versions = Table(*heads, "deviance on\njudged days", title="Footprints")
    for version in record["versions"]:
        versions.add_row(
            str(version["version"]),
            "yes" if version["is_champion"] else "",
            version["footprint"],
            *(_with_error(version, name) for name in PARAMETERS),
        )
    return [runs, versions] if record["versions"] else [runs]


def _with_error(version: dict[str, Any], name: str) -> str:
    """A figure of a version, its standard error below it where the counts tell one.

    >>> _with_error({"steepness": "0.2", "steepness_se": 0.03}, "steepness")
    '0.200\\n± 0.030'
    """
    error = version.get(f"{name}_se")
    return f"{float(version[name]):.3f}" + ("" if error is None else f"\n± {float(error):.3f}")
