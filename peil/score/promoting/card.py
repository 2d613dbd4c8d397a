"""The card of a version of presence: what it is for, on what it was tried, where it fails."""

from __future__ import annotations

from typing import Any

from peil import methods
from peil.charter.schema import Charter
from peil.score.promoting.candidates import Tried

MEASURES = {
    "mape_day": "mean error by day",
    "wape_day": "summed error by day",
    "bias_day": "bias by day",
    "mape_night": "mean error at night",
    "coverage": "intervals that hold",
}


def written(
    charter: Charter,
    record: dict[str, Any],
    candidate: Tried,
    incumbent: Tried,
    compared: list[dict[str, Any]],
    against: str,
) -> str:
    """Write the card from a study's table: Markdown, without a clock.

    Parameters
    ----------
    compared : list of dict
        The candidate beside the incumbent, by group; empty where both are one.
    against : str
        What speaks against a promotion; empty where nothing does.
    """
    figures = record["candidates"][candidate.name]
    worlds = record["worlds"]
    choices = ", ".join(f"{key} = {value}" for key, value in sorted(candidate.choices.items()))
    level = methods.section("uncertainty", charter.pilot)["level"]
    lines = [
        f"# Presence of {charter.pilot}: {candidate.name}",
        "",
        f"**Purpose.** Persons present by zone and hour, for {charter.purpose.replace('_', ' ')}. "
        f"**Data.** Counts of cells by hour of {charter.operator.name}; nothing was fitted to them "
        f"here. Tried in the study {record['study']['study']}: {len(worlds)} simulated worlds with "
        f"known truth, {worlds[0]} to {worlds[-1]}.",
        "",
        f"**Estimator.** {candidate.estimator}; it differs from methods.toml in: "
        f"{choices or 'nothing'}. Intervals of {level:.0%}.",
        "",
        "**Accuracy**, before protection, lowest zones; mean over worlds, half its 90% interval:",
        "",
        "| measure | all | " + " | ".join(_makes(figures)) + " |",
        "|---|---|" + "---|" * len(_makes(figures)),
        *(_row(figures, key, words) for key, words in MEASURES.items()),
        "",
    ]
    if compared:
        lines += [
            f"**By subgroup**, share by which it errs less than {incumbent.name} (95% interval):",
            "",
            "| zone-hours | errs less by | interval | zones |",
            "|---|---|---|---|",
            *(
                f"| {row['group']} | {row['gain']:+.1%} | {row['lower']:+.1%} to "
                f"{row['upper']:+.1%} | {row['n_zones']} |"
                for row in compared
            ),
            "",
        ]
    losses = [row["group"] for row in compared if row["gain"] < 0]
    lines += [
        f"**Where it fails.** It errs more than {incumbent.name} in: "
        f"{', '.join(losses) or 'no group'}. Overnight guests are taken for residents "
        "(docs/methods/presence.md). Simulated worlds tell nothing of what no simulator has.",
        "",
        f"**Against it.** {against or 'Nothing that is asked of a promotion'}.",
        "",
        "**Privacy.** It holds an estimator's name and parameters, and no row, count or key of "
        "anybody; figures made with it are protected as all others are (docs/privacy.md).",
        "",
        "**Licence.** That of Peil (LICENSE).",
        "",
    ]
    return "\n".join(lines)


def _makes(figures: dict[str, Any]) -> list[str]:
    """Makes of the worlds: where they differ, so may the errors."""
    return sorted({world.rpartition("-")[0] for world in figures["worlds"]})


def _row(figures: dict[str, Any], key: str, words: str) -> str:
    mean = figures["mean"][key]
    half = "" if mean["half"] is None else f" ± {100 * mean['half']:.1f}"
    cells = []
    for make in _makes(figures):
        own = [
            each[key]
            for world, each in figures["worlds"].items()
            if world.rpartition("-")[0] == make
        ]
        cells.append(f"{sum(own) / len(own):.1%}")
    return f"| {words} | {mean['mean']:.1%}{half} | {' | '.join(cells)} |"
