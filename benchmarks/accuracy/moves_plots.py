"""Pictures of the part `moves`: the same figures are the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#E69F00", "#009E73", "#666666"  # Okabe-Ito


def draw(record: dict[str, Any], folder: Path, place: str, first: str) -> None:
    """Draw home errors, flows and F1 by municipality as SVG.

    Parameters
    ----------
    record : dict
        Figures of the part.
    folder : Path
        Where `residence-home-error.svg`, `flows-true-estimated.svg` and `stays-by-zone.svg` go.
    place, first : str
        Names of the methods that are drawn.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    settings: Any = {
        "svg.hashsalt": "peil",
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "figure.figsize": (6.0, 3.6),
    }
    with matplotlib.rc_context(settings):
        for name, made in (
            ("residence-home-error", _home_error(pyplot, record, place)),
            ("flows-true-estimated", _flows(pyplot, record)),
            ("stays-by-zone", _by_zone(pyplot, record, place, first)),
        ):
            made.tight_layout()
            made.savefig(folder / f"{name}.svg", metadata={"Date": None})
            pyplot.close(made)


def _home_error(pyplot: Any, record: dict[str, Any], place: str) -> Any:
    made, axes = pyplot.subplots()
    share = np.linspace(0.0, 1.0, 101)
    for number, one in enumerate(_worlds(record)):
        axes.plot(
            np.maximum(one["homes"][place]["error_quantiles_m"], 50.0),
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
    return made


def _flows(pyplot: Any, record: dict[str, Any]) -> Any:
    made, axes = pyplot.subplots(figsize=(4.6, 4.4))
    true, guess = (np.array(record["pairs"][name]) for name in ("true", "persons"))
    seen = (true > 0) & (guess > 0)
    axes.loglog(
        true[seen],
        guess[seen],
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
    return made


def _by_zone(pyplot: Any, record: dict[str, Any], place: str, first: str) -> Any:
    made, axes = pyplot.subplots()
    kinds = {
        "city": [0],
        "towns": [1, 2, 4, 5],
        "beach resort": [3],
        "villages": list(range(6, 20)),
    }
    shown = {
        "stays: F1 on time": (BLUE, [one["stays"][first]["by_zone"] for one in _worlds(record)]),
        "homes right": (GREEN, [one["homes"][place]["by_zone"] for one in _worlds(record)]),
    }
    for shift, (label, (colour, values)) in enumerate(shown.items()):
        table = np.array(values)
        means = np.array([table[:, zones].mean(axis=1) for zones in kinds.values()])
        at = np.arange(len(kinds)) + 0.2 * (shift - 0.5)
        axes.errorbar(
            at,
            means.mean(axis=1),
            yerr=[means.mean(axis=1) - means.min(axis=1), means.max(axis=1) - means.mean(axis=1)],
            fmt="o",
            color=colour,
            capsize=3,
            label=f"{label}, mean and range over seeds",
        )
    axes.set_xticks(range(len(kinds)), list(kinds))
    axes.set(ylabel="share (1 is all right)", ylim=(0.8, 1.0))
    axes.legend(frameon=False, loc="lower left")
    return made


def _worlds(record: dict[str, Any]) -> list[dict[str, Any]]:
    return list(record["scored"].values())
