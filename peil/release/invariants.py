"""What the weights hold fixed, and anybody can work out: rows of a release's audit.

Persons of an hour add up to register and visitors; the median night of each zone is its register.
How the weights come about is `peil_models.weighting`'s; the attack is `peil_models.disclosure`'s.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peil.area.area import Area
from peil.charter.clock import hours_of
from peil.charter.hour import Hour
from peil.charter.schema import Charter
from peil.estimate import night
from peil.store.atomic import read_json
from peil_models.disclosure import LinearRow
from peil_models.disclosure.medians import median_bounds

ROUNDING = 0.5  # persons


@dataclass(frozen=True)
class Gap:
    """A withheld night hour of a lowest zone, and what the median night says of its devices."""

    zone: str
    hour: pd.Timestamp
    lower: float
    upper: float
    persons_per_device: float

    @property
    def tells(self) -> bool:
        """Whether the median bounds it at all."""
        return self.lower > 0 or bool(np.isfinite(self.upper))


def own_night(charter: Charter, estimated: Path, day: date) -> pd.DatetimeIndex:
    """Hours whose median the weights set equal to the register; none where an earlier night's is.

    Parameters
    ----------
    estimated : Path
        Folder of the day's estimates.
    """
    record = estimated / "estimated.json"
    is_own = record.exists() and read_json(record).get("night", {}).get("day") == str(day)
    hours = pd.DatetimeIndex(pd.to_datetime(hours_of(day, charter.time_zone), utc=True))
    if is_own and isinstance(day, Hour):  # whichever hour it is, it calibrated itself
        return hours
    return hours[night.positions(charter, day)] if is_own else hours[:0]


def gaps_of_night(
    area: Area, tidy: pd.DataFrame, withheld: pd.Series, hours: pd.DatetimeIndex
) -> list[Gap]:
    """Withheld night hours of the lowest zones with what the other hours and the median tell.

    Whoever knows the register and how many persons a device stands for knows the devices of the
    median night hour.
    """
    if area.register is None or not len(hours):
        return []
    moments = pd.DatetimeIndex(pd.to_datetime(tidy["hour_at"], utc=True))
    is_night = np.asarray(tidy["zone_id"].isin(area.bottom()) & moments.isin(hours))
    gaps: list[Gap] = []
    rows = tidy[is_night].assign(is_withheld=withheld[is_night])
    for zone, nights in rows.groupby("zone_id", sort=True):
        hidden = nights[nights["is_withheld"].astype(bool)]
        shown = nights.loc[~nights["is_withheld"].astype(bool), "n_devices"]
        if hidden.empty or shown.empty:  # of a night that is withheld whole nothing is told
            continue
        lower, upper = median_bounds(shown, len(hidden), float(nights["n_devices"].median()))
        ratio = (nights["n_persons"] / nights["n_devices"]).where(nights["n_devices"] > 0)
        own = ratio.fillna(ratio.max()).loc[hidden.index]  # it differs by hour, as the audit's do
        gaps += [
            Gap(str(zone), hour, lower, upper, float(each))
            for hour, each in zip(hidden["hour_at"], own, strict=True)
        ]
    return gaps


def also_withheld(
    area: Area,
    tidy: pd.DataFrame,
    withheld: pd.Series,
    narrow: NDArray[np.bool_],
    hours: pd.DatetimeIndex,
) -> pd.Index:
    """Labels of entries to withhold as well, where nights narrow withheld ones.

    Of each lowest zone that has a gap of its night in an hour in which an entry is narrow: its
    published night hour of fewest devices. Call until there is none: a night that is withheld
    whole says nothing.
    """
    weak = set(tidy.loc[narrow, "hour_at"])
    gaps = gaps_of_night(area, tidy, withheld, hours)
    zones = {gap.zone for gap in gaps if gap.hour in weak and gap.tells}
    moments = pd.DatetimeIndex(pd.to_datetime(tidy["hour_at"], utc=True))
    is_shown = np.asarray(moments.isin(hours)) & ~withheld.to_numpy(dtype=bool)
    shown = tidy[is_shown & tidy["zone_id"].isin(zones).to_numpy()]
    fewest = shown.sort_values(["zone_id", "n_devices", "hour_at"])
    labels: pd.Index = fewest.drop_duplicates("zone_id").index
    return labels


def public_totals(area: Area, tidy: pd.DataFrame) -> set[tuple[Hashable, Hashable]]:
    """Entries (zone, hour) that everybody knows without a release: the area's, by its register.

    Too few devices may hold the area back as a whole, so that its zones do not tell on each other;
    that its persons are known all the same is then no leak. Not of an area that is one zone:
    whoever knows the area's persons there knows those of the zone.
    """
    if area.register is None or not area.is_whole_country or len(area.bottom()) == 1:
        return set()
    n_bottom = len(area.bottom())
    whole = [zone for zone, rows in area.members() if len(rows) == n_bottom]
    return {(zone, hour) for zone in whole for hour in pd.Index(tidy["hour_at"].unique())}


def silent_hours(
    area: Area, tidy: pd.DataFrame, withheld: pd.Series, hours: pd.DatetimeIndex
) -> set[tuple[Hashable, Hashable]]:
    """Entries (zone, hour) of hours of which nothing is published, nor told by other night hours.

    What bounds them, the register's total, is known without the release. Not of an area that is
    one zone, whose persons that total tells.
    """
    if len(area.bottom()) == 1:
        return set()
    is_silent = withheld.astype(bool).groupby(tidy["hour_at"]).all()
    told_of = {gap.hour for gap in gaps_of_night(area, tidy, withheld, hours) if gap.tells}
    silent = set(is_silent.index[is_silent]) - told_of
    return {(zone, hour) for zone in pd.unique(tidy["zone_id"]) for hour in silent}


def rows_of_audit(
    area: Area, tidy: pd.DataFrame, withheld: pd.Series, hours: pd.DatetimeIndex
) -> Iterator[LinearRow]:
    """What an attacker knows besides the table, in persons: totals of hours, and nights.

    The total of an hour is known where the zones are a whole country: its register and visitors.
    """
    if area.register is None:
        return
    bottom = tidy[tidy["zone_id"].isin(area.bottom())]
    of_hour = bottom.groupby("hour_at", sort=True)["n_persons"].sum()
    if area.is_whole_country:
        for hour, total in of_hour.items():
            entries: dict[tuple[Hashable, Hashable], float] = {
                (zone, hour): 1.0 for zone in area.bottom()
            }
            yield LinearRow(entries, float(total) - ROUNDING, float(total) + ROUNDING)
    for gap in gaps_of_night(area, tidy, withheld, hours):
        if gap.tells:
            lower, upper = gap.lower * gap.persons_per_device, gap.upper * gap.persons_per_device
            upper = min(upper, float(of_hour[gap.hour]))
            yield LinearRow({(gap.zone, gap.hour): 1.0}, lower - ROUNDING, upper + ROUNDING)
