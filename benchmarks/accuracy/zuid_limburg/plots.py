"""Pictures of the part `zuid_limburg`: bars by scenario, from the record alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy.pictures import (
    BLUE,
    GREEN,
    ORANGE,
    PALE,
    PURPLE,
    SKY,
    VERMILION,
    YELLOW,
    drawing,
    save,
)
from benchmarks.accuracy.seeds import across
from benchmarks.accuracy.zuid_limburg.page import NAMES, SHOWN, WAYS, in_order, values


def plots(record: dict[str, Any], folder: Path) -> None:
    """Draw two measures at night, and the ways to persons by day, as PNG.

    Parameters
    ----------
    record : dict
        Figures of the part.
    folder : Path
        Where `presence-scenarios.png` and `presence-day.png` go.
    """
    _bars(
        record,
        "night",
        {name: NAMES[name] for name in SHOWN},
        (PALE, ORANGE, BLUE, GREEN),
        (("mape", "MAPE of municipalities (%)"), ("wape_1km", "WAPE of 1 km squares (%)")),
        "Night in Zuid-Limburg",
        folder / "presence-scenarios.png",
    )
    _bars(
        record,
        "day",
        {name: words for name, words in WAYS.items() if name != "sb_home"},
        (BLUE, SKY, YELLOW, GREEN, VERMILION, PURPLE),
        (("mape", "MAPE of municipalities (%)"), ("wape", "WAPE of municipalities (%)")),
        "Day in Zuid-Limburg",
        folder / "presence-day.png",
    )


def _bars(
    record: dict[str, Any],
    part: str,
    names: dict[str, str],
    colours: Sequence[str],
    measures: Sequence[tuple[str, str]],
    title: str,
    file: Path,
) -> None:
    """Draw one panel per measure, one group of bars per scenario, bars of error over seeds."""
    scenarios, thick = in_order(record[part]), 0.8 / len(names)
    with drawing() as pyplot:
        figure, panels = pyplot.subplots(1, 2, figsize=(11, 6.5), sharey=True, layout="constrained")
        for panel, (measure, words) in zip(panels, measures, strict=True):
            for number, (name, label) in enumerate(names.items()):
                bars = [
                    across(values(record, scenario, name, measure, part)) for scenario in scenarios
                ]
                panel.barh(
                    np.arange(len(scenarios)) + thick * (number - (len(names) - 1) / 2),
                    [100 * mean for mean, _ in bars],
                    thick,
                    xerr=[100 * half for _, half in bars],
                    color=colours[number],
                    label=label.replace("`", ""),
                )
            panel.set_xlabel(words)
        labels = [record[part][scenario]["words"] for scenario in scenarios]
        panels[0].set_yticks(range(len(scenarios)), labels)
        panels[0].invert_yaxis()
        figure.legend(*panels[1].get_legend_handles_labels(), loc="outside lower center", ncols=2)
        figure.suptitle(f"{title}: mean over seeds, bars of error are 90 % intervals")
        save(figure, file)
