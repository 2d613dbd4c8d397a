"""Follow the devices of a window, bucket by bucket: stays, trips, home; what is kept are sums.

The statistics are those of `peil.staying` and `models.mobility`; this gives them a bucket at a
time and forgets it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.location import prior_composite, prior_land_use, prior_network, restrict
from models.mobility import find_trips
from models.stays import Places, Segments
from peil import linked, methods
from peil.area import Area
from peil.charter import Charter
from peil.linkage import Window
from peil.outcome import Fact
from peil.staying import Staying, staying
from peil.store import Store
from peil.sums import Ends, Origins, Sums

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


def staying_of(
    cells: pd.DataFrame, area: Area, footprint: Any, pilot: str
) -> tuple[Staying, NDArray[np.bool_]]:
    """The estimators of stays and homes on the cells of a window, and which cells have a place."""
    tiles, placed = area.tiles, area.placed(cells)
    fitted = footprint.fit(placed, tiles)
    share = methods.section("location", pilot)["network_share"]
    mixed = prior_composite(
        [prior_network(fitted.dominance_), prior_land_use(tiles)], [share, 1.0 - share]
    )
    prior = restrict(mixed, tiles["zone_id"].notna().to_numpy())
    residents = prior if area.register is None else area.residents_per_tile()
    zone = pd.Categorical(tiles["zone_id"], categories=area.bottom()).codes.astype(np.int64)
    chances = fitted.connection_probability_
    made = staying(pilot, chances, placed, tiles, prior, residents, zone)
    return made, np.asarray(chances @ prior > 0)


def follow(
    charter: Charter, window: Window, store: Store, area: Area, footprint: Any,
    n_parts: int | None = None,
) -> Followed:  # fmt: skip
    """Read a window once and keep the sums over its devices."""
    cells = linked.cells_of(charter, window, store)
    model, is_located = staying_of(cells, area, footprint, charter.pilot)
    hours = linked.hours_of_window(charter, window)
    zone = ZoneInfo(charter.time_zone)
    clock = np.array([hour.astimezone(zone).hour for hour in hours])
    choices = methods.section("weighting", charter.pilot)
    night = (clock >= choices["night_start_hour"]) & (clock < choices["night_end_hour"])
    read = linked.buckets(charter, window, store, cells, n_parts)
    return sums_over(read, model, is_located, Origins(area.bottom()), night)


def sums_over(
    buckets: Iterable[linked.Bucket], model: Staying, is_located: NDArray[np.bool_],
    origins: Origins, is_night: NDArray[np.bool_],
) -> Followed:  # fmt: skip
    """Sum stays, trips and homes over buckets.

    Parameters
    ----------
    buckets : iterable of Bucket
        Every device in one of them.
    model : Staying
    is_located : ndarray of bool of shape (n_cells,)
        Cells whose devices can be somewhere in the area.
    origins : Origins
    is_night : ndarray of bool of shape (n_hours,)
        Hours of the window by which a home is found.
    """
    sums = Sums(origins, len(is_night))
    n_devices = n_rows = n_homed = n_roaming = n_trips = 0
    for bucket in buckets:
        cell = bucket.cell.copy()
        cell[(cell >= 0) & ~is_located[cell]] = linked.UNLOCATED
        segments, places, row = model.stays(bucket.device, bucket.at_s, cell, bucket.timing)
        night_s = seconds_within(segments, is_night)
        homes = model.homes.place(segments, places, row, night_s)
        places = homes.refined(segments, places)
        home = homes.zone_of_device(len(bucket.country))
        origin = origins.of(home, bucket.country.astype(np.int64))
        sums.add_homes(origin)
        _add_present(sums, segments, places, origin)
        n_trips += _add_flows(sums, segments, places, origin)
        n_devices += len(bucket.country)
        n_rows += len(bucket.device)
        n_roaming += int((bucket.country > 0).sum())
        n_homed += int(((home >= 0) & (bucket.country == 0)).sum())
    own = max(n_devices - n_roaming, 1)
    facts: dict[str, Fact] = {
        "n_rows": n_rows, "n_devices": n_devices, "n_devices_roaming": n_roaming,
        "homed_share": round(n_homed / own, 4), "n_trips": n_trips,
        "trips_per_device_day": round(n_trips / max(n_devices * len(is_night) / 24, 1), 4),
    }  # fmt: skip
    return Followed(sums, facts)


def _add_present(sums: Sums, segments: Segments, places: Places, origin: Ints) -> None:
    at = at_half_hours(segments, len(origin), sums.n_hours)
    device, hour = np.nonzero(at >= 0)
    segment = at[device, hour]
    sums.add_present(origin[device], hour, places.zone_shares[segment], places.zone[segment])


def _add_flows(sums: Sums, segments: Segments, places: Places, origin: Ints) -> int:
    """Add the trips that begin and end in a known zone and depart within the window.

    Each between the likeliest zones: shares would make trips of stays near a border.
    """
    trips = find_trips(segments)
    hour = np.floor_divide(trips.departs_s, HOUR_S).astype(np.int64)
    left, reached = trips.from_segment, trips.to_segment
    kept = (hour >= 0) & (hour < sums.n_hours)
    kept &= (places.zone[left] >= 0) & (places.zone[reached] >= 0)
    left, reached, device = left[kept], reached[kept], trips.device[kept]
    sums.add_flows(
        device, origin[device], hour[kept],
        Ends.whole(places.zone[left], places.zone_shares.shape[1]),
        Ends.whole(places.zone[reached], places.zone_shares.shape[1]),
    )  # fmt: skip
    return int(kept.sum())


def seconds_within(segments: Segments, is_marked: NDArray[np.bool_]) -> Floats:
    """Seconds of each segment that lie in marked hours of the window.

    >>> one = Segments.of([0], [1800.0], [9000.0], [0], [0], [0], [1])
    >>> seconds_within(one, np.array([True, False, True]))
    array([3600.])
    """
    edges = HOUR_S * np.arange(len(is_marked) + 1)
    until = np.append(0.0, np.cumsum(np.where(is_marked, HOUR_S, 0.0)))
    ends = np.interp(segments.end_s, edges, until)
    return np.asarray(ends - np.interp(segments.start_s, edges, until))


def at_half_hours(segments: Segments, n_devices: int, n_hours: int) -> Ints:
    """Segment of each device at the half hour of each hour; -1 before its first, after its last.

    Parameters
    ----------
    segments : Segments
    n_devices, n_hours : int

    Returns
    -------
    ndarray of int of shape (n_devices, n_hours)

    Examples
    --------
    >>> one = Segments.of([0], [0.0], [5400.0], [0], [0], [0], [1])
    >>> at_half_hours(one, 1, 3)
    array([[ 0, -1, -1]])
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
    return np.where(covers, at, -1).reshape(n_devices, n_hours).astype(np.int64)
