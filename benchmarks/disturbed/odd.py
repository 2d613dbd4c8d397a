"""Tiny deliveries that are odd in some ways, drawn by their numbers, each with a charter.

Belongs in here: what is delivered. What becomes of it is looked at in `fuzz`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from benchmarks.disturbed.odd_charter import MCC, SIDE_M, ZONE, charter_of

ODDITIES = {
    "same second": "a third of the records come twice in a second, once of another cell",
    "unplaced cells": "a quarter of the records name a cell that the plan lacks",
    "far cell": "a cell of the plan lies 30 km away, and serves",
    "one zone": "the area is one zone",
    "no register": "the area is a grid of squares, without residents",
    "one level": "zones have no region above them",
    "nobody lives there": "a zone has no residents",
    "few residents": "fewer residents than devices",
    "two devices": "two devices",
    "one cell": "one cell",
    "one mast": "all cells hang at one place",
    "places only": "of cells the position only: no direction, height or power",
    "other plan at noon": "powers of the cells change at noon",
    "no power": "a cell has a power of 0",
    "no timing advance": "records carry none",
    "odd timing advance": "a tenth of the records carry one that cannot be",
    "no altitude": "the plan has none",
    "silent hours": "no record from 10 to 16 h",
    "a few hours": "records from 8 to 13 h only",
    "no night": "no record before 7 h",
    "no row": "a header and no record",
    "odd networks": "networks that are none, as numbers and as text, at a fifth of the records",
    "network as PLMN": "the network as one number, none of its country",
    "outbound": "a tenth of the records are of own devices abroad, without a cell",
    "visitors only": "all devices are of another country",
    "all opted out": "every device is on the list of those who opted out",
    "clock back": "a day of 25 hours",
    "clock forward": "a day of 23 hours",
    "twice": "half of the records come again in a second file",
    "other days": "a tenth of the records are of the days around",
    "unreadable": "a tenth of the records have no identifier, or a moment that is none",
    "at rest": "devices never leave a cell",
    "never at rest": "every record is of another cell than the one before",
    "crowd": "all devices are in one cell from 12 to 15 h",
    "two days": "a window of two days, the same devices",
    "a day missing": "a window of two days, of which one is not delivered",
}
MORE = 1.5  # oddities besides the first, on average
COLUMNS = ["imsi", "at", "mcc", "mnc", "cell", "ta", "plmn"]


@dataclass(frozen=True)
class Odd:
    """A delivery, and the charter that it is read by.

    Attributes
    ----------
    number : int
    oddities : tuple of str
        Names of `ODDITIES`.
    charter : dict
        As YAML would give it; its pilot is named after the number.
    files : dict of str to bytes
        By their places below the folder of deliveries.
    subscribers : tuple of str
        Every identifier in the records: none may stand in a sentence.
    """

    number: int
    oddities: tuple[str, ...]
    charter: dict[str, Any]
    files: dict[str, bytes]
    subscribers: tuple[str, ...]

    @property
    def pilot(self) -> str:
        return str(self.charter["pilot"])

    @property
    def days(self) -> list[date]:
        """Every day of the charter's period."""
        start, end = (date.fromisoformat(self.charter["period"][name]) for name in ("start", "end"))
        return [start + timedelta(days=n) for n in range((end - start).days + 1)]


def drawn(number: int) -> Odd:
    """The delivery of that number: the same every time, and each oddity comes in turn."""
    names = list(ODDITIES)
    rng = np.random.default_rng([20260302, number])
    others = rng.permutation(len(names))[: rng.poisson(MORE)]
    chosen = tuple(dict.fromkeys([names[number % len(names)], *(names[n] for n in others)]))
    return _Drawing(number, chosen, rng).delivery()


@dataclass
class _Drawing:
    number: int
    oddities: tuple[str, ...]
    rng: np.random.Generator
    files: dict[str, bytes] = field(default_factory=dict)

    def is_(self, *names: str) -> bool:
        return any(name in self.oddities for name in names)

    @property
    def pilot(self) -> str:
        return f"odd_{self.number:04d}"

    def delivery(self) -> Odd:
        day = date(2026, 3, 2)
        if self.is_("clock forward"):
            day = date(2026, 3, 29)
        elif self.is_("clock back"):
            day = date(2026, 10, 25)
        days = [day, day + timedelta(days=1)] if self.is_("two days", "a day missing") else [day]
        cells = self.cells(days)
        devices = self.devices()
        for when in days[: 1 if self.is_("a day missing") else None]:
            self.records(when, devices, cells)
        opted_out = devices["imsi"] if self.is_("all opted out") else devices["imsi"][:1]
        self.put("opt_out.csv", pd.DataFrame({"imsi": opted_out}))
        header = self.files[f"{self.pilot}/cells.csv"].split(b"\n", 1)[0].decode().split(",")
        charter, files = charter_of(self.pilot, self.oddities, days, header, self.rng)
        self.files |= files
        return Odd(self.number, self.oddities, charter, self.files, tuple(devices["imsi"]))

    def put(self, name: str, table: pd.DataFrame) -> None:
        self.files[f"{self.pilot}/{name}"] = table.to_csv(index=False).encode()

    def cells(self, days: list[date]) -> pd.DataFrame:
        n = 1 if self.is_("one cell") else int(self.rng.integers(3, 9))
        east, north = self.rng.uniform(0, SIDE_M, (2, n))
        if self.is_("one mast"):
            east[:], north[:] = east[0], north[0]
        plan = pd.DataFrame({"cell": [f"c{k}" for k in range(n)], "x": east, "y": north}).round(1)
        if self.is_("far cell"):
            far = pd.DataFrame({"cell": ["far"], "x": [30_000.0], "y": [100.0]})
            plan = pd.concat([plan, far], ignore_index=True)
        served = plan.copy()
        if not self.is_("places only"):
            plan["azimuth"] = self.rng.integers(0, 360, len(plan))
            plan["is_directional"] = self.rng.random(len(plan)) < 0.8
            plan["height"] = self.rng.integers(10, 50, len(plan))
            plan["power"] = self.rng.choice([1.0, 5.0, 20.0], len(plan))
            if self.is_("no power"):
                plan.loc[0, "power"] = 0.0
        if not self.is_("no altitude"):
            plan["altitude"] = self.rng.integers(0, 400, len(plan))
        if self.is_("other plan at noon"):
            plan = self.changed_at_noon(plan, days[0])
        self.put("cells.csv", plan)
        return served

    def changed_at_noon(self, plan: pd.DataFrame, day: date) -> pd.DataFrame:
        noon = f"{day} 12:00:00"
        after = plan.assign(valid_from=noon, valid_to="")
        if "power" in plan:
            after["power"] = plan["power"] * 2
        before = plan.assign(valid_from=f"{day - timedelta(days=9)} 00:00:00", valid_to=noon)
        return pd.concat([before, after], ignore_index=True)

    def devices(self) -> pd.DataFrame:
        n = 2 if self.is_("two devices") else int(self.rng.integers(20, 90))
        is_roaming = self.rng.random(n) < (1.0 if self.is_("visitors only") else 0.1)
        first = np.where(is_roaming, "26201", "20408")
        rest = [f"{self.number:04d}{k:06d}" for k in range(n)]
        ends = self.rng.uniform(0, SIDE_M, (4, n))
        table = pd.DataFrame({"imsi": [a + b for a, b in zip(first, rest, strict=True)]})
        table["mcc"] = np.where(is_roaming, 262, MCC)
        return table.assign(
            **dict(zip(("home_x", "home_y", "work_x", "work_y"), ends, strict=True))
        )

    def records(self, day: date, devices: pd.DataFrame, cells: pd.DataFrame) -> None:
        zone = ZoneInfo(ZONE)
        start, end = (
            datetime.combine(when, datetime.min.time(), zone).timestamp()
            for when in (day, day + timedelta(days=1))
        )
        n = int(2 * 24 * len(devices) * self.rng.uniform(0.4, 1.5))
        who = self.rng.integers(0, len(devices), n)
        moment = np.sort(start + np.floor(self.rng.uniform(0, end - start, n)))
        hour = ((moment - start) // 3600).astype(int)
        is_out = (hour >= 9) & (hour < 17)
        east, north = (
            np.where(is_out, devices[f"work_{way}"].iloc[who], devices[f"home_{way}"].iloc[who])
            for way in "xy"
        )
        away = np.hypot(
            east[:, None] - cells["x"].to_numpy(), north[:, None] - cells["y"].to_numpy()
        )
        heard = away * self.rng.lognormal(0.0, 0.2, away.shape)
        cell = heard.argmin(axis=1)
        if self.is_("at rest"):
            cell = who % len(cells)
        if self.is_("never at rest"):
            cell = np.arange(n) % len(cells)
        if self.is_("crowd"):
            cell = np.where((hour >= 12) & (hour < 15), 0, cell)
        if self.is_("far cell"):
            cell = np.where(self.rng.random(n) < 0.1, len(cells) - 1, cell)
        table = pd.DataFrame(
            {
                "imsi": devices["imsi"].to_numpy()[who],
                "moment": moment,
                "mcc": devices["mcc"].to_numpy()[who].astype(str),
                "mnc": np.where(devices["mcc"].to_numpy()[who] == MCC, "08", "01"),
                "cell": cells["cell"].to_numpy()[cell],
                "ta": np.floor(away[np.arange(n), cell] / 78.12).astype(int).astype(str),
                "plmn": "",
                "hour": hour,
            }
        )
        self.deliver(day, self.spoilt(table, cells))

    def some(self, table: pd.DataFrame, share: float) -> np.ndarray:
        return self.rng.random(len(table)) < share

    def spoilt(self, table: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
        hour = table["hour"]
        for name, is_gone in (
            ("silent hours", hour.between(10, 15)),
            ("a few hours", ~hour.between(8, 12)),
            ("no night", hour < 7),
        ):
            if self.is_(name):
                table = table[~is_gone.reindex(table.index)]
        if self.is_("same second"):
            again = table[self.some(table, 0.33)].copy()
            again["cell"] = self.rng.choice(cells["cell"], len(again))
            table = pd.concat([table, again], ignore_index=True)
        if self.is_("unplaced cells"):
            table.loc[self.some(table, 0.25), "cell"] = "elsewhere"
        if self.is_("odd timing advance"):
            table.loc[self.some(table, 0.1), "ta"] = self.rng.choice(["-1", "4000", "1e3", "x"])
        if self.is_("odd networks"):
            some = self.some(table, 0.2)
            odd = ["0", "99999", "20408", "26201", "310410", "901", "-1", "n/a"]
            table.loc[some, "plmn"] = self.rng.choice(odd, int(some.sum()))
        if self.is_("network as PLMN"):
            table["plmn"] = table["mcc"] + table["mnc"]
        if self.is_("outbound"):
            table.loc[self.some(table, 0.1), ["plmn", "cell"]] = ["26201", ""]
        if self.is_("other days"):
            table.loc[self.some(table, 0.1), "moment"] += self.rng.choice([-86_400, 86_400])
        table["at"] = (
            pd.to_datetime(table["moment"], unit="s", utc=True)
            .dt.tz_convert(ZONE)
            .dt.strftime("%Y-%m-%dT%H:%M:%S%z")
        )
        if self.is_("unreadable"):
            table.loc[self.some(table, 0.05), "imsi"] = ""
            table.loc[self.some(table, 0.05), "at"] = "yesterday"
        return table[:0] if self.is_("no row") else table

    def deliver(self, day: date, table: pd.DataFrame) -> None:
        columns = [name for name in COLUMNS if not (name == "ta" and self.is_("no timing advance"))]
        self.put(f"events/{day}/a.csv", table[columns])
        if self.is_("twice"):
            self.put(f"events/{day}/b.csv", table.loc[self.some(table, 0.5), columns])
