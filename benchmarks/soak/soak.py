"""Weeks of deliveries through a started Airflow, hastened, while its processes are killed.

Each day of each pilot is dropped where operators put their files, asked for, approved by two
accounts and released, by the project's own DAGs. In the end: the bytes of an undisturbed run, each
news of an incident in one mail, memory and open files flat, nothing left over, a store that holds.
"""

from __future__ import annotations

import signal
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.disturbed.world import half_made, quick_methods
from benchmarks.recording import NothingMeasured, when_and_where, write_figures
from benchmarks.soak import consoles, hastened, inbox, looking, page
from benchmarks.soak.course import Course
from benchmarks.soak.undisturbed import Undisturbed
from benchmarks.soak.worlds import NAMES, Country, days_of, drops, planted
from peil.adapters.airflow.home import environment_of_a_child
from peil.outcome import Outcome
from peil.settings import PROJECT, Settings
from peil.store.store import Store
from peil_models.synthetic import TIME_ZONE

BEGINS_H = 22  # of the first day: what is dropped first comes three hours later


def soak(
    n_days: int,
    n_pilots: int,
    speed: float,
    kill_every_s: float,
    n_devices: int,
    tell: Callable[[str], object],
    folder: Path | None = None,
    out: Path | None = None,
) -> Outcome:
    """Let weeks of deliveries go through a started Airflow; write the page and its record.

    Parameters
    ----------
    speed : float
        Of the pilots' clock, as times the machine's.
    kill_every_s : float
        Seconds of the machine's clock between two kills.
    n_devices : int
        Of each pilot's operator.
    folder : Path, optional
        Empty; of the stores, which stay. A temporary one by default.

    Raises
    ------
    NothingMeasured
        Airflow did not start, or `peil up` ended.
    """
    days, pilots = days_of(n_days), NAMES[:n_pilots]
    for number in (signal.SIGINT, signal.SIGTERM):  # who stops it stops `peil up` as well
        signal.signal(number, signal.default_int_handler)
    with ExitStack() as stack:
        place = folder or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="peil-soak-"))
        )
        country = Country(place, pilots, days)
        for sentence in country.make(n_devices, place / "data"):
            tell(sentence)
        methods = quick_methods(place)
        reference = Undisturbed(country, methods)
        settings = country.settings(place / "data", country.deliveries)
        settings = settings.model_copy(update={"methods": methods})
        box = stack.enter_context(inbox.opened())
        origin = datetime.combine(days[0], datetime.min.time(), ZoneInfo(TIME_ZONE))
        clock = place / "clock"
        environment = hastened.lay(clock, origin + timedelta(hours=BEGINS_H), speed)
        environment |= _variables(settings) | box.environment()
        environment["PYTHONPATH"] += f":{PROJECT}"
        country.sign(environment)
        trouble = planted(pilots, days)
        with consoles.started(settings, environment, place / "up.log") as started:
            tell("Airflow and MLflow are up")
            reference.begin()
            hastened.begin(clock)
            noticed = inbox.Seen()

            def keep() -> None:
                box.save(place / "mails")
                noticed.look(Store(settings), pilots)

            course = Course(
                country,
                started,
                Store(settings),
                clock / "clock.json",
                kill_every_s,
                tell,
                keep=keep,
            )
            course.run(drops(pilots, days, trouble))
            course.keep()
            failed = started.failed_runs()
        tell("what an undisturbed run releases")
        expected = reference.end()
        record = _record(country, settings, course, (box, noticed), expected, environment)
    record |= {
        "n_days": n_days,
        "n_devices": n_devices,
        "speed": speed,
        "kill_every_s": kill_every_s,
        "looked_at": page.BELOW,
        "planted": [{**asdict(each), "day": str(each.day)} for each in trouble],
        "n_failed_runs": dict(Counter(dag.partition("__")[0] for dag, _, _ in failed))
        or {"any": 0},
    }
    return write_figures("soak", {**when_and_where(), **record}, page.report, page.facts, out)


def _variables(settings: Settings) -> dict[str, str]:
    """The settings as variables, without Airflow's own."""
    own = environment_of_a_child(settings, 0)
    return {name: value for name, value in own.items() if name.startswith("PEIL_")}


def _record(
    country: Country,
    settings: Settings,
    course: Course,
    mails: tuple[inbox.Inbox, inbox.Seen],
    expected: dict[tuple[str, str], bytes],
    environment: dict[str, str],
) -> dict[str, Any]:
    """What is read off the store, the mails and the looks, when all is over."""
    days = []
    for pilot in country.pilots:
        bytes_of = {str(day): course.released(pilot, day) for day in country.days}
        same = [bytes_of[day] == expected.get((pilot, day)) for day in bytes_of if bytes_of[day]]
        waited = [minutes for (each, _), minutes in course.waited.items() if each == pilot]
        days.append(
            {
                "pilot": pilot,
                "n_released": sum(content is not None for content in bytes_of.values()),
                "n_same": sum(same),
                "median_minutes": statistics.median(waited) if waited else -1.0,
                "most_minutes": max(waited, default=-1.0),
            }
        )
    verified = subprocess.run(
        [sys.executable, "-m", "peil.cli", "verify"],
        env={**environment, "PATH": "/usr/bin:/bin", "COLUMNS": "500"},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    left = set(half_made(settings.data)) - set(half_made(country.folder / "reference"))
    return {
        "days": days,
        "minutes": course.minutes,
        "kills": course.kills or ["none"],
        "n_started_again": sum("is started again" in line for line in course.up.lines),
        "n_answers": course.up.n_answered,
        "alerts": _alerts(*mails),
        "n_mails": len(mails[0].received),
        "components": _components(course.samples),
        "left": sorted(left) or ["nothing"],
        "verified": verified.returncode == 0,
    }


def _alerts(box: inbox.Inbox, noticed: inbox.Seen) -> list[dict[str, Any]]:
    """Of each incident, how often its beginning and its end were due in a mail, and were in one."""
    mailed, owed, rows = inbox.news(box.texts()), noticed.owed, []
    for (pilot, name), incident in sorted(noticed.by_name.items()):
        counts = {
            f"{which}_{news}": source[pilot, name, news]
            for which, source in (("owed", owed), ("mailed", mailed))
            for news in ("began", "ended")
        }
        trouble = incident.trouble
        rows.append({"pilot": pilot, "kind": trouble.kind, "where": trouble.where, **counts})
    strangers = {key for key in mailed if key not in owed}
    rows += [
        {"pilot": pilot, "kind": "of nothing", "where": name, "owed_began": 0, "owed_ended": 0}
        | {"mailed_began": mailed[pilot, name, news], "mailed_ended": 0}
        for pilot, name, news in sorted(strangers)
    ]
    if not rows:
        raise NothingMeasured("The benchmark soak measured nothing: no incident was told.")
    return rows


def _components(samples: list[looking.Sample]) -> list[dict[str, Any]]:
    """What each component held, and gained an hour in the second half."""
    half = max((each.at_s for each in samples), default=0.0) / 2
    rows = []
    for name in looking.COMPONENTS:
        own = [each for each in samples if each.component == name]
        gains = {what: looking.slope(own, what, half) for what in ("memory_mib", "n_files")}
        if all(gains.values()):
            rows.append({"component": name, **gains})
    return rows
