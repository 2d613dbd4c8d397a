"""Margins that several releases published of the same people, and what each tells of one hour.

What they tell together is worked out in `peil_models.disclosure.joint_audit`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Margins:
    """Counts that one release tells, by entry and hour: sums over parts of the cells.

    Attributes
    ----------
    part : ndarray of int64, shape (n_cells,)
        Lowest part that each cell lies in; -1 outside. Cells are the same in all releases that are
        looked at together.
    entries : sequence of ndarray of int64, length n_entries
        Parts that each entry adds up. Any two entries are disjoint, or one holds the other.
    devices : ndarray of float64, shape (n_entries, n_hours)
        NaN where nothing is published. Unit: devices.
    half_step : ndarray of float64, shape (n_entries, n_hours)
        How far rounding lets a published entry be off. Unit: devices.
    withheld : ndarray of bool, shape (n_entries, n_hours)
        Entries that are not to be found out; false where an hour was not observed.

    Raises
    ------
    ValueError
        Shapes that differ.

    Examples
    --------
    >>> one_zone = Margins(np.array([0, 0, -1]), [np.array([0])], np.array([[40.0]]),
    ...                    np.array([[0.2]]), np.array([[False]]))
    >>> one_zone.n_hours
    1
    """

    part: Ints
    entries: Sequence[Ints]
    devices: Floats
    half_step: Floats
    withheld: Flags

    def __post_init__(self) -> None:
        shapes = {self.devices.shape, self.half_step.shape, self.withheld.shape}
        if len(shapes) != 1 or len(self.devices) != len(self.entries):
            raise ValueError("devices, half_step and withheld must be entries by hours")

    @property
    def n_hours(self) -> int:
        """Number of hours."""
        return int(self.devices.shape[1])


def common_parts(releases: Sequence[Margins]) -> Ints:
    """Cut the cells as finely as all releases together do: (n_releases, n_atoms).

    An atom is a set of cells that no entry of any release tells apart; a column holds the part of
    each release that it lies in.

    >>> none = np.zeros((0, 1))
    >>> west = Margins(np.array([0, 0, 1, 1]), [], none, none, none > 0)
    >>> south = Margins(np.array([0, 0, 0, -1]), [], none, none, none > 0)
    >>> common_parts([west, south])
    array([[ 0,  1,  1],
           [ 0, -1,  0]])
    """
    key = np.zeros(len(releases[0].part), dtype=np.int64)
    n_keys = 1
    for release in releases:
        n_parts = int(release.part.max(initial=-1)) + 2
        if n_keys * n_parts > 2**62:  # so many releases that keys would not fit: number them anew
            key = np.unique(key, return_inverse=True)[1]
            n_keys = int(key.max(initial=0)) + 1
        key = key * n_parts + release.part + 1
        n_keys *= n_parts
    first = np.unique(key, return_index=True)[1]
    atoms = np.stack([release.part[first] for release in releases])
    return np.asarray(atoms[:, (atoms >= 0).any(axis=0)])


@dataclass(frozen=True)
class DisjointSums:
    """What one release tells, as disjoint sums: the smallest published entry around each atom.

    Published entries lie in each other or apart, so an entry minus those within it loses nothing.

    Attributes
    ----------
    entry_of_atom : ndarray of int64, shape (n_atoms, n_hours)
        Smallest published entry around an atom, -1 where there is none.
    devices, variance : ndarray of float64, shape (n_entries, n_hours)
        Of an entry without the published entries within it; `variance` is the sum of squared half
        steps of what was subtracted.
    """

    entry_of_atom: Ints
    devices: Floats
    variance: Floats


def blocks_of(release: Margins, atoms: Ints) -> tuple[DisjointSums, list[Ints]]:
    """Turn the entries of a release into disjoint sums, hour by hour.

    Parameters
    ----------
    release : Margins
    atoms : ndarray of int64, shape (n_atoms,)
        Part of the release that each atom lies in.

    Returns
    -------
    DisjointSums
    list of ndarray of int64
        Atoms of each entry.
    """
    by_part = np.argsort(atoms, kind="stable")
    starts = np.searchsorted(atoms[by_part], np.arange(atoms.max(initial=-1) + 2))
    within = [
        np.sort(np.concatenate([by_part[starts[p] : starts[p + 1]] for p in parts]))
        if len(parts)
        else np.zeros(0, np.int64)
        for parts in release.entries
    ]
    published = ~np.isnan(release.devices)
    around = np.full((len(atoms), release.n_hours), -1, dtype=np.int64)
    devices, variance = release.devices.copy(), release.half_step**2
    for entry in sorted(range(len(within)), key=lambda e: (-len(within[e]), e)):
        if not len(within[entry]):
            continue
        hours = np.flatnonzero(published[entry])
        owner = around[within[entry][0], hours]
        owned, of_owner = hours[owner >= 0], owner[owner >= 0]
        devices[of_owner, owned] -= release.devices[entry, owned]
        variance[of_owner, owned] += release.half_step[entry, owned] ** 2
        around[np.ix_(within[entry], hours)] = entry
    return DisjointSums(around, devices, variance), within
