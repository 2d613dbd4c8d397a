"""Pictures of the part `moves`, from the record alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy.moves.homes import PLACE
from benchmarks.accuracy.moves.methods import FIRST
from benchmarks.accuracy.pictures import BLUE, GREEN, GREY, ORANGE, drawing, save

SIZE = (6.0, 3.6)


def plots(record: dict[str, Any], folder: Path) -> None:
    """Draw errors of homes, flows, and scores by kind of municipality, as PNG.

    Parameters
    ----------
    record : dict
        Figures of the part.
    folder : Path
        Where `residence-home-error.png`, `flows-true-estimated.png` and `stays-by-zone.png` go.
    """
    with drawing() as pyplot:
        save(_home_error(pyplot, record), folder / "residence-home-error.png")
        save(_flows(pyplot, record), folder / "flows-true-estimated.png")
        save(_by_zone(pyplot, record), folder / "stays-by-zone.png")


def _home_error(pyplot: Any, record: dict[str, Any]) -> Any:
    figure, axes = pyplot.subplots(figsize=SIZE, layout="constrained")
    share = np.linspace(0.0, 1.0, 101)
    for number, world in enumerate(_worlds(record)):
        axes.plot(
            np.maximum(world["homes"][PLACE]["error_quantiles_m"], 50.0),
            share,
            color=BLUE,
            alpha=0.7,
            lw=1.2,
            label=f"seeds {', '.join(record['scored'])}" if number == 0 else None,
        )
    axes.axvline(500.0, color=ORANGE, lw=1.2, label="500 m")
    axes.axhline(0.9, color=GREY, lw=0.8, ls=":", label="90 %")
    axes.set(
        xscale="log",
        xlabel="distance from the true home tile (m; 50 or less drawn at 50)",
        ylabel="share of devices at most that far",
        ylim=(0, 1),
    )
    axes.legend(frameon=False, loc="lower right")
    return figure


def _flows(pyplot: Any, record: dict[str, Any]) -> Any:
    figure, axes = pyplot.subplots(figsize=(4.6, 4.4), layout="constrained")
    true, guess = (np.array(record["pairs"][name]) for name in ("true", "persons"))
    is_shown = (true > 0) & (guess > 0)
    axes.loglog(
        true[is_shown],
        guess[is_shown],
        ".",
        color=BLUE,
        ms=3,
        alpha=0.35,
        label=f"pair of municipalities, seed {next(iter(record['scored']))}",
    )
    ends = [1.0, float(max(true.max(), guess.max()))]
    axes.loglog(ends, ends, color=ORANGE, lw=1.2, label="equal")
    axes.set(
        xlabel="true trips (persons a day, mean of seven)", ylabel="estimated trips (persons a day)"
    )
    axes.legend(frameon=False, loc="upper left")
    return figure


def _by_zone(pyplot: Any, record: dict[str, Any]) -> Any:
    figure, axes = pyplot.subplots(figsize=SIZE, layout="constrained")
    kinds = {
        "city": [0],
        "towns": [1, 2, 4, 5],
        "beach resort": [3],
        "villages": list(range(6, 20)),
    }
    shown = {
        "stays: F1 on time": (
            BLUE,
            "o",
            [world["stays"][FIRST]["by_zone"] for world in _worlds(record)],
        ),
        "homes right": (
            GREEN,
            "s",
            [world["homes"][PLACE]["by_zone"] for world in _worlds(record)],
        ),
    }
    for shift, (label, (colour, marker, values)) in enumerate(shown.items()):
        table = np.array(values)
        means = np.array([table[:, zones].mean(axis=1) for zones in kinds.values()])
        at = np.arange(len(kinds)) + 0.2 * (shift - 0.5)
        axes.errorbar(
            at,
            means.mean(axis=1),
            yerr=[means.mean(axis=1) - means.min(axis=1), means.max(axis=1) - means.mean(axis=1)],
            fmt=marker,
            color=colour,
            capsize=3,
            label=f"{label}, mean and range over seeds",
        )
    axes.set_xticks(range(len(kinds)), list(kinds))
    axes.set(ylabel="share (1 is all right)", ylim=(0.8, 1.0))
    axes.legend(frameon=False, loc="lower left")
    return figure


def _worlds(record: dict[str, Any]) -> list[dict[str, Any]]:
    return list(record["scored"].values())
