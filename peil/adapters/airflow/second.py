"""A second process for a long run: it stages a day while the run ingests the next, and so on.

So a run of many days uses two cores. What is walked, and in which order, the run decides.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any

from peil.adapters.airflow.walking import walk
from peil.outcome import Outcome, Stopped
from peil.settings import settings
from peil.store.faults import leaving, stopping

Walk = Callable[[str, str, str], Iterable[Outcome]]
Walked = tuple[str, str]  # a verb and a day
THREADS = "PEIL_THREADS"
ENDS_WITHIN_S = 5.0  # longer than a process that was asked to stop lasts, see `stopping`


class SecondProcess:
    """Walks verbs of a pilot one after the other, in the order in which they are asked for.

    What waits for its turn stays here: the run may take it back, and walk it itself.

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
        self._turns = threading.Lock()
        self._waiting: deque[Walked] = deque()
        self._walked: Walked | None = None
        self._n_open = 0
        self._ended: queue.SimpleQueue[tuple[Walked, Any] | None] = queue.SimpleQueue()
        self._hearing = threading.Thread(target=self._hear, daemon=True)
        self._hearing.start()

    def ask(self, verb: str, day: str) -> None:
        """Ask for a verb of a day to be walked, and go on without waiting."""
        with self._turns:
            self._waiting.append((verb, day))
            self._n_open += 1
            self._next()

    def take_back(self) -> Walked | None:
        """Take back what would have its turn next, to be walked by who asked; None if nothing."""
        with self._turns:
            if not self._waiting:
                return None
            self._n_open -= 1
            return self._waiting.popleft()

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
        while self._n_open and (wait or not self._ended.empty()):
            ended = self._ended.get()
            if ended is None:
                verb, day = self._walked or self._waiting[0]
                raise RuntimeError(
                    f"The process that walked {verb} of {day} died: run the same again."
                )
            walked, answer = ended
            if isinstance(answer, Stopped):
                raise answer
            self._n_open -= 1
            yield walked, answer

    def close(self) -> None:
        """End the process: it is idle, or stops as at Ctrl-C."""
        with suppress(OSError):
            self._own.send(None)
        self._process.join(ENDS_WITHIN_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._hearing.join()
        self._own.close()

    def _next(self) -> None:
        """Give the process what waits longest, unless it walks; `_turns` is held."""
        if self._walked is None and self._waiting:
            self._walked = self._waiting.popleft()
            with suppress(OSError):  # it died, which `_hear` finds too
                self._own.send(self._walked)

    def _hear(self) -> None:
        """Take answers as they come, so that the process does not wait for the run to look."""
        while True:
            try:
                answer = self._own.recv()
            except (EOFError, OSError):
                self._ended.put(None)
                return
            except Exception as error:  # an exception that cannot be made again here
                answer = error
            with self._turns:
                # nothing is walked where it was asked to stop while it was idle
                walked, self._walked = self._walked or ("", ""), None
                self._ended.put((walked, answer))
                self._next()


@contextmanager
def second_process(pilot: str, walk: Walk = walk) -> Iterator[SecondProcess]:
    """Have a second process for as long as the block lasts; either has half of the threads."""
    with _half_of_the_threads():
        second = SecondProcess(pilot, walk)
        try:
            yield second
        finally:
            second.close()


@contextmanager
def _half_of_the_threads() -> Iterator[None]:
    """Give DuckDB half of its threads, in this process and in those that it starts.

    With more threads than cores between them, one that waits for another takes its time away.
    """
    before = os.environ.get(THREADS)
    os.environ[THREADS] = str(max(settings().threads // 2, 1))
    try:
        yield
    finally:
        os.environ.pop(THREADS)
        if before is not None:
            os.environ[THREADS] = before


def _serve(theirs: Connection, walk: Walk, pilot: str) -> None:
    """Walk what is asked for; when the asking process is gone, stop in the middle of it."""
    os.umask(0o077)
    leaving.prepare()
    asked_for: queue.SimpleQueue[Walked | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(theirs, asked_for), daemon=True).start()
    try:
        with stopping.heeding(patience_s=stopping.PATIENCE_OF_SECOND_S):
            while (walked := asked_for.get()) is not None:
                theirs.send(_answer(walk, pilot, *walked))
    except Stopped as stop:
        _send_last(theirs, stop)
    leaving.with_code(0)


def _listen(theirs: Connection, asked_for: queue.SimpleQueue[Walked | None]) -> None:
    """Take requests; the last, or the end of the pipe, ends an idle process, and stops a walk."""
    with suppress(EOFError, OSError):
        while (walked := theirs.recv()) is not None:
            asked_for.put(walked)
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
