"""Estimators and footprint versions side by side, as tables for a terminal."""

from __future__ import annotations

from collections import defaultdict
from statistics import mean

from rich.table import Table

from peil.adapters import experiments
from peil.charter import reading
from peil.store.store import Store

SCORES = ("mape_day_plain", "mape_day", "wape_day", "bias_day", "coverage")


def tables(pilot: str) -> list[Table]:
    """Two tables: estimators (mean over days of their scores), versions of the footprint."""
    charter = reading.load(pilot)
    found = experiments.compare(Store(), charter.pilot)
    runs = Table("estimator", "footprint", "days", *SCORES, title=f"Estimators of {pilot}")
    groups = defaultdict(list)
    for run in found["runs"]:
        groups[run["estimator"], run["footprint"]].append(run)
    for (estimator, footprint), members in sorted(groups.items()):
        figures = []
        for score in SCORES:
            values = [member[score] for member in members if score in member]
            figures.append(f"{mean(values):.3f}" if values else "-")
        runs.add_row(estimator, footprint, str(len(members)), *figures)
    versions = Table(
        "version",
        "champion",
        "footprint",
        "exponent",
        "midpoint dBm",
        "steepness",
        "deviance on judged days",
        title="Footprints",
    )
    for one in found["versions"]:
        versions.add_row(
            str(one["version"]),
            "yes" if one["is_champion"] else "",
            one["footprint"],
            *(
                f"{float(one[name]):.3f}"
                for name in ("path_loss_exponent", "midpoint_dbm", "steepness", "judged_deviance")
            ),
        )
    return [runs, versions]
