"""Follow the devices of a window, bucket by bucket: stays, trips, home; what is kept are sums.

The statistics are those of `models.stays`; this gives them a bucket at a time and forgets it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.location import posterior, prior_composite, prior_land_use, prior_network, restrict
from models.stays import (
    ABROAD,
    MOVE,
    STAY,
    UNKNOWN,
    Segments,
    StayPlacing,
    StaySegmentation,
    TimingRings,
    cell_overlaps,
)
from peil import linked, methods
from peil.area import Area
from peil.charter import Charter
from peil.linkage import Window
from peil.outcome import Fact
from peil.store import Store
from peil.sums import Origins, Sums

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
HALF_HOUR_S, HOUR_S = 1800.0, 3600.0


@dataclass
class Followed:
    """Sums over the devices of a window, and figures of the pass.

    Attributes
    ----------
    sums : Sums
    facts : dict
        Counts and shares of the whole window: fit for a log, MLflow or a terminal.
    """

    sums: Sums
    facts: dict[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True)
class Geography:
    """Where the cells of a window are: for telling stays apart, and for naming their zone."""

    segmentation: StaySegmentation
    rings: TimingRings
    placing: StayPlacing
    is_located: NDArray[np.bool_]

    @classmethod
    def of(cls, cells: pd.DataFrame, area: Area, footprint: Any, pilot: str) -> Geography:
        """Fit a footprint and the prior of presence to the cells of a window."""
        tiles = area.tiles
        placed = area.placed(cells)
        fitted = footprint.fit(placed, tiles)
        share = methods.section("location", pilot)["network_share"]
        mixed = prior_composite(
            [prior_network(fitted.dominance_), prior_land_use(tiles)], [share, 1.0 - share]
        )
        return cls.fitted(
            fitted.connection_probability_,
            restrict(mixed, tiles["zone_id"].notna().to_numpy()),
            np.asarray(pd.Categorical(tiles["zone_id"], categories=area.bottom()).codes),
            (placed["x_m"].to_numpy(dtype=float), placed["y_m"].to_numpy(dtype=float)),
            (tiles["x_m"].to_numpy(dtype=float), tiles["y_m"].to_numpy(dtype=float)),
            pilot,
        )

    @classmethod
    def fitted(
        cls, chances: Any, prior: Floats, zone_of_tile: Ints, masts: tuple[Floats, Floats],
        tiles: tuple[Floats, Floats], pilot: str,
    ) -> Geography:  # fmt: skip
        """Of a fitted footprint: chances by cell and tile, prior and zone by tile, positions."""
        where = posterior(chances, prior)
        overlaps = cell_overlaps(where, **methods.section("overlaps", pilot))
        rings = TimingRings(**methods.section("timing", pilot)).fit(chances, *masts, *tiles)
        placing = StayPlacing(**methods.section("placing", pilot)).fit(
            rings.connection_probability_, prior, zone_of_tile=zone_of_tile
        )
        segmentation = StaySegmentation(**methods.section("stays", pilot)).fit(overlaps)
        located = np.asarray(where.sum(axis=1)).ravel() > 0
        return cls(segmentation, rings, placing, located)


def follow(
    charter: Charter, window: Window, store: Store, area: Area, footprint: Any,
    n_parts: int | None = None,
) -> Followed:  # fmt: skip
    """Read a window once and keep the sums over its devices."""
    cells = linked.cells_of(charter, window, store)
    geography = Geography.of(cells, area, footprint, charter.pilot)
    hours = linked.hours_of_window(charter, window)
    zone = ZoneInfo(charter.time_zone)
    clock = np.array([hour.astimezone(zone).hour for hour in hours])
    choices = methods.section("weighting", charter.pilot)
    night = (clock >= choices["night_start_hour"]) & (clock < choices["night_end_hour"])
    read = linked.buckets(charter, window, store, cells, n_parts)
    return sums_over(read, geography, Origins(area.bottom()), len(hours), night)


def sums_over(
    buckets: Iterable[linked.Bucket], geography: Geography, origins: Origins, n_hours: int,
    is_night: NDArray[np.bool_],
) -> Followed:  # fmt: skip
    """Sum stays, trips and homes over buckets.

    Parameters
    ----------
    buckets : iterable of Bucket
        Every device in one of them.
    geography : Geography
    origins : Origins
    n_hours : int
        Of the window.
    is_night : ndarray of bool of shape (n_hours,)
        Hours by which a home is found.
    """
    sums = Sums(origins, n_hours)
    n_devices = n_rows = n_homed = n_roaming = n_trips = 0
    for bucket in buckets:
        cell = bucket.cell.copy()
        has_cell = cell >= 0
        cell[has_cell] = np.where(geography.is_located[cell[has_cell]], cell[has_cell],
                                  linked.UNLOCATED)  # fmt: skip
        segments = geography.segmentation.segment(bucket.device, bucket.at_s, cell)
        zone = geography.placing.place(segments, geography.rings.rows(cell, bucket.timing)).zone
        present = at_half_hours(segments, zone, len(bucket.country), n_hours)
        home = most_nights(present[:, is_night], len(origins.zones))
        trips = trips_between_stays(segments, zone, n_hours)
        sums.add(home, bucket.country.astype(np.int64), present, trips)
        n_devices += len(bucket.country)
        n_rows += len(bucket.device)
        n_roaming += int((bucket.country > 0).sum())
        n_homed += int(((home >= 0) & (bucket.country == 0)).sum())
        n_trips += len(trips[0])
    own = max(n_devices - n_roaming, 1)
    facts: dict[str, Fact] = {
        "n_rows": n_rows, "n_devices": n_devices, "n_devices_roaming": n_roaming,
        "homed_share": round(n_homed / own, 4), "n_trips": n_trips,
        "trips_per_device_day": round(n_trips / max(n_devices * n_hours / 24, 1), 4),
    }  # fmt: skip
    return Followed(sums, facts)


def at_half_hours(segments: Segments, zone: Ints, n_devices: int, n_hours: int) -> Ints:
    """Zone of each device at the half hour of each hour; -1 where it is not known.

    Parameters
    ----------
    segments : Segments
    zone : ndarray of int, shape (n_segments,)
    n_devices, n_hours : int

    Returns
    -------
    ndarray of int of shape (n_devices, n_hours)

    Examples
    --------
    >>> one = Segments.of([0], [0.0], [5400.0], [STAY], [0], [0], [1])
    >>> at_half_hours(one, np.array([4]), 1, 3)
    array([[ 4, -1, -1]])
    """
    moments = HALF_HOUR_S + HOUR_S * np.arange(n_hours)
    span = HOUR_S * (n_hours + 2)
    starts = segments.device * span + segments.start_s + HOUR_S
    asked = (np.arange(n_devices)[:, None] * span + moments[None, :] + HOUR_S).ravel()
    at = np.searchsorted(starts, asked, side="right") - 1
    who = np.repeat(np.arange(n_devices), n_hours)
    covers = at >= 0
    covers[covers] = (segments.device[at[covers]] == who[covers]) & (
        segments.end_s[at[covers]] > np.tile(moments, n_devices)[covers]
    )
    found = np.full(len(asked), -1, dtype=np.int64)
    found[covers] = zone[at[covers]]
    return found.reshape(n_devices, n_hours)


def most_nights(zone: Ints, n_zones: int) -> Ints:
    """Zone in which a device spends most hours, the first of equals; -1 where it spends none.

    >>> most_nights(np.array([[1, 1, 0], [-1, -1, -1]]), 2)
    array([ 1, -1])
    """
    spent = np.zeros((len(zone), n_zones), dtype=np.int64)
    device, hour = np.nonzero(zone >= 0)
    np.add.at(spent, (device, zone[device, hour]), 1)
    return np.where(spent.any(axis=1), spent.argmax(axis=1), -1)


def trips_between_stays(
    segments: Segments, zone: Ints, n_hours: int
) -> tuple[Ints, Ints, Ints, Ints]:
    """From one stay of a device to its next, where it was not lost sight of in between.

    Returns
    -------
    device, zone left, zone reached, hour of departure
        Each an ndarray of int of shape (n_trips,).
    """
    is_stay = (segments.state == STAY) & (zone >= 0)
    stays = np.flatnonzero(is_stay)
    breaks = np.cumsum(np.isin(segments.state, (UNKNOWN, ABROAD)))
    moved = np.cumsum(segments.state == MOVE)
    first, then = stays[:-1], stays[1:]
    follows = (
        (segments.device[first] == segments.device[then])
        & (breaks[first] == breaks[then])
        & (moved[first] < moved[then])
    )
    first, then = first[follows], then[follows]
    hour = np.floor_divide(segments.end_s[first], HOUR_S).astype(np.int64)
    inside = (hour >= 0) & (hour < n_hours)
    first, then, hour = first[inside], then[inside], hour[inside]
    return segments.device[first], zone[first], zone[then], hour
