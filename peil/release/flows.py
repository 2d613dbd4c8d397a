"""Released flows: entries of the plan that enough devices made, and how many were withheld.

Which entries there are is public (`peil.estimate.linked.plan`): one that is not in the table is
withheld, so that nothing is lost by leaving it out.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from peil.area.area import Area
from peil.charter.clock import hours_of
from peil.charter.products import PRODUCTS
from peil.charter.schema import Charter
from peil.charter.thresholds import threshold_of
from peil.estimate.linked.plan import flow_plan
from peil.outcome import Refused
from peil.release.presence import figures, local_hours, with_rounded_ends
from peil.store.atomic import read_json
from peil.store.faults.written import read_parquet

UNALLOCATED = "_X"  # SDMX: not told which
NOT_APPLICABLE = "_Z"  # SDMX: nobody observed
KEY = ["from_area_id", "to_area_id", "period_at", "freq"]


def flows(charter: Charter, area: Area, estimated: Path, day: date) -> pd.DataFrame:
    """Trips between areas by entry of the plan, and a row an area of departure for those withheld.

    Entries share no trip, and no total over them is published or fixed by the register, so that no
    entry follows from others: the threshold is all that is needed. Trips within a zone are not
    released: those under the reach of one cell are not seen.

    Raises
    ------
    Refused
        An entry of few devices would be shown, or one that is none of the plan's; or an older
        version estimated the day.
    """
    file = estimated / f"{PRODUCTS['flows'].table('estimated')}.parquet"
    if not file.exists():
        raise Refused(
            f"{charter.pilot} {day}: flows were estimated by an older Peil, without entries: run "
            f"`peil estimate {charter.pilot} {day} --product flows` again, then release."
        )
    rows = read_parquet(file)
    rows["period_at"] = pd.to_datetime(rows["period_at"], utc=True)
    planned = planned_entries(charter, area, day)
    rows = planned.merge(rows, on=KEY, how="outer", validate="one_to_one", indicator="is_planned")
    rows = rows.sort_values(KEY, ignore_index=True)
    threshold = threshold_of(charter)
    has_register = area.register is not None
    value = "n_person_trips" if has_register else "n_trips"
    devices = rows["n_devices"].fillna(0)
    shown = (devices >= threshold) & (rows[value].fillna(0) >= threshold)
    unobserved = _overlaps(rows, unobserved_hours(estimated))
    shown &= ~unobserved
    _refuse(rows, shown, threshold)
    start = pd.Timestamp(hours_of(day, charter.time_zone)[0]).tz_convert("UTC")
    gaps = [
        _gaps(rows[which], start, code)
        for which, code in ((~shown & ~unobserved, UNALLOCATED), (unobserved, NOT_APPLICABLE))
    ]
    listed = pd.concat([rows[shown].assign(n_entries=1), *gaps], ignore_index=True)
    listed = listed.sort_values(KEY, ignore_index=True)
    table = pd.DataFrame(
        {
            "REF_AREA_FROM": listed["from_area_id"].astype(str),
            "REF_AREA_TO": listed["to_area_id"].astype(str),
            "FREQ": listed["freq"].astype(str),
            "TIME_PERIOD": local_hours(listed["period_at"], ZoneInfo(charter.time_zone)),
            "N_ENTRIES": listed["n_entries"].astype("int64"),
        }
    )
    ends = [f"{value}_lower", f"{value}_upper"] if has_register else []
    missing = listed["to_area_id"].eq(NOT_APPLICABLE).to_numpy()
    is_free = listed["to_area_id"].ne(UNALLOCATED).to_numpy() & ~missing
    unit = "PS_TRIP" if has_register else "DEV_TRIP"
    listed = with_rounded_ends(charter, listed, [value, *ends], "linked_step_share")
    return figures(table, listed, [value, *ends], is_free, unit, missing)


def unobserved_hours(estimated: Path) -> pd.DatetimeIndex:
    """Hours in which no accepted row of any cell lies, as the estimates say, UTC."""
    record = estimated / "estimated.json"
    hours = read_json(record).get("unobserved_hours", []) if record.exists() else []
    return pd.DatetimeIndex(pd.to_datetime(hours, utc=True))


def _overlaps(rows: pd.DataFrame, hours: pd.DatetimeIndex) -> pd.Series:
    """Entries whose hours nobody observed in part: their trips are not all counted."""
    overlaps = pd.Series(False, index=rows.index)
    for hour in hours:
        overlaps |= (rows["period_at"] <= hour) & (hour <= rows["last_at"])
    return overlaps


def _gaps(rows: pd.DataFrame, start: pd.Timestamp, code: str) -> pd.DataFrame:
    """A row an area of departure: how many of its entries are not told, known from the plan."""
    counts = rows.groupby("from_area_id", sort=True).size()
    return pd.DataFrame(
        {
            "from_area_id": counts.index,
            "to_area_id": code,
            "period_at": start,
            "freq": code,
            "n_entries": counts.to_numpy(),
        }
    )


def _refuse(rows: pd.DataFrame, shown: pd.Series, threshold: int) -> None:
    """Look at what is about to be published once more, each entry by itself."""
    n_small = int((shown & ~(rows["n_devices"] >= threshold)).sum())
    n_unplanned = int((rows["is_planned"] == "right_only").sum())
    if n_small or n_unplanned:
        raise Refused(
            f"The published entries would show {n_small} of few devices, and {n_unplanned} are "
            "none of the plan's: nothing is released; estimate the day again with this version, "
            "or tell the maintainers."
        )


def planned_entries(charter: Charter, area: Area, day: date) -> pd.DataFrame:
    """Every entry that trips of a day can be published in: its areas, start, length, last hour."""
    hours = hours_of(day, charter.time_zone)
    plan = flow_plan(charter, area, hours)
    table = plan.entries(np.arange(len(hours)))
    moments = pd.DatetimeIndex(pd.to_datetime(hours, utc=True))
    return pd.DataFrame(
        {
            "from_area_id": plan.from_code[table["unit"]],
            "to_area_id": plan.to_code[table["unit"]],
            "period_at": moments[plan.start[table["period"]]],
            "freq": plan.freq[table["period"]],
            "last_at": moments[plan.last[table["period"]]],
        }
    )
