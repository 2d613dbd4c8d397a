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

Ints = NDArray[np.int64]
PARTS = 1 << 20  # a share is told to a millionth
COUNTRIES = 1000  # mobile country codes have three digits


@dataclass
class Tally:
    """Counts by a key of several whole numbers, added bucket by bucket.

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
    keys: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    totals: Ints = field(default_factory=lambda: np.empty((0, 0), np.int64))

    def __post_init__(self) -> None:
        self.totals = np.empty((len(self.counts), 0), np.int64)

    def add(self, key: dict[str, Ints], counts: dict[str, Ints | int]) -> None:
        """Add counts, one for each entry of the key; an entry may come more than once."""
        flat = np.ravel_multi_index(
            tuple(key[name] for name in self.sizes), tuple(self.sizes.values())
        ).astype(np.int64)
        new = np.stack([np.broadcast_to(counts[name], flat.shape) for name in self.counts])
        keys = np.concatenate([self.keys, flat])
        distinct, place = np.unique(keys, return_inverse=True)
        totals = np.zeros((len(self.counts), len(distinct)), np.int64)
        for number, row in enumerate(np.concatenate([self.totals, new], axis=1)):
            np.add.at(totals[number], place, row)
        self.keys, self.totals = distinct, totals

    def frame(self) -> pd.DataFrame:
        """One row per key that was counted, in the order of the key."""
        made = pd.DataFrame(index=pd.RangeIndex(len(self.keys)))
        parts = np.unravel_index(self.keys, tuple(self.sizes.values()))
        for name, values in zip(self.sizes, parts, strict=True):
            made[name] = np.asarray(values, dtype=np.int64)
        for name, total in zip(self.counts, self.totals, strict=True):
            made[name] = total
        return made


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
        self, origin: Ints, hour: Ints, shares: sparse.csr_array, likeliest: Ints
    ) -> None:
        """Add devices in hours: where each is, and of which origin.

        Parameters
        ----------
        origin, hour, likeliest : ndarray of int, shape (n,)
            Once a device and hour; -1 where no zone is known.
        shares : csr_array of shape (n, n_zones)
        """
        row, zone, parts = _parts(shares)
        key = {"origin": origin[row], "zone": zone, "hour": hour[row]}
        self.present.add(key, {"n_parts": parts, "n_devices": 0})
        at = likeliest >= 0
        key = {"origin": origin[at], "zone": likeliest[at], "hour": hour[at]}
        self.present.add(key, {"n_parts": 0, "n_devices": 1})

    def add_flows(self, device: Ints, origin: Ints, hour: Ints, left: Ends, reached: Ends) -> None:
        """Add trips: shares and likeliest zone of both ends; both ends of a trip must be known.

        Parameters
        ----------
        device, origin, hour : ndarray of int, shape (n_trips,)
        left, reached : Ends
        """
        first, second = left.shares, reached.shares
        n_first, n_second = np.diff(first.indptr), np.diff(second.indptr)
        of = np.repeat(np.arange(len(device)), n_first * n_second)
        starts = np.cumsum(n_first * n_second) - n_first * n_second
        nth = np.arange(len(of)) - starts[of]
        a = first.indptr[of] + nth // n_second[of]
        b = second.indptr[of] + nth % n_second[of]
        parts = np.rint(first.data[a] * second.data[b] * PARTS).astype(np.int64)
        kept = parts > 0
        of, a, b, parts = of[kept], a[kept], b[kept], parts[kept]
        key = {"origin": origin[of], "from_zone": first.indices[a], "to_zone": second.indices[b],
               "hour": hour[of]}  # fmt: skip
        self.flows.add(key, {"n_parts": parts, "n_devices": 0})
        each = np.unique(
            np.stack([device, origin, left.likeliest, reached.likeliest, hour]), axis=1
        )
        key = dict(zip(("origin", "from_zone", "to_zone", "hour"), each[1:], strict=True))
        self.flows.add(key, {"n_parts": 0, "n_devices": 1})


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


def _parts(shares: sparse.csr_array) -> tuple[Ints, Ints, Ints]:
    """Row, zone and whole parts of each share."""
    row = np.repeat(np.arange(shares.shape[0]), np.diff(shares.indptr))
    parts = np.rint(shares.data * PARTS).astype(np.int64)
    kept = parts > 0
    return row[kept], np.asarray(shares.indices, dtype=np.int64)[kept], parts[kept]
