"""What staging of a day takes: its files and keys, the limits of cleaning, and a hash of all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from peil import methods
from peil.adapters import database
from peil.adapters.transform import TransformSession
from peil.charter import access, windows
from peil.charter.period import Period
from peil.outcome import Refused, Waiting
from peil.store import sealed
from peil.store.atomic import canonical, read_json, read_whole
from peil.store.store import Store

# of memory for each row while the day is put in order: as it is sorted, and as it comes out
BYTES_ORDERED = 90


@dataclass(frozen=True)
class ReadyDay:
    """A day whose raw state is there, with the keys of its pseudonyms and of its staged file.

    Attributes
    ----------
    period : Period
    pseudonym_key : Path
    cleaning : dict of str to float
        Section ``[cleaning]`` of `methods.toml`.
    fingerprint : str
        Of what was landed, the SQL, its limits, and which key was used.
    """

    period: Period
    pseudonym_key: Path
    cleaning: dict[str, float]
    fingerprint: str

    @classmethod
    def of(cls, period: Period) -> ReadyDay:
        """Look whether a day can be staged, and draw its keys.

        Raises
        ------
        Waiting
            The raw state is not there.
        Refused
            The key of its pseudonyms was destroyed, or is another than that of its window.
        """
        charter, day, store, pilot = period.charter, period.day, period.store, period.pilot
        if not (store.raw_manifest(pilot, day).exists() and store.raw_file(pilot, day).exists()):
            raise Waiting(f"{pilot} {day} is not ingested yet: run `peil ingest {pilot} {day}`.")
        if windows.is_shredded(store, charter, day):
            raise Refused(
                f"The key of the pseudonyms of {pilot} {day} was destroyed: what is left of that "
                "day is late and is never staged under another key."
            )
        windows.require_key(store, charter, day, other_than=day)
        first = windows.window_of(charter, day).first
        pseudonym_key = access.day_key(store, pilot, first, "pseudonym")
        access.day_key(store, pilot, day, "staged")
        cleaning = methods.section("cleaning", pilot)
        fingerprint = _fingerprint(store, pilot, day, cleaning, pseudonym_key)
        return cls(period, pseudonym_key, cleaning, fingerprint)

    @property
    def staged_key(self) -> Path:
        return self.period.store.key(self.period.pilot, self.period.day, "staged")

    @property
    def rows(self) -> str:
        """Of what was landed and how it is judged: the same whichever key names the devices."""
        return rows_fingerprint(
            self.period.store, self.period.pilot, self.period.day, self.cleaning
        )

    def staged_before(self) -> dict[str, Any]:
        """The manifest of the staged file, if it is of this and as it was sealed; else nothing."""
        store, pilot, day = self.period.store, self.period.pilot, self.period.day
        staged, manifest = store.staged_file(pilot, day), store.staged_manifest(pilot, day)
        record = read_whole(manifest) if staged.exists() else {}
        is_of_this = record.get("fingerprint") == self.fingerprint
        return record if is_of_this and sealed.is_intact(staged, self.staged_key, record) else {}

    def session(self, file: Path, work: Path, part: tuple[int, int] = (0, 1)) -> TransformSession:
        """A run of dbt that reads the raw file and writes `file`; it leaves a line in the ledger.

        Parameters
        ----------
        work : Path
            Scratch folder for its spill.
        part : tuple of int
            Which part of the day, of how many.
        """
        period, settings = self.period, self.period.store.settings
        store, pilot, day = period.store, period.pilot, period.day
        database.require_sound(store, pilot, day, "raw")
        files = read_json(store.raw_manifest(pilot, day))["files"]
        n_rows = sum(file["n_rows"] - file["n_opted_out"] for file in files)
        fits = n_rows / part[1] * BYTES_ORDERED < settings.memory_bytes
        access.read(store, pilot, day, "raw", n_rows, "stage")
        return TransformSession(
            raw_file=store.raw_file(pilot, day),
            raw_key=store.key(pilot, day, "raw"),
            staged_file=file,
            staged_key=self.staged_key,
            part=part,
            pseudonym_key=self.pseudonym_key,
            memory_limit=settings.memory,
            threads=settings.threads,
            temp_directory=work / "spill",
            passing_file=None if fits else work / "spill" / "passing.duckdb",
            cleaning=self.cleaning,
        )


def _fingerprint(
    store: Store, pilot: str, day: date, cleaning: dict[str, float], pseudonym_key: Path
) -> str:
    """Of what was landed, the SQL, its limits, and which key was used (a hash of its hash)."""
    from peil.store.provenance import code_hash

    digest = hashlib.sha256(rows_fingerprint(store, pilot, day, cleaning).encode())
    digest.update(code_hash().encode())
    key = pseudonym_key.read_bytes()
    digest.update(hashlib.sha256(b"which key|" + key).digest())
    return digest.hexdigest()


def rows_fingerprint(store: Store, pilot: str, day: date, cleaning: dict[str, float]) -> str:
    """Of what was landed and how it is judged: the same whichever key names the devices."""
    landed = read_json(store.raw_manifest(pilot, day))["fingerprint"]
    return hashlib.sha256(landed.encode() + canonical(cleaning)).hexdigest()
