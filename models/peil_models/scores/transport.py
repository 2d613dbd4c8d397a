"""Cheapest way to move mass over a plane, exactly, by linear programming.

The programme belongs here; the score made of it is `earth_movers_distance`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from peil_models.extras import optional_package
from peil_models.linear_programmes import silent_solver

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]

PRIMAL_SIMPLEX = 4


def transport_cost(places_m: Floats, surplus: Floats, *, n_nearest: int = 12) -> float:
    """Least mass times distance that evens out a surplus.

    Distance is a metric, so mass that is in the right place stays there, and only surplus travels
    to deficit. The programme starts with the nearest pairs and takes in the pairs that its prices
    say would be cheaper, until there is none: the answer is that of all pairs.

    Parameters
    ----------
    places_m : ndarray of shape (n_places, 2)
        Unit: metres.
    surplus : ndarray of shape (n_places,)
        Sums to 0; positive is too much.
    n_nearest : int, default=12
        Pairs that each place is offered at a time. Changes the time, not the answer.

    Returns
    -------
    float
        Unit: that of the surplus times metres.

    Examples
    --------
    >>> round(transport_cost(np.array([[0.0, 0.0], [300.0, 400.0]]), np.array([0.5, -0.5])), 6)
    250.0
    """
    highspy = optional_package("highspy", "disclosure")
    tiny = 1e-12 * np.abs(surplus).sum()
    origins, targets = np.flatnonzero(surplus > tiny), np.flatnonzero(surplus < -tiny)
    if len(origins) == 0 or len(targets) == 0:
        return 0.0
    # Scaled to about 1 each, where the tolerances of the solver mean something.
    unit = surplus[origins].sum() / max(len(origins), len(targets))
    supply, demand = surplus[origins] / unit, -surplus[targets] / unit
    # Asked a trace less than there is, so that rounding does not make the programme infeasible.
    demand *= (1.0 - 1e-9) * supply.sum() / demand.sum()
    distance = cdist(places_m[origins], places_m[targets])
    is_offered = np.zeros(distance.shape, dtype=bool)
    is_offered[_some_plan(supply, demand)] = True
    for table, near_to, others in (
        (is_offered, places_m[origins], places_m[targets]),
        (is_offered.T, places_m[targets], places_m[origins]),
    ):
        n_near = min(n_nearest, len(others))
        _, near = cKDTree(others).query(near_to, k=n_near)
        table[np.arange(len(near_to))[:, None], np.asarray(near).reshape(len(near_to), n_near)] = (
            True
        )

    solver = _programme(supply, demand)
    new = _where(is_offered)
    while len(new[0]):
        _offer(solver, new, distance, len(supply))
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise ValueError("surplus cannot be evened out: it must sum to 0")
        # With a basis at hand, new pairs keep the plan feasible: the primal method goes on from it.
        solver.setOptionValue("simplex_strategy", PRIMAL_SIMPLEX)
        price = np.asarray(solver.getSolution().row_dual)
        gain = price[: len(supply), None] + price[None, len(supply) :] - distance
        gain[is_offered] = 0.0
        new = _best(gain, n_nearest, 1e-6 * float(distance.max()))
        is_offered[new] = True
    return float(solver.getObjectiveValue()) * float(unit)


def _programme(supply: Floats, demand: Floats) -> Any:
    """Rows only: each origin sends at most its supply, each target gets its demand."""
    highspy = optional_package("highspy", "disclosure")
    solver = silent_solver()
    for lower, upper in (
        (np.zeros_like(supply), supply),
        (demand, np.full_like(demand, highspy.kHighsInf)),
    ):
        empty = np.zeros(len(lower), dtype=np.int32)
        solver.addRows(len(lower), lower, upper, 0, empty, empty[:0], np.empty(0))
    return solver


def _offer(
    solver: Any, pairs: tuple[Positions, Positions], distance: Floats, n_origins: int
) -> None:
    highspy = optional_package("highspy", "disclosure")
    n_pairs = len(pairs[0])
    rows = np.column_stack([pairs[0], pairs[1] + n_origins]).astype(np.int32)
    solver.addCols(
        n_pairs,
        distance[pairs],
        np.zeros(n_pairs),
        np.full(n_pairs, highspy.kHighsInf),
        2 * n_pairs,
        np.arange(0, 2 * n_pairs, 2, dtype=np.int32),
        rows.ravel(),
        np.ones(2 * n_pairs),
    )


def _best(gain: Floats, limit: int, least: float) -> tuple[Positions, Positions]:
    """Pairs that are among the `limit` best of their origin or target and gain at least `least`."""
    is_best = np.zeros(gain.shape, dtype=bool)
    for table, chosen in ((gain, is_best), (gain.T, is_best.T)):
        n_best = min(limit, table.shape[1])
        at = np.argpartition(-table, n_best - 1, axis=1)[:, :n_best]
        np.put_along_axis(chosen, at, True, axis=1)
    return _where(is_best & (gain > least))


def _where(table: NDArray[np.bool_]) -> tuple[Positions, Positions]:
    rows, columns = np.nonzero(table)
    return rows, columns


def _some_plan(supply: Floats, demand: Floats) -> tuple[Positions, Positions]:
    """Pairs of a plan that serves everybody (north-west corner), so that there always is one."""
    ends = np.union1d(np.cumsum(supply), np.cumsum(demand))
    rows = np.minimum(np.searchsorted(np.cumsum(supply), ends), len(supply) - 1)
    columns = np.minimum(np.searchsorted(np.cumsum(demand), ends), len(demand) - 1)
    return rows, columns
