"""End a process once it is done: what libraries registered for its exit runs, and no more.

An interpreter takes all its modules apart before it ends. With dbt, Airflow or MLflow among them
that is a second or more of every command, for memory that the system takes back by itself.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
from contextlib import suppress
from multiprocessing.util import _run_finalizers  # type: ignore[attr-defined]
from typing import NoReturn

_codes: list[int] = []


def prepare() -> None:
    """Let this process leave by `with_code`; before libraries register what they do at an exit.

    Handlers run in the reverse of the order in which they were registered, so this one comes last.
    """
    atexit.register(_leave)


def with_code(code: int) -> None:
    """Say with which exit code the process ends, where it ends of itself."""
    _codes[:] = [code]


def at_once(code: int) -> NoReturn:
    """End the process here, without what libraries do at an exit."""
    _run_finalizers(0)  # of semaphores, or their tracker would complain of them
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # nobody reads any more
            stream.flush()
    os._exit(code)


def _leave() -> None:
    if _codes:
        at_once(_codes[-1])
