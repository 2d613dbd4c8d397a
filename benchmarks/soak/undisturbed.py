"""What the same deliveries come to when nothing is disturbed: verb after verb, in another store."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

from benchmarks.disturbed.warm import CANDIDATE, Warm
from benchmarks.measuring.process import CommandFailed
from benchmarks.soak.course import TABLE
from benchmarks.soak.worlds import Country
from peil.store.store import Store

POLITE = 19


class Undisturbed:
    """Runs beside the soak, in a store of its own, and never before it has what it needs."""

    def __init__(self, country: Country, methods: Path) -> None:
        self.country = country
        self.data = country.folder / "reference"
        self.settings = country.settings(self.data, country.simulated)
        self.environment = {
            "PEIL_DELIVERIES": str(country.simulated),
            "PEIL_KEEP_DELIVERIES": "true",
            "PEIL_PILOTS": str(country.charters),
            "PEIL_METHODS": str(methods),
        }
        self._failure = ""
        self._thread = threading.Thread(target=self._run, daemon=True)

    def begin(self) -> None:
        """Begin, in the background, behind everything else."""
        self._thread.start()

    def end(self) -> dict[tuple[str, str], bytes]:
        """Wait for it; the released table of each pilot and day.

        Raises
        ------
        CommandFailed
            A verb ended badly.
        """
        self._thread.join()
        if self._failure:
            raise CommandFailed(f"Undisturbed it ends badly: {self._failure}")
        store = Store(self.settings)
        return {
            (pilot, str(day)): (store.released(pilot, "presence", day) / TABLE).read_bytes()
            for pilot in self.country.pilots
            for day in self.country.days
        }

    def _run(self) -> None:
        warm = Warm(self.data, self.environment, airflow=False)
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, warm.pid, POLITE)
        try:
            for pilot in self.country.pilots:
                for day in map(str, self.country.days):
                    (end,) = warm.run(self._commands(pilot, day))
                    if end.code:
                        self._failure = f"{pilot} {day}: {end.code} {end.words[-500:]}"
                        return
        finally:
            warm.close()

    def _commands(self, pilot: str, day: str) -> list[list[str]]:
        verbs = [[verb, pilot, day] for verb in ("ingest", "stage", "estimate", "candidate")]
        approve = ["approve", pilot, day, "--candidate", CANDIDATE]
        verbs += [
            [*approve, "--as", role, "--key", str(self.country.key(role))]
            for role in ("operator", "agency")
        ]
        return [*verbs, ["release", pilot, day]]
