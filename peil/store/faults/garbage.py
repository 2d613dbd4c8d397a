"""When Python looks for garbage: not among what a process imports, which stays.

Looking through the classes of Great Expectations and dbt again and again while they are made is a
tenth of what a small day's verbs cost.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# objects made between two looks at the young, and looks between two at the older; Python's own
# first figure is 700
SELDOM = (10_000, 20, 20)


def look_less_often() -> None:
    """Look for garbage as a process does that makes many objects and lives for one command."""
    gc.set_threshold(*SELDOM)


@contextmanager
def not_among_what_stays() -> Iterator[None]:
    """Look for no garbage while something is made that stays, nor ever among it afterwards.

    Meant for imports and for what is read once in a process. Within another such block, or where
    looking is switched off, nothing changes.

    >>> import gc
    >>> with not_among_what_stays():
    ...     gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
