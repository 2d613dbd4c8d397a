"""Compile loops over arrays with numba.

How a loop is compiled belongs here, once; the loops stay beside the estimators that run them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a loop over arrays to machine code at its first call.

    On one thread and without reordering of sums, so that the same input gives the same bytes. The
    machine code is kept beside the module, or where NUMBA_CACHE_DIR says.

    Parameters
    ----------
    function : callable
        Takes and returns arrays and numbers only; each element type compiles once.

    Examples
    --------
    >>> import numpy as np
    >>> @compiled
    ... def total(values):
    ...     amount = 0.0
    ...     for value in values:
    ...         amount += value
    ...     return amount
    >>> total(np.array([1.0, 2.0]))
    3.0
    """
    # Without a file there is nothing to keep the code beside: an example, an interactive session.
    has_file = not function.__code__.co_filename.startswith("<")  # type: ignore[attr-defined]
    return numba.njit(cache=has_file, nogil=True)(function)  # type: ignore[no-any-return, unused-ignore]
