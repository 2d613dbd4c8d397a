"""Lay estimators and footprint versions side by side, as tables that 80 columns hold."""

from __future__ import annotations

from collections import defaultdict
from statistics import mean
from typing import Any

from rich.table import Table

from peil import methods
from peil.adapters import version_rows
from peil.charter.period import Period
from peil.estimate import standing
from peil.estimate.estimators import RELEASED_ESTIMATOR
from peil.score import paired
from peil.store.atomic import read_whole

SCORES = ("mape_day_plain", "mape_day", "wape_day", "bias_day", "coverage")
PARAMETERS = ("path_loss_exponent", "midpoint_dbm", "steepness", "judged_deviance")


def tables(pilot: str) -> list[Table]:
    """Make a table of estimators (mean over days of their scores), and one of footprint versions.

    Between them, where there is a known truth, each estimator beside the released one. Where no
    footprint is registered yet there is no table of versions.
    """
    period = Period.open(pilot)
    record = version_rows.compare(period.store, period.pilot)
    heads = ("estimator", "footprint", "days", *(name.replace("_", "\n") for name in SCORES))
    runs = Table(*heads, title=f"Estimators of {pilot}: mean over days")
    groups = defaultdict(list)
    for run in _once_a_day(record["runs"], _standing_runs(period)):
        groups[run["estimator"], run["footprint"]].append(run)
    for (estimator, footprint), members in sorted(groups.items()):
        figures = []
        for score in SCORES:
            values = [member[score] for member in members if score in member]
            figures.append(f"{mean(values):.3f}" if values else "-")
        runs.add_row(estimator, footprint, str(len(members)), *figures)
    heads = ("version", "champion", "footprint", "exponent", "midpoint\ndBm", "steep-\nness")
    footprints = Table(*heads, "deviance on\njudged days", title="Footprints")
    for version in record["versions"]:
        footprints.add_row(
            str(version["version"]),
            "yes" if version["is_champion"] else "",
            version["footprint"],
            *(_with_error(version, name) for name in PARAMETERS),
        )
    scored = read_whole(period.store.scores(period.pilot) / "scores.json")
    compared, released = scored.get("paired", []), scored.get("champion", RELEASED_ESTIMATOR)
    group_loss_max = methods.section("compare", period.pilot)["group_loss_max"]
    shown = [runs, *([beside(compared, group_loss_max, released)] if compared else [])]
    shown += [footprints] if record["versions"] else []
    if record.get("presences"):
        note = standing.disagreement(period.store, period.pilot, "presence")
        shown.append(_presences(record["presences"], note or None))
    return shown + ([_followed(record["followed"])] if record.get("followed") else [])


def _standing_runs(period: Period) -> set[str]:
    """Run ids of the estimates that stand."""
    folders = [period.store.estimated(period.pilot, day) for day in period.charter.units()]
    records = [read_whole(folder / "estimated.json") for folder in folders]
    return {run_id for each in records for run_id in each.get("run_ids", {}).values()}


def _once_a_day(runs: list[dict[str, Any]], standing_runs: set[str]) -> list[dict[str, Any]]:
    """Of a day that was estimated again by the same names the run that stands, else the newest."""
    chosen: dict[tuple[str, ...], dict[str, Any]] = {}
    for run in runs:  # the oldest of a day first
        key = (run["day"], run["estimator"], run["footprint"])
        if key not in chosen or chosen[key]["run_id"] not in standing_runs:
            chosen[key] = run
    return list(chosen.values())


def _presences(rows: list[dict[str, Any]], note: str | None) -> Table:
    """Versions of presence: whose figures are released, and how they stood in their study."""
    heads = ("version", "is", "presence", "footprint", "MAPE\nby day", "intervals\nthat hold")
    table = Table(*heads, title="Versions of presence", caption=note)
    for row in rows:
        table.add_row(
            str(row["version"]),
            "\n".join(row["aliases"]),
            row["title"].removeprefix("presence ").replace("@", "\n@"),
            row["footprint"],
            f"{row['mape_day']:.1%}" if "mape_day" in row else "-",
            f"{row['coverage']:.0%}" if "coverage" in row else "-",
        )
    return table


def _followed(rows: list[dict[str, Any]]) -> Table:
    """Versions of what follows devices: whose figures are released."""
    table = Table("model", "is", "footprint", "it is", title="Stays, flows and visitors")
    for row in rows:
        label = f"{row['quantity']}@{row['version']}"
        table.add_row(label, "\n".join(row["aliases"]), row["footprint"], row["title"])
    return table


def beside(
    compared: list[dict[str, Any]], group_loss_max: float, released: str = RELEASED_ESTIMATOR
) -> Table:
    """Lay each estimator beside the released one: by how much it errs less, per group of zones."""
    groups = [group for group in paired.GROUPS if any(row["group"] == group for row in compared)]
    table = Table(
        "estimator",
        *(group.replace(" ", "\n") for group in groups),
        "it is",
        title=f"Errors of estimates, before protection, beside {released}'s",
        caption=f"{released} is released. Smaller (+) or larger (-) than its error, with "
        f"intervals over zones and days ({max(row['n_zones'] for row in compared)} and "
        f"{max(row['n_days'] for row in compared)}; \\[compare] in methods.toml).",
        padding=(0, 0),
    )
    for name in sorted({row["estimator"] for row in compared}):
        own = {row["group"]: row for row in compared if row["estimator"] == name}
        cells = [_gain(own[group]) if group in own else "-" for group in groups]
        table.add_row(name, *cells, paired.verdict(compared, name, group_loss_max))
    return table


def _gain(row: dict[str, Any]) -> str:
    """A gain in percent, its interval below it.

    >>> _gain({"gain": -0.123, "lower": -0.2, "upper": 0.04})
    '-12%\\n-20..+4'
    """
    return f"{row['gain']:+.0%}\n{100 * row['lower']:+.0f}..{100 * row['upper']:+.0f}"


def _with_error(version: dict[str, Any], name: str) -> str:
    """A figure of a version, its standard error below it where the counts tell one.

    >>> _with_error({"steepness": "0.2", "steepness_se": 0.03}, "steepness")
    '0.200\\n± 0.030'
    """
    error = version.get(f"{name}_se")
    return f"{float(version[name]):.3f}" + ("" if error is None else f"\n± {float(error):.3f}")
