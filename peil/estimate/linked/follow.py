"""Follow the devices of a window, bucket by bucket: stays, trips, home; what is kept are sums.

The statistics are those of `peil.estimate.linked.stays` and `peil_models.mobility`; this gives them
a bucket at a time and forgets it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peil import methods
from peil.area.area import Area
from peil.charter.schema import Charter
from peil.charter.windows import Window
from peil.estimate.linked.plan import FlowPlan, flow_plan
from peil.estimate.linked.rest import changes_of
from peil.estimate.linked.stays import Staying, no_reports, noting, staying
from peil.estimate.linked.sums import Ends, Origins, Sums
from peil.outcome import Fact
from peil.stage import device_rows
from peil.store.store import Store
from peil_models.location import prior_composite, prior_land_use, prior_network, restrict
from peil_models.mobility import Trips, find_trips
from peil_models.stays import Places, RestChanges, Segments

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
    cells: pd.DataFrame,
    area: Area,
    footprint: Any,
    pilot: str,
    changes: RestChanges | None = None,
    is_reported: NDArray[np.bool_] | None = None,
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
    segmenter = staying(pilot, chances, placed, tiles, prior, residents, zone, changes, is_reported)
    return segmenter, np.asarray(chances @ prior > 0)


@dataclass(frozen=True)
class Prepared:
    """All that a pass over a window needs but its rows.

    Attributes
    ----------
    cells : DataFrame
        `linked.cells_of` the window.
    model : Staying
    is_located : ndarray of bool of shape (n_cells,)
    origins : Origins
    is_night : ndarray of bool of shape (n_hours,)
    plan : FlowPlan
        The entries that trips are published in.
    """

    cells: pd.DataFrame
    model: Staying
    is_located: NDArray[np.bool_]
    origins: Origins
    is_night: NDArray[np.bool_]
    plan: FlowPlan


def prepared(
    charter: Charter,
    window: Window,
    store: Store,
    area: Area,
    footprint: Any,
    n_parts: int | None = None,
) -> Prepared:
    """Fit what turns rows into sums, on the cells of a window and on what its nights show."""
    cells = device_rows.cells_of(charter, window, store)
    hours = device_rows.hours_of_window(charter, window)
    zone = ZoneInfo(charter.time_zone)
    clock = np.array([hour.astimezone(zone).hour for hour in hours])
    choices = methods.section("weighting", charter.pilot)
    night = (clock >= choices["night_start_hour"]) & (clock < choices["night_end_hour"])
    plan = flow_plan(charter, area, hours)
    read = device_rows.buckets(charter, window, store, cells, n_parts)
    is_reported = no_reports(charter.pilot, len(cells))
    changes = changes_of(noting(read, is_reported), night, len(cells))
    model, is_located = staying_of(cells, area, footprint, charter.pilot, changes, is_reported)
    return Prepared(cells, model, is_located, Origins(area.bottom()), night, plan)


def follow(
    charter: Charter,
    window: Window,
    store: Store,
    area: Area,
    footprint: Any,
    n_parts: int | None = None,
) -> Followed:
    """Read a window twice, for devices at rest and for all, and keep the sums over its devices."""
    prepared_models = prepared(charter, window, store, area, footprint, n_parts)
    read = device_rows.buckets(charter, window, store, prepared_models.cells, n_parts)
    return sums_over(
        read,
        prepared_models.model,
        prepared_models.is_located,
        prepared_models.origins,
        prepared_models.is_night,
        prepared_models.plan,
    )


def sums_over(
    buckets: Iterable[device_rows.Bucket],
    model: Staying,
    is_located: NDArray[np.bool_],
    origins: Origins,
    is_night: NDArray[np.bool_],
    plan: FlowPlan | None = None,
) -> Followed:
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
    plan : FlowPlan, optional
        Without it no entries of trips are counted.
    """
    sums = Sums(origins, len(is_night), plan)
    n_devices = n_rows = n_homed = n_roaming = n_trips = 0
    for bucket in buckets:
        cell, timing = located(bucket, is_located)
        segments, places, row = model.stays(bucket.device, bucket.at_s, cell, timing)
        night_s = seconds_within(segments, is_night)
        hour = np.clip(bucket.at_s // HOUR_S, 0, len(is_night) - 1).astype(np.int64)
        events = bucket.device, cell, timing, is_night[hour]
        homes = model.homes_of(segments, places, row, night_s, *events)
        places = homes.refined(segments, places)
        home = homes.zone_of_device(len(bucket.country))
        origin = origins.of(home, bucket.country.astype(np.int64))
        sums.add_homes(origin)
        _add_present(sums, segments, places, origin)
        trips = find_trips(segments, max_unknown_s=model.max_unknown_s)
        n_trips += _add_flows(sums, trips, places, origin)
        n_devices += len(bucket.country)
        n_rows += len(bucket.device)
        n_roaming += int((bucket.country > 0).sum())
        n_homed += int(((home >= 0) & (bucket.country == 0)).sum())
    own = max(n_devices - n_roaming, 1)
    facts: dict[str, Fact] = {
        "n_rows": n_rows,
        "n_devices": n_devices,
        "n_devices_roaming": n_roaming,
        "homed_share": round(n_homed / own, 4),
        "n_trips": n_trips,
        "trips_per_device_day": round(n_trips / max(n_devices * len(is_night) / 24, 1), 4),
        **model.overlaps.facts(),
    }
    return Followed(sums, facts)


def located(
    bucket: device_rows.Bucket, is_located: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Cells and timing advances of a bucket's rows, cells without a place as `UNLOCATED`.

    That number is less than any cell's, so rows of one device and moment are put in order anew; the
    others stay where they are. Devices and moments are in the same order as before.

    >>> two_at_once = device_rows.Bucket(*map(np.array, ([0, 0], [5.0, 5.0], [0, 1], [7, 8], [0])))
    >>> located(two_at_once, np.array([True, False]))
    (array([-1,  0]), array([8, 7]))
    >>> abroad = device_rows.Bucket(*map(np.array, ([0, 0], [5.0, 6.0], [-2, 0], [7, 8], [0])))
    >>> located(abroad, np.array([False]))
    (array([-2, -1]), array([7, 8]))
    """
    cell, timing = bucket.cell.copy(), bucket.timing
    at_cell = np.flatnonzero(cell >= 0)  # others are abroad: no position in the list of cells
    cell[at_cell[~is_located[cell[at_cell]]]] = device_rows.UNLOCATED
    is_at_once = (np.diff(bucket.device) == 0) & (np.diff(bucket.at_s) == 0)
    if not (is_at_once & (np.diff(cell) < 0)).any():
        return cell, timing
    order = np.lexsort((timing, cell, bucket.at_s, bucket.device))
    return cell[order], timing[order]


def _add_present(sums: Sums, segments: Segments, places: Places, origin: Ints) -> None:
    hour, n_hours = half_hours_within(segments, sums.n_hours)
    some = np.flatnonzero((n_hours > 0) & (np.diff(places.zone_shares.indptr) > 0))
    sums.add_present(
        origin[segments.device[some]],
        hour[some],
        places.zone_shares[some],
        places.zone[some],
        n_hours[some],
    )


def _add_flows(sums: Sums, trips: Trips, places: Places, origin: Ints) -> int:
    """Add the trips that begin and end in a known zone and depart within the window.

    Each between the likeliest zones: shares would make trips of stays near a border.
    """
    hour = np.floor_divide(trips.departs_s, HOUR_S).astype(np.int64)
    left, reached = trips.from_segment, trips.to_segment
    is_inside = (hour >= 0) & (hour < sums.n_hours)
    is_inside &= (places.zone[left] >= 0) & (places.zone[reached] >= 0)
    left, reached, device = left[is_inside], reached[is_inside], trips.device[is_inside]
    sums.add_flows(
        device,
        origin[device],
        hour[is_inside],
        Ends.whole(places.zone[left], places.zone_shares.shape[1]),
        Ends.whole(places.zone[reached], places.zone_shares.shape[1]),
    )
    return int(is_inside.sum())


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


def half_hours_within(segments: Segments, n_hours: int) -> tuple[Ints, Ints]:
    """The half hours of the window that lie in each segment, its start included, its end not.

    Parameters
    ----------
    segments : Segments
    n_hours : int
        Of the window.

    Returns
    -------
    hour : ndarray of int of shape (n_segments,)
        The first.
    n_in_a_row : ndarray of int of shape (n_segments,)
        How many from there on.

    Examples
    --------
    >>> two = Segments.of([0, 0], [-300.0, 5400.0], [5400.0, 9e9], [0, 0], [0, 0], [0, 1], [1, 2])
    >>> half_hours_within(two, 3)
    (array([0, 1]), array([1, 2]))
    """
    first, past = (
        np.clip(np.ceil((moment - HALF_HOUR_S) / HOUR_S), 0, n_hours).astype(np.int64)
        for moment in (segments.start_s, segments.end_s)
    )
    return first, past - first
