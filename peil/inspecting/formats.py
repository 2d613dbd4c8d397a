"""Which of the known formats a file is, and what it is for: by the columns it must have."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from peil.area.tiling import LAND_USE
from peil.ingest.readers import essnet, flowkit, opencellid
from peil.ingest.readers.multimno import CELLS as MULTIMNO_CELLS
from peil.ingest.readers.multimno import EVENTS as MULTIMNO_EVENTS
from peil.inspecting.columns import (
    CELL_NAMES,
    EVENT_NAMES,
    REGISTER_NAMES,
    TILE_NAMES,
    guesses,
    looks_like,
    plain,
)
from peil.inspecting.tables import RADIOS, Table

RADIO = {"azimuth_deg", "antenna_height_m", "tilt_deg", "technology", "power_w", "frequency_mhz"}
ROLES = ("events", "cells", "opt_out", "zones", "register", "tiles", "land_use", "elevation")


@dataclass(frozen=True)
class Known:
    """What a file is for, the reader of it, and why this is thought."""

    role: str
    reader: str
    why: str


def known(table: Table) -> Known | None:
    """The format of a file, or none that is known.

    The order matters: a format with more columns of its own is asked for first.
    """
    if table.container == "vector":
        return Known("zones", "zones", "it holds geometries")
    if table.container == "raster":
        return Known("elevation", "raster", "it is a GeoTIFF")
    if table.container == "xml":
        text = table.file.read_text(encoding="utf-8", errors="ignore")[:500]
        if "<antennas>" in text:
            return Known("cells", "essnet", "antennas of the ESSnet simulator")
        return None
    names = set(table.names)
    if set(MULTIMNO_EVENTS) <= names and table.container == "parquet":
        return Known("events", "multimno", "the columns of the bronze events of multimno")
    if set(MULTIMNO_CELLS) <= names and table.container == "parquet":
        return Known("cells", "multimno", "the columns of the bronze network of multimno")
    if all(set(usual) & names for usual in essnet.NAMES.values()) and "t" in names:
        return Known("events", "essnet", "the columns of the ESSnet simulator's events")
    if names and _is_opencellid(table):
        return Known("cells", "opencellid", "the 14 columns of OpenCelliD")
    if {"cell", "small", "direction", "beam_h", "x", "y"} <= names:
        return Known("cells", "mobloc", "the columns of a cell plan of mobloc")
    if "antennas" in table.file.name.lower() and {"x", "y"} <= names:
        return Known("cells", "essnet", "a table of antennas by its name and columns")
    if {"datetime", "msisdn"} <= names:
        return Known("events", "flowkit", "the columns datetime and msisdn of FlowKit")
    if "id" in names and ("geom_point" in names or {"date_of_first_service", "site_id"} & names):
        return Known("cells", "flowkit", "the columns of FlowKit's table of cells")
    if re.search("opt.?out", table.file.stem.lower()) and len(names) == 1:
        return Known("opt_out", "opt_out", "a list of one column by the name of an opt-out list")
    return _generic(table)


def _is_opencellid(table: Table) -> bool:
    if table.names[:4] == opencellid.NAMES[:4]:
        return True
    first = next(iter(table.columns.values()))
    return (
        len(table.names) == len(opencellid.NAMES)
        and not table.has_header
        and ({value for value in first if value} <= RADIOS)
    )


def _generic(table: Table) -> Known | None:
    tiles = guesses(table, TILE_NAMES)
    if {"x_m", "y_m"} <= set(tiles) and len(set(LAND_USE) & set(tiles)) >= 3:
        return Known("tiles", "tiles", "centres and shares of land use")
    events = guesses(table, EVENT_NAMES)
    if {"subscriber_id", "observed_at"} <= set(events) and events["observed_at"].sure != "low":
        return Known("events", "generic", "a subscriber and a moment")
    cells = guesses(table, CELL_NAMES)
    is_placed = {"latitude", "longitude"} <= set(cells) or {"x_m", "y_m"} <= set(cells)
    if (
        is_placed
        and "cell_id" in cells
        and (plain(cells["cell_id"].theirs) not in ("id", "name") or RADIO & set(cells))
    ):
        return Known("cells", "generic", "a cell and its position")
    people = guesses(table, REGISTER_NAMES)
    if {"zone_id", "n_persons"} <= set(people) and table.container == "csv":
        return Known("register", "register", "a code and a number of persons")
    return None


def default_columns(reader: str, role: str, table: Table) -> dict[str, str]:
    """Canonical → delivered columns that a reader finds by itself."""
    names = set(table.names)
    if reader == "flowkit":
        usual = flowkit.EVENTS if role == "events" else flowkit.CELLS
        found = {ours: theirs for ours, theirs in usual.items() if theirs in names}
        return found | ({"latitude": "geom_point"} if "geom_point" in names else {})
    if reader == "mobloc":
        from peil.ingest.readers.mobloc import USUAL

        return {ours: theirs for ours, theirs in USUAL.items() if theirs in names}
    if reader == "multimno" and role == "events":
        ours = ["subscriber_id", "observed_at", "mcc", "mnc", "plmn", "cell_id"]
        return dict(zip(ours, MULTIMNO_EVENTS, strict=True))
    if reader == "essnet" and role == "events":
        picked = {
            ours: next(n for n in usual if n in names) for ours, usual in essnet.NAMES.items()
        }
        return {"observed_at": "t", **picked}
    if reader == "opencellid":
        at = dict(zip(opencellid.NAMES, table.names, strict=False))
        return {"cell_id": at["cell"], "longitude": at["lon"], "latitude": at["lat"]}
    return {}


def plane_of(x: list[str | None], y: list[str | None]) -> tuple[str | None, str]:
    """An EPSG code of positions in metres, by their size alone, and why; it must be asked."""
    planes = [
        ("EPSG:28992", (-7e3, 3e5), (2.9e5, 6.3e5)),
        ("EPSG:3035", (2.4e6, 7.4e6), (1.3e6, 5.5e6)),
        ("EPSG:31370", (2e4, 3e5), (2e4, 2.9e5)),
    ]
    found = [[float(v.replace(",", ".")) for v in axis if v] for axis in (x, y)]
    if not all(found):
        return None, "no positions"
    for code, (west, east), (south, north) in planes:
        if (
            west <= min(found[0])
            and max(found[0]) <= east
            and south <= min(found[1])
            and (max(found[1]) <= north)
        ):
            return code, "by the size of x and y alone; ask"
    return None, "x and y fit no plane that is known here; ask"


def identifiers(table: Table) -> dict[str, str]:
    """Columns that look like numbers of subscribers or devices: they are named, never shown."""
    found = {name: looks_like(values[:500]) for name, values in table.columns.items()}
    return {name: look for name, look in found.items() if look in ("IMSI", "MSISDN", "IMEI")}


DATES = [
    (r"year=\d{4}", "year={year}"),
    (r"month=(?:[1-9]|1[0-2])\b", "month={month}"),
    (r"month=0[1-9]\b", "month={month:02d}"),
    (r"day=(?:[1-9]|[12]\d|3[01])\b", "day={day_of_month}"),
    (r"day=0[1-9]\b", "day={day_of_month:02d}"),
    (r"(?<!\d)20\d{2}-[01]\d-[0-3]\d(?!\d)", "{day}"),
    (r"(?<!\d)20\d{2}[01]\d[0-3]\d(?!\d)", "{day:%Y%m%d}"),
    (r"(?<!\d)20\d{2}_[01]\d_[0-3]\d(?!\d)", "{day:%Y_%m_%d}"),
]


def day_of(file: Path) -> date | None:
    """The day that a file's path names, if it names one.

    >>> day_of(Path("mno/year=2023/month=1/day=7/part-0.parquet"))
    datetime.date(2023, 1, 7)
    """
    path = file.as_posix()
    found = re.findall(r"(?<!\d)(20\d{2})[-_]?([01]\d)[-_]?([0-3]\d)(?!\d)", path)
    found += re.findall(r"year=(\d{4})/month=(\d{1,2})/day=(\d{1,2})", path)
    for year, month, day in found[::-1]:
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            continue
    return None


def template(path: str) -> str:
    """A path of one day's file as the charter writes it.

    >>> template("mno/year=2023/month=1/day=7/part-0.parquet")
    'mno/year={year}/month={month}/day={day_of_month}/*.parquet'
    >>> template("calls_20160101.csv.gz")
    'calls_{day:%Y%m%d}.csv.gz'
    """
    made = path
    for pattern, placeholder in DATES:
        made = placeholder.join(re.split(pattern, made))
    folder, _, name = made.rpartition("/")
    if re.match(r"part[-_]", name):
        name = "*" + "".join(
            Path(name).suffixes[-2:] if name.endswith(".gz") else Path(name).suffixes[-1:]
        )
    return f"{folder}/{name}" if folder else name
