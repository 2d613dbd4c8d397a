"""Which night calibrates a day, and the night ratio made of it.

A working day is calibrated on its own night (hours before dawn). A day off is calibrated on
the last working day before it, so that weekend guests and absentees are not calibrated away.
Where that day is not in the pilot's period, or its gate is closed, the own night is used and
the metadata say so. The released figures of a day thus depend on at most one earlier day.

An hour that is released by itself is calibrated on what was released before it: the hours of the
last working night, before its own day where there is one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import numpy as np
import pandas as pd

from peil import methods
from peil.area.area import area_of
from peil.charter.clock import hours_of
from peil.charter.hour import Hour, day_of, hours_within
from peil.charter.period import Period
from peil.charter.products import PRESENCE, PRODUCTS
from peil.charter.schema import Charter
from peil.outcome import Refused, Waiting
from peil.store import checking, released_tables
from peil.store.atomic import canonical, read_json
from peil.store.faults.written import read_parquet
from peil.store.store import Store
from peil_models.weighting import NightRatio


def is_working(charter: Charter, day: date) -> bool:
    """Whether the day is a working day in the charter's country."""
    if day.weekday() >= 5:
        return False
    if charter.area.country is None:
        return True
    return day_of(day) not in holidays.country_holidays(charter.area.country, years=day.year)


@dataclass(frozen=True)
class Night:
    """The night that calibrates a day.

    Attributes
    ----------
    day : date
        Local day whose night hours are used.
    own_hours : list of int
        Positions of the night hours within that day.
    today_hours : list of int
        Positions of the night hours within the day that is calibrated.
    weights : NightRatio
        Not fitted; bounds and pooling of `methods.toml` [weighting].
    devices : dict
        Estimator → array (n_zones, n_night_hours) of an earlier day; empty for the own night.
    hours : list of date
        Of an hour that is calibrated on earlier ones: which these are, in order.
    misfit_share : float or None
        How far the counts of these hours were from the footprint, on average.
    """

    day: date
    is_own: bool
    is_working: bool
    own_hours: list[int]
    today_hours: list[int]
    fingerprint: str
    devices: dict[str, Any] = field(default_factory=dict)
    zones: list[str] = field(default_factory=list)
    weights: NightRatio = field(default_factory=NightRatio)
    hours: list[date] = field(default_factory=list)
    misfit_share: float | None = None

    def is_own_for(self, estimator: str) -> bool:
        """Whether the day's own night calibrates an estimator.

        So it does where the earlier day was estimated before there was this estimator.
        """
        return self.is_own or estimator not in self.devices

    def devices_of(self, estimator: str, zones: list[str], today: np.ndarray) -> np.ndarray:
        """Devices of the night that calibrates an estimator, (n_zones, n_night_hours).

        `today` are those of the day's own night, given where that is the night to take.
        """
        if self.is_own_for(estimator):
            return today
        if zones != self.zones:
            raise Waiting(f"The zones of {self.day} differ: estimate that day again first.")
        return np.asarray(self.devices[estimator])

    def observed(self, unobserved: Sequence[int]) -> Night:
        """The same night without the hours of the calibrated day that nobody observed.

        >>> whole = Night(date(2026, 3, 2), True, True, [0, 1, 2], [0, 1, 2], "own")
        >>> whole.observed([1, 9]).today_hours
        [0, 2]
        """
        left = [number for number in self.today_hours if number not in unobserved]
        return replace(self, today_hours=left)


def counted_night(devices: np.ndarray, charter: Charter) -> np.ndarray:
    """Return a night's devices; refuse one on which no zone holds any in most hours.

    Parameters
    ----------
    devices : ndarray of shape (n_zones, n_night_hours)
        As `Night.devices_of` gives them.
    charter : Charter
    """
    if not np.median(devices, axis=1).any():
        raise Refused(
            f"{charter.pilot}: in most hours of the night no zone has a count of "
            f"{charter.threshold} devices or more, so that nothing can be turned into persons: a "
            "pilot needs more devices, or cells that hold more of them."
        )
    return devices


def positions(charter: Charter, day: date) -> list[int]:
    """Positions of the night hours within the local day, by the local clock."""
    choices = methods.section("weighting", charter.pilot)
    zone = ZoneInfo(charter.time_zone)
    local = [hour.astimezone(zone).hour for hour in hours_of(day, charter.time_zone)]
    start, end = choices["night_start_hour"], choices["night_end_hour"]
    return [n for n, hour in enumerate(local) if start <= hour < end]


def night_for(charter: Charter, day: date, store: Store) -> Night:
    """Find the night that calibrates `day`.

    Raises
    ------
    Waiting
        It is an earlier day's, which is in the period but not estimated yet; or of an hour, no
        night has been released before it.
    """
    own_hours = positions(charter, day)
    working = is_working(charter, day)
    choices = methods.section("weighting", charter.pilot)
    weights = NightRatio(
        most_times_together=choices["ratio_times_together_max"],
        pooled_devices=choices["ratio_pooled_devices"],
    )
    own = Night(day, True, working, own_hours, own_hours, "own", weights=weights)
    if isinstance(day, Hour) and charter.area.register_ is not None:
        return _before(own, charter, day, store)
    if working or charter.area.register_ is None:
        return own
    earlier = day - timedelta(days=1)
    while earlier >= charter.period.start and not is_working(charter, earlier):
        earlier -= timedelta(days=1)
    if earlier < charter.period.start:
        return own
    if (store.quarantine(charter.pilot) / f"{earlier}.closed.json").exists():
        return own
    folder = store.estimated(charter.pilot, earlier)
    if not (folder / "estimated.json").exists():
        raise Waiting(
            f"{day} is calibrated on the night of {earlier}, which is not estimated yet: "
            f"run `peil run` from that day, or wait for it."
        )
    table = read_parquet(folder / "est_presence__by_zone_hour.parquet")
    hours = sorted(table["hour_at"].unique())
    chosen = [hours[n] for n in positions(charter, earlier)]
    zones = area_of(charter, store).bottom()
    devices = {}
    for name, rows in table.groupby("estimator"):
        wide = rows.pivot(index="zone_id", columns="hour_at", values="n_devices")
        devices[str(name)] = wide.loc[zones, chosen].dropna(axis=1).to_numpy()
    run_ids = read_json(folder / "estimated.json")["run_ids"]
    fingerprint = hashlib.sha256(canonical(run_ids)).hexdigest()
    return Night(
        earlier,
        False,
        True,
        positions(charter, earlier),
        own_hours,
        fingerprint,
        devices,
        zones,
        weights,
    )


def _before(own: Night, charter: Charter, hour: Hour, store: Store) -> Night:
    """The released hours of the last night before an hour's day, working nights first.

    So all hours of a day share one. In the very first night of a pilot an hour calibrates itself:
    people are at home. What follows on that day rests on the hours of that night.
    """
    today = hour.calendar_day
    days = [day for day in reversed(charter.days()) if day < today]
    days.sort(key=lambda day: not is_working(charter, day))  # stable: the newest first of each
    for day in days:
        if hours := _released(charter, day, hour, store):
            return _made_of(own, charter, hours, store)
    if hour.hour < methods.section("weighting", charter.pilot)["night_end_hour"]:
        return replace(own, own_hours=[0], today_hours=[0])
    if hours := _released(charter, today, hour, store):
        return _made_of(own, charter, hours, store)
    raise Waiting(
        f"{charter.pilot} {hour}: no hour of a night before it is released, so devices cannot be "
        "turned into persons: run the hours of its night first."
    )


def _released(charter: Charter, day: date, before: Hour, store: Store) -> list[date]:
    """Night hours of a day that are released, before an hour."""
    return [
        hour
        for hour in hours_within(day, charter.time_zone)
        if hour < before
        and positions(charter, hour)
        and Period(charter, hour, store).has_crossed()
        and store.estimated_record(charter.pilot, hour).exists()
    ]


def _made_of(own: Night, charter: Charter, hours: list[date], store: Store) -> Night:
    """A night of released hours: nothing of a withheld entry goes into what weighs later hours.

    Else who knows the register would know the median night of such a zone, and by the hours of it
    that are published the withheld ones. In their place stands the median of the published ones.
    """
    folders = [store.estimated(charter.pilot, hour) for hour in hours]
    tables = [read_parquet(folder / "est_presence__by_zone_hour.parquet") for folder in folders]
    records = [read_json(folder / "estimated.json") for folder in folders]
    zones = area_of(charter, store).bottom()
    shown = np.column_stack([_shown(charter, hour, zones, store) for hour in hours])
    # of the devices, not of run ids: which night these hours were calibrated on is nothing to them
    digest = hashlib.sha256(canonical([str(hour) for hour in hours]))
    devices = {}
    for name, rows in pd.concat(tables, ignore_index=True).groupby("estimator"):
        wide = rows.pivot(index="zone_id", columns="hour_at", values="n_devices").loc[zones]
        published = wide.where(shown)
        usual = published.median(axis=1).fillna(0.0)
        devices[str(name)] = published.T.fillna(usual).T.to_numpy()
        digest.update(str(name).encode() + np.ascontiguousarray(devices[str(name)]).tobytes())
    return replace(
        own,
        day=day_of(hours[0]),
        is_own=False,
        is_working=is_working(charter, hours[0]),
        own_hours=list(range(len(hours))),
        fingerprint=digest.hexdigest(),
        devices=devices,
        zones=zones,
        hours=hours,
        misfit_share=float(np.mean([record["facts"]["misfit_share"] for record in records])),
    )


def _shown(charter: Charter, hour: date, zones: list[str], store: Store) -> np.ndarray:
    """Of which zones a figure of an hour is published, as it was signed."""
    checking.require_whole(store, charter.pilot, PRESENCE, hour)
    folder = store.released(charter.pilot, PRESENCE, hour)
    table = released_tables.read(folder, PRODUCTS[PRESENCE].table("released"))
    return np.isin(zones, table.loc[table["OBS_STATUS"] == "A", "REF_AREA"].astype(str))
