"""Released visitors: protected by distinct devices, under SDMX names."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peil import methods
from peil.area.area import Area
from peil.area.regions import regions
from peil.charter.clock import hours_of
from peil.charter.products import PRODUCTS
from peil.charter.schema import Charter
from peil.charter.thresholds import threshold_of
from peil.estimate.linked.origin_plan import origin_plan
from peil.estimate.linked.tables import ESTIMATOR as ESTIMATOR
from peil.outcome import Refused
from peil.release.flows import NOT_APPLICABLE, UNALLOCATED, unobserved_hours
from peil.release.presence import figures, local_hours, with_rounded_ends
from peil.store.faults.written import read_parquet
from peil_models.disclosure.line_audit import suppress_crossing

Ints = NDArray[np.intp]


def visitors(charter: Charter, area: Area, estimated: Path, day: date) -> pd.DataFrame:
    """People present by where they come from: entries of the plan that are published.

    An entry under the threshold is withheld, and others with it: all persons of a region are in its
    register wherever they are, and all who are in a zone are its released presence, so that one
    gap alone would be found by subtraction, and one of several by both kinds of total together.
    ORIGIN is the zone itself for those who live there, a region for other residents, SIM_O for
    visitors from abroad; _O for all others, _T for everybody, where fewer are expected. A row a
    zone, of ORIGIN _X, says how many of its entries are withheld, another, of _Z, how many lie in
    hours that nobody observed.
    """
    rows = read_parquet(estimated / f"{PRODUCTS['visitors'].table('estimated')}.parquet")
    rows["hour_at"] = pd.to_datetime(rows["hour_at"], utc=True)
    rows = rows.drop(columns="origin_kind")
    planned = planned_entries(charter, area, day)
    key = ["zone_id", "origin_id", "hour_at"]
    rows = planned.merge(rows, on=key, how="outer", validate="one_to_one", indicator="is_planned")
    rows = rows.sort_values(key, ignore_index=True)
    threshold, has_register = threshold_of(charter), area.register is not None
    of_zone, registered = _lines(rows)
    unobserved = rows["hour_at"].isin(unobserved_hours(estimated)).to_numpy()
    shown = ~_withheld(charter, area, rows, of_zone, registered) & ~unobserved
    value = "n_persons" if has_register else "n_devices"
    _refuse_gaps(_effective(rows, value, threshold), shown, [*of_zone, *registered], threshold)
    if (rows["is_planned"] == "right_only").any():
        raise Refused(
            "Visitors were estimated by origins that are none of the plan's: estimate the day "
            "again with this version."
        )
    start = pd.Timestamp(hours_of(day, charter.time_zone)[0]).tz_convert("UTC")
    gaps = [
        rows[which]
        .groupby("zone_id", sort=True)
        .size()
        .rename("n_entries")
        .reset_index()
        .assign(origin_id=code, hour_at=start, freq=code)
        for which, code in ((~shown & ~unobserved, UNALLOCATED), (unobserved, NOT_APPLICABLE))
    ]
    listed = pd.concat(
        [rows[shown].assign(n_entries=1, freq="H"), *gaps], ignore_index=True
    ).sort_values(key, ignore_index=True)
    table = pd.DataFrame(
        {
            "REF_AREA": listed["zone_id"].astype(str),
            "ORIGIN": listed["origin_id"].astype(str),
            "FREQ": listed["freq"].astype(str),
            "TIME_PERIOD": local_hours(listed["hour_at"], ZoneInfo(charter.time_zone)),
            "N_ENTRIES": listed["n_entries"].astype("int64"),
        }
    )
    ends = ["n_persons_lower", "n_persons_upper"] if has_register else []
    missing = listed["origin_id"].eq(NOT_APPLICABLE).to_numpy()
    is_free = listed["origin_id"].ne(UNALLOCATED).to_numpy() & ~missing
    unit = "PS" if has_register else "DEV"
    listed = with_rounded_ends(charter, listed, [value, *ends], "linked_step_share")
    return figures(table, listed, [value, *ends], is_free, unit, missing)


def planned_entries(charter: Charter, area: Area, day: date) -> pd.DataFrame:
    """Every zone, hour and origin that persons of a day can be published in, with its line.

    `line` names those whose sum is taken to be known: of a region, those told apart alike. Who
    knows registers only knows less: a register is a sum of such lines, of which parts are hidden
    in an origin of several regions.
    """
    hours = hours_of(day, charter.time_zone)
    entries = origin_plan(charter, area, hours).entries()
    is_home = entries["origin_id"] == entries["zone_id"]
    region = entries["zone_id"].map(regions(area))
    level, origin = entries["level"].astype(str), entries["origin_id"].mask(is_home, "home")
    moments = pd.DatetimeIndex(pd.to_datetime(hours, utc=True))
    return entries.assign(
        hour_at=moments[entries["hour"]], line=region + " " + level + " " + origin
    ).drop(columns=["hour", "level"])


def _lines(rows: pd.DataFrame) -> tuple[list[Ints], list[Ints]]:
    """Positions of the entries whose total is known: per hour, of each zone and of each line."""
    by_zone = rows.groupby(["hour_at", "zone_id"], sort=True).indices.values()
    by_line = rows.groupby(["hour_at", "line"], sort=True).indices.values()
    of_zone, registered = (
        [np.asarray(line, np.intp) for line in lines] for lines in (by_zone, by_line)
    )
    return of_zone, registered


def _effective(rows: pd.DataFrame, value: str, threshold: int) -> NDArray[np.float64]:
    """Distinct devices; none where the figure itself, which is shared over zones, is small."""
    devices = rows["n_devices"].fillna(0).to_numpy(dtype=np.float64)
    figure = rows[value].fillna(0).to_numpy(dtype=np.float64)
    return np.where(figure < threshold, 0.0, devices)


def _withheld(
    charter: Charter, area: Area, rows: pd.DataFrame, of_zone: list[Ints], registered: list[Ints]
) -> NDArray[np.bool_]:
    """Entries under the threshold, and those that keep them from being found from totals.

    Registers are known exactly; who is in a zone is known by its released presence, which another
    estimator made. No line crosses hours, so that each hour is a system of its own.
    """
    threshold, has_register = threshold_of(charter), area.register is not None
    by_presence = float(methods.section("disclosure", charter.pilot)["presence_known_share"])
    value = "n_persons" if has_register else "n_devices"
    devices = _effective(rows, value, threshold)
    whole = rows[value].fillna(0).to_numpy(dtype=np.float64)
    # a device is shared over zones: only of entries that hold many does the ratio tell its weight
    many = devices >= threshold if (devices >= threshold).any() else devices > 0
    heaviest = float((whole[many] / devices[many]).max(initial=1.0))
    withheld = np.zeros(len(rows), dtype=bool)
    hour = pd.factorize(rows["hour_at"], sort=True)[0]
    for number in range(hour.max(initial=-1) + 1):
        entries = np.flatnonzero(hour == number)
        lines = [
            [np.searchsorted(entries, line) for line in kind if hour[line[0]] == number]
            for kind in (of_zone, registered)
        ]
        withheld[entries], _ = suppress_crossing(
            devices[entries],
            [*lines[0], *lines[1]],
            threshold,
            persons=whole[entries],
            persons_per_device=heaviest,
            rounded_to=1.0,
            within=np.repeat([by_presence, 0.0], [len(kind) for kind in lines]),
        )
    return withheld


def _refuse_gaps(
    devices: NDArray[np.float64], shown: NDArray[np.bool_], lines: list[Ints], threshold: int
) -> None:
    """Look at what is about to be published as somebody would who knows the totals.

    Raises
    ------
    Refused
        An entry of few devices is shown, or a withheld one follows from a total and the others.
    """
    n_small = int((shown & (devices < threshold)).sum())
    n_gaps = sum(1 for line in lines if len(line) > 1 and int((~shown[line]).sum()) == 1)
    if n_small or n_gaps:
        raise Refused(
            f"The published entries would show {n_small} of few devices and give away {n_gaps} "
            "withheld ones: nothing is released; tell the maintainers, the suppression rule missed "
            "a case."
        )
