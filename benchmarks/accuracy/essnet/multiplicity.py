"""Holders of two devices, and holders counted by region, on the ESSnet simulator's sample."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from sklearn.metrics import roc_auc_score, roc_curve

from benchmarks.accuracy.essnet.sample import Sample
from peil_models.multiplicity import MultiplicityOneToOne, MultiplicityPairwise
from peil_models.population import (
    NetCount,
    PopulationBNB,
    PopulationNB,
    deduplication_factors,
    net_count,
)

LEAST_GAIN = -30.0
N_KNOWN = 185
"""Number of persons that the published scores took as given."""
EVERY_S = 90


def pair_gains(sample: Sample, model: Any) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return all pairs of devices, and how much likelier each is with one holder than with two."""
    pairs = np.array(list(combinations(range(sample.histories.n_devices), 2)))
    alone = model.log_likelihood(sample.histories)
    together = model.pair_log_likelihood(sample.histories, pairs, LEAST_GAIN)
    return pairs, together - alone[pairs].sum(axis=1)


def holder_scores(sample: Sample, model: Any, tell: Callable[[str], object]) -> dict[str, Any]:
    """Return AUC of two-device holders and number of persons, by both scores."""
    n = sample.histories.n_devices
    pairs, gain = pair_gains(sample, model)
    is_shared = np.bincount(sample.holder, minlength=n)[sample.holder] > 1
    out: dict[str, Any] = {
        "n_pairs": len(pairs),
        "n_pairs_live": int(np.isfinite(gain).sum()),
        "n_persons_true": len(np.unique(sample.holder)),
    }
    for name, method in (("pairwise", MultiplicityPairwise), ("one_to_one", MultiplicityOneToOne)):
        informed = method(n_persons=N_KNOWN).fit(pairs, gain, n)
        estimated = method().fit(pairs, gain, n)
        false, true, _ = roc_curve(is_shared, informed.duplicity_)
        out[name] = {
            "auc": round(float(roc_auc_score(is_shared, informed.duplicity_)), 4),
            "n_persons_told": round(informed.n_persons_, 2),
            "n_persons": round(estimated.n_persons_, 2),
            "auc_untold": round(float(roc_auc_score(is_shared, estimated.duplicity_)), 4),
            "roc": [false.round(4).tolist(), true.round(4).tolist()],
        }
        tell(f"{name}: AUC {out[name]['auc']}, persons {out[name]['n_persons']}")
    return out


def net_counts(sample: Sample, model: Any, folder: Path) -> dict[str, Any]:
    """Return holders per region every 90 seconds against their truth; population at the start."""
    n, regions = sample.histories.n_devices, int(sample.region.max()) + 1
    pairs, gain = pair_gains(sample, model)
    duplicity = MultiplicityOneToOne().fit(pairs, gain, n).duplicity_
    member = sparse.csr_array(np.eye(regions)[sample.region])
    shares_of = np.concatenate(
        [(rows @ member).toarray() for rows in model.posteriors(sample.histories)]
    )
    column, row = (sample.x_m // sample.tile_m, sample.y_m // sample.tile_m)
    place = sample.region[(row * sample.shape[1] + column).astype(int)]
    holder, at_s = sample.holder[sample.histories.device()], sample.histories.at_s
    covered: list[bool] = []
    error: list[float] = []
    starting: list[NetCount] = []
    for moment in range(0, int(at_s.max()) + 1, EVERY_S):
        now = np.flatnonzero(at_s == moment)
        now = now[np.unique(sample.histories.device()[now], return_index=True)[1]]
        who = sample.histories.device()[now]
        for region in range(regions):
            truth = len(np.unique(holder[now][place[now] == region]))
            estimate = net_count(shares_of[now, region].clip(0, 1), duplicity[who])
            low, high = estimate.interval(0.9)
            covered.append(low <= truth <= high)
            error.append(estimate.mean - truth)
            if moment == 0:
                starting.append(estimate)
    first = np.flatnonzero(at_s == 0)
    whom = sample.histories.device()[first]
    omega = deduplication_factors(shares_of[first].clip(0, 1), duplicity[whom])
    rates = pd.read_csv(folder / "inference_pnt_rate.csv", skipinitialspace=True)
    people_there = pd.read_csv(folder / "inference_pop_reg.csv", skipinitialspace=True)
    penetration = rates["pntRate"].to_numpy(dtype=np.float64)
    register = people_there["N0"].to_numpy(dtype=np.float64)
    out: dict[str, Any] = {
        "n_counts": len(covered),
        "coverage": round(float(np.mean(covered)), 4),
        "mean_error": round(float(np.mean(error)), 3),
        "rmse": round(float(np.sqrt(np.mean(np.square(error)))), 3),
        "population_true": int(register.sum()),
    }
    for name, method in (("nb", PopulationNB), ("bnb", PopulationBNB)):
        people = method().fit(starting, *omega, penetration, register)
        out[name] = {
            "sum": round(float(people.mean_.sum()), 1),
            "covered": int(((people.lower_ <= register) & (register <= people.upper_)).sum()),
            "n_regions": regions,
        }
    return out
