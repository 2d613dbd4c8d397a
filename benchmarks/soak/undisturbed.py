"""What the same deliveries come to when nothing is disturbed: verb after verb, in another store."""

from __future__ import annotations

import os
import threading
from datetime import date
from pathlib import Path

from benchmarks.disturbed.warm import CANDIDATE, Warm
from benchmarks.measuring.process import CommandFailed
from benchmarks.soak.course import TABLE
from benchmarks.soak.worlds import Country
from peil.store.store import Store

POLITE = 15


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
        self._thread = threading.Thread(target=self._run, daemon=True)

    def begin(self) -> None:
        """Begin, in the background, behind everything else."""
        self._thread.start()

    def end(self) -> dict[tuple[str, str], bytes]:
        """Wait for it, and do what is left; the released table of each pilot and day.

        Raises
        ------
        CommandFailed
            A verb ended badly.
        """
        self._thread.join()
        if failure := self._run(polite=False):
            raise CommandFailed(f"Undisturbed it ends badly: {failure}")
        return {
            (pilot, str(day)): self._file(pilot, day).read_bytes()
            for pilot in self.country.pilots
            for day in self.country.days
        }

    def _file(self, pilot: str, day: date) -> Path:
        return Store(self.settings).released(pilot, "presence", day) / TABLE

    def _run(self, polite: bool = True) -> str:
        """Release every day that is not yet; what ended badly, or nothing."""
        days = [(pilot, day) for pilot in self.country.pilots for day in self.country.days]
        left = [each for each in days if not self._file(*each).is_file()]
        warm = Warm(self.data, self.environment, airflow=False)
        if polite:
            os.setpriority(os.PRIO_PROCESS, warm.pid, POLITE)
        try:
            for pilot, day in left:
                for command in self._commands(pilot, str(day)):
                    (end,) = warm.run([command])
                    if end.code:
                        return f"{' '.join(command[:3])}: {end.code} {end.words[-500:]}"
        finally:
            warm.close()
        return ""

    def _commands(self, pilot: str, day: str) -> list[list[str]]:
        verbs = [[verb, pilot, day] for verb in ("ingest", "stage", "estimate", "candidate")]
        approve = ["approve", pilot, day, "--candidate", CANDIDATE]
        verbs += [
            [*approve, "--as", role, "--key", str(self.country.key(role))]
            for role in ("operator", "agency")
        ]
        return [*verbs, ["release", pilot, day]]
