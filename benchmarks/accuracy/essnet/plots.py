"""Pictures of the part `essnet`, from the record alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy.essnet.page import BAR_M, NAMES
from benchmarks.accuracy.pictures import BLUE, ORANGE, PALE, drawing, save
from benchmarks.accuracy.seeds import across

LIGHT = "#DDDDDD"
LINES = {"chain": ORANGE, "heading": BLUE}


def plots(record: dict[str, Any], folder: Path) -> None:
    """Draw RMSE by method and its calibration, and the ROC of two-device holders, as PNG.

    Parameters
    ----------
    record : dict
        Figures of the part.
    folder : Path
        Where `location-rmse.png` and `multiplicity-roc.png` go.
    """
    with drawing() as pyplot:
        save(_location(pyplot, record), folder / "location-rmse.png")
        save(_roc(pyplot, record), folder / "multiplicity-roc.png")


def _location(pyplot: Any, record: dict[str, Any]) -> Any:
    figure, (left, right) = pyplot.subplots(
        1, 2, figsize=(9.5, 4.6), sharey=True, layout="constrained"
    )
    names = list(NAMES)[::-1]
    words = [NAMES[name].replace("`", "") for name in names]
    place = np.arange(len(names))
    for measure, interval, axis in (
        ("rmse_m", "rmse_interval_m", left),
        ("ratio", "ratio_interval", right),
    ):
        values = np.array([record["location"][name][measure] for name in names])
        ends = np.array([record["location"][name][interval] for name in names]).T
        axis.errorbar(
            values,
            place + 0.12,
            xerr=np.abs(ends - values),
            fmt="o",
            ms=4,
            color=BLUE,
            label="ESSnet sample, 90 % over devices",
        )
        own = [[w[name][measure] for w in record["worlds"].values() if name in w] for name in names]
        shown = [number for number, figures in enumerate(own) if figures]
        mean, half = np.array([across(own[number]) for number in shown]).T
        axis.errorbar(
            mean,
            place[shown] - 0.12,
            xerr=half,
            fmt="s",
            ms=4,
            color=ORANGE,
            label="own worlds, 90 % over seeds",
        )
    left.axvline(BAR_M, color=PALE, lw=1, ls="--", label="goal on the sample, 420 m")
    right.axvspan(0.9, 1.15, color=PALE, alpha=0.25, label="goal, 0.9 to 1.15")
    left.set_yticks(place, words)
    left.set_xlabel("RMSE of location (m)")
    right.set_xlabel("actual / implied RMSE (ratio)")
    for axis in (left, right):
        axis.grid(axis="x", color=LIGHT, lw=0.5)
        axis.legend(fontsize=7, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure


def _roc(pyplot: Any, record: dict[str, Any]) -> Any:
    figure, axis = pyplot.subplots(figsize=(4.8, 4.4), layout="constrained")
    for name, holders in record["multiplicity"].items():
        for score, dash in (("pairwise", "--"), ("one_to_one", "-")):
            result = holders[score]
            axis.plot(
                *result["roc"],
                dash,
                color=LINES[name],
                lw=1.4,
                label=f"{name}, {score.replace('_', '-')}: AUC {result['auc']:.3f}",
            )
    axis.plot([0, 1], [0, 1], ":", color=PALE, lw=1, label="chance")
    axis.set_xlabel("share of single devices taken for one of two")
    axis.set_ylabel("share of second devices recognised")
    axis.legend(fontsize=7, loc="lower right")
    axis.grid(color=LIGHT, lw=0.5)
    return figure
