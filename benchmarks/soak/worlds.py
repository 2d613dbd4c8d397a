"""Pilots of a soak: charters that people signed, simulated deliveries, and how they are dropped.

Each pilot has a simulated country of its own, under a legal basis that asks people: its day waits
for two approvals, and it lives by the clock, so that rows die and deliveries are late.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from benchmarks.recording import NothingMeasured
from peil.charter import signatures
from peil.commands.simulate import simulate
from peil.settings import PROJECT, Settings
from peil.store import parties
from peil.store.parties import Role
from peil.store.store import Store
from peil_models.synthetic import FIRST_DAY

NAMES = ("noord", "midden", "zuid")
DUE = "06:00"
ALWAYS = (date(2020, 1, 1), date(2099, 12, 31))
PEOPLE: dict[Role, str] = {"operator": "anna", "data_protection_officer": "bert", "agency": "carla"}
MISSING, CUT, GARBLED = "missing", "cut", "garbled"


@dataclass(frozen=True)
class Drop:
    """One delivery of a pilot's day: when it comes, in hours after the day, and how it is.

    Attributes
    ----------
    spoiled : str
        What is wrong with it: nothing, or ``cut``, ``garbled``, after which a good one comes.
    """

    pilot: str
    day: date
    after_h: float
    spoiled: str = ""


@dataclass(frozen=True)
class Planted:
    """Trouble with one delivery."""

    pilot: str
    day: date
    kind: str


def planted(pilots: tuple[str, ...], days: list[date]) -> list[Planted]:
    """Trouble for the first pilots, on days of the first two thirds of the period."""
    at = {MISSING: len(days) // 4, CUT: len(days) // 2, GARBLED: (2 * len(days)) // 3}
    return [
        Planted(pilots[number % len(pilots)], days[place], kind)
        for number, (kind, place) in enumerate(at.items())
    ]


def drops(pilots: tuple[str, ...], days: list[date], trouble: list[Planted]) -> list[Drop]:
    """Every delivery, in the order in which it comes: pilots an hour apart, at night."""
    kinds = {(each.pilot, each.day): each.kind for each in trouble}
    planned = []
    for day in days:
        for number, pilot in enumerate(pilots):
            at = 1.0 + number
            kind = kinds.get((pilot, day), "")
            if kind == MISSING:
                planned.append(Drop(pilot, day, at + 20))  # well after it was due
                continue
            planned.append(Drop(pilot, day, at, kind))
            if kind:
                planned.append(Drop(pilot, day, at + 20))
    return sorted(planned, key=lambda drop: (drop.day, drop.after_h))


@dataclass(frozen=True)
class Country:
    """Where everything of the soak lies: simulated deliveries, the drop folder, charters, keys."""

    folder: Path
    pilots: tuple[str, ...]
    days: list[date]

    @property
    def simulated(self) -> Path:
        """The deliveries as they were simulated, which nobody takes away."""
        return self.folder / "simulated"

    @property
    def deliveries(self) -> Path:
        """Where they are dropped, day by day."""
        return self.folder / "deliveries"

    @property
    def charters(self) -> Path:
        """Folder of the charters, and of the parties and signatures beside them."""
        return self.folder / "pilots"

    def settings(self, data: Path, deliveries: Path) -> Settings:
        """Settings of a store over one of the two folders of deliveries."""
        return Settings(
            data=data,
            deliveries=deliveries,
            pilots=self.charters,
            truth=self.folder / "truth",
            keep_deliveries=deliveries == self.simulated,
        )  # type: ignore[call-arg]

    def make(self, n_devices: int, data: Path) -> Iterator[str]:
        """Simulate the pilots' countries, write their charters and enrol the people."""
        self.charters.mkdir(parents=True)
        for number, pilot in enumerate(self.pilots):
            done = simulate(
                pilot=pilot,
                devices=n_devices,
                days=len(self.days),
                seed=101 + number,
                world_seed=101 + number,
                deliveries=self.simulated,
                truth=self.folder / "truth",
            )
            yield str(done["sentence"])
            charter = _charter(pilot, self.days)
            (self.charters / f"{pilot}.yml").write_text(yaml.safe_dump(charter, allow_unicode=True))
            for name in ("reference", "opt_out.csv"):
                source, to = self.simulated / pilot / name, self.deliveries / pilot / name
                to.parent.mkdir(parents=True, exist_ok=True)
                (shutil.copytree if source.is_dir() else shutil.copy)(source, to)
        store = Store(self.settings(data, self.deliveries))
        for role, name in PEOPLE.items():
            parties.enroll(store, role, name.capitalize(), self.key(role), ALWAYS, name)

    def key(self, role: str) -> Path:
        """Where the person of a role keeps the private key."""
        return self.folder / "keys" / role

    def sign(self, environment: dict[str, str]) -> None:
        """Have the charters signed, at the pilots' moment: a signature of later does not hold."""
        for pilot in self.pilots:
            for role in signatures.REQUIRED:
                words = ["charter", "sign", pilot, "--role", role, "--key", str(self.key(role))]
                done = subprocess.run(
                    [sys.executable, "-m", "peil.cli", *words],
                    env={**os.environ, **environment},
                    cwd=PROJECT,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                if done.returncode:
                    raise NothingMeasured(f"The charter of {pilot}: {done.stderr[-500:]}")

    def deliver(self, drop: Drop) -> None:
        """Let a delivery lie in the drop folder, at one stroke."""
        source, to = self.simulated / drop.pilot, self.deliveries / drop.pilot
        day = str(drop.day)
        for folder in ("events", "cells"):
            (to / folder).mkdir(parents=True, exist_ok=True)
        shutil.copy(source / "cells" / f"{day}.csv", to / "cells" / f".{day}.csv")
        (to / "cells" / f".{day}.csv").replace(to / "cells" / f"{day}.csv")
        aside = to / "events" / f".{day}"
        shutil.copytree(source / "events" / day, aside)
        if drop.spoiled:
            _spoil(max(aside.iterdir(), key=lambda file: file.stat().st_size), drop.spoiled)
        if (to / "events" / day).exists():
            shutil.rmtree(to / "events" / day)
        aside.rename(to / "events" / day)


def _spoil(file: Path, kind: str) -> None:
    if kind == CUT:
        content = file.read_bytes()
        file.write_bytes(content[: len(content) // 2])
        return
    with gzip.open(file, "rb") as stream:
        first, *rows = stream.read().splitlines(keepends=True)
    rows = [row.replace(b":", b"h") if n % 2 else row for n, row in enumerate(rows)]
    with gzip.open(file, "wb") as stream:
        stream.write(first + b"".join(rows))


def _charter(pilot: str, days: list[date]) -> dict[str, Any]:
    """The demo's charter for a pilot that asks people, follows no device and has a deadline."""
    text = (PROJECT / "pilots" / "demo.yml").read_text(encoding="utf-8")
    charter: dict[str, Any] = yaml.safe_load(text.replace("demo/", f"{pilot}/"))
    del charter["linkage_days"], charter["inputs"]["truth"]
    charter["inputs"]["events"]["due"] = DUE
    return charter | {
        "pilot": pilot,
        "title": {"en": f"A simulated coast, {pilot}", "nl": f"Een gesimuleerde kust, {pilot}"},
        "legal_basis": "statute",
        "legal_reference": "simulated, for a soak",
        "products": ["presence"],
        "period": {"start": str(days[0]), "end": str(days[-1])},
    }


def days_of(n_days: int) -> list[date]:
    """The days of the period."""
    return [FIRST_DAY + timedelta(days=number) for number in range(n_days)]
