"""Processor time of work done in this process; what runs in a process of its own is `process`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def least_cpu_s(work: Callable[[], Result], repeats: int) -> tuple[Result, float]:
    """Do the same work several times; return its last result and the least processor seconds.

    Parameters
    ----------
    work : callable
        Does not change what it reads, and is compiled already.
    repeats : int
        At least 1. The least of several is what other work on the machine disturbs least.
    """
    least = float("inf")
    for _ in range(repeats):
        begun = time.process_time()
        result = work()
        least = min(least, time.process_time() - begun)
    return result, max(least, 1e-9)
