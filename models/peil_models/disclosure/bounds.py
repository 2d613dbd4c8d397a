"""Smallest and largest value of sums of unknowns, given linear rows and nothing negative.

The linear programmes belong here; what their rows mean does not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from peil_models.extras import optional_package
from peil_models.linear_programmes import silent_solver


@dataclass
class Rows:
    """Rows ``lower <= sum factor * unknown <= upper`` over `n_unknowns` unknowns, each >= 0."""

    n_unknowns: int
    parts: list[dict[int, float]] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)

    def add(self, part: dict[int, float], lower: float, upper: float) -> None:
        """Add a row; `part` gives the factor of each unknown."""
        self.parts.append(part)
        self.lower.append(lower)
        self.upper.append(upper)

    def matrix(self) -> sparse.csr_array:
        """Return the factors as (n_rows, n_unknowns)."""
        starts = np.cumsum([0, *(len(part) for part in self.parts)])
        at = np.array([i for part in self.parts for i in part], dtype=np.int32)
        factors = np.array([f for part in self.parts for f in part.values()], dtype=np.float64)
        return sparse.csr_array((factors, at, starts), shape=(len(self.parts), self.n_unknowns))


def widths(rows: Rows, goals: Sequence[Sequence[int]]) -> NDArray[np.float64]:
    """Width of the feasible range of each goal, a sum of unknowns.

    Parameters
    ----------
    rows : Rows
    goals : sequence of sequences of int
        Unknowns that each goal adds up; an empty one is known exactly.

    Returns
    -------
    ndarray of shape (n_goals,)
        Infinity where nothing bounds a goal from above.

    Raises
    ------
    ValueError
        The rows contradict each other.
    """
    low, high = ranges(rows, goals)
    return high - low


def ranges(
    rows: Rows, goals: Sequence[Sequence[int]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Smallest and largest value of each goal, a sum of unknowns.

    The rows fall apart into systems that share no unknown; each is solved on its own, and the
    ends of a goal are the sums of its ends over the systems.

    Parameters
    ----------
    rows, goals
        As in `widths`.

    Returns
    -------
    lower, upper : ndarray of shape (n_goals,)
        `upper` is infinity where nothing bounds a goal.

    Raises
    ------
    ValueError
        The rows contradict each other.

    Examples
    --------
    >>> rows = Rows(2)
    >>> rows.add({0: 1.0, 1: 1.0}, 9.5, 10.5)
    >>> ranges(rows, [[0], [0, 1]])
    (array([0. , 9.5]), array([10.5, 10.5]))
    """
    matrix = rows.matrix()
    _, group = connected_components(abs(matrix).T @ abs(matrix), directed=False)
    order = np.argsort(group, kind="stable")
    place = np.empty(rows.n_unknowns, dtype=np.intp)
    starts = np.searchsorted(group[order], np.arange(group.max(initial=-1) + 2))
    place[order] = np.arange(rows.n_unknowns) - starts[group[order]]
    rows_of: list[list[int]] = [[] for _ in range(len(starts) - 1)]
    for number, part in enumerate(rows.parts):
        rows_of[group[next(iter(part))]].append(number)
    goals_of: dict[tuple[int, ...], list[int]] = {}
    for number, goal in enumerate(goals):
        for system in {int(group[i]) for i in goal}:
            asked_of = tuple(sorted(i for i in goal if group[i] == system))
            goals_of.setdefault(asked_of, []).append(number)
    lower, upper = np.zeros(len(goals)), np.zeros(len(goals))
    of_system: dict[int, list[tuple[int, ...]]] = {}
    for unknowns in goals_of:
        of_system.setdefault(int(group[unknowns[0]]), []).append(unknowns)
    for system, sums in of_system.items():
        solver = _solver(rows, rows_of[system], int(starts[system + 1] - starts[system]), place)
        for unknowns in sums:
            low, high = _range(solver, [int(place[i]) for i in unknowns])
            lower[goals_of[unknowns]] += low
            upper[goals_of[unknowns]] += high
    return lower, upper


def reconciled(rows: Rows) -> Rows:
    """Widen rows that contradict each other by as little as lets them hold together.

    The sum of what all ends are moved by is the least; rows that hold together stay as they are.

    Examples
    --------
    >>> rows = Rows(1)
    >>> rows.add({0: 1.0}, 9.0, 10.0)
    >>> rows.add({0: 1.0}, 13.0, 14.0)
    >>> wider = reconciled(rows)
    >>> float(round(sum(wider.upper) - sum(rows.upper) + sum(rows.lower) - sum(wider.lower), 3))
    3.0
    """
    highspy = optional_package("highspy", "disclosure")
    n_rows = len(rows.parts)
    solver = _solver(rows, list(range(n_rows)), rows.n_unknowns, np.arange(rows.n_unknowns))
    solver.run()
    if solver.getModelStatus() == highspy.HighsModelStatus.kOptimal:
        return rows
    solver = silent_solver()
    n_vars = rows.n_unknowns + 2 * n_rows  # how far each row lies below its range, and above
    costs = np.repeat([0.0, 1.0], [rows.n_unknowns, 2 * n_rows])
    solver.addVars(n_vars, np.zeros(n_vars), np.full(n_vars, highspy.kHighsInf))
    solver.changeColsCost(n_vars, np.arange(n_vars, dtype=np.int32), costs)
    for number, part in enumerate(rows.parts):
        below = rows.n_unknowns + 2 * number
        at = np.array([*part, below, below + 1], dtype=np.int32)
        factors = np.array([*part.values(), 1.0, -1.0])
        solver.addRow(rows.lower[number], rows.upper[number], len(at), at, factors)
    solver.run()
    moved = np.array(solver.getSolution().col_value)[rows.n_unknowns :].reshape(-1, 2)
    wider = Rows(rows.n_unknowns)
    for number, part in enumerate(rows.parts):
        below, above = moved[number] * (1.0 + 1e-7) + 1e-7
        wider.add(part, rows.lower[number] - below, rows.upper[number] + above)
    return wider


def _solver(rows: Rows, numbers: list[int], n_unknowns: int, place: NDArray[np.intp]) -> Any:
    highspy = optional_package("highspy", "disclosure")
    solver = silent_solver()
    solver.addVars(n_unknowns, np.zeros(n_unknowns), np.full(n_unknowns, highspy.kHighsInf))
    for number in numbers:
        part = rows.parts[number]
        solver.addRow(
            rows.lower[number],
            rows.upper[number],
            len(part),
            place[list(part)].astype(np.int32),
            np.array(list(part.values())),
        )
    return solver


def _range(solver: Any, goal: list[int]) -> tuple[float, float]:
    highspy = optional_package("highspy", "disclosure")
    at = np.array(goal, dtype=np.int32)
    solver.changeColsCost(len(at), at, np.ones(len(at)))
    ends: list[float] = []
    for sense in (highspy.ObjSense.kMinimize, highspy.ObjSense.kMaximize):
        solver.changeObjectiveSense(sense)
        solver.run()
        status = solver.getModelStatus()
        if status == highspy.HighsModelStatus.kOptimal:
            ends.append(float(solver.getObjectiveValue()))
        elif sense == highspy.ObjSense.kMaximize and status in (
            highspy.HighsModelStatus.kUnbounded,
            highspy.HighsModelStatus.kUnboundedOrInfeasible,
        ):
            ends.append(math.inf)  # The minimum exists, so the rows do not contradict each other.
        else:
            raise ValueError("the published entries and extra_rows contradict each other")
    solver.changeColsCost(len(at), at, np.zeros(len(at)))
    return ends[0], ends[1]
