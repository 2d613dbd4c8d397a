"""Pictures of the crowding benchmark: calibration, and error by month."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.accuracy.pictures import BLUE, GREY, ORANGE, VERMILION, drawing, save
from benchmarks.recording import FOLDER
from peil.settings import PROJECT
from peil_models.crowding import QUANTILES

PICTURES = PROJECT / "docs" / "methods"
CALIBRATION, MONTHS = "crowding-calibration.png", "crowding-months.png"
COLOURS = {"boosting": BLUE, "seasonal naive": ORANGE, "climatology": VERMILION}
MARKS = {"boosting": "o", "seasonal naive": "s", "climatology": "^"}


def draw(record: dict[str, Any], folder: Path) -> None:
    """Draw calibration and months of Melbourne, where they are in the record."""
    if "melbourne" not in record:
        return
    methods = record["melbourne"]["methods"]
    place = PICTURES if folder == FOLDER else folder
    with drawing() as pyplot:
        figure, axes = pyplot.subplots(figsize=(4.2, 3.6), layout="constrained")
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=":")
        for name, method in methods.items():
            axes.plot(
                QUANTILES, method["calibration"], MARKS[name] + "-", color=COLOURS[name], label=name
            )
        axes.set(xlabel="quantile", ylabel="share of values not above it")
        axes.legend(frameon=False)
        save(figure, place / CALIBRATION)
        figure, axes = pyplot.subplots(figsize=(4.2, 3.2), layout="constrained")
        for name, method in methods.items():
            months = sorted(method["by_month"])
            values = [method["by_month"][month] for month in months]
            axes.plot(months, values, MARKS[name] + "-", color=COLOURS[name], label=name)
        axes.set(ylabel="pinball, persons", ylim=(0, None))
        axes.legend(frameon=False, loc="lower left")
        save(figure, place / MONTHS)
