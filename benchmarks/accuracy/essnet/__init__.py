"""Location and two-device holders on the ESSnet simulator's sample, and on small worlds of our own.

Everything is fitted by likelihood: no true position is read before the score. This module says
what the part measures; `location` scores positions, `multiplicity` holders and counts, `page` makes
tables, `plots` pictures, and `sample` reads the sample and draws the worlds.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.accuracy.essnet import page
from benchmarks.accuracy.essnet.location import locations
from benchmarks.accuracy.essnet.multiplicity import holder_scores, net_counts
from benchmarks.accuracy.essnet.plots import plots
from benchmarks.accuracy.essnet.sample import draw_world, read_sample
from peil.settings import settings

__all__ = ["TITLE", "facts", "measure", "needs_outside_data", "plots", "report"]

TITLE = "Location and two-device holders, ESSnet simulator"
needs_outside_data = True
SEEDS = (11, 12, 13, 14, 15)

facts, report = page.facts, page.report


def measure(tell: Callable[[str], object]) -> dict[str, Any]:
    """Fit and score all methods. About 10 minutes."""
    folder = settings().outside_data
    assert folder is not None
    sample = read_sample(Path(folder) / "essnet_sample")
    record: dict[str, Any] = {
        "n_events": sample.histories.n_events,
        "n_devices": sample.histories.n_devices,
    }
    record["location"], models = locations(sample, tell, is_sample=True)
    record["multiplicity"] = {
        name: holder_scores(sample, models[name], tell) for name in ("chain", "heading")
    }
    record["counts"] = net_counts(sample, models["heading"], Path(folder) / "essnet_sample")
    record["worlds"] = {}
    for seed in SEEDS:
        tell(f"world {seed}")
        record["worlds"][str(seed)] = locations(draw_world(seed), tell, is_sample=False)[0]
    return record
