"""Read released folders into the columns that the page of a pilot holds, exactly their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from peil import ledger
from peil.area import Area
from peil.atomic import read_json
from peil.charter import Charter
from peil.clock import hours_of
from peil.portal_tables import Interval, Origin, Released, ReleasedFlows, ReleasedVisitors
from peil.store import Store

TABLES = {
    "flows": "rel_flows__by_zone_pair_hour",
    "visitors": "rel_visitors__by_zone_hour",
}


def folders(charter: Charter, store: Store, product: str) -> list[Path]:
    """The folders of a product's days that stand released, in order of days."""
    return [
        place
        for day in charter.days()
        if (place := store.released(charter.pilot, product, day)).exists()
        and ledger.is_released(store, charter.pilot, product, str(day))
    ]


def presence(table: pd.DataFrame, more_times: Sequence[str] = ()) -> Released:
    """Presence as zones by hours; `more_times` are hours of which another product is released."""
    times = sorted({*table["TIME_PERIOD"], *more_times}, key=pd.Timestamp)
    zones = sorted(table["REF_AREA"].unique())

    def wide(column: str) -> list[list[Any]]:
        pivot = table.pivot(index="REF_AREA", columns="TIME_PERIOD", values=column)
        rows = pivot.reindex(index=zones, columns=times).astype(object)
        return [[None if pd.isna(one) else one for one in row] for row in rows.to_numpy()]

    return Released(
        zone_ids=zones,
        times=times,
        values=wide("OBS_VALUE"),
        lower=wide("OBS_LOWER"),
        upper=wide("OBS_UPPER"),
        conf_status=wide("CONF_STATUS"),
        unit=table["UNIT_MEASURE"].iloc[0],
    )


def flows(charter: Charter, store: Store) -> ReleasedFlows | None:
    """Released flows of every day that has them, or None."""
    found = _read(charter, store, "flows")
    if found is None:
        return None
    table, whole = found
    zones = sorted({*table["REF_AREA_FROM"], *table["REF_AREA_TO"]})
    keys = (table["REF_AREA_FROM"], table["REF_AREA_TO"])
    return ReleasedFlows(zone_ids=zones, **_by_pair(table, whole, keys, (zones, zones)))


def visitors(charter: Charter, store: Store, area: Area) -> ReleasedVisitors | None:
    """Released persons present by origin, of every day that has them, or None."""
    found = _read(charter, store, "visitors")
    if found is None:
        return None
    table, whole = found
    zones, codes = sorted(set(table["REF_AREA"])), sorted(set(table["ORIGIN"]))
    known, bottom = set(area.zones["zone_id"]), set(area.bottom())
    origins = [Origin(code=code, kind=kind_of(code, known, bottom)) for code in codes]
    keys = (table["REF_AREA"], table["ORIGIN"])
    return ReleasedVisitors(
        zone_ids=zones, origins=origins, **_by_pair(table, whole, keys, (zones, codes))
    )


def kind_of(code: str, known: set[str], bottom: set[str]) -> Literal["zone", "country", "rest"]:
    """What an origin's code stands for: a home zone, the country of a SIM, or several.

    Homes are zones of the lowest level; a country whose letters are also a zone of a higher
    level is still a country.

    Examples
    --------
    >>> [kind_of(code, {"PL", "PL01"}, {"PL01"}) for code in ("PL01", "PL", "262", "_O")]
    ['zone', 'country', 'country', 'rest']
    """
    if code in bottom:
        return "zone"
    is_country = (len(code) == 2 and code.isalpha() and code.isupper()) or (
        len(code) == 3 and code.isdigit()
    )
    return "country" if is_country else "zone" if code in known else "rest"


def _read(
    charter: Charter, store: Store, product: str
) -> tuple[pd.DataFrame, dict[str, Any]] | None:
    """The rows of every released day, with the hours released, the unit and the interval."""
    places = folders(charter, store, product)
    if not places:
        return None
    name = f"{TABLES[product]}.parquet"
    table = pd.concat([pd.read_parquet(place / name) for place in places], ignore_index=True)
    days = {place.name for place in places}
    zone = ZoneInfo(charter.time_zone)
    times = [
        hour.astimezone(zone).isoformat()
        for day in charter.days()
        if str(day) in days
        for hour in hours_of(day, charter.time_zone)
    ]
    told = read_json(places[-1] / "metadata.json").get("interval", {})
    interval = Interval(
        level=round(100 * told.get("level", 0.9)),
        is_provisional=told.get("status", "provisional") == "provisional",
    )
    units = sorted(set(table["UNIT_MEASURE"])) or ["PS"]
    if len(units) > 1:
        raise ValueError(f"{TABLES[product]}: its days have different units; release them alike")
    return table, {"times": times, "interval": interval, "unit": units[0]}


def _by_pair(
    table: pd.DataFrame,
    whole: dict[str, Any],
    keys: tuple[pd.Series, pd.Series],
    lists: tuple[list[str], list[str]],
) -> dict[str, Any]:
    """Columns of a sparse table: rows sorted by pair and hour, cut where the pair changes."""
    first, second = (
        pd.Index(names).get_indexer(pd.Index(key.astype(str)))
        for key, names in zip(keys, lists, strict=True)
    )
    hour = pd.Index(whole["times"]).get_indexer(pd.Index(table["TIME_PERIOD"].astype(str)))
    if (hour < 0).any():
        raise ValueError("a released table has an hour outside its days")
    order = np.lexsort((hour, second, first))
    pair = np.column_stack([first, second])[order]
    starts = np.flatnonzero((pair[1:] != pair[:-1]).any(axis=1)) + 1
    heads = [0, *starts.tolist()] if len(pair) else []
    ends = [*heads[1:], len(pair)] if heads else []

    def cut(values: list[Any]) -> list[list[Any]]:
        return [values[a:b] for a, b in zip(heads, ends, strict=True)]

    def numbers(column: str) -> list[list[int | None]]:
        sorted_ = table[column].iloc[order]
        return cut([None if pd.isna(one) else int(one) for one in sorted_])

    return {
        **whole,
        "pairs": [tuple(pair[head].tolist()) for head in heads],
        "hours": cut(hour[order].tolist()),
        "values": numbers("OBS_VALUE"),
        "lower": numbers("OBS_LOWER"),
        "upper": numbers("OBS_UPPER"),
        "conf_status": ["".join(part) for part in cut(table["CONF_STATUS"].iloc[order].tolist())],
    }
