"""A second process for a long run: it stages a day while the run ingests the next, and so on.

So a run of many days uses two cores. What is walked, and in which order, the run decides.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from peil.adapters.airflow.walking import walk
from peil.outcome import Outcome, Stopped
from peil.store.faults import stopping

Walk = Callable[[str, str, str], Iterable[Outcome]]
Walked = tuple[str, str]  # a verb and a day
ENDS_WITHIN_S = 5.0  # longer than a process that was asked to stop lasts, see `stopping`


class SecondProcess:
    """Walks verbs of a pilot one after the other, in the order in which they are asked for.

    Parameters
    ----------
    pilot : str
    walk : callable
        From verb, pilot and day to outcomes; a module's own function, since it goes to a process.

    Examples
    --------
    Within `second_process`::

        with second_process("demo") as second:
            second.ask("stage", "2026-03-02")
            for (verb, day), outcomes in second.answers(wait=True):
                ...
    """

    def __init__(self, pilot: str, walk: Walk = walk) -> None:
        # a fresh interpreter: Airflow's database and DuckDB do not survive a fork
        context = multiprocessing.get_context("spawn")
        self._own, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, walk, pilot), daemon=True)
        self._process.start()
        theirs.close()
        self._open: list[Walked] = []

    def ask(self, verb: str, day: str) -> None:
        """Ask for a verb of a day to be walked, and go on without waiting."""
        self._own.send((verb, day))
        self._open.append((verb, day))

    def answers(self, wait: bool = False) -> Iterator[tuple[Walked, list[Outcome] | Exception]]:
        """Yield what ended since the last call, or with `wait` all that was asked for.

        Yields
        ------
        (verb, day), list of Outcome or Exception
            An exception as the verb raised it.

        Raises
        ------
        Stopped
            The process was asked to stop, as this one is then.
        RuntimeError
            It died.
        """
        while self._open and (wait or self._own.poll()):
            try:
                answer = self._own.recv()
            except EOFError:
                verb, day = self._open[0]
                raise RuntimeError(
                    f"The process that walked {verb} of {day} died: run the same again."
                ) from None
            if isinstance(answer, Stopped):
                raise answer
            yield self._open.pop(0), answer

    def close(self) -> None:
        """End the process: it is idle, or stops as at Ctrl-C."""
        self._own.close()
        self._process.join(ENDS_WITHIN_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


@contextmanager
def second_process(pilot: str, walk: Walk = walk) -> Iterator[SecondProcess]:
    """Have a second process for as long as the block lasts."""
    second = SecondProcess(pilot, walk)
    try:
        yield second
    finally:
        second.close()


def _serve(theirs: Connection, walk: Walk, pilot: str) -> None:
    """Walk what is asked for; when the asking process is gone, stop in the middle of it."""
    os.umask(0o077)
    asked_for: queue.SimpleQueue[Walked | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(theirs, asked_for), daemon=True).start()
    try:
        with stopping.heeding(patience_s=stopping.PATIENCE_OF_SECOND_S):
            while (walked := asked_for.get()) is not None:
                theirs.send(_answer(walk, pilot, *walked))
    except Stopped as stop:
        _send_last(theirs, stop)


def _listen(theirs: Connection, asked_for: queue.SimpleQueue[Walked | None]) -> None:
    """Take requests; the end of the pipe ends an idle process, and stops one that walks."""
    try:
        while True:
            asked_for.put(theirs.recv())
    except (EOFError, OSError):
        asked_for.put(None)
        os.kill(os.getpid(), signal.SIGTERM)


def _answer(walk: Walk, pilot: str, verb: str, day: str) -> Any:
    try:
        return list(walk(verb, pilot, day))
    except Exception as error:
        error.__cause__ = error.__context__ = None  # what is sent need not be what it came from
        return error


def _send_last(theirs: Connection, stop: Stopped) -> None:
    try:
        theirs.send(stop)
    except OSError:  # nobody reads any more
        return
