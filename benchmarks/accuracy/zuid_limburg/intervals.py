"""Intervals of persons by day in Zuid-Limburg: learnt on seeds 1 to 5, scored on others.

The width is learnt once, over footprints that are known and such that are not: a pilot does not
know which of them it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.accuracy.zuid_limburg.day import SHARE, SHARE_SD, zones_of_cells
from peil_models import scores
from peil_models.presence import PresenceLandUse
from peil_models.synthetic.landscape import draw_lives, serving_cells
from peil_models.synthetic.landscape_radio import (
    Scenario,
    delivered_counts,
    heard_from,
    true_footprint,
)
from peil_models.synthetic.streams import stream
from peil_models.uncertainty import ambiguous_shares, learn_model_error, presence_interval
from peil_models.weighting import NightRatio

TAUGHT = (1, 2, 3, 4, 5)
NAMES = ("known", "shadow", "memory", "path_loss")
LEVEL = 0.9


def intervals(inputs: Any, scenarios: Sequence[Scenario], seeds: Sequence[int]) -> dict[str, Any]:
    """Score intervals by scenario and seed, beside those of a fixed ± share.

    Parameters
    ----------
    told : Told
        Of the region.
    scenarios : sequence of Scenario
        Both taught and scored.
    seeds : sequence of int
        Scored; none of those taught.
    """
    if set(seeds) & set(TAUGHT):
        raise ValueError(f"seeds {sorted(set(seeds) & set(TAUGHT))} are taught, not scored")
    taught = pd.concat(
        [_entries(inputs, scenario, seed) for scenario in scenarios for seed in TAUGHT]
    )
    learnt = learn_model_error(
        taught["n_persons"],
        taught["n_true"],
        taught["n_devices"],
        taught["ratio"],
        ambiguous_share=taught["ambiguous_share"],
    )
    off = np.abs(taught["n_true"] / taught["n_persons"] - 1.0)
    fixed = float(np.quantile(off, LEVEL))
    by_scenario = {
        scenario.name: {
            str(seed): _scored(_entries(inputs, scenario, seed), learnt, fixed) for seed in seeds
        }
        for scenario in scenarios
    }
    return {
        "taught_seeds": list(TAUGHT),
        "n_entries": learnt.n_entries,
        "sampling_overdispersion": round(learnt.sampling_overdispersion, 3),
        "model_error_share": round(learnt.model_error_share, 4),
        "fixed_share": round(fixed, 4),
        "scored": by_scenario,
    }


def _entries(inputs: Any, scenario: Scenario, seed: int) -> pd.DataFrame:
    """Return one row per municipality: persons by day from the counted table, and the truth."""
    land = inputs.land
    share = stream(seed, "day share").normal(SHARE, SHARE_SD, len(land.register))
    lives = draw_lives(land, seed, market_share=np.clip(share, 0.1, 0.6))
    chances = inputs.chances
    if not scenario.is_footprint_known:
        chances = true_footprint(land.cells, land.tiles, scenario, seed)
    devices, doubt = {}, {}
    for part, tiles in (("night", lives.home), ("day", lives.work)):
        heard = heard_from(land.tiles, tiles[lives.has_device], scenario, seed)
        served = serving_cells(chances, heard, stream(seed, f"connections {part}"))
        counts, _ = delivered_counts(served, len(land.cells), scenario, seed)
        fitted = PresenceLandUse(inputs.land_use, inputs.prior).fit(inputs.chances, counts)
        zone_of_cell = zones_of_cells(inputs, fitted.devices_)
        devices[part] = counts @ zone_of_cell
        doubt[part] = ambiguous_shares(zone_of_cell, counts)
    ratio = NightRatio().fit(devices["night"][:, None], land.register).ratio_
    persons = devices["day"] * ratio
    # All residents are somewhere: one factor, as the page of a pilot has it.
    scale = land.register.sum() / persons.sum()
    return pd.DataFrame(
        {
            "n_persons": persons * scale,
            "n_devices": devices["day"],
            "ratio": ratio * scale,
            "ambiguous_share": doubt["day"],
            "n_true": np.bincount(land.zone[lives.work], minlength=len(land.register)),
        }
    )


def _scored(rows: pd.DataFrame, learnt: Any, fixed: float) -> dict[str, float]:
    persons, true = rows["n_persons"].to_numpy(), rows["n_true"].to_numpy(np.float64)
    lower, upper = presence_interval(
        persons,
        rows["n_devices"],
        rows["ratio"],
        sampling_overdispersion=learnt.sampling_overdispersion,
        model_error_share=learnt.model_error_share,
        ambiguous_share=rows["ambiguous_share"],
        level=LEVEL,
    )
    flat = (persons * (1.0 - fixed), persons * (1.0 + fixed))
    return {
        "coverage": round(scores.interval_coverage(true, lower, upper), 4),
        "interval_score": round(scores.interval_score(true, lower, upper, level=LEVEL), 1),
        "fixed_coverage": round(scores.interval_coverage(true, *flat), 4),
        "fixed_interval_score": round(scores.interval_score(true, *flat, level=LEVEL), 1),
    }
