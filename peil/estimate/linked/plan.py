"""At which grain trips are published: units of pairs of zones and their periods, of public things.

What is expected follows from the register, the map and `methods.toml`; no count, of this day or of
another, comes in, so that the plan of a pilot says nothing of its devices and every day has one.
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
from peil_models.disclosure import PairGrain, pair_grain
from peil_models.mobility import expected_trips

Ints = NDArray[np.int64]
OTHERS = "_O"  # SDMX for "other": those of a region that have no entry of their own
DAY_HOURS = 24
SATURDAY = 5


@dataclass(frozen=True)
class FlowPlan:
    """Entries of trips over some hours: every trip between two zones is in one of them.

    Attributes
    ----------
    grain : PairGrain
    from_code, to_code : ndarray of str, shape (n_units,)
        The ends of each unit, as they are published.
    part : ndarray of int64, shape (n_hours,)
        Part of the day that each hour lies in.
    period : ndarray of int64, shape (3, n_hours)
        Number of the period of each hour: by hour, part and day.
    start : ndarray of int64, shape (n_periods,)
        The first hour of each period.
    freq : ndarray of str, shape (n_periods,)
        H an hour, H4 four, D a day.
    is_weekend : ndarray of bool, shape (n_periods,)
        Whether the period lies on a Saturday or Sunday.
    """

    grain: PairGrain
    from_code: NDArray[Any]
    to_code: NDArray[Any]
    part: Ints
    period: Ints
    start: Ints
    freq: NDArray[Any]
    is_weekend: NDArray[np.bool_]

    @property
    def last(self) -> Ints:
        """The last hour of each period: where clocks change a part or a day has one less or more.

        Returns
        -------
        ndarray of int64, shape (n_periods,)
        """
        n_hours = np.bincount(self.period.ravel(), minlength=len(self.start))
        return np.asarray(self.start + n_hours - 1, dtype=np.int64)

    def entry_of(self, from_zone: Ints, to_zone: Ints, hour: Ints) -> tuple[Ints, Ints]:
        """Unit and period of trips; both -1 of those within a zone, which have none."""
        unit = self.grain.unit_of_pair[from_zone, to_zone]
        if not len(self.from_code):  # one zone: every trip is within it
            return unit, unit
        period = self.period[self.grain.period[unit, self.part[hour]], hour]
        return unit, np.where(unit >= 0, period, -1)

    def entries(self, hours: Ints) -> pd.DataFrame:
        """All entries of some hours, whatever is counted in them: unit and period."""
        hour, n_units = np.asarray(hours, np.int64), len(self.from_code)
        periods = self.period[self.grain.period[:, self.part[hour]], hour]
        unit = np.repeat(np.arange(n_units), len(hour))
        table = pd.DataFrame({"unit": unit, "period": periods.ravel()})
        return table.drop_duplicates(ignore_index=True)


def flow_plan(charter: Charter, area: Area, hours: Sequence[datetime]) -> FlowPlan:
    """The entries of trips over some hours, whole local days of the pilot, in order."""
    choices = methods.section("grain", charter.pilot)
    zones = area.bottom()
    region_of = regions(area)
    names = sorted(set(region_of.values()))
    region = np.array([names.index(region_of[zone]) for zone in zones], dtype=np.int64)
    starts = np.array(choices["part_starts"], dtype=np.int64)
    lengths = np.diff(np.append(starts, DAY_HOURS))
    wanted = choices["margin"] * threshold_of(charter)
    size = np.zeros(len(zones))
    expected = expected_devices(charter, area)
    if expected is None:  # nothing is known: pairs by day
        expected = np.full((len(zones), len(zones)), float(wanted))
    else:
        size = residents(area)
    grain = pair_grain(
        expected,
        size,
        region,
        lengths,
        choices["part_shares"],
        wanted=wanted,
        mass_share=choices["mass_share"],
    )
    codes = np.array([*zones, *names, *["" for _ in range(len(zones) - len(names))]], dtype=object)
    from_code, to_code = (
        np.where((end >= len(zones)) & ~grain.is_whole, codes[end] + OTHERS, codes[end])
        for end in (grain.from_end, grain.to_end)
    )
    periods = _periods(hours, charter.time_zone, starts, lengths)
    return FlowPlan(grain, from_code, to_code, *periods)


def parts_of(clock: Sequence[int], starts: Ints) -> Ints:
    """Part of the day of each local hour.

    >>> parts_of([0, 6, 23], np.array([0, 6, 20]))
    array([0, 1, 2])
    """
    return np.asarray(np.searchsorted(starts, clock, side="right") - 1, dtype=np.int64)


def residents(area: Area) -> NDArray[np.float64]:
    """Registered persons of each lowest zone."""
    if area.register is None:
        raise ValueError("area has no register")
    return np.asarray(area.register.loc[area.bottom()].to_numpy(), dtype=np.float64)


def expected_devices(charter: Charter, area: Area) -> NDArray[np.float64] | None:
    """Devices with a trip between zones on a day, from residents and the map; None without them."""
    if area.register is None:
        return None
    choices = methods.section("grain", charter.pilot)
    zones = area.bottom()
    tiles = area.tiles.groupby("zone_id", observed=True)
    centre = tiles[["x_m", "y_m"]].mean().reindex(zones)
    n_tiles = tiles.size().reindex(zones, fill_value=0).clip(lower=1)
    side = np.unique(area.tiles["x_m"])
    tile_m2 = float(np.diff(side).min()) ** 2 if len(side) > 1 else 1.0
    trips = expected_trips(
        residents(area),
        centre["x_m"].fillna(0.0),
        centre["y_m"].fillna(0.0),
        n_tiles * tile_m2,
        trips_per_person=choices["trips_per_person"],
        distance_exponent=choices["distance_exponent"],
    )
    return np.asarray(choices["operator_share"] * trips)


def _periods(
    hours: Sequence[datetime], time_zone: str, starts: Ints, lengths: Ints
) -> tuple[Ints, Ints, Ints, NDArray[Any], NDArray[np.bool_]]:
    """Part of each hour, its period at each grain; first hour, length and weekend of a period."""
    zone = ZoneInfo(time_zone)
    local = [hour.astimezone(zone) for hour in hours]
    part = parts_of([moment.hour for moment in local], starts)
    day = np.array([moment.toordinal() for moment in local], dtype=np.int64)
    by_hour = np.arange(len(local))
    key = day * len(starts) + part
    first_part, number_part = np.unique(key, return_index=True, return_inverse=True)[1:]
    first_day, number_day = np.unique(day, return_index=True, return_inverse=True)[1:]
    n_hours, n_parts = len(local), len(first_part)
    period = np.stack([by_hour, n_hours + number_part, n_hours + n_parts + number_day])
    freq = ["H"] * n_hours
    freq += [f"H{lengths[part[first]]}" for first in first_part]
    freq += ["D"] * len(first_day)
    start = np.concatenate([by_hour, first_part, first_day])
    is_weekend = np.array([moment.weekday() >= SATURDAY for moment in local])
    return part, period, start, np.array(freq, dtype=object), is_weekend[start]
