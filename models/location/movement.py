"""Movement of the hidden Markov model: its fit by maximum likelihood, checks of what goes in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import LinearConstraint, minimize

from models.location.chain import Chain
from models.location.grid import Grid

Floats = NDArray[np.float64]

LEAST, MOST = 1e-7, 1.0 - 1e-7
"""Bounds of what is fitted: at 0 and 1 some histories would be impossible."""


def climb(
    chain: Chain, start: tuple[float, float, float], fitted: tuple[str, ...]
) -> tuple[float, float, float]:
    """Maximise the likelihood within 4 edge + 4 diagonal <= 1 (SLSQP, numerical derivatives)."""
    free = [name in fitted for name in ("edge", "diagonal", "memory")]
    if not any(free) or not chain.histories.n_events:
        return start
    at = np.flatnonzero(free)
    first = np.array(start)

    def whole(point: Floats) -> tuple[float, float, float]:
        out = first.copy()
        out[at] = np.clip(point, LEAST, MOST)
        return float(out[0]), float(out[1]), float(out[2])

    def misfit(point: Floats) -> float:
        likelihood = chain.likelihood(*whole(point))[0]
        return -float(likelihood.sum()) / chain.histories.n_events

    weights = np.array([4.0, 4.0, 0.0])
    room = MOST - weights[~np.array(free)] @ first[~np.array(free)]
    bounds = [((LEAST, 0.25), (LEAST, 0.25), (LEAST, 0.999))[i] for i in at]
    limits = [LinearConstraint(weights[at], -np.inf, room)] if weights[at].any() else []
    found = minimize(
        misfit, np.clip(first[at], 1e-3, 0.9), method="SLSQP", bounds=bounds, constraints=limits,
        options={"ftol": 1e-10, "eps": 1e-6, "maxiter": 200},
    )  # fmt: skip
    return whole(np.asarray(found.x))


def movement_of(edge: float, diagonal: float, memory: float) -> tuple[float, float, float]:
    """Check the parameters of movement and memory."""
    for name, value in (("edge", edge), ("diagonal", diagonal)):
        if not 0 <= value <= 0.25:
            raise ValueError(f"{name} must lie between 0 and 0.25, got {value}")
    if 4 * edge + 4 * diagonal > 1 + 1e-12:
        raise ValueError(f"4 edge + 4 diagonal must not exceed 1, got {4 * edge + 4 * diagonal}")
    if not 0 <= memory < 1:
        raise ValueError(f"memory must lie between 0 and 1, got {memory}")
    return float(edge), float(diagonal), float(memory)


def footprint_of(connection_probability: Any) -> sparse.csr_array:
    """Check connection probabilities; what is 0 is not stored."""
    matrix: Any = sparse.csr_array(connection_probability)
    matrix = matrix.astype(np.float64)
    matrix.sum_duplicates()
    is_bad = ~((matrix.data >= 0) & (matrix.data <= 1 + 1e-9))
    if is_bad.any():
        at = int(is_bad.argmax())
        row = int(np.searchsorted(matrix.indptr, at, side="right")) - 1
        raise ValueError(
            "connection_probability is NaN or not between 0 and 1 "
            f"(first at row {row}, column {matrix.indices[at]})"
        )
    matrix.eliminate_zeros()
    return sparse.csr_array(matrix)


def prior_of(prior: Any, grid: Grid) -> Floats:
    """Check a prior; the answer sums to 1 and is 0 in holes."""
    mass = np.ones(grid.n_tiles) if prior is None else np.asarray(prior, dtype=np.float64)
    if mass.shape != (grid.n_tiles,):
        raise ValueError(f"prior has shape {mass.shape}, expected ({grid.n_tiles},), one per tile")
    is_bad = ~(mass >= 0) | np.isinf(mass)
    if is_bad.any():
        raise ValueError(f"prior is NaN or negative (first at tile {int(is_bad.argmax())})")
    mass = np.where(grid.is_inside, mass, 0.0)
    if not mass.sum() > 0:
        raise ValueError("prior gives no mass to any tile inside (first at tile 0)")
    return np.asarray(mass / mass.sum())
