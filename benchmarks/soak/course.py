"""The course of a soak: what is dropped, asked for, answered, looked at and killed, and when."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.recording import NothingMeasured
from benchmarks.soak import hastened, looking
from benchmarks.soak.consoles import Consoles
from benchmarks.soak.worlds import Country, Drop
from peil.store.atomic import write_json
from peil.store.store import Store
from peil_models.synthetic import TIME_ZONE

TABLE = "rel_presence__by_zone_hour.csv"
EACH_DAY = (("watch", 7.0), ("retain", 13.0))  # hours of the day after
LOOKED_S, TRIED_S = 30.0, 5.0
KILLED_S = 90.0  # so long a kill waits for what it is to kill
PATIENCE_S = 1200.0  # after the last delivery, for what is not released yet
SETTLED_S = 120.0  # after the last release


class Course:
    """Goes through the period once.

    Attributes
    ----------
    waited : dict
        Minutes from a good delivery to its release, by pilot and day.
    samples : list of looking.Sample
    kills : list of str
        What was killed, and how many minutes after the beginning.
    """

    def __init__(
        self,
        country: Country,
        up: Consoles,
        store: Store,
        clock: Path,
        kill_every_s: float,
        tell: Callable[[str], object],
        keep: Callable[[], object] = lambda: None,
    ) -> None:
        self.country, self.up, self.store, self.clock = country, up, store, clock
        self.kill_every_s, self.tell, self._keep = kill_every_s, tell, keep
        self.waited: dict[tuple[str, date], float] = {}
        self.samples: list[looking.Sample] = []
        self.kills: list[str] = []
        self._began = time.monotonic()
        self._dropped: dict[tuple[str, date], float] = {}
        self._unasked: list[tuple[str, date]] = []
        self._due: dict[str, float] = {}
        self._n_turns = 0
        self._half_s = 0.0

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self._began

    @property
    def minutes(self) -> float:
        """Since the beginning."""
        return round(self.seconds / 60, 1)

    def released(self, pilot: str, day: date) -> bytes | None:
        """The released table of a day, as it lies at the agency."""
        file = self.store.released(pilot, "presence", day) / TABLE
        return file.read_bytes() if file.is_file() else None

    def keep(self) -> None:
        """Write down what was seen so far, so that who ends this loses little."""
        self._keep()
        observed = {
            "minutes": self.minutes,
            "kills": self.kills,
            "waited": [[pilot, str(day), n] for (pilot, day), n in self.waited.items()],
            "samples": [asdict(each) for each in self.samples],
            "lines": self.up.lines,
            "n_answers": self.up.n_answered,
        }
        write_json(self.country.folder / "observed.json", observed)

    def run(self, planned: list[Drop]) -> None:
        """Do everything at its time, until every day is released or patience ends.

        Raises
        ------
        NothingMeasured
            `peil up` ended.
        """
        zone = ZoneInfo(TIME_ZONE)

        def at(day: date, hours: float) -> datetime:
            midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), zone)
            return midnight + timedelta(hours=hours)

        schedule: list[tuple[datetime, Any]] = [(at(d.day, d.after_h), d) for d in planned]
        schedule += [
            (at(day, hours + number), (verb, pilot))
            for day in self.country.days
            for verb, hours in EACH_DAY
            for number, pilot in enumerate(self.country.pilots)
        ]
        schedule.sort(key=lambda entry: entry[0])
        ahead = schedule[-1][0] - hastened.moment(self.clock)
        self._half_s = ahead.total_seconds() / hastened.speed_of(self.clock) / 2
        untried: list[tuple[str, str]] = []
        over_at = None
        while over_at is None or self.seconds < over_at:
            if self.up.process.poll() is not None:
                raise NothingMeasured(f"`peil up` ended: {' '.join(self.up.lines)[-800:]}")
            now = hastened.moment(self.clock)
            while schedule and schedule[0][0] <= now:
                what = schedule.pop(0)[1]
                if isinstance(what, Drop):
                    self._drop(what)
                else:
                    untried.append(what)
            if self._is_time("tries", TRIED_S):
                untried = [each for each in untried if not self.up.try_trigger(*each)]
                self._ask()
                self.up.answer()
                self._look_for_releases()
            if self._is_time("looks", LOOKED_S):
                self.samples += looking.sample(self.up.process.pid, self.seconds)
                self.keep()
            self._kill(is_over=not schedule)
            if over_at is None and not schedule:
                over_at = self.seconds + PATIENCE_S
            n_all = len(self.country.pilots) * len(self.country.days)
            if over_at is not None and len(self.waited) == n_all and "end" not in self._due:
                self._due["end"] = over_at = min(over_at, self.seconds + SETTLED_S)
                for pilot in self.country.pilots:
                    untried += [("watch", pilot), ("retain", pilot)]
            time.sleep(0.5)

    def _is_time(self, what: str, every_s: float) -> bool:
        if self.seconds < self._due.get(what, 0.0):
            return False
        self._due[what] = self.seconds + every_s
        return True

    def _drop(self, drop: Drop) -> None:
        self.country.deliver(drop)
        self._unasked.append((drop.pilot, drop.day))
        if not drop.spoiled:
            self._dropped[drop.pilot, drop.day] = self.seconds
        word = drop.spoiled or "good"
        self.tell(f"{self.minutes} min: {drop.pilot} {drop.day} delivered, {word}")

    def _ask(self) -> None:
        """Ask for what was delivered, of each pilot one day after the other."""
        held = set()
        for pilot, day in list(self._unasked):
            if pilot not in held and self.up.try_backfill(pilot, day):
                self._unasked.remove((pilot, day))
            held.add(pilot)

    def _look_for_releases(self) -> None:
        for (pilot, day), since in self._dropped.items():
            if (pilot, day) not in self.waited and self.released(pilot, day) is not None:
                minutes = round((self.seconds - since) / 60, 2)
                self.waited[pilot, day] = minutes
                self.tell(f"{self.minutes} min: {pilot} {day} released after {minutes} min")

    def _kill(self, is_over: bool) -> None:
        """Kill one of each kind in turn; one that does not run within a while is passed over.

        In the second half a worker dies in the scheduler's place: one that lives through it shows
        whether it gathers memory, which the first minutes of a life do not.
        """
        due = (self._n_turns + 1) * self.kill_every_s
        if is_over or self.seconds < due:
            return
        kind = looking.KINDS[self._n_turns % len(looking.KINDS)]
        if kind == looking.SCHEDULER and self.seconds > self._half_s:
            kind = looking.WORKER
        is_killed = looking.kill(self.up.process.pid, kind)
        if is_killed:
            self.kills.append(f"{kind} at {self.minutes} min")
            self.tell(f"{self.minutes} min: {kind} killed")
        if is_killed or self.seconds > due + KILLED_S:
            self._n_turns += 1
