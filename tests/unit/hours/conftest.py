"""A pilot of hours small enough to count by hand: three cells, two zones, a dozen devices."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from peil.charter import reading
from peil.charter.hour import unit_of
from peil.commands import verbs
from peil.ingest import deliveries
from peil.outcome import Outcome

HEADER = "imsi,at,mcc,mnc,cell,imei\n"
VERBS = ("ingest", "stage", "estimate", "release")
CELLS = {"c1": 5, "c2": 4, "c3": 3}
DEVICES = sum(CELLS.values())


def rows_of(moment: str, more: int = 0) -> str:
    """A row a device at a local moment, in the cells of `CELLS`; `more` devices in the first."""
    cells = [cell for cell, n in CELLS.items() for _ in range(n)] + ["c1"] * more
    return "".join(
        f"2040800000000{number:02d},{moment},204,08,{cell},35{number:013d}\n"
        for number, cell in enumerate(cells, start=10)
    )


@dataclass
class Hours:
    """The pilot, with short ways to deliver an hour, to run it, and to see what is released."""

    tiny: Any

    def deliver(self, hour: str, rows: str = "", name: str = "events.csv") -> Path:
        """One file of an hour; without rows those of `rows_of` at half past, local time."""
        unit = unit_of(hour)
        place = deliveries.pattern("events/{day}/{hour}", unit)
        offset = "+0100" if hour.endswith("+0100") else ""
        moment = f"{str(unit)[:10]} {str(unit)[11:13]}:30:00{offset}"
        return self.tiny.put(f"{place}/{name}", HEADER + (rows or rows_of(moment)))

    def take(self, hour: str, *only: str) -> list[Outcome]:
        """Take an hour through the four verbs and their gates, or through some of them."""
        self.tiny.vouch()
        return [each for verb in only or VERBS for each in verbs.take(verb, "tiny", hour)]

    def released(self) -> dict[str, str]:
        """Every file of the agency's released folder, by name, and the hash of its content."""
        folder = self.tiny.store.agency / "released" / "tiny" / "presence"
        return {
            str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        }

    def lines(self, period: str) -> list[str]:
        """The rows of a released table, without its heading."""
        name = "rel_presence__by_zone_hour.csv"
        place = self.tiny.store.released("tiny", "presence", unit_of(period)) / name
        return place.read_text().splitlines()[1:]

    def values(self, period: str) -> list[int]:
        """Its figures, the whole area first."""
        return [int(line.split(",")[2]) for line in self.lines(period)]


@pytest.fixture
def hours(tiny: Any) -> Hours:
    """The tiny pilot by the hour, signed, without a delivery."""
    path = "tiny/events/{day}/{hour}/*"
    tiny.write_charter(every="PT1H", inputs__events__path=path, inputs__events__due="00:10")
    reading.load("tiny")
    tiny.sign()
    return Hours(tiny)
