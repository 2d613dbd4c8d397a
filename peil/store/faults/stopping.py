"""Stop at SIGTERM and Ctrl-C: at once, or at the next signature at the latest, and say so.

What is cut off is taken back by whoever had begun it, as after a kill. Whether a process is asked
to stop is asked here; what a command prints stands in `peil.commands.terminal`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from peil.outcome import Stopped

SIGNALS = (signal.SIGINT, signal.SIGTERM)
# a long step of a library that does not look at signals is cut off after so long, like by a kill; a
# process that stops because the first does is told by its end at the latest: ten seconds in all
PATIENCE_S, PATIENCE_OF_SECOND_S = 7.0, 1.5

AGAIN_AFTER_S = 0.05

_asked: list[int] = []


def is_asked() -> bool:
    """Say whether this process was asked to stop."""
    return bool(_asked)


def check() -> None:
    """Stop here if this process was asked to: before what cannot be taken back.

    Raises
    ------
    Stopped
        It was asked to stop.
    """
    if _asked:
        raise Stopped(_asked[0])


@contextmanager
def heeding(
    last_words: Callable[[str], Any] = lambda sentence: None, patience_s: float = PATIENCE_S
) -> Iterator[None]:
    """Stop what is in the block at SIGTERM or SIGINT, within some seconds whatever it does.

    Only the main thread may heed signals: elsewhere this does nothing.

    Parameters
    ----------
    last_words : callable
        Told the sentence where the block had to be cut off, since nobody else can say it then.
    patience_s : float
        Seconds from the signal until the process is ended in the middle of whatever it does.

    Raises
    ------
    Stopped
        In place of whatever the block raised, or returned, once the signal came.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _asked.clear()
    before = {number: signal.signal(number, _stop) for number in SIGNALS}
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    wakes = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    ended = threading.Event()
    guard = threading.Thread(
        target=_cut_off, args=(reading, ended, patience_s, last_words), daemon=True
    )
    guard.start()
    unraisable, ending = sys.unraisablehook, threading.Lock()
    sys.unraisablehook = partial(_ask_again, unraisable, ended, ending)
    try:
        yield
        check()
    except Exception:
        check()  # a library made an error of its own of it
        raise
    finally:
        with ending:
            ended.set()
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(wakes)
            sys.unraisablehook = unraisable
        os.close(writing)  # ends the guard, who reads
        guard.join()
        os.close(reading)
        _asked.clear()


def _stop(number: int, _frame: Any) -> None:
    _asked.append(number)
    raise Stopped(number)


def _ask_again(
    otherwise: Callable[[Any], Any], ended: threading.Event, ending: threading.Lock, lost: Any
) -> None:
    """Ask once more where a stop fell into a callback, which raises nothing: it was lost there."""
    if not isinstance(lost.exc_value, Stopped):
        otherwise(lost)
        return

    def ask(number: int) -> None:
        with ending:
            if not ended.is_set():
                os.kill(os.getpid(), number)

    again = threading.Timer(AGAIN_AFTER_S, ask, [_asked[-1]])
    again.daemon = True
    again.start()


def _cut_off(
    reading: int, ended: threading.Event, patience_s: float, last_words: Callable[[str], Any]
) -> None:
    """Wait for a signal, then for the end of the block; end the process where it does not come."""
    while numbers := os.read(reading, 64):
        number = next((number for number in numbers if number in SIGNALS), None)
        if number is not None and not ended.wait(patience_s):
            stop = Stopped(number)
            last_words(str(stop))
            os._exit(stop.exit_code)
