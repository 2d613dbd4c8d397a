"""Fit the movement of the hidden Markov model by maximum likelihood.

The climb and checks of its input belong here; what a movement is belongs to `moves`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import LinearConstraint, minimize

from peil_models.location.chain import Chain
from peil_models.location.grid import Grid
from peil_models.location.moves import Moves

Floats = NDArray[np.float64]

LEAST, MOST = 1e-7, 1.0 - 1e-7
"""Bounds of what is fitted: at 0 and 1 some histories would be impossible."""

FIRST_MEMORY = 0.3
"""Where the climb starts that is given none: at 0 it would not see which way is up."""


def climb(
    chain: Chain,
    moves_of: Callable[[Mapping[str, float]], Moves],
    start: Mapping[str, float],
    most: Mapping[str, float],
    fitted: Sequence[str],
    crowded: Sequence[str] = (),
) -> dict[str, float]:
    """Maximise the likelihood by SLSQP, with numerical derivatives.

    Parameters
    ----------
    chain : Chain
    moves_of : callable
        Makes moves of values by name.
    start, most : mapping of str to float
        Where the climb starts, and the upper bound, of every name; `fitted` are those that move.
    crowded : sequence of str
        Names whose values sum to at most 1/4.
    """
    names, at = list(start), dict(start)
    free = [name for name in names if name in fitted]
    if not free or not chain.histories.n_events:
        return at
    if "memory" in free and at["memory"] == 0:
        at["memory"] = FIRST_MEMORY
    scale = np.array([most[name] for name in free])

    def values(point: Floats) -> dict[str, float]:
        inner = np.clip(point, LEAST, MOST) * scale
        return {**at, **{name: float(v) for name, v in zip(free, inner, strict=True)}}

    def misfit(point: Floats) -> float:
        named = values(point)
        likelihood = chain.likelihood(moves_of(named), named["memory"])[0]
        return -float(likelihood.sum()) / chain.histories.n_events

    first = np.clip(np.array([at[name] for name in free]) / scale, 1e-3, 0.95)
    weight = np.array([scale[k] if name in crowded else 0.0 for k, name in enumerate(free)])
    room = 0.25 * MOST - sum(at[name] for name in crowded if name not in free)
    limits = [LinearConstraint(weight, -np.inf, room)] if weight.any() else []
    result = minimize(
        misfit,
        first,
        method="SLSQP",
        bounds=[(LEAST, MOST)] * len(free),
        constraints=limits,
        options={"ftol": 1e-8, "eps": 1e-6, "maxiter": 200},
    )
    best = np.asarray(result.x)
    return values(best if misfit(best) <= misfit(first) else first)


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
