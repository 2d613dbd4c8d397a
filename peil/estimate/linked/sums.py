"""Sums over the devices of a linkage window: what is left of them once a bucket is gone.

Whole numbers only: whichever devices come together in a bucket, and whichever key names them, the
sums are the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from peil.estimate.linked.entries import add_entries, tally_of
from peil.estimate.linked.plan import FlowPlan
from peil.estimate.linked.tally import PARTS as PARTS
from peil.estimate.linked.tally import Tally, is_first

Ints = NDArray[np.int64]
COUNTRIES = 1000  # mobile country codes have three digits


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
    flow_entries : Tally
        The same by origin and entry of the plan, each device once an entry.
    """

    origins: Origins
    n_hours: int
    plan: FlowPlan | None = None
    homes: Tally = field(init=False)
    present: Tally = field(init=False)
    flows: Tally = field(init=False)
    flow_entries: Tally = field(init=False)

    def __post_init__(self) -> None:
        origin, n_zones = self.origins.size, len(self.origins.zones)
        self.homes = Tally({"origin": origin}, ("n_devices",))
        counts = ("n_parts", "n_devices")
        self.present = Tally({"origin": origin, "zone": n_zones, "hour": self.n_hours}, counts)
        self.flows = Tally(
            {"origin": origin, "from_zone": n_zones, "to_zone": n_zones, "hour": self.n_hours},
            counts,
        )
        self.flow_entries = tally_of(self.plan, origin)

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
        if self.plan is not None:
            ends = left.likeliest, reached.likeliest
            add_entries(self.flow_entries, self.plan, device, origin, hour, *ends)
        flat = self.flows.flat(
            {
                "origin": origin,
                "from_zone": left.likeliest,
                "to_zone": reached.likeliest,
                "hour": hour,
            }
        )
        self.flows.add_flat(flat[is_first(device, flat)], {"n_parts": 0, "n_devices": 1})


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
