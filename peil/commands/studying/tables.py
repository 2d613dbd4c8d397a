"""Tables of a study that 80 columns hold: its candidates, and two of them side by side."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from peil import methods
from peil.score.studies.worlds import PILOT

HEADS = {
    "mape_day": "MAPE\nby day",
    "wape_day": "WAPE\nby day",
    "bias_day": "bias\nby day",
    "mape_night": "MAPE\nat night",
    "coverage": "intervals\nthat hold",
}


def scores(record: dict[str, Any]) -> Table:
    """Candidates by their error by day, the least first; half an interval over worlds below."""
    worlds = record["worlds"]
    table = Table(
        "candidate",
        *HEADS.values(),
        title=f"{record['study']['title']}: {len(worlds)} worlds, {worlds[0]} to {worlds[-1]}",
        caption="Estimates of the lowest zones before protection, on known truth; mean over worlds "
        "and half its 90% interval.",
    )
    candidates = record["candidates"]
    for name in sorted(candidates, key=lambda name: candidates[name]["mean"]["mape_day"]["mean"]):
        figures = candidates[name]["mean"]
        table.add_row(name.replace("@", "\n@"), *(_percent(figures[key]) for key in HEADS))
    return table


def _percent(figure: dict[str, float | None]) -> str:
    """A mean in percent, half its interval below it.

    >>> _percent({"mean": 0.0534, "half": 0.0061})
    '5.3%\\n± 0.6'
    """
    mean, half = figure["mean"], figure["half"]
    return f"{mean:.1%}" + ("" if half is None else f"\n± {100 * half:.1f}")


def beside(compared: list[dict[str, Any]], incumbent: str, candidate: str, n_worlds: int) -> Table:
    """By how much the candidate errs less, group by group, with intervals over worlds."""
    table = Table(
        "zone-hours",
        "errs less by",
        "95% interval",
        "zones",
        title=f"{candidate} beside {incumbent}",
        caption=f"Share of {incumbent}'s error, before protection; {n_worlds} worlds, each counts "
        "once.",
    )
    for row in compared:
        interval = f"{row['lower']:+.1%} to {row['upper']:+.1%}"
        table.add_row(row["group"], f"{row['gain']:+.1%}", interval, str(row["n_zones"]))
    return table


def changed(record: dict[str, Any], incumbent: str, candidate: str) -> list[str]:
    """What differs between two candidates: estimator and parameters; nothing where all is alike."""
    (first, before), (second, after) = (name.split("@") for name in (incumbent, candidate))
    lines = [] if first == second else [f"estimator: {first} \u2192 {second}"]
    sets = record["study"]["parameters"]
    for key in sorted({*sets[before], *sets[after]}):
        section, _, name = key.partition(".")
        usual = methods.section(section, PILOT)[name]
        values = [sets[label].get(key, usual) for label in (before, after)]
        if values[0] != values[1]:
            lines.append(f"{key}: {values[0]} \u2192 {values[1]}")
    return lines
