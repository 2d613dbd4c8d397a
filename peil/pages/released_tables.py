"""Read released folders into the columns that the page of a pilot holds, exactly their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from peil.area.area import Area
from peil.charter.clock import hours_of
from peil.charter.products import PRODUCTS, linked
from peil.charter.schema import Charter, Words
from peil.pages.method_words import PROTECTED
from peil.pages.portal_tables import (
    Interval,
    Origin,
    ReleasedFlows,
    ReleasedPresence,
    ReleasedVisitors,
)
from peil.release import statement
from peil.store import checking, ledger
from peil.store import released_tables as released
from peil.store.atomic import read_json
from peil.store.store import Store

RESIDENTS = "RES"
LINKED = tuple(product.name for product in linked() if product.is_releasable)


def is_released(charter: Charter, store: Store, product: str, day: date) -> bool:
    """Whether this product and day stands released, and every byte of it is as it was signed."""
    place = store.released(charter.pilot, product, day)
    stands = place.exists() and ledger.is_released(store, charter.pilot, product, str(day))
    return stands and not checking.fault_of(store, charter.pilot, product, day)


def presence(
    table: pd.DataFrame,
    more_times: Sequence[str] = (),
    outages: Sequence[Mapping[str, Any]] = (),
) -> ReleasedPresence:
    """Presence as zones by hours, with what its releases say of outages.

    `more_times` are hours of which another product is released.
    """
    times = sorted({*table["TIME_PERIOD"], *more_times}, key=pd.Timestamp)
    zones = sorted(table["REF_AREA"].unique())
    table = table.assign(letter=letters_of(table))

    silent: dict[str, dict[str, float]] = {}
    for outage in outages:
        silent.setdefault(outage["zone_id"], {})[outage["hour_at"]] = outage["share"]

    def wide(column: str) -> list[list[Any]]:
        pivot = table.pivot(index="REF_AREA", columns="TIME_PERIOD", values=column)
        rows = pivot.reindex(index=zones, columns=times).astype(object)
        return [[None if pd.isna(number) else number for number in row] for row in rows.to_numpy()]

    return ReleasedPresence(
        zone_ids=zones,
        times=times,
        values=wide("OBS_VALUE"),
        lower=wide("OBS_LOWER"),
        upper=wide("OBS_UPPER"),
        conf_status=wide("letter"),
        unit=table["UNIT_MEASURE"].iloc[0],
        silent=silent,
    )


def missing_hours(charter: Charter, table: pd.DataFrame) -> list[str]:
    """Hours between the first and the last that are released by the hour, missing ones included."""
    if not charter.is_hourly:
        return []
    zone = ZoneInfo(charter.time_zone)
    released = [pd.Timestamp(time).tz_convert(zone) for time in table["TIME_PERIOD"].unique()]
    return [moment.isoformat() for moment in pd.date_range(min(released), max(released), freq="h")]


def letters_of(table: pd.DataFrame) -> pd.Series:
    """The letter of each released entry on the page: F free, C withheld, L not observed.

    >>> statuses = {"OBS_STATUS": ["A", "Q", "L"], "CONF_STATUS": ["F", "C", "F"]}
    >>> "".join(letters_of(pd.DataFrame(statuses)))
    'FCL'
    """
    letters: pd.Series = table["CONF_STATUS"].mask(table["OBS_STATUS"] == "L", "L")
    return letters


def flows(charter: Charter, store: Store) -> ReleasedFlows | None:
    """Read the released flows of every day that has them, or None.

    A pair that is published at all has an entry in every hour: those it lacks are withheld.
    """
    rows = _read(charter, store, "flows")
    if rows is None:
        return None
    table, whole = rows
    areas = sorted({*table["REF_AREA_FROM"], *table["REF_AREA_TO"]})
    keys = (table["REF_AREA_FROM"], table["REF_AREA_TO"])
    columns = _by_pair(table, whole, keys, (areas, areas))
    columns["conf_status"] = [letters.replace("-", "C") for letters in columns["conf_status"]]
    return ReleasedFlows(zone_ids=areas, **columns)


def visitors(charter: Charter, store: Store, area: Area) -> ReleasedVisitors | None:
    """Read the released persons present by origin, of every day that has them, or None."""
    rows = _read(charter, store, "visitors")
    if rows is None:
        return None
    table, whole = rows
    # whoever lives in a zone is of its residents: one origin on the page, whatever the zone
    at_home = table["ORIGIN"].eq(table["REF_AREA"])
    table = table.assign(ORIGIN=table["ORIGIN"].mask(at_home, RESIDENTS))
    zones, codes = sorted(set(table["REF_AREA"])), sorted(set(table["ORIGIN"]))
    origins = [origin_of(code, set(area.zones["zone_id"])) for code in codes]
    keys = (table["REF_AREA"], table["ORIGIN"])
    return ReleasedVisitors(
        zone_ids=zones, origins=origins, **_by_pair(table, whole, keys, (zones, codes))
    )


def origin_of(code: str, zone_ids: set[str]) -> Origin:
    """What an origin's code stands for: residents, a zone of home, the country of a SIM, several.

    Examples
    --------
    >>> [origin_of(code, {"PL01"}).kind for code in ("RES", "PL01", "SIM_DE", "OTHER")]
    ['resident', 'zone', 'country', 'rest']
    """
    if code == RESIDENTS:
        return Origin(code=code, kind="resident")
    if code in zone_ids:
        return Origin(code=code, kind="zone", name=code)
    if code.startswith("SIM_"):
        return Origin(code=code, kind="country", name=code.removeprefix("SIM_"))
    return Origin(code=code, kind="rest")


def protection(charter: Charter, store: Store, product: str) -> list[Words]:
    """Say what protects the people behind a product, of all its released days."""
    days = [day for day in charter.units() if is_released(charter, store, product, day)]
    metadata = [
        read_json(store.released(charter.pilot, product, day) / "metadata.json") for day in days
    ]
    if not metadata:
        return []
    counts = {
        name: sum(day_metadata.get(name, 0) for day_metadata in metadata)
        for name in ("n_entries", "n_withheld", "n_unobserved")
    }
    block = statement.paragraphs(charter, {**metadata[-1], **counts})[0]
    return [titled(block, product)]


def titled(block: Words, product: str) -> Words:
    """Put a block of the statement under the name of its product."""
    title = PROTECTED[product]
    en, nl = (text.split("\n", 1)[1] for text in (block.en, block.nl))
    return Words(en=f"{title.en}\n{en}", nl=f"{title.nl}\n{nl}")


def _read(
    charter: Charter, store: Store, product: str
) -> tuple[pd.DataFrame, dict[str, Any]] | None:
    """The rows of every released day, with the hours released, the unit and the interval."""
    days = [day for day in charter.units() if is_released(charter, store, product, day)]
    if not days:
        return None
    places = [store.released(charter.pilot, product, day) for day in days]
    name = PRODUCTS[product].table("released")
    tables = [released.read(place, name) for place in places]
    table, counts = _counted(pd.concat(tables, ignore_index=True))
    zone = ZoneInfo(charter.time_zone)
    times = [
        hour.astimezone(zone).isoformat()
        for day in days
        for hour in hours_of(day, charter.time_zone)
    ]
    interval = Interval.of(read_json(places[-1] / "metadata.json").get("interval", {}))
    units = table["UNIT_MEASURE"].unique()
    if len(units) > 1:
        raise ValueError(f"{name}: its days have different units; release them alike")
    if not len(units):
        return None
    return table, {"times": times, "interval": interval, "unit": units[0], **counts}


def _counted(table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Published rows, and how many entries are withheld, which rows of their own say."""
    shown = table["OBS_VALUE"].notna()
    hidden = (
        table[table["OBS_STATUS"] == "Q"].groupby(table.columns[0], sort=True)["N_ENTRIES"].sum()
    )
    n_withheld = {str(area): int(count) for area, count in hidden.items()}
    counts = {
        "n_withheld": n_withheld,
        "n_entries": int(table.loc[table["OBS_STATUS"] != "L", "N_ENTRIES"].sum()),
    }
    return table[shown].reset_index(drop=True), counts


def _letters(
    letters: np.ndarray, place: np.ndarray, hour: np.ndarray, freq: pd.Series, times: list[str]
) -> None:
    """Write an F where an entry begins and a = in each further hour that it lasts.

    It lasts by local clocks: a day has an hour less or more where they change, and so has its part.
    """
    letters[place, hour] = "F"
    clock = pd.DatetimeIndex([time[:19] for time in times])
    for length in sorted(set(freq) - {"H"}):
        which = (freq == length).to_numpy()
        n_hours = 24 if length == "D" else int(length[1:])
        end = clock[hour[which]] + pd.Timedelta(hours=n_hours)
        for later in range(1, n_hours + 1):
            at = hour[which] + later
            is_inside = at < len(clock)
            is_inside[is_inside] = clock[at[is_inside]] < end[is_inside]
            free = (place[which][is_inside], at[is_inside])
            letters[free] = np.where(letters[free] == "-", "=", letters[free])


def _by_pair(
    table: pd.DataFrame,
    whole: dict[str, Any],
    keys: tuple[pd.Series, pd.Series],
    lists: tuple[list[str], list[str]],
) -> dict[str, Any]:
    """Columns of a table of pairs: a list a pair, a place an hour."""
    first, second = (
        pd.Index(names).get_indexer(pd.Index(key)) for key, names in zip(keys, lists, strict=True)
    )
    hour = pd.Index(whole["times"]).get_indexer(pd.Index(table["TIME_PERIOD"]))
    if (hour < 0).any():
        raise ValueError("a released table has an hour outside its days")
    pairs, place = np.unique(first * len(lists[1]) + second, return_inverse=True)
    shape = (len(pairs), len(whole["times"]))
    letters = np.full(shape, "-")
    _letters(letters, place, hour, table["FREQ"], whole["times"])

    def wide(column: str) -> list[list[int | None]]:
        numbers = np.full(shape, None, dtype=object)
        numbers[place, hour] = [
            None if pd.isna(number) else int(number) for number in table[column]
        ]
        columns: list[list[int | None]] = numbers.tolist()
        return columns

    return {
        **whole,
        "pairs": [divmod(int(pair), len(lists[1])) for pair in pairs],
        "values": wide("OBS_VALUE"),
        "lower": wide("OBS_LOWER"),
        "upper": wide("OBS_UPPER"),
        "conf_status": ["".join(row) for row in letters],
    }
