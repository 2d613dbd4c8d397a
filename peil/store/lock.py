"""One verb at a time on a period of a pilot, one run on its days; a second says who holds it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from peil.outcome import Waiting
from peil.store.store import Store

REPRODUCE = "reproduce"  # what is held while releases are made again, in the store beside too
LINKED = "linked"  # part of a window's first day that is held while its products are estimated


@contextmanager
def held(
    store: Store, pilot: str, day: str, verb: str, wait_s: float | None = None
) -> Iterator[None]:
    """Hold the period, or say who does and since when. The system frees it when a run dies.

    Without `wait_s` a held period is waited for as long as `PEIL_LOCK_WAIT_S` says.
    """
    with _held(store, store.lock(pilot, day), f"{pilot} {day}", verb, wait_s):
        yield


@contextmanager
def all_held(store: Store, pilot: str, names: list[str], verb: str) -> Iterator[None]:
    """Hold several periods, in the order given; none where one of them is held by another."""
    with ExitStack() as together:
        for name in names:
            together.enter_context(held(store, pilot, name, verb))
        yield


def part(day: str, number: int) -> str:
    """Name what is held while one part of a day is staged."""
    return f"{day}.part-{number}"


def parts(store: Store, pilot: str, day: str) -> list[str]:
    """Names of the parts of a day that were ever held, in order."""
    locks = store.lock(pilot, day).parent.glob(f"{part(day, 0)[:-1]}*.lock")
    return sorted(path.stem for path in locks)


@contextmanager
def held_days(store: Store, pilot: str, days: Iterable[date], verb: str) -> Iterator[None]:
    """Hold days for a whole run, beside what its verbs hold one after the other.

    Days are taken in their order, so that two runs never wait for each other.

    Raises
    ------
    Waiting
        Another run holds one of them; none is held then.
    """
    with ExitStack() as holding:
        for day in sorted(days):
            path = store.lock(pilot, f"{day}.{verb}")
            holding.enter_context(_held(store, path, f"{pilot} {day}", verb, None))
        yield


@contextmanager
def _held(store: Store, path: Path, what: str, verb: str, wait_s: float | None) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    holder = path.with_suffix(".holder")
    lock = FileLock(path, timeout=store.settings.lock_wait_s if wait_s is None else wait_s)
    try:
        lock.acquire()
    except Timeout:
        who = holder.read_text() if holder.exists() else "another run"
        raise Waiting(f"{what} is held by {who}: wait for it, or stop that process.") from None
    try:
        since = datetime.now(tz=UTC).isoformat(timespec="seconds")
        holder.write_text(f"{verb}, process {os.getpid()}, since {since}")
        yield
    finally:
        lock.release()
