"""Attack what several releases published of the same people, all of them at once.

One release on its own is attacked by `peil_models.disclosure.audit`; here what a further release
would add to earlier ones is looked for: zones that differ by a few tiles, periods in each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from peil_models.disclosure.audit import EXACT
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


@dataclass(frozen=True)
class Narrowed:
    """A count that releases together bound tighter than each of them, and than the earlier ones.

    Attributes
    ----------
    hour : int
    release, entry : int
        The withheld entry; both -1 for people whom only a difference of entries singles out.
    around : tuple of int
        Of each release the smallest published entry around those people, -1 where there is none.
    width : float
        Of the range that is left. Unit: devices.
    """

    hour: int
    release: int
    entry: int
    around: tuple[int, ...]
    width: float


def narrowed(releases: Sequence[Margins], threshold: float) -> list[Narrowed]:
    """Find what the last release, together with earlier ones, would give away.

    Parameters
    ----------
    releases : sequence of Margins
        Of the same cells and hours, in the order of their release; the last is the new one.
    threshold : float
        A withheld entry whose range is narrower is given away; so are fewer people than this whom
        only a difference of entries singles out. Unit: devices.

    Returns
    -------
    list of Narrowed
        Of the first hour that has any; empty where the last release may follow the others. What
        earlier releases, or one of them alone, give away to the same width is not in it.

    Raises
    ------
    CrossingError
        Published zones of the releases cross in more than `MOST_CROSSING` places in an hour.

    Notes
    -----
    Assumes an attacker who knows how many devices each published figure stands for, up to its
    rounding, and nobody's counts. Of a sum of n rounded figures the error is taken to be that of
    one times the root of n. Each release is a family of disjoint sums, so that an hour is a table
    with known sums on as many sides as there are releases: sums of one summand are solved one
    after the other, which leaves nothing where zones nest; what is left is solved by linear
    programming. Figures of two releases that contradict each other, since two models made them,
    are moved as little as lets them be true together.

    Examples
    --------
    Zones of two pilots that differ by one cell of 3 devices, and zones that are sums of others:

    >>> def release(part, devices):
    ...     counts = np.array(devices, dtype=float)[:, None]
    ...     zones = [np.array([zone]) for zone in range(len(counts))]
    ...     return Margins(np.array(part), zones, counts, 0 * counts + 0.2, counts < 0)
    >>> first = release([0, 0, 1, 1], [43.0, 60.0])
    >>> [few.around for few in narrowed([first, release([0, 1, 1, 1], [40.0, 63.0])], 15)]
    [(0, 1)]
    >>> narrowed([first, release([0, 0, 0, 0], [103.0])], 15)
    []
    """
    if len(releases) < 2:
        return []
    together = _Together(releases)
    everyone = tuple(range(len(releases)))
    report: list[Narrowed] = []
    for hour in range(releases[0].n_hours):
        system = _Hour(together, hour, everyone)
        goals = _goals(together, system, hour)
        low, high = system.range_of([goal.atoms for goal in goals])
        width = high - low
        is_few = np.array([goal.entry >= 0 for goal in goals], dtype=bool) | (low < threshold)
        suspects = np.flatnonzero((width < threshold - EXACT) & is_few)
        if not len(suspects):
            continue
        atoms = [goals[at].atoms for at in suspects]
        least, most = _Hour(together, hour, everyone[:-1]).range_of(atoms)
        before = most - least
        for number in everyone:
            least, most = _Hour(together, hour, (number,)).range_of(atoms)
            # what another release publishes of a withheld entry is news; of a difference it is not
            is_own = np.array([goals[at].release in (-1, number) for at in suspects])
            before[is_own] = np.minimum(before, most - least)[is_own]
        for at, width_before in zip(suspects, before, strict=True):
            if width[at] < width_before - EXACT:
                goal = goals[at]
                around = tuple(int(b.entry_of_atom[goal.atoms[0], hour]) for b in together.blocks)
                report.append(Narrowed(hour, goal.release, goal.entry, around, float(width[at])))
        if report:
            break
    return report


@dataclass(frozen=True)
class _Goal:
    release: int
    entry: int
    atoms: Ints


class _Together:
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


def _goals(together: _Together, system: _Hour, hour: int) -> list[_Goal]:
    """Withheld entries of any release, and groups that no release tells by itself."""
    goals = [
        _Goal(number, int(entry), together.within[number][entry])
        for number, release in enumerate(together.releases)
        for entry in np.flatnonzero(release.withheld[:, hour])
        if len(together.within[number][entry])
    ]
    for group in np.flatnonzero(system.is_difference):
        goals.append(_Goal(-1, -1, np.flatnonzero(system.group_of_atom == group)))
    return goals


class _Hour:
    """One hour of some releases: groups of atoms that lie in the same block of each, and sums."""

    def __init__(self, together: _Together, hour: int, which: tuple[int, ...]) -> None:
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
