"""Presence in Zuid-Limburg: homes by the register on a real landscape, an artificial cell plan.

Estimators are told the nominal footprint; the world is drawn with that of the scenario. Tuned on
seeds 1 to 5, scored on 11 to 15. This module says what the part measures; `region` holds what
estimators are told, `night` and `day` score them, `intervals` scores intervals, `page` makes tables
and `plots` pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.accuracy.zuid_limburg import day, intervals, night, page
from benchmarks.accuracy.zuid_limburg.night import counted, scored, world
from benchmarks.accuracy.zuid_limburg.plots import plots
from benchmarks.accuracy.zuid_limburg.region import Told, landscape
from peil.settings import settings
from peil_models.synthetic.landscape_radio import SCENARIOS, Scenario

__all__ = [
    "TITLE",
    "Told",
    "counted",
    "facts",
    "landscape",
    "measure",
    "needs_outside_data",
    "plots",
    "report",
    "scored",
    "world",
]

TITLE = "Presence in Zuid-Limburg"
needs_outside_data = True
SEEDS = (11, 12, 13, 14, 15)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}

facts, report = page.facts, page.report


def measure(tell: Callable[[str], object]) -> dict[str, Any]:
    """Draw and estimate all scenarios and seeds. About 15 minutes."""
    folder = settings().outside_data
    assert folder is not None
    land = landscape(Path(folder) / "zuid_limburg")
    whole, around = Told.of(land), Told.of(land, is_around_told=True)
    region = whole.within()

    def by_seed(
        words: str, score: Callable[..., Any], inputs: Told, scenario: Scenario, **options: Any
    ) -> dict[str, Any]:
        tell(words)
        return {str(seed): score(inputs, scenario, seed, **options) for seed in SEEDS}

    record: dict[str, Any] = {"seeds": list(SEEDS)}
    for part, score in (("night", night.night), ("day", day.day)):
        record[part] = {
            scenario.name: {
                "words": scenario.words,
                "seeds": by_seed(
                    f"{part}, {scenario.words}",
                    score,
                    whole if scenario.abroad_share > 0 else region,
                    scenario,
                ),
            }
            for scenario in SCENARIOS
        }
        record[part]["border"]["around"] = by_seed(
            f"{part}, land around told", score, whole, BY_NAME["border"], around=around
        )
    record["night"]["outage"]["noticed"] = by_seed(
        "night, outages noticed", night.night, region, BY_NAME["outage"], is_noticed=True
    )
    tell("day, intervals")
    taught = [BY_NAME[name] for name in intervals.NAMES]
    record["intervals"] = intervals.intervals(region, taught, SEEDS)
    return record
