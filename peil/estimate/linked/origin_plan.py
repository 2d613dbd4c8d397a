"""How finely visitors are told apart by where they come from, zone by zone, of public things.

As `plan` for trips: residents and the map say how many are expected, no count comes in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peil import methods
from peil.area.area import Area
from peil.area.regions import regions
from peil.charter.schema import Charter
from peil.charter.thresholds import threshold_of
from peil.estimate.linked.plan import expected_devices, parts_of, residents

Ints = NDArray[np.int64]
REGIONS, ELSEWHERE, VISITORS, ALL = range(4)
OTHERS, TOTAL, ABROAD = "_O", "_T", "SIM_O"
KINDS = {OTHERS: "rest", TOTAL: "rest", ABROAD: "country"}


@dataclass(frozen=True)
class OriginPlan:
    """The origins that are told apart in each zone and hour.

    `REGIONS`: residents, each region, abroad. `ELSEWHERE`: residents, others of the own region, all
    others. `VISITORS`: residents, all others. `ALL`: everybody together.

    Attributes
    ----------
    zones, region : list of str
        Lowest zones, and the region of each.
    level : ndarray of int64, shape (n_zones, n_hours)
    """

    zones: list[str]
    region: list[str]
    level: Ints

    def codes(
        self, zone: Ints, hour: Ints, home: Ints, is_abroad: NDArray[np.bool_]
    ) -> NDArray[Any]:
        """Origins of devices by zone, hour and zone of home (any number of those from abroad)."""
        names, above = np.array(self.zones, object), np.array(self.region, object)
        level = self.level[zone, hour]
        home = np.where(is_abroad, 0, home)
        is_resident = (home == zone) & ~is_abroad
        is_near = (above[home] == above[zone]) & ~is_abroad
        codes = np.where(is_near & (level < VISITORS), above[home], OTHERS)
        codes = np.where((level == REGIONS) & ~is_near, above[home], codes)
        codes = np.where((level == REGIONS) & is_abroad, ABROAD, codes)
        codes = np.where(is_resident, names[zone], codes)
        return np.asarray(np.where(level == ALL, TOTAL, codes), dtype=object)

    def entries(self) -> pd.DataFrame:
        """Every entry of every hour: zone, hour, origin, and the level it is told at."""
        every, n_zones = sorted(set(self.region)), len(self.zones)
        rows = []
        for zone in range(n_zones):
            own = self.region[zone]
            near = [own] if self.region.count(own) > 1 else []
            origins = {
                REGIONS: [self.zones[zone], *near, *(r for r in every if r != own), ABROAD],
                ELSEWHERE: [self.zones[zone], *near, OTHERS],
                VISITORS: [self.zones[zone], OTHERS],
                ALL: [TOTAL],
            }
            rows += [
                (self.zones[zone], hour, origin, int(level))
                for hour, level in enumerate(self.level[zone])
                for origin in origins[int(level)]
            ]
        return pd.DataFrame(rows, columns=["zone_id", "hour", "origin_id", "level"])


def origin_plan(charter: Charter, area: Area, hours: Sequence[datetime]) -> OriginPlan:
    """The origins told apart in some hours, whole local days of the pilot."""
    choices = methods.section("grain", charter.pilot)
    zones, region_of = area.bottom(), regions(area)
    region = [region_of[zone] for zone in zones]
    starts = np.array(choices["part_starts"], dtype=np.int64)
    local = [hour.astimezone(ZoneInfo(charter.time_zone)).hour for hour in hours]
    part = parts_of(local, starts)
    trips = expected_devices(charter, area)
    if trips is None:
        return OriginPlan(zones, region, np.full((len(zones), len(hours)), ELSEWHERE))
    abroad = choices["abroad_share"] * choices["operator_share"] * residents(area)
    wanted = choices["margin"] * threshold_of(charter)
    size = residents(area)
    levels = [
        alike(
            origin_level(present / 2.0 * trips, abroad, region, wanted),
            size,
            region,
            choices["mass_share"],
        )
        for present in choices["visitors_per_visit"]
    ]
    return OriginPlan(zones, region, np.stack(levels, axis=1)[:, part])


def origin_level(
    visitors: NDArray[np.float64], abroad: NDArray[np.float64], region: Sequence[str], wanted: float
) -> Ints:
    """How finely the origins in each zone can be told, so that each holds what is wanted.

    Parameters
    ----------
    visitors : ndarray of shape (n_zones, n_zones)
        Devices expected at a time, from where, in which zone.
    abroad : ndarray of shape (n_zones,)
        Devices expected from abroad in each zone.
    region : sequence of str
    wanted : float

    Examples
    --------
    >>> visitors = np.array([[0, 30, 1], [40, 0, 1], [20, 10, 0]])
    >>> origin_level(visitors, np.array([9, 9, 0]), ["R", "R", "S"], 15).tolist()
    [1, 1, 3]
    """
    every = sorted(set(region))
    above = np.array([every.index(name) for name in region])
    away = visitors * (1.0 - np.eye(len(above)))
    by_region = np.stack([away[above == r].sum(axis=0) for r in range(len(every))], axis=1)
    zone = np.arange(len(above))
    near = by_region[zone, above]
    has_near = np.bincount(above)[above] > 1
    all_others = by_region.sum(axis=1) - near + abroad
    is_own = np.arange(len(every)) == above[:, None]
    least = np.where(is_own, np.inf, by_region).min(axis=1)
    near_is_enough = (near >= wanted) | ~has_near
    level = np.where(near + all_others >= wanted, VISITORS, ALL)
    level = np.where(near_is_enough & (all_others >= wanted), ELSEWHERE, level)
    is_fine = near_is_enough & (np.minimum(least, abroad) >= wanted)
    return np.asarray(np.where(is_fine, REGIONS, level), dtype=np.int64)


def alike(level: Ints, size: NDArray[np.float64], region: Sequence[str], mass_share: float) -> Ints:
    """One level for the zones of a region, that those with most of its residents reach.

    Zones told apart alike hide each other; one that does not reach the level of its region is told
    as a whole.

    Parameters
    ----------
    level : ndarray of int of shape (n_zones,)
        The finest that each zone reaches.
    size : ndarray of shape (n_zones,)
        Residents.
    region : sequence of str
    mass_share : float
        Of a region's residents, so many live where its level is reached.

    Examples
    --------
    >>> alike(np.array([1, 1, 2]), np.array([40.0, 50, 10]), ["R", "R", "R"], 0.8).tolist()
    [1, 1, 3]
    """
    out = level.copy()
    above = np.array(region)
    for name in sorted(set(region)):
        own = above == name
        finest = [
            candidate
            for candidate in (REGIONS, ELSEWHERE, VISITORS, ALL)
            if size[own & (level <= candidate)].sum() >= mass_share * size[own].sum()
        ]
        out[own] = np.where(level[own] <= finest[0], finest[0], ALL)
    return out
