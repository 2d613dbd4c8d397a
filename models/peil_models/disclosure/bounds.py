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

    The rows fall apart into systems that share no unknown; each is solved on its own, and the
    width of a goal is the sum of its widths over the systems.

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
    out = np.zeros(len(goals))
    of_system: dict[int, list[tuple[int, ...]]] = {}
    for unknowns in goals_of:
        of_system.setdefault(int(group[unknowns[0]]), []).append(unknowns)
    for system, sums in of_system.items():
        solver = _solver(rows, rows_of[system], int(starts[system + 1] - starts[system]), place)
        for unknowns in sums:
            low, high = _range(solver, [int(place[i]) for i in unknowns])
            out[goals_of[unknowns]] += high - low
    return out


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
