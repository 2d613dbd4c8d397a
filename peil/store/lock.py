"""One verb at a time on one period of one pilot; a second one says who holds it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

from filelock import FileLock, Timeout

from peil.outcome import Waiting
from peil.store.store import Store


@contextmanager
def all_held(store: Store, pilot: str, names: list[str], verb: str) -> Iterator[None]:
    """Hold several periods, in the order given; none where one of them is held by another."""
    with ExitStack() as together:
        for name in names:
            together.enter_context(held(store, pilot, name, verb))
        yield


@contextmanager
def held(store: Store, pilot: str, day: str, verb: str) -> Iterator[None]:
    """Hold the period, or say who does and since when. The system frees it when a run dies."""
    path = store.lock(pilot, day)
    path.parent.mkdir(parents=True, exist_ok=True)
    holder = path.with_suffix(".holder")
    try:
        with FileLock(path, timeout=store.settings.lock_wait_s):
            since = datetime.now(tz=UTC).isoformat(timespec="seconds")
            holder.write_text(f"{verb}, process {os.getpid()}, since {since}")
            yield
    except Timeout:
        who = holder.read_text() if holder.exists() else "another run"
        raise Waiting(
            f"{pilot} {day} is held by {who}: wait for it, or stop that process."
        ) from None
