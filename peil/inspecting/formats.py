"""Which of the known formats a file is, and what it is for.

Delivery formats are recognised by their readers (`peil.ingest.readers`); what is only here are the
reference files, the opt-out list, and the guess that a table can be read by mapping.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from peil.area.tiling import LAND_USE
from peil.area.zones import SHAPEFILE
from peil.ingest.readers import generic, recognise
from peil.inspecting.columns import (
    CELL_NAMES,
    EVENT_NAMES,
    REGISTER_NAMES,
    TILE_NAMES,
    guesses,
    looks_like,
    plain,
)
from peil.inspecting.tables import Table

RADIO = {"azimuth_deg", "antenna_height_m", "tilt_deg", "technology", "power_w", "frequency_mhz"}
ROLES = ("events", "cells", "opt_out", "zones", "register", "tiles", "land_use", "elevation")


@dataclass(frozen=True)
class Format:
    """What a file is for, what reads it, and by what it was recognised."""

    role: str
    reader: str
    why: str


def format_of(table: Table) -> Format | None:
    """The format of a file, or None when it is no known one.

    Readers are asked first, since a format of its own has more to be recognised by than names of
    columns that anybody could have chosen.
    """
    if table.container == "vector":
        return Format("zones", "zones", "it holds geometries")
    if table.container == "raster":
        return Format("elevation", "raster", "it is a GeoTIFF")
    if recognised := recognise(table):
        reader, match = recognised
        return Format(match.role, reader.name, match.why)
    if table.container == "xml":
        return None
    if re.search("opt.?out", table.file.stem.lower()) and len(table.names) == 1:
        return Format("opt_out", "opt_out", "a list of one column by the name of an opt-out list")
    return _by_columns(table)


def _by_columns(table: Table) -> Format | None:
    """The role of a table by what its columns seem to be; it is read by mapping."""
    tiles = guesses(table, TILE_NAMES)
    if {"x_m", "y_m"} <= set(tiles) and len(set(LAND_USE) & set(tiles)) >= 3:
        return Format("tiles", "tiles", "centres and shares of land use")
    events = guesses(table, EVENT_NAMES)
    if {"subscriber_id", "observed_at"} <= set(events) and events["observed_at"].sure != "low":
        return Format("events", generic.Generic.name, "a subscriber and a moment")
    cells = guesses(table, CELL_NAMES)
    is_placed = {"latitude", "longitude"} <= set(cells) or {"x_m", "y_m"} <= set(cells)
    if (
        is_placed
        and "cell_id" in cells
        and (plain(cells["cell_id"].theirs) not in ("id", "name") or RADIO & set(cells))
    ):
        return Format("cells", generic.Generic.name, "a cell and its position")
    people = guesses(table, REGISTER_NAMES)
    if {"zone_id", "n_persons"} <= set(people) and table.container == "csv":
        return Format("register", "register", "a code and a number of persons")
    return None


def why_unknown(table: Table) -> str:
    """Why a table is of no known format: what it lacks, where it is nearly one of events."""
    if table.file.suffix.lower() == ".shp":
        return SHAPEFILE
    events = guesses(table, EVENT_NAMES)
    if "subscriber_id" in events and "observed_at" in events:
        return (
            f"it has a subscriber, but {events['observed_at'].theirs} is written as no moment that "
            "is known here: map it with a `time_format`, or ask for 2026-03-02 08:30:00+00:00"
        )
    return "no format that is known here"


def plane_of(x: list[str | None], y: list[str | None]) -> tuple[str | None, str]:
    """An EPSG code of positions in metres, by their size alone, and why; it must be asked."""
    planes = [
        ("EPSG:28992", (-7e3, 3e5), (2.9e5, 6.3e5)),
        ("EPSG:3035", (2.4e6, 7.4e6), (1.3e6, 5.5e6)),
        ("EPSG:31370", (2e4, 3e5), (2e4, 2.9e5)),
    ]
    axes = [[float(v.replace(",", ".")) for v in axis if v] for axis in (x, y)]
    if not all(axes):
        return None, "no positions"
    for code, (west, east), (south, north) in planes:
        if (
            west <= min(axes[0])
            and max(axes[0]) <= east
            and south <= min(axes[1])
            and (max(axes[1]) <= north)
        ):
            return code, "by the size of x and y alone; ask"
    return None, "x and y fit no plane that is known here; ask"


def identifiers(table: Table) -> dict[str, str]:
    """Columns that look like numbers of subscribers or devices: they are named, never shown."""
    looks = {name: looks_like(values[:500]) for name, values in table.columns.items()}
    return {name: look for name, look in looks.items() if look in ("IMSI", "MSISDN", "IMEI")}


CLOCK = r"[0-2]\d(?:[0-5]\d){0,2}"  # hour, or hour and minute, that a name has behind its day
DATES = [
    (r"year=\d{4}", "year={year}"),
    (r"month=(?:[1-9]|1[0-2])\b", "month={month}"),
    (r"month=0[1-9]\b", "month={month:02d}"),
    (r"day=(?:[1-9]|[12]\d|3[01])\b", "day={day_of_month}"),
    (r"day=0[1-9]\b", "day={day_of_month:02d}"),
    (r"(?<!\d)20\d{2}-[01]\d-[0-3]\d(?!\d)", "{day}"),
    (r"(?<!\d)20\d{2}[01]\d[0-3]\d(?!\d)", "{day:%Y%m%d}"),
    (r"(?<!\d)20\d{2}_[01]\d_[0-3]\d(?!\d)", "{day:%Y_%m_%d}"),
    (rf"(?<!\d)20\d{{2}}[01]\d[0-3]\d(?={CLOCK}(?!\d))", "{day:%Y%m%d}"),
]


def day_of(file: Path) -> date | None:
    """The day that a file's path names, if it names one.

    >>> day_of(Path("mno/year=2023/month=1/day=7/part-0.parquet"))
    datetime.date(2023, 1, 7)
    """
    path = file.as_posix()
    parts = re.findall(
        rf"(?<!\d)(20\d{{2}})[-_]?([01]\d)[-_]?([0-3]\d)(?={CLOCK}(?!\d)|(?!\d))", path
    )
    parts += re.findall(r"year=(\d{4})/month=(\d{1,2})/day=(\d{1,2})", path)
    for year, month, day in parts[::-1]:
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
    pattern_path = path
    for pattern, placeholder in DATES:
        pattern_path = placeholder.join(re.split(pattern, pattern_path))
    folder, _, name = pattern_path.rpartition("/")
    if re.match(r"part[-_]", name):
        name = "*" + "".join(
            Path(name).suffixes[-2:] if name.endswith(".gz") else Path(name).suffixes[-1:]
        )
    return f"{folder}/{name}" if folder else name


def within_day(pattern_path: str) -> str:
    """A path of events with `*` for what tells the files of one day apart: hours, partitions.

    >>> within_day("date={day}/hour=08/*.parquet"), within_day("{day}/08/a.csv")
    ('date={day}/hour=*/*.parquet', '{day}/*/a.csv')
    >>> within_day("ev_{day:%Y%m%d}_0800.csv.gz"), within_day("calls_{day}.csv")
    ('ev_{day:%Y%m%d}_*.csv.gz', 'calls_{day}.csv')
    """
    *folders, name = pattern_path.split("/")
    folders = [re.sub("^([^{}=]+)=[^{}=]+$", r"\1=*", folder) for folder in folders]
    folders = [re.sub(r"^\d{1,2}$", "*", folder) for folder in folders]
    head, close, tail = name.rpartition("}")
    if close:
        stem, dot, kind = tail.partition(".")
        tail = re.sub(r"\d+(?:[-_T:h]?\d+)*", "*", stem) + dot + kind
    return "/".join([*folders, head + close + tail])
