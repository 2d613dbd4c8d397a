"""Counts by a key of several whole numbers, open to add to; what they count is in `sums`."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from peil.estimate.linked import sums_loops as loops

Ints = NDArray[np.int64]
PARTS = 1 << 20  # a share is told to a millionth
FEW = 1 << 10  # places for keys to begin with; a power of two


@dataclass
class Tally:
    """Counts by a key of several whole numbers, added bucket by bucket.

    Takes memory for the keys that were counted, not for the counts that were added.

    Parameters
    ----------
    sizes : dict of str to int
        Name of each part of the key, and the number of values it can take.
    counts : tuple of str
        Names of what is counted.

    Examples
    --------
    >>> tally = Tally({"zone": 3, "hour": 24}, ("n_devices",))
    >>> tally.add({"zone": np.array([2, 2]), "hour": np.array([7, 7])}, {"n_devices": 1})
    >>> tally.add({"zone": np.array([2]), "hour": np.array([7])}, {"n_devices": np.array([4])})
    >>> tally.frame()
       zone  hour  n_devices
    0     2     7          6
    """

    sizes: dict[str, int]
    counts: tuple[str, ...]
    _keys: Ints = field(init=False)
    _totals: Ints = field(init=False)
    _n_keys: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._keys = np.full(FEW, loops.FREE)
        self._totals = np.zeros((len(self.counts), FEW), np.int64)

    def add(self, key: dict[str, Ints], counts: dict[str, Ints | int]) -> None:
        """Add counts, one for each entry of the key; an entry may come more than once."""
        self.add_flat(self.flat(key), counts)

    def add_flat(self, flat: Ints, counts: dict[str, Ints | int]) -> None:
        """Add counts, one for each `flat` key."""
        new = np.stack([np.broadcast_to(counts[name], flat.shape) for name in self.counts])
        new = new.astype(np.int64)
        at = 0
        while at < len(flat):
            at, self._n_keys = loops.add(self._keys, self._totals, self._n_keys, flat, new, at)
            if at < len(flat):
                self._grow()

    def add_shared(
        self,
        key: dict[str, Ints],
        n_in_a_row: Ints,
        shares: sparse.csr_array,
        likeliest: Ints,
        shared: str = "zone",
    ) -> None:
        """Add the whole parts of shares to the first count and one in the likeliest to the second.

        Parameters
        ----------
        key : dict of str to ndarray of int, shape (n,)
            All of its parts but the one that is `shared`.
        n_in_a_row : ndarray of int, shape (n,)
            To how many values of the key's last part, in a row, the same is added.
        shares : csr_array of shape (n, size of the shared part)
        likeliest : ndarray of int, shape (n,)
            -1 where nothing is known.
        shared : str, default="zone"
        """
        n_zones = self.sizes[shared]
        if shares.shape[1] != n_zones or likeliest.max(initial=-1) >= n_zones:
            raise ValueError(f"shares are of more than the {n_zones} values of {shared}")
        *_, last = self.sizes
        if (key[last] + n_in_a_row > self.sizes[last]).any():
            raise ValueError(f"a row goes beyond the {self.sizes[last]} values of {last}")
        flat = self.flat({**key, shared: np.zeros(len(likeliest), np.int64)})
        # how far apart two values of the shared part are, though there may be one value only
        names = list(self.sizes)
        step, at = prod(self.sizes[name] for name in names[names.index(shared) + 1 :]), 0
        while at < len(flat):
            at, self._n_keys = loops.add_shared(
                self._keys,
                self._totals,
                self._n_keys,
                flat,
                n_in_a_row,
                shares.indptr.astype(np.int32),
                shares.indices.astype(np.int32),
                shares.data,
                likeliest,
                step,
                PARTS,
                at,
            )
            if at < len(flat):
                self._grow()

    def flat(self, key: dict[str, Ints]) -> Ints:
        """Each entry of the key as one number.

        Raises
        ------
        ValueError
            A part that is none of its values.
        """
        parts = tuple(key[name] for name in self.sizes)
        return np.asarray(np.ravel_multi_index(parts, tuple(self.sizes.values())), np.int64)

    def _grow(self) -> None:
        keys = np.full(2 * len(self._keys), loops.FREE)
        totals = np.zeros((len(self.counts), len(keys)), np.int64)
        loops.move(self._keys, self._totals, keys, totals)
        self._keys, self._totals = keys, totals

    def frame(self) -> pd.DataFrame:
        """One row per key that was counted, in the order of the key."""
        at = np.flatnonzero(self._keys != loops.FREE)
        at = at[np.argsort(self._keys[at])]
        table = pd.DataFrame(index=pd.RangeIndex(len(at)))
        parts = np.unravel_index(self._keys[at], tuple(self.sizes.values()))
        for name, values in zip(self.sizes, parts, strict=True):
            table[name] = np.asarray(values, dtype=np.int64)
        for name, total in zip(self.counts, self._totals, strict=True):
            table[name] = total[at]
        return table


def is_first(device: Ints, key: Ints) -> Ints:
    """Positions of the first of each device's entries of a key, in their order.

    >>> is_first(np.array([1, 1, 2]), np.array([5, 5, 5]))
    array([0, 2])
    """
    order = np.lexsort((key, device))
    new = np.diff(device[order], prepend=-1) != 0
    new |= np.diff(key[order], prepend=-1) != 0
    return np.asarray(order[new])
