"""Sums over the devices of a linkage window: what is left of them once a bucket is gone.

Whole numbers only: whichever devices come together in a bucket, and whichever key names them, the
sums are the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints = NDArray[np.int64]
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

    Attributes
    ----------
    homes : Tally
        Devices by origin.
    present : Tally
        Devices by origin, zone and hour, at the half hour.
    flows : Tally
        Trips, and distinct devices that made them, by origin, zones and hour of departure.
    """

    origins: Origins
    n_hours: int
    homes: Tally = field(init=False)
    present: Tally = field(init=False)
    flows: Tally = field(init=False)

    def __post_init__(self) -> None:
        origin, n_zones = self.origins.size, len(self.origins.zones)
        self.homes = Tally({"origin": origin}, ("n_devices",))
        self.present = Tally(
            {"origin": origin, "zone": n_zones, "hour": self.n_hours}, ("n_devices",)
        )
        self.flows = Tally(
            {"origin": origin, "from_zone": n_zones, "to_zone": n_zones, "hour": self.n_hours},
            ("n_trips", "n_devices"),
        )

    def add(
        self, home: Ints, country: Ints, present: Ints, trips: tuple[Ints, Ints, Ints, Ints]
    ) -> None:
        """Add the devices of a bucket.

        Parameters
        ----------
        home, country : ndarray of int, shape (n_devices,)
            Zone of home, -1 where it is not known; country code of a visiting SIM, else 0.
        present : ndarray of int, shape (n_devices, n_hours)
            Zone at the half hour, -1 where it is not known.
        trips : device, zone left, zone reached, hour; each ndarray of int, shape (n_trips,)
        """
        origin = self.origins.of(home, country)
        self.homes.add({"origin": origin}, {"n_devices": 1})
        device, hour = np.nonzero(present >= 0)
        self.present.add(
            {"origin": origin[device], "zone": present[device, hour], "hour": hour},
            {"n_devices": 1},
        )
        who, left, reached, when = trips
        key = {"from_zone": left, "to_zone": reached, "hour": when}
        self.flows.add({"origin": origin[who], **key}, {"n_trips": 1, "n_devices": 0})
        each = np.unique(np.stack([who, left, reached, when]), axis=1)
        who, left, reached, when = each
        key = {"from_zone": left, "to_zone": reached, "hour": when}
        self.flows.add({"origin": origin[who], **key}, {"n_trips": 0, "n_devices": 1})
