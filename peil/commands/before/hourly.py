"""Write the demo's deliveries again by the hour, as an operator delivers who does not wait a day.

The same lines as by the day, each in the delivery of its hour: but that one in a few hundred comes
with the hour after it, too late, and what lies in no hour of its day comes with the first.
"""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from peil.charter.schema import Charter
from peil.ingest import deliveries as manifest
from peil.store import parties
from peil.store.atomic import fresh_folder, replace_folder
from peil.store.store import Store

PILOT = "demo_hourly"
LATE_EACH = 400  # lines of which one comes an hour late


def write_hours(charter: Charter, store: Store, whole: Path) -> Path:
    """Part what was simulated by the day into hours, and vouch for it; the same days, same bytes.

    Parameters
    ----------
    charter : Charter
        Of the pilot of hours; days of its period that were not simulated are not delivered.
    whole : Path
        What `peil simulate` wrote: events by day, cell plan and opt-out list.
    """
    folder = store.settings.deliveries_folder / PILOT
    aside = fresh_folder(folder.with_name(f".{PILOT}.part"))
    shutil.copy(whole / "opt_out.csv", aside / "opt_out.csv")
    shutil.copytree(whole / "cells", aside / "cells")
    late: list[bytes] = []
    for day in charter.days():
        files = sorted((whole / "events" / str(day)).glob("*.csv.gz"))
        if files:
            late = _write_day(charter, aside, day, _lines(files), late)
    placed = replace_folder(aside, folder)
    manifest.vouch(store, charter, placed, parties.simulator(store))
    return placed


def _lines(files: list[Path]) -> Iterator[bytes]:
    """The heading, then every other line of a day's files."""
    for number, file in enumerate(files):
        with gzip.open(file, "rb") as opened:
            heading = next(opened)
            if number == 0:
                yield heading
            yield from opened


def _write_day(
    charter: Charter, to: Path, day: date, lines: Iterator[bytes], late: list[bytes]
) -> list[bytes]:
    """Write the files of a day's hours; returns what comes with the first hour of the next day."""
    hours = [hour for hour in charter.units() if day <= hour <= day]
    heading = next(lines)
    place = _place_of(charter, day, heading)
    by_hour: list[list[bytes]] = [[] for _ in range(len(hours) + 1)]
    by_hour[0] = late
    for number, line in enumerate(lines):
        by_hour[place(line) + (number % LATE_EACH == 0)].append(line)
    for hour, own in zip(hours, by_hour, strict=False):
        name = manifest.pattern("events/{day}/{hour}", hour)
        file = fresh_folder(to / name) / f"signalling_{str(hour).replace('-', '')}.csv.gz"
        with file.open("wb") as raw, gzip.GzipFile("", "wb", 1, raw, mtime=0) as packed:
            packed.write(heading + b"".join(own))
    return by_hour[-1]


def _place_of(charter: Charter, day: date, heading: bytes) -> Callable[[bytes], int]:
    """Tell the number of the hour that a line lies in; 0 of one that lies in none of this day.

    The demo's week has no night in which clocks are changed: the local hour is the number.
    """
    delivery = charter.inputs.events
    separator = delivery.separator.encode()
    column = heading.strip().split(separator).index(delivery.columns["observed_at"].encode())
    begins = f"{day:%d-%m-%Y} ".encode()

    def place(line: bytes) -> int:
        fields = line.split(separator)
        moment = fields[column] if len(fields) > column else b""
        hour = moment.removeprefix(begins)[:2]
        return int(hour) if moment.startswith(begins) and hour.isdigit() and int(hour) < 24 else 0

    return place
