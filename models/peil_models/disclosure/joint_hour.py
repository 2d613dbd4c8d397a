"""One hour of several releases: disjoint sums over groups of people, solved as far as they go.

What is asked of them, and what it means that an answer is narrow, is `joint_audit`'s.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from peil_models.disclosure.blocks import (
    DisjointSums,
    Floats,
    Ints,
    Margins,
    blocks_of,
    common_parts,
)
from peil_models.disclosure.bounds import Rows, ranges, reconciled

MOST_CROSSING = 400
"""Groups of an hour that are left to linear programmes at the most."""


class CrossingError(ValueError):
    """Zones cross in so many places that what they tell together is not worked out."""


class Together:
    """The releases, cut into the same atoms."""

    def __init__(self, releases: Sequence[Margins]) -> None:
        self.releases = releases
        self.atoms = common_parts(releases)
        self.blocks: list[DisjointSums] = []
        self.within: list[list[Ints]] = []
        for release, of_atom in zip(releases, self.atoms, strict=True):
            blocks, within = blocks_of(release, of_atom)
            self.blocks.append(blocks)
            self.within.append(within)

    @property
    def n_atoms(self) -> int:
        return int(self.atoms.shape[1])


class HourOfReleases:
    """One hour of some releases: groups of atoms that lie in the same block of each, and sums."""

    def __init__(self, together: Together, hour: int, which: tuple[int, ...]) -> None:
        blocks = [together.blocks[number] for number in which]
        codes = np.stack([block.entry_of_atom[:, hour] for block in blocks])
        groups, self.group_of_atom, self.size = np.unique(
            codes, axis=1, return_inverse=True, return_counts=True
        )
        self.group_of_atom = self.group_of_atom.ravel()
        self._sums(blocks, groups, hour)
        self._solve()

    def _sums(self, blocks: list[DisjointSums], groups: Ints, hour: int) -> None:
        """A row for each block of each release: which groups it adds up, to what."""
        self.n_groups = groups.shape[1]
        row_of: list[Ints] = []
        group_of: list[Ints] = []
        totals, variances = [], []
        n_rows = 0
        for code, block in zip(groups, blocks, strict=True):
            inside = np.flatnonzero(code >= 0)
            entries, row = np.unique(code[inside], return_inverse=True)
            row_of.append(row + n_rows)
            group_of.append(inside)
            totals.append(block.devices[entries, hour])
            variances.append(block.variance[entries, hour])
            n_rows += len(entries)
        self.row = np.concatenate(row_of)
        self.group = np.concatenate(group_of)
        self.total = np.concatenate(totals)
        self.total_variance = np.concatenate(variances)
        n_in_row = np.bincount(self.row, minlength=n_rows)
        is_whole = np.zeros(self.n_groups, dtype=bool)
        is_whole[self.group[n_in_row[self.row] == 1]] = True
        is_bounded = np.zeros(self.n_groups, dtype=bool)
        is_bounded[self.group] = True
        self.is_difference = is_bounded & ~is_whole

    def _solve(self) -> None:
        """Sums of one unknown group give it, and so on; programmes for the groups that are left."""
        n_rows = len(self.total)
        self.is_solved = np.zeros(self.n_groups, dtype=bool)
        value = np.zeros(self.n_groups)
        self.variance = np.zeros(self.n_groups)
        while True:
            is_open = ~self.is_solved[self.group]
            rest = self.total - _summed(self.row, value[self.group], n_rows)
            rest_variance = self.total_variance + _summed(
                self.row, self.variance[self.group], n_rows
            )
            n_open = np.bincount(self.row[is_open], minlength=n_rows)
            single = np.flatnonzero(is_open & (n_open[self.row] == 1))
            if not len(single):
                break
            # of several sums that give the same group the one that is rounded least
            row, group = self.row[single], self.group[single]
            best = np.lexsort((row, rest_variance[row], group))
            groups, first = np.unique(group[best], return_index=True)
            rows = row[best][first]
            value[groups] = np.maximum(rest[rows], 0.0)
            self.variance[groups] = rest_variance[rows]
            self.is_solved[groups] = True
        half = np.sqrt(self.variance)
        self.low = np.where(self.is_solved, np.maximum(value - half, 0.0), 0.0)
        self.high = np.where(self.is_solved, value + half, np.inf)
        self.value = value
        self.rows = self._rest(rest, rest_variance, is_open)

    def _rest(self, rest: Floats, variance: Floats, is_open: NDArray[np.bool_]) -> Rows | None:
        """The sums of groups that are left, made true together where they are not."""
        left = np.flatnonzero(~self.is_solved)
        self.number = np.full(self.n_groups, -1, dtype=np.int64)
        self.number[left] = np.arange(len(left))
        order = np.argsort(self.row[is_open], kind="stable")
        row, group = self.row[is_open][order], self.group[is_open][order]
        if not len(row):
            return None
        if len(left) > MOST_CROSSING:
            raise CrossingError(f"zones cross in {len(left)} places")
        rows = Rows(len(left))
        for at, members in zip(*_split(row, group), strict=True):
            slack = float(np.sqrt(variance[at]))
            parts = {int(self.number[g]): 1.0 for g in members}
            rows.add(parts, float(rest[at]) - slack, float(rest[at]) + slack)
        rows = reconciled(rows)
        alone = [[number] for number in range(len(left))]
        self.low[left], self.high[left] = ranges(rows, alone)
        return rows

    def range_of(self, goals: Sequence[Ints]) -> tuple[Floats, Floats]:
        """Smallest and largest count of each set of atoms.

        A group that is only partly in the set may have all of its devices in it, or none.
        """
        if not len(goals):
            return np.zeros(0), np.zeros(0)
        starts = np.cumsum([0, *(len(goal) for goal in goals)])
        of_goal = sparse.csr_array(
            (np.ones(starts[-1]), self.group_of_atom[np.concatenate(goals)], starts),
            shape=(len(goals), self.n_groups),
        )
        of_goal.sum_duplicates()
        goal = np.repeat(np.arange(len(goals)), np.diff(of_goal.indptr))
        group, is_full = of_goal.indices, of_goal.data == self.size[of_goal.indices]
        solved = self.is_solved[group]
        n = len(goals)
        exact = solved & is_full
        middle = _summed(goal[exact], self.value[group[exact]], n)
        half = np.sqrt(_summed(goal[exact], self.variance[group[exact]], n))
        part = solved & ~is_full
        low, high = np.maximum(middle - half, 0.0), middle + half
        high = high + _summed(goal[part], self.high[group[part]], n)
        n_open = np.bincount(goal[~solved], minlength=n)
        once = ~solved & (n_open[goal] == 1)
        low[goal[once]] += np.where(is_full[once], self.low[group[once]], 0.0)
        high[goal[once]] += self.high[group[once]]
        for several in np.flatnonzero(n_open > 1):
            mine = (goal == several) & ~solved
            touched = [int(self.number[g]) for g in group[mine]]
            full = [int(self.number[g]) for g in group[mine & is_full]]
            if self.rows is None:
                high[several] = np.inf
                continue
            least, most = ranges(self.rows, [full, touched])
            low[several] += least[0]
            high[several] += most[1]
        return low, high


def _split(row: Ints, group: Ints) -> tuple[list[int], list[Ints]]:
    """The groups of each row; `row` is sorted."""
    numbers, starts = np.unique(row, return_index=True)
    return [int(n) for n in numbers], np.split(group, starts[1:])


def _summed(at: Ints, values: Floats, n: int) -> Floats:
    """Sums of values by position, 0 to n - 1."""
    return np.asarray(np.bincount(at, values, n), dtype=np.float64)
