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
from peil.estimate.linked.tables import ESTIMATOR as ESTIMATOR
from peil.outcome import Refused
from peil.release.presence import figures, local_hours
from peil_models.disclosure.line_audit import suppress_crossing

Ints = NDArray[np.intp]


def visitors(charter: Charter, area: Area, estimated: Path, day: date) -> pd.DataFrame:
    """People present by where they come from: every zone, hour and origin that is published at all.

    An entry under the threshold is withheld, and others with it: all persons of a region are in its
    register wherever they are, and all who are in a zone are its released presence, so that one
    gap alone would be found by subtraction, and one of several by both kinds of total together.
    ORIGIN is the zone itself for those who live there, a region for other residents, the country of
    the SIM (SIM_DE) for visitors from abroad; a country without any published entry is left out.
    """
    rows = pd.read_parquet(estimated / f"{PRODUCTS['visitors'].table('estimated')}.parquet")
    rows["hour_at"] = pd.to_datetime(rows["hour_at"], utc=True)
    region = regions(area)
    abroad = sorted(set(rows.loc[rows["origin_kind"] == "country", "origin_id"]))
    hours = pd.to_datetime(hours_of(day, charter.time_zone), utc=True)
    key = ["zone_id", "origin_kind", "origin_id", "hour_at"]
    whole = pd.MultiIndex.from_tuples(
        [(*entry, hour) for entry in _entries(region, abroad) for hour in hours], names=key
    )
    rows = rows.set_index(key).reindex(whole).reset_index()
    of_zone, registered = _lines(rows, region)
    totals = [*of_zone, *registered]
    threshold = threshold_of(charter)
    shown = ~_withheld(charter, area, rows, of_zone, registered)
    value = "n_devices" if area.register is None else "n_persons"
    _refuse_gaps(_effective(rows, value, threshold), shown, totals, threshold)
    published = set(rows.loc[shown, "origin_id"])
    is_listed = (rows["origin_kind"].ne("country") | rows["origin_id"].isin(published)).to_numpy()
    rows, shown = rows[is_listed].reset_index(drop=True), shown[is_listed]
    unit, columns = (
        ("DEV", ["n_devices"])
        if area.register is None
        else ("PS", ["n_persons", "n_persons_lower", "n_persons_upper"])
    )
    table = pd.DataFrame(
        {
            "REF_AREA": rows["zone_id"].astype(str),
            "ORIGIN": rows["origin_id"].astype(str),
            "TIME_PERIOD": local_hours(rows["hour_at"], ZoneInfo(charter.time_zone)),
        }
    )
    return figures(table, rows, columns, shown, unit)


def _entries(region: dict[str, str], abroad: list[str]) -> list[tuple[str, str, str]]:
    """Every zone with every origin, of whom the residents of the zone are one, by its own id."""
    entries = []
    for zone in sorted(region):
        # where regions are the lowest zones themselves, those who live here are no visitors
        others = sorted(set(region.values()) - {zone})
        entries.append((zone, "resident", zone))
        entries += [(zone, "region", origin) for origin in others]
        entries += [(zone, "country", origin) for origin in abroad]
    return entries


def _lines(rows: pd.DataFrame, region: dict[str, str]) -> tuple[list[Ints], list[Ints]]:
    """Positions of the entries whose total is known: per hour, of each zone and of each region."""
    lives_in = rows["origin_id"].where(rows["origin_kind"] == "region", "")
    at_home = rows["zone_id"].map(region)
    register = lives_in.where(rows["origin_kind"] != "resident", at_home)
    hour = rows["hour_at"]
    of_zone = rows.groupby([hour, rows["zone_id"]], sort=True).indices.values()
    registered = rows[register != ""].groupby([hour, register], sort=True).groups.values()
    return [np.asarray(line, np.intp) for line in of_zone], [
        np.asarray(line) for line in registered
    ]


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
