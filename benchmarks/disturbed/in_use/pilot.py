"""A signed pilot in the middle of its work: signatures, a candidate that was approved, sealed days.

No row of it was simulated: verbs ask of these files what they ask of any, and that is measured.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import patch

import pandas as pd
import yaml

from benchmarks.disturbed import bundles
from peil.adapters import database, sealing
from peil.charter import access, reading, signatures
from peil.charter.clock import moment_of, now, wall_today
from peil.charter.period import Period
from peil.charter.schema import Charter
from peil.release import approvals
from peil.store import keys, parties, sealed, verifying
from peil.store.atomic import canonical, write_json
from peil.store.parties import ALWAYS, Role
from peil.store.store import KeyKind, Store

NAME, PRODUCT = "signed", "presence"
PEOPLE: dict[Role, str] = {
    "operator": "Anna",
    "data_protection_officer": "Bert",
    "agency": "Carla",
}
Files = dict[Path, tuple[bytes, int]]  # content and mode


@dataclass
class SignedPilot:
    """Where the pilot lies, what is in it, and how it was before.

    Attributes
    ----------
    judged : str
        The signed list of the candidate that its gate looked at.
    before : Files
        Charter, signatures and candidate as they were: of a wider scope, with other figures.
    """

    folder: Path
    judged: str = ""
    before: Files = field(default_factory=dict)

    @property
    def store(self) -> Store:
        """Its store; only within `at_home`."""
        return Store()

    @property
    def charter_file(self) -> Path:
        """Its charter."""
        return self.folder / "pilots" / f"{NAME}.yml"

    @property
    def charter(self) -> Charter:
        """Its charter as it stands."""
        return reading.load(NAME)

    @property
    def days(self) -> list[date]:
        """Of its period: released, approved, another candidate, and two that are sealed."""
        start = wall_today() - timedelta(days=14)
        return [start + timedelta(days=number) for number in range(7)]

    def candidate(self, number: int = 1) -> Path:
        """Where the candidate of a day lies."""
        return self.store.candidate(NAME, PRODUCT, self.days[number])

    def files(self) -> Files:
        """Everything that lies in it; locks hold nothing."""
        return {
            file: (file.read_bytes(), file.stat().st_mode & 0o777)
            for place in ("data", "pilots")
            for file in sorted((self.folder / place).rglob("*"))
            if file.is_file() and "lock" not in f"{file.parent.parent.name} {file.suffix}"
        }

    def put(self, files: Files) -> None:
        """Let it be in this state."""
        there = self.files()
        for file in there.keys() - files.keys():
            file.unlink()
            for folder in file.parents:  # an empty one would be a bundle without files
                if folder == self.folder or any(folder.iterdir()):
                    break
                folder.rmdir()
        for file, (content, mode) in files.items():
            if there.get(file) != (content, mode):
                file.parent.mkdir(parents=True, exist_ok=True)
                file.unlink(missing_ok=True)
                file.write_bytes(content)
                file.chmod(mode)


@contextmanager
def at_home(folder: Path) -> Iterator[SignedPilot]:
    """The pilot, made in an empty folder; within this, verbs find it as their own."""
    home = {"PEIL_DATA": str(folder / "data"), "PEIL_PILOTS": str(folder / "pilots")}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PEIL_")}
    with patch.dict(os.environ, {**clean, **home}, clear=True):
        pilot = SignedPilot(folder)
        _make(pilot)
        yield pilot


def text_of(pilot: SignedPilot, recipients: list[str]) -> str:
    """Its charter, for these recipients."""
    days = pilot.days
    content = {
        "pilot": NAME,
        "title": {"en": "A pilot", "nl": "Een proef"},
        "purpose": "method_development",
        "legal_basis": "statute",
        "legal_reference": "an act of the benchmark",
        "operator": {"name": "Operator", "contact": "o@example.org", "mcc": 204},
        "agency": {"name": "Agency", "contact": "a@example.org"},
        "period": {"start": str(days[0]), "end": str(days[-1])},
        "expires": str(days[-1] + timedelta(days=365)),
        "time_zone": "Europe/Amsterdam",
        "area": {
            "crs": "local",
            "grid": {"x_min_m": 0, "y_min_m": 0, "x_max_m": 1000, "y_max_m": 500, "zone_m": 500},
        },
        "inputs": {
            "events": {
                "reader": "generic",
                "path": f"{NAME}/events/{{day}}/*",
                "columns": {
                    "subscriber_id": "imsi",
                    "observed_at": "at",
                    "mcc": "mcc",
                    "mnc": "mnc",
                    "cell_id": "cell",
                },
                "time_zone": "Europe/Amsterdam",
            },
            "cells": {
                "reader": "generic",
                "path": f"{NAME}/cells.csv",
                "columns": {"cell_id": "cell", "x_m": "x", "y_m": "y"},
            },
            "opt_out": {"path": f"{NAME}/opt_out.csv", "column": "imsi"},
        },
        "products": [PRODUCT, "flows"],
        "linkage_days": 7,
        "tier": "agency",
        "threshold": 15,
        "retention": {"raw_hours": 24, "staged_days": 7},
        "recipients": recipients,
        "contact": "privacy@example.org",
        "use_limits": {"en": "To measure.", "nl": "Om te meten."},
    }
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False)


def _make(pilot: SignedPilot) -> None:
    pilot.charter_file.parent.mkdir(parents=True)
    store = pilot.store
    for role, name in PEOPLE.items():
        parties.enroll(store, role, name, pilot.folder / "keys" / role, ALWAYS)
    for recipients, n_days in ((["Agency", "a municipality"], 2), (["Agency"], 1)):
        pilot.before |= pilot.files()  # the wider charter is replayed
        pilot.charter_file.write_text(text_of(pilot, recipients), encoding="utf-8")
        signed_at = now(pilot.charter) - timedelta(days=n_days)
        with patch.object(signatures, "now", lambda _, at=signed_at: at):
            for role in signatures.REQUIRED:
                signatures.sign(pilot.charter, store, _signer(pilot, role))
        Period.open(NAME)
    charter, days = pilot.charter, pilot.days

    def write(number: int, value: int) -> None:
        columns = {"REF_AREA": ["A", "B"], "TIME_PERIOD": f"{days[number]}T00:00:00+01:00"}
        table = pd.DataFrame({**columns, "OBS_VALUE": pd.array([value, None], dtype="Int64")})
        table = table.assign(OBS_STATUS=["A", "Q"])
        bundles.candidate(store, charter, PRODUCT, days[number], table)

    bundles.release(store, charter, PRODUCT, days[0], 100)
    write(1, 101)
    pilot.before |= {
        file: content for file, content in pilot.files().items() if file.parent == pilot.candidate()
    }
    write(1, 102)
    write(2, 103)
    shown = approvals.candidate_hash(pilot.candidate())
    for role in approvals.REQUIRED:
        approvals.answer(NAME, str(days[1]), _signer(pilot, role), shown, PRODUCT)
    pilot.judged = verifying.manifest(pilot.candidate()).sha256
    access.day_key(store, NAME, days[0], "pseudonym")
    _seal(pilot, days[3], "raw")
    _seal(pilot, days[4], "staged")


def _signer(pilot: SignedPilot, role: Role) -> parties.Signer:
    return parties.signer_of(pilot.store, role, pilot.folder / "keys" / role, wall_today())


def _seal(pilot: SignedPilot, day: date, kind: KeyKind) -> None:
    """A sealed file of a day with a row in it, its key and its manifest."""
    store, is_raw = pilot.store, kind == "raw"
    file = store.raw_file(NAME, day) if is_raw else store.staged_file(NAME, day)
    manifest = store.raw_manifest(NAME, day) if is_raw else store.staged_manifest(NAME, day)
    table = "events" if is_raw else "int_events_classified"
    key = access.day_key(store, NAME, day, kind)
    file.parent.mkdir(parents=True, exist_ok=True)
    with database.connection(store, store.work(NAME, day, "seal")) as opened:
        sealing.attach(opened, file, kind, keys.read_key(key), False)
        opened.execute(f"CREATE TABLE {kind}.main.{table} AS SELECT 1 AS line")
        opened.execute(f"DETACH {kind}")
    made_at = moment_of(pilot.charter, day).isoformat()
    write_json(
        manifest,
        {
            "fingerprint": hashlib.sha256(canonical(str(day))).hexdigest(),
            "sealed": sealed.seal_of(file, key),
            "landed_at" if is_raw else "staged_at": made_at,
            "files": [{"name": "a.csv", "n_rows": 1, "n_opted_out": 0}],
            "facts": {"n_staged": 1},
        },
    )
