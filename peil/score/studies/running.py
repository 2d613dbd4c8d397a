"""Run a study: make its worlds, then its units, some at a time; what stands is not done again.

Killed at any moment and run again, it ends in the same table.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from peil.outcome import Outcome, Refused, Waiting
from peil.score.studies import own, results, units, worlds
from peil.score.studies.plan import Study, StudyWorld, Unit, folder_of, read
from peil.store.store import Store

Tell = Callable[[str, str, str], None]


def run(name: str, jobs: int, tell: Tell) -> Outcome:
    """Try what a study tries, and write its table.

    Parameters
    ----------
    jobs : int
        How many worlds or units are worked on at a time, each in a process of its own.
    tell : callable
        Called with a step, its world and a word, as a progress display takes them.

    Raises
    ------
    Refused
        No such study, or a step of it was refused.
    Waiting
        The study is being run.
    """
    store = Store()
    study = read(name, store.settings)
    own.rows(store.settings)  # refused before anything is made
    folder = folder_of(store.root, name)
    folder.mkdir(parents=True, exist_ok=True)
    every = list(study.units(own.source(store.settings)))
    to_do = [unit for unit in every if not units.file_of(folder, unit).exists()]
    try:
        with FileLock(folder / "run.lock", timeout=0):
            for left in (folder / "units").glob(".*.part"):
                left.unlink()
            if to_do:
                _work(store.root, folder, study.every_world(), to_do, jobs, tell)
            facts = results.write(store, study, folder, every)
    except Timeout:
        raise Waiting(f"The study {name} is being run: wait until it ends, or stop it.") from None
    look_at = [str(folder / results.NAME), f"peil study show {name}"]
    return Outcome(
        "study", name, f"{len(every)} units", "done" if to_do else "unchanged", facts, look_at
    )


def steps(study: Study, store: Store) -> list[tuple[str, str]]:
    """What is still to do: a step and what it is done to."""
    folder = folder_of(store.root, study.study)
    left = [
        unit
        for unit in study.units(own.source(store.settings))
        if not units.file_of(folder, unit).exists()
    ]
    to_make = [w.name for w in study.every_world() if _is_needed(store.root, w, left)]
    return [*(("world", name) for name in to_make), *(("estimate", _named(unit)) for unit in left)]


def _is_needed(root: Path, world: StudyWorld, left: list[Unit]) -> bool:
    is_used = any(unit.world == world for unit in left)
    return is_used and not (worlds.store_of(root, world) / worlds.WHOLE).exists()


def _named(unit: Unit) -> str:
    return f"{unit.world.name} {unit.label}"


def _work(
    root: Path, folder: Path, every: list[StudyWorld], to_do: list[Unit], jobs: int, tell: Tell
) -> None:
    """Let processes work, and end them where this one is stopped."""
    needed = [world for world in every if _is_needed(root, world, to_do)]
    with _processes(jobs) as pool:
        _each(pool, partial(worlds.make, root), needed, "world", tell)
        _each(pool, partial(units.work, root, folder), to_do, "estimate", tell)


@contextmanager
def _processes(jobs: int) -> Iterator[Executor]:
    """Fresh processes that work; none is left where the block is left by an error.

    Raises
    ------
    Refused
        One of them ended by itself.
    """
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_end_with_parent)
    try:
        yield pool
    except BaseException as error:
        for process in multiprocessing.active_children():
            process.kill()
            process.join()
        pool.shutdown(wait=False, cancel_futures=True)
        if isinstance(error, BrokenProcessPool):
            raise Refused(
                "A process of the study ended by itself, perhaps for want of memory: run the same "
                "again, with fewer --jobs; what stands is not done again."
            ) from None
        raise
    pool.shutdown()


def _end_with_parent() -> None:
    """Let this process end when the one that asked for it does, however that ends."""
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _each(
    pool: Executor, function: Callable[[Any], str], items: Iterable[Any], step: str, tell: Tell
) -> None:
    for done in as_completed([pool.submit(function, item) for item in items]):
        name = done.result()
        tell(step, name, "starts")
        tell(step, name, "done")
