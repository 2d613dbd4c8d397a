"""Ask the verb that would use a file next, in this process, as far as it looks before it goes on.

Of `peil release` as it publishes everything is asked but whether figures are believable or tell too
much: these were never estimated. Its gate answers that it judged the candidate that was there.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

from benchmarks.disturbed.in_use.pilot import NAME, PRODUCT, SignedPilot
from peil.adapters import database
from peil.charter import reading, signatures
from peil.charter.clock import today
from peil.charter.period import Period
from peil.gates.report import GateReport
from peil.outcome import GateClosed, Refused
from peil.release import disclosure, release
from peil.stage.ready_day import ReadyDay
from peil.store import verifying
from peil.store.faults import disk


def verify(pilot: SignedPilot) -> None:
    """As `peil verify`."""
    verifying.checked.cache_clear()  # as a process does that was started for it
    exit_code, sentence = verifying.answer(pilot.store.root)
    if exit_code:
        raise Refused(sentence)


def check(pilot: SignedPilot) -> None:
    """As `peil charter check`."""
    charter = reading.load(NAME)
    reading.check_valid(charter, today(charter))
    signatures.check(charter, pilot.store)


def open_pilot(_: SignedPilot) -> None:
    """As every verb begins."""
    Period.open(NAME)


def publish(pilot: SignedPilot) -> None:
    """As `peil release` publishes an approved candidate, up to its crossing and with it."""
    day = str(pilot.days[1])
    report = GateReport("released", NAME, day, True, [], pilot.judged)
    with ExitStack() as stack:
        stack.enter_context(patch.object(release, "require_open", lambda *_: report))
        stack.enter_context(patch.object(release, "_check_together", lambda *_: None))
        for name in ("release_of", "keep"):
            stack.enter_context(patch.object(disclosure, name, lambda *_: None))
        release.publish(NAME, day, PRODUCT)


def stage(pilot: SignedPilot) -> None:
    """As `peil stage` before it reads a row."""
    ready = ReadyDay.of(Period.open(NAME, pilot.days[3]))
    ready.session(Path("aside"), pilot.folder / "work")


def estimate(pilot: SignedPilot) -> None:
    """As `peil estimate` opens a staged day."""
    store, day = pilot.store, pilot.days[4]
    with database.connection(store, store.work(NAME, day, "look")) as opened:
        database.attach_staged(opened, store, NAME, day, verb="estimate")


VERBS: dict[str, Callable[[SignedPilot], None]] = {
    "peil verify": verify,
    "peil charter check": check,
    "any verb": open_pilot,
    "peil release": publish,
    "peil stage": stage,
    "peil estimate": estimate,
}


def said(pilot: SignedPilot, verb: str) -> str:
    """The sentence with which a verb stops; empty where it goes on."""
    try:
        VERBS[verb](pilot)
    except (Refused, GateClosed) as stop:
        return str(stop)
    except Exception as error:
        refusal = disk.in_words(error, pilot.store)  # as the command line words it
        if refusal is None:
            raise
        return str(refusal)
    return ""
