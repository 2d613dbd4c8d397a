"""Read what an outlook rests on: released hours that verify, and the agency's hours from before."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peil.charter.clock import hours_of
from peil.charter.products import PRESENCE, PRODUCTS
from peil.charter.schema import Charter
from peil.outcome import Refused, Waiting
from peil.store import checking, released_tables
from peil.store.atomic import read_json
from peil.store.store import Store
from peil.watch.outlook import history
from peil_models.crowding.history import zone_positions

TABLE = PRODUCTS[PRESENCE].table("released")
Outages = dict[tuple[str, pd.Timestamp], float]
Z90 = 1.645  # half the width of an interval of 90 % in standard errors


@dataclass(frozen=True)
class HourlyFigures:
    """Figures by zone and hour, of the history and of what was released.

    Attributes
    ----------
    frame : DataFrame
        zone_id (may be categories), hour_at (local), value (NaN where withheld or not observed),
        sd; by zone and hour.
        With `past`, those that outlooks of the released weeks look at.
    released : list of Timestamp
        Hours of which figures are released, in order, local.
    n_broken : int
        Days whose release is not as it was signed: they are missing.
    outages : dict of (str, Timestamp) to float
        By zone and local hour: how much of the zone silent cells serve as a rule, where the
        release says that they were silent.
    past : Past, optional
        The counted hours of before, where `frame` begins with the last months of them.
    """

    frame: pd.DataFrame
    released: list[pd.Timestamp]
    n_broken: int = 0
    outages: Outages = field(default_factory=dict)
    past: history.Past | None = None

    @property
    def n_published(self) -> int:
        """In how many zones a figure of the newest hour is published."""
        newest = self.frame[self.frame["hour_at"] == self.released[-1]]
        return int(newest["value"].notna().sum())

    @cached_property
    def recent(self) -> pd.DataFrame:
        """Rows of the released weeks, and of some hours before them."""
        since = self.released[0] - pd.Timedelta(days=8)  # before its Monday
        return self.frame[self.frame["hour_at"] >= since].astype({"zone_id": object})

    @property
    def first_at(self) -> pd.Timestamp | None:
        """The first hour of all, None of none."""
        if self.past is not None and self.past.first_at is not None:
            return self.past.first_at
        return self.frame["hour_at"].min() if len(self.frame) else None

    def until(self, moment: pd.Timestamp) -> pd.DataFrame:
        """Rows of the hours before a moment, at least as far back as a forecast looks."""
        if self.past is not None and not self.past.is_near(moment):
            return self.all_until(moment)
        return self.frame[self.frame["hour_at"] < moment].reset_index(drop=True)

    def all_until(self, moment: pd.Timestamp) -> pd.DataFrame:
        """Rows of all hours before a moment: a year and more, for models to learn from."""
        if self.past is None or self.past.ends_at is None:
            return self.until(moment)
        whole, since = self.past.whole(), self.frame[self.frame["hour_at"] >= self.past.ends_at]
        rows = whole if since.empty else history.in_order(whole, since)
        return rows[rows["hour_at"] < moment].reset_index(drop=True)

    @cached_property
    def zones(self) -> tuple[str, ...]:
        """The zones that have figures, in order."""
        before = () if self.past is None else self.past.zones
        return tuple(sorted({*before, *zone_positions(self.frame["zone_id"])[1]}))

    def days_before(self, moment: pd.Timestamp) -> int:
        """How many days of figures there are before a moment."""
        first = self._first_valued_at
        return (moment - first).days if first is not None and first < moment else 0

    def hash_until(self, moment: pd.Timestamp) -> str:
        """Hash of the rows of the hours before a moment: each hour is hashed once for all moments.

        >>> at = pd.date_range("2026-03-02", periods=3, freq="h", tz="Europe/Amsterdam")
        >>> rows = pd.DataFrame({"zone_id": "A", "hour_at": at, "value": [7.0, 9.0, 5.0]})
        >>> one, other = (HourlyFigures(rows[:n], list(at[:n])) for n in (2, 3))
        >>> one.hash_until(at[2]) == other.hash_until(at[2]) != other.hash_until(at[1])
        True
        """
        hours, digests = self._hashed_hours
        n = int(np.searchsorted(hours, history.nanoseconds([moment])[0]))
        return hashlib.sha256(b"".join(digests[:n])).hexdigest()

    @cached_property
    def _first_valued_at(self) -> pd.Timestamp | None:
        if self.past is not None and self.past.first_valued_at is not None:
            return self.past.first_valued_at
        there = self.frame.loc[self.frame["value"].notna(), "hour_at"]
        return there.min() if len(there) else None

    @cached_property
    def _hashed_hours(self) -> tuple[NDArray[np.int64], list[bytes]]:
        """The hours in order, and the hash of each one's rows."""
        if self.past is None or self.past.ends_at is None:
            return history.hashed_hours(self.frame)
        since = self.frame[self.frame["hour_at"] >= self.past.ends_at]
        hours, digests = history.hashed_hours(since)
        return np.concatenate([self.past.hours, hours]), [*self.past.digests, *digests]


def read(charter: Charter, store: Store, hour: str | None = None) -> HourlyFigures:
    """Read history and released hours; of these none after `hour`, as 2026-03-02T20.

    Raises
    ------
    Refused
        A history that is not one, or an hour that is none of the released.
    Waiting
        Nothing is released yet.
    """
    tables, n_broken, outages = _released(charter, store)
    if not tables and n_broken:
        raise Waiting(
            f"Released figures of {charter.pilot} are there and none is as it was signed: "
            "`peil verify` names what is wrong; have them carried over again."
        )
    if not tables:
        raise Waiting(
            f"No hour of {charter.pilot} is released, so there is nothing to compare: run "
            f"`peil run {charter.pilot}` first."
        )
    released = pd.concat(tables, ignore_index=True)
    if hour is not None:
        released = released[released["hour_at"] <= _asked(charter, hour, released)]
    hours = sorted(released["hour_at"].unique())
    until = {key: share for key, share in outages.items() if key[1] <= hours[-1]}
    past = history.read(charter, store).until(hours[0])  # of both, what was released counts
    frame = history.in_order(past.near, released)
    return HourlyFigures(frame, hours, n_broken, until, past)


def read_before(charter: Charter, store: Store) -> HourlyFigures:
    """Read history and whatever is released, which may be nothing yet.

    Raises
    ------
    Refused
        As `read`.
    """
    try:
        return read(charter, store)
    except Waiting:
        past = history.read(charter, store)
        return HourlyFigures(past.near, [], past=past)


def _asked(charter: Charter, hour: str, released: pd.DataFrame) -> pd.Timestamp:
    """The released hour that is meant by 2026-03-02T20, local."""
    try:
        wall = pd.Timestamp(datetime.fromisoformat(hour))
    except ValueError:
        raise Refused("That is no hour: write it as 2026-03-02T20.") from None
    zone = ZoneInfo(charter.time_zone)
    moment = wall.tz_convert(zone) if wall.tzinfo else wall.tz_localize(zone, ambiguous=False)
    if not released["hour_at"].eq(moment).any():
        first, last = released["hour_at"].min(), released["hour_at"].max()
        raise Refused(
            f"{hour} is no released hour of {charter.pilot}: there are {first:%Y-%m-%dT%H} to "
            f"{last:%Y-%m-%dT%H}."
        )
    return moment


def _released(charter: Charter, store: Store) -> tuple[list[pd.DataFrame], int, Outages]:
    """The released table of each day that is as it was signed; how many are not; outages."""
    tables: list[pd.DataFrame] = []
    n_broken, outages = 0, dict[tuple[str, pd.Timestamp], float]()
    zone = ZoneInfo(charter.time_zone)
    for day in charter.units():
        folder = store.released(charter.pilot, PRESENCE, day)
        if not folder.exists():
            continue
        if checking.fault_of(store, charter.pilot, PRESENCE, day):
            n_broken += 1
            continue
        tables.append(_as_frame(charter, released_tables.read(folder, TABLE), day))
        for outage in read_json(folder / "metadata.json").get("outages", []):
            at = pd.Timestamp(outage["hour_at"]).tz_convert(zone)
            outages[str(outage["zone_id"]), at] = float(outage["share"])
    return tables, n_broken, outages


def _as_frame(charter: Charter, table: pd.DataFrame, day: date) -> pd.DataFrame:
    """Released entries as figures: a withheld one is missing, its interval too."""
    zone = ZoneInfo(charter.time_zone)
    hours = [hour.astimezone(zone) for hour in hours_of(day, charter.time_zone)]
    local = pd.DatetimeIndex(hours, tz=zone).as_unit("s")
    named = pd.Series(local, [hour.isoformat() for hour in hours])
    at = named.reindex(table["TIME_PERIOD"]).reset_index(drop=True)
    bounds = [table[name].astype("Float64").to_numpy(float, na_value=np.nan) for name in BOUNDS]
    return pd.DataFrame(
        {
            "zone_id": table["REF_AREA"].astype(object),
            "hour_at": at,
            "value": table["OBS_VALUE"].astype("Float64").to_numpy(float, na_value=np.nan),
            "sd": (bounds[1] - bounds[0]) / (2 * Z90),
        }
    )


BOUNDS = ("OBS_LOWER", "OBS_UPPER")
