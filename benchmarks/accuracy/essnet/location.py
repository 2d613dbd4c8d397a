"""Positions on one sample, by every method: the scores of each, and the fitted models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import clone

from benchmarks.accuracy.essnet.sample import Sample
from peil_models.location import LocationHMM, LocationHMMHeading, connection_by_strength, posterior

Floats = NDArray[np.float64]
LADDER = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""Exponents of received power that are tried."""
LEAST = 1e-6
STRENGTH_CUT_DBM = -90.0
N_BOOTSTRAPS = 2_000


def locations(
    sample: Sample, tell: Callable[[str], object], is_sample: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return scores of every method on one sample, and the fitted models."""
    out: dict[str, Any] = {}
    models: dict[str, Any] = {}
    power = np.where(sample.signal >= STRENGTH_CUT_DBM, 10 ** (sample.signal / 10), 0.0)
    static = {"voronoi": nearest(sample), "best_server": strongest(sample.signal)}
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
        "hold_share": 0.0,
    }
    chain = LocationHMM(**given, fitted=("edge", "diagonal"))
    heading = LocationHMMHeading(**given)
    rivals: dict[str, Any] = {
        "chain": chain,
        "chain_memory": clone(chain).set_params(fitted=("edge", "diagonal", "memory"), memory=0.3),
        "heading": heading,
        "heading_memory": clone(heading).set_params(fitted=(*heading.fitted, "memory"), memory=0.3),
    }
    for name, model in rivals.items():
        fitted, sharpness = by_likelihood(sample, model)
        places = fitted.locate(sample.histories)
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
    """Fit sharpness of the footprint and movement of the devices in turns, by likelihood alone."""
    estimates: dict[str, float] = {name: getattr(model, name) for name in model.fitted}
    sharpness, fitted = 0.0, None
    for _ in range(3):
        held = clone(model).set_params(**estimates, fitted=())
        likelihoods = [
            held.fit(connection(sample.signal, step), sample.histories).log_likelihood_.sum()
            for step in LADDER
        ]
        best = LADDER[int(np.argmax(likelihoods))]
        if best == sharpness:
            break
        sharpness = best
        chances = connection(sample.signal, sharpness)
        fitted = clone(model).set_params(**estimates).fit(chances, sample.histories)
        estimates = {name: getattr(fitted, f"{name}_") for name in fitted.fitted}
    return fitted, sharpness


def each_device(sample: Sample, model: Any, sharpness: float) -> dict[str, Any]:
    """Score movement fitted to each device apart, as the published chain does."""
    chances, parts, likelihood = connection(sample.signal, sharpness), [], 0.0
    for device in range(sample.histories.n_devices):
        own = sample.histories.subset([device])
        fitted = clone(model).fit(chances, own)
        located = fitted.locate(own)
        parts.append(np.stack([located.x_m, located.y_m, located.spread_m]))
        likelihood += float(fitted.log_likelihood_.sum())
    places = np.concatenate(parts, axis=1)
    return {
        **score(sample, *places),
        "log_likelihood": round(likelihood, 1),
        "sharpness": sharpness,
    }


def connection(signal: Floats, sharpness: float) -> Floats:
    """Return connection probabilities without what is too small to matter."""
    chances = connection_by_strength(signal, sharpness)
    return shares(np.where(chances < LEAST, 0.0, chances))


def shares(strength: Floats) -> Floats:
    """Return columns that sum to 1, or to 0."""
    total = strength.sum(axis=0)
    return np.asarray(np.divide(strength, total, out=np.zeros_like(strength), where=total > 0))


def strongest(value: Floats) -> Floats:
    """Return 1 for the largest of each column, else 0."""
    return np.asarray((value == value.max(axis=0)).astype(np.float64))


def nearest(sample: Sample) -> Floats:
    """Return the chances of a Voronoi footprint: the nearest mast serves."""
    distance = np.linalg.norm(sample.masts[:, None] - sample.tiles, axis=2)
    return shares(strongest(-distance))


def static_places(sample: Sample, chances: Floats) -> tuple[Floats, Floats, Floats]:
    """Return mean and spread of each event's posterior; a cell without tiles puts it anywhere."""
    after = posterior(sparse.csr_array(chances), np.ones(chances.shape[1])).toarray()
    after[after.sum(axis=1) == 0] = 1.0 / after.shape[1]
    mean = after @ sample.tiles
    square = after @ (sample.tiles**2).sum(axis=1) - (mean**2).sum(axis=1)
    spread = np.sqrt(square + sample.tile_m**2 / 6)
    cell = sample.histories.cell
    return mean[cell, 0], mean[cell, 1], spread[cell]


def score(sample: Sample, x_m: Floats, y_m: Floats, spread_m: Floats) -> dict[str, Any]:
    """Return RMSE, the one that the model expects, their ratio, and intervals over devices."""
    square = (x_m - sample.x_m) ** 2 + (y_m - sample.y_m) ** 2
    by_device = [np.add.reduceat(v, sample.histories.offsets[:-1]) for v in (square, spread_m**2)]
    n = np.diff(sample.histories.offsets)
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
    """Score the limit: headings, told each device's true mean speed and the true rates."""
    histories = sample.histories
    device = histories.device()
    near = (device[1:] == device[:-1]) & (np.diff(histories.at_s) == 10)
    speed = np.append(0.0, np.hypot(np.diff(sample.x_m), np.diff(sample.y_m)) / 10)
    has_speed = np.append(False, near)
    moves = speed > 0.01
    after = has_speed & np.append(False, has_speed[:-1])
    was = np.append(False, moves[:-1])
    go, stop = (float(moves[after & ~was].mean()), float((~moves)[after & was].mean()))
    own = np.array(
        [
            speed[has_speed & moves & (device == d)].mean()
            if (has_speed & moves & (device == d)).any()
            else 1.0
            for d in range(histories.n_devices)
        ]
    ).round()
    square, spread, order = [], [], []
    for value in np.unique(own):
        devices = np.flatnonzero(own == value)
        fast = max(float(value), 0.5)
        informed = clone(model).set_params(
            fitted=(), go=go, stop=stop, turn=model.turn_, fast_m_per_s=fast, fast_share=1.0
        )
        part = histories.subset(devices)
        located = informed.fit(chances, part).locate(part)
        rows = np.concatenate([np.arange(*histories.offsets[d : d + 2]) for d in devices])
        order.append(rows)
        square.append(np.stack([located.x_m, located.y_m], axis=1))
        spread.append(located.spread_m)
    rank = np.argsort(np.concatenate(order))
    place = np.concatenate(square)[rank]
    return score(sample, place[:, 0], place[:, 1], np.concatenate(spread)[rank])
