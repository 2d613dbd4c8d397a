"""Sums over the devices of a linkage window: what is left of them once a bucket is gone.

Whole numbers only: whichever devices come together in a bucket, and whichever key names them, the
sums are the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from peil.estimate.linked import sums_loops as loops

Ints = NDArray[np.int64]
PARTS = 1 << 20  # a share is told to a millionth
COUNTRIES = 1000  # mobile country codes have three digits
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
        unit = {name: np.full(1, int(name == shared)) for name in self.sizes}
        step, at = int(self.flat(unit)[0]), 0
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


@dataclass(frozen=True)
class Origins:
    """Where devices come from, as whole numbers: a zone of home, not known, or a country."""

    zones: list[str]

    @property
    def unknown(self) -> int:
        return len(self.zones)

    @property
    def size(self) -> int:
        return len(self.zones) + 1 + COUNTRIES

    def of(self, home: Ints, country: Ints) -> Ints:
        """The origin of each device: its country where it visits, else its home or unknown.

        >>> Origins(["A", "B"]).of(np.array([1, -1, 0]), np.array([0, 0, 262]))
        array([  1,   2, 265])
        """
        own = np.where(home >= 0, home, self.unknown)
        return np.where(country > 0, self.unknown + 1 + country, own).astype(np.int64)

    def country(self, origin: Ints) -> Ints:
        """Mobile country code of each origin, 0 of those that are none."""
        return np.maximum(np.asarray(origin, np.int64) - self.unknown - 1, 0)


@dataclass
class Sums:
    """Tallies of one window; zones and hours as numbers in the order of the window's.

    A device is shared over the zones where it may be, in whole parts of `PARTS`: `n_parts` adds up
    exactly in any order. `n_devices` counts each device in its likeliest zone.

    Attributes
    ----------
    homes : Tally
        Devices by origin.
    present : Tally
        Devices by origin, zone and hour, at the half hour.
    flows : Tally
        Trips by origin, zones and hour of departure, and distinct devices that made them.
    """

    origins: Origins
    n_hours: int
    homes: Tally = field(init=False)
    present: Tally = field(init=False)
    flows: Tally = field(init=False)

    def __post_init__(self) -> None:
        origin, n_zones = self.origins.size, len(self.origins.zones)
        self.homes = Tally({"origin": origin}, ("n_devices",))
        counts = ("n_parts", "n_devices")
        self.present = Tally({"origin": origin, "zone": n_zones, "hour": self.n_hours}, counts)
        self.flows = Tally(
            {"origin": origin, "from_zone": n_zones, "to_zone": n_zones, "hour": self.n_hours},
            counts,
        )

    def add_homes(self, origin: Ints) -> None:
        """Add devices, each by its origin."""
        self.homes.add({"origin": origin}, {"n_devices": 1})

    def add_present(
        self,
        origin: Ints,
        hour: Ints,
        shares: sparse.csr_array,
        likeliest: Ints,
        n_hours: Ints | None = None,
    ) -> None:
        """Add devices in hours: where each is, and of which origin.

        Parameters
        ----------
        origin, hour, likeliest : ndarray of int, shape (n,)
            A device and hour at most once; -1 where no zone is known.
        shares : csr_array of shape (n, n_zones)
        n_hours : ndarray of int, shape (n,), optional
            For how many hours on end, from `hour` on; one by default.
        """
        lasts = np.ones(len(hour), np.int64) if n_hours is None else n_hours
        self.present.add_shared({"origin": origin, "hour": hour}, lasts, shares, likeliest)

    def add_flows(self, device: Ints, origin: Ints, hour: Ints, left: Ends, reached: Ends) -> None:
        """Add trips: shares and likeliest zone of both ends; both ends of a trip must be known.

        Parameters
        ----------
        device, origin, hour : ndarray of int, shape (n_trips,)
        left, reached : Ends
        """
        first, second = left.shares, reached.shares
        n_first, n_second = np.diff(first.indptr), np.diff(second.indptr)
        row_of = np.repeat(np.arange(len(device)), n_first * n_second)
        starts = np.cumsum(n_first * n_second) - n_first * n_second
        nth = np.arange(len(row_of)) - starts[row_of]
        a = first.indptr[row_of] + nth // n_second[row_of]
        b = second.indptr[row_of] + nth % n_second[row_of]
        parts = np.rint(first.data[a] * second.data[b] * PARTS).astype(np.int64)
        is_positive = parts > 0
        row_of, a, b, parts = (
            row_of[is_positive],
            a[is_positive],
            b[is_positive],
            parts[is_positive],
        )
        key = {
            "origin": origin[row_of],
            "from_zone": first.indices[a],
            "to_zone": second.indices[b],
            "hour": hour[row_of],
        }
        self.flows.add(key, {"n_parts": parts, "n_devices": 0})
        flat = self.flows.flat(
            {
                "origin": origin,
                "from_zone": left.likeliest,
                "to_zone": reached.likeliest,
                "hour": hour,
            }
        )
        order = np.lexsort((flat, device))
        new = np.diff(device[order], prepend=-1) != 0
        new |= np.diff(flat[order], prepend=-1) != 0
        self.flows.add_flat(flat[order[new]], {"n_parts": 0, "n_devices": 1})


@dataclass(frozen=True)
class Ends:
    """Where trips begin or end: shares of shape (n_trips, n_zones), and the likeliest zone."""

    shares: sparse.csr_array
    likeliest: Ints

    @classmethod
    def whole(cls, zone: Ints, n_zones: int) -> Ends:
        """Ends that are in their likeliest zone and in no other.

        >>> Ends.whole(np.array([1]), 2).shares.toarray()
        array([[0., 1.]])
        """
        n = len(zone)
        shares = sparse.csr_array((np.ones(n), zone, np.arange(n + 1)), shape=(n, n_zones))
        return cls(shares, np.asarray(zone, dtype=np.int64))
