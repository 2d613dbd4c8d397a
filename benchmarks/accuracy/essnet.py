"""Location and two-device holders on the ESSnet simulator's sample, and on small worlds of our own.

Everything is fitted by likelihood: no true position is read before the score.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import clone
from sklearn.metrics import roc_auc_score, roc_curve

from benchmarks.accuracy import essnet_page
from benchmarks.accuracy.essnet_data import Sample, draw_world, read_sample
from peil.settings import settings
from peil_models.location import LocationHMM, LocationHMMHeading, connection_by_strength, posterior
from peil_models.multiplicity import MultiplicityOneToOne, MultiplicityPairwise
from peil_models.population import (
    NetCount,
    PopulationBNB,
    PopulationNB,
    deduplication_factors,
    net_count,
)

TITLE = "Location and two-device holders, ESSnet simulator"
needs_outside_data = True

Floats = NDArray[np.float64]
SEEDS = (11, 12, 13, 14, 15)
LADDER = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
LEAST = 1e-6
STRENGTH_CUT_DBM = -90.0
LEAST_GAIN = -30.0
N_BOOTSTRAPS = 2_000
N_KNOWN = 185  # the number of persons that the published scores were told
EVERY_S = 90

facts, report, plots = essnet_page.facts, essnet_page.report, essnet_page.plots


def measure(tell: Callable[[str], object]) -> dict[str, Any]:
    """Fit and score all methods. About 10 minutes."""
    folder = settings().outside_data
    assert folder is not None
    sample = read_sample(Path(folder) / "essnet_sample")
    record: dict[str, Any] = {"n_events": sample.seen.n_events, "n_devices": sample.seen.n_devices}
    record["location"], models = locations(sample, tell, is_sample=True)
    record["multiplicity"] = {
        name: holders_found(sample, models[name], tell) for name in ("chain", "heading")
    }
    record["counts"] = net_counts(sample, models["heading"], Path(folder) / "essnet_sample")
    record["worlds"] = {}
    for seed in SEEDS:
        tell(f"world {seed}")
        record["worlds"][str(seed)] = locations(draw_world(seed), tell, is_sample=False)[0]
    return record


def locations(
    sample: Sample, tell: Callable[[str], object], is_sample: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Scores of every method on one sample, and the fitted models."""
    out: dict[str, Any] = {}
    models: dict[str, Any] = {}
    power = np.where(sample.signal >= STRENGTH_CUT_DBM, 10 ** (sample.signal / 10), 0.0)
    static = {"voronoi": nearest(sample), "best_server": one_of(sample.signal)}
    if is_sample:
        static["strength"] = shares(power)
        logistic = 1 / (1 + np.exp(-sample.steepness * (sample.signal - sample.midpoint)))
        static["dominance"] = shares(logistic)
    for name, chances in static.items():
        out[name] = score(sample, *static_places(sample, chances))
    given: dict[str, Any] = {
        "shape": sample.shape,
        "tile_m": sample.tile_m,
        "step_s": 10,
        "max_speed_m_per_s": 25.0,
    }
    chain, heading = LocationHMM(**given), LocationHMMHeading(**given)
    rivals: dict[str, Any] = {
        "chain": chain,
        "chain_memory": clone(chain).set_params(fitted=("edge", "diagonal", "memory"), memory=0.3),
        "heading": heading,
        "heading_memory": clone(heading).set_params(fitted=(*heading.fitted, "memory"), memory=0.3),
    }
    for name, model in rivals.items():
        fitted, sharpness = by_likelihood(sample, model)
        places = fitted.locate(sample.seen)
        out[name] = score(sample, places.x_m, places.y_m, places.spread_m)
        out[name] |= {
            "log_likelihood": round(float(fitted.log_likelihood_.sum()), 1),
            "sharpness": sharpness,
            "found": {key: round(float(getattr(fitted, f"{key}_")), 4) for key in fitted.fitted},
        }
        models[name] = fitted
        tell(f"{name}: {out[name]['rmse_m']:.0f} m, sharpness {sharpness}")
    out["chain_each"] = each_device(sample, chain, out["chain"]["sharpness"])
    sharp = connection(sample.signal, out["heading"]["sharpness"])
    out["static"] = score(sample, *static_places(sample, sharp))
    if is_sample:
        out["told_speeds"] = oracle(sample, models["heading"], sharp)
    return out, models


def by_likelihood(sample: Sample, model: Any) -> tuple[Any, float]:
    """Sharpness of the footprint and movement of the devices, in turns, by likelihood alone."""
    found: dict[str, float] = {name: getattr(model, name) for name in model.fitted}
    sharpness, fitted = 0.0, None
    for _ in range(3):
        held = clone(model).set_params(**found, fitted=())
        likelihoods = [
            held.fit(connection(sample.signal, step), sample.seen).log_likelihood_.sum()
            for step in LADDER
        ]
        best = LADDER[int(np.argmax(likelihoods))]
        if best == sharpness:
            break
        sharpness = best
        chances = connection(sample.signal, sharpness)
        fitted = clone(model).set_params(**found).fit(chances, sample.seen)
        found = {name: getattr(fitted, f"{name}_") for name in fitted.fitted}
    return fitted, sharpness


def each_device(sample: Sample, model: Any, sharpness: float) -> dict[str, Any]:
    """Movement fitted to each device apart, as the published chain does; two numbers a device."""
    chances, parts, likelihood = connection(sample.signal, sharpness), [], 0.0
    for device in range(sample.seen.n_devices):
        own = sample.seen.subset([device])
        fitted = clone(model).fit(chances, own)
        found = fitted.locate(own)
        parts.append(np.stack([found.x_m, found.y_m, found.spread_m]))
        likelihood += float(fitted.log_likelihood_.sum())
    places = np.concatenate(parts, axis=1)
    return {
        **score(sample, *places),
        "log_likelihood": round(likelihood, 1),
        "sharpness": sharpness,
    }


def connection(signal: Floats, sharpness: float) -> Floats:
    """Connection probabilities without what is too small to matter."""
    chances = connection_by_strength(signal, sharpness)
    return shares(np.where(chances < LEAST, 0.0, chances))


def shares(strength: Floats) -> Floats:
    """Columns that sum to 1, or to 0."""
    total = strength.sum(axis=0)
    return np.asarray(np.divide(strength, total, out=np.zeros_like(strength), where=total > 0))


def one_of(value: Floats) -> Floats:
    """1 for the largest of each column."""
    return np.asarray((value == value.max(axis=0)).astype(np.float64))


def nearest(sample: Sample) -> Floats:
    """Voronoi: the nearest mast serves."""
    distance = np.linalg.norm(sample.masts[:, None] - sample.tiles, axis=2)
    return shares(one_of(-distance))


def static_places(sample: Sample, chances: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean and spread of each event's own posterior; a cell without tiles puts it anywhere."""
    after = posterior(sparse.csr_array(chances), np.ones(chances.shape[1])).toarray()
    after[after.sum(axis=1) == 0] = 1.0 / after.shape[1]
    mean = after @ sample.tiles
    square = after @ (sample.tiles**2).sum(axis=1) - (mean**2).sum(axis=1)
    spread = np.sqrt(square + sample.tile_m**2 / 6)
    cell = sample.seen.cell
    return mean[cell, 0], mean[cell, 1], spread[cell]


def score(sample: Sample, x_m: Floats, y_m: Floats, spread_m: Floats) -> dict[str, Any]:
    """RMSE, the one that the model expects, their ratio, and intervals over devices."""
    square = (x_m - sample.x_m) ** 2 + (y_m - sample.y_m) ** 2
    by_device = [np.add.reduceat(v, sample.seen.offsets[:-1]) for v in (square, spread_m**2)]
    n = np.diff(sample.seen.offsets)
    drawn = np.random.default_rng(1).integers(0, len(n), (N_BOOTSTRAPS, len(n)))
    sums = [part[drawn].sum(axis=1) for part in (*by_device, n)]
    rmse, ratio = np.sqrt(sums[0] / sums[2]), np.sqrt(sums[0] / sums[1])
    return {
        "rmse_m": round(float(np.sqrt(square.mean())), 2),
        "rmse_interval_m": np.quantile(rmse, [0.05, 0.95]).round(1).tolist(),
        "implied_m": round(float(np.sqrt((spread_m**2).mean())), 2),
        "ratio": round(float(np.sqrt(square.mean() / (spread_m**2).mean())), 4),
        "ratio_interval": np.quantile(ratio, [0.05, 0.95]).round(3).tolist(),
    }


def oracle(sample: Sample, model: Any, chances: Floats) -> dict[str, Any]:
    """The limit: the heading model told each device's true mean speed, and true rates."""
    seen = sample.seen
    device = seen.device()
    near = (device[1:] == device[:-1]) & (np.diff(seen.at_s) == 10)
    speed = np.append(0.0, np.hypot(np.diff(sample.x_m), np.diff(sample.y_m)) / 10)
    known = np.append(False, near)
    moves = speed > 0.01
    after = known & np.append(False, known[:-1])
    was = np.append(False, moves[:-1])
    go, stop = (float(moves[after & ~was].mean()), float((~moves)[after & was].mean()))
    own = np.array(
        [
            speed[known & moves & (device == d)].mean()
            if (known & moves & (device == d)).any()
            else 1.0
            for d in range(seen.n_devices)
        ]
    ).round()
    square, spread, order = [], [], []
    for value in np.unique(own):
        asked = np.flatnonzero(own == value)
        fast = max(float(value), 0.5)
        told = clone(model).set_params(
            fitted=(), go=go, stop=stop, turn=model.turn_, fast_m_per_s=fast, fast_share=1.0
        )
        part = seen.subset(asked)
        found = told.fit(chances, part).locate(part)
        rows = np.concatenate([np.arange(*seen.offsets[d : d + 2]) for d in asked])
        order.append(rows)
        square.append(np.stack([found.x_m, found.y_m], axis=1))
        spread.append(found.spread_m)
    rank = np.argsort(np.concatenate(order))
    place = np.concatenate(square)[rank]
    return score(sample, place[:, 0], place[:, 1], np.concatenate(spread)[rank])


def holders_found(sample: Sample, model: Any, tell: Callable[[str], object]) -> dict[str, Any]:
    """AUC of two-device holders and number of persons, by both scores."""
    n = sample.seen.n_devices
    pairs = np.array(list(combinations(range(n), 2)))
    alone = model.log_likelihood(sample.seen)
    gain = model.pair_log_likelihood(sample.seen, pairs, LEAST_GAIN) - alone[pairs].sum(axis=1)
    is_shared = np.bincount(sample.holder, minlength=n)[sample.holder] > 1
    out: dict[str, Any] = {
        "n_pairs": len(pairs),
        "n_pairs_live": int(np.isfinite(gain).sum()),
        "n_persons_true": len(np.unique(sample.holder)),
    }
    for name, method in (("pairwise", MultiplicityPairwise), ("one_to_one", MultiplicityOneToOne)):
        told = method(n_persons=N_KNOWN).fit(pairs, gain, n)
        found = method().fit(pairs, gain, n)
        false, true, _ = roc_curve(is_shared, told.duplicity_)
        out[name] = {
            "auc": round(float(roc_auc_score(is_shared, told.duplicity_)), 4),
            "n_persons_told": round(told.n_persons_, 2),
            "n_persons": round(found.n_persons_, 2),
            "auc_untold": round(float(roc_auc_score(is_shared, found.duplicity_)), 4),
            "roc": [false.round(4).tolist(), true.round(4).tolist()],
        }
        tell(f"{name}: AUC {out[name]['auc']}, persons {out[name]['n_persons']}")
    return out


def net_counts(sample: Sample, model: Any, folder: Path) -> dict[str, Any]:
    """Holders per region every 90 seconds against their truth; population at the start."""
    n, regions = sample.seen.n_devices, int(sample.region.max()) + 1
    pairs = np.array(list(combinations(range(n), 2)))
    alone = model.log_likelihood(sample.seen)
    gain = model.pair_log_likelihood(sample.seen, pairs, LEAST_GAIN) - alone[pairs].sum(axis=1)
    duplicity = MultiplicityOneToOne().fit(pairs, gain, n).duplicity_
    member = sparse.csr_array(np.eye(regions)[sample.region])
    shares_of = np.concatenate(
        [(rows @ member).toarray() for rows in model.posteriors(sample.seen)]
    )
    column, row = (sample.x_m // sample.tile_m, sample.y_m // sample.tile_m)
    place = sample.region[(row * sample.shape[1] + column).astype(int)]
    holder, at_s = sample.holder[sample.seen.device()], sample.seen.at_s
    covered: list[bool] = []
    error: list[float] = []
    starting: list[NetCount] = []
    for moment in range(0, int(at_s.max()) + 1, EVERY_S):
        now = np.flatnonzero(at_s == moment)
        now = now[np.unique(sample.seen.device()[now], return_index=True)[1]]
        who = sample.seen.device()[now]
        for region in range(regions):
            truth = len(np.unique(holder[now][place[now] == region]))
            found = net_count(shares_of[now, region].clip(0, 1), duplicity[who])
            low, high = found.interval(0.9)
            covered.append(low <= truth <= high)
            error.append(found.mean - truth)
            if moment == 0:
                starting.append(found)
    first = np.flatnonzero(at_s == 0)
    whom = sample.seen.device()[first]
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
