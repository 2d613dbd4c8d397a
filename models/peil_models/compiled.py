"""Compile loops over arrays with numba.

How a loop is compiled belongs here, once; the loops stay beside the estimators that run them. They
follow devices; what works on counts needs no numba, which is most of the room of an installation.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib.util import find_spec
from typing import ParamSpec, TypeVar

from peil_models.extras import optional_package

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

    Raises
    ------
    ModuleNotFoundError
        At the call, where numba is not installed, with the command that installs it. A loop that
        takes a second compiled takes minutes in Python, so it is not run there.

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
    if find_spec("numba") is None:

        @wraps(function)
        def absent(*_: P.args, **__: P.kwargs) -> R:
            optional_package("numba", "devices")
            raise AssertionError  # what was not to be had a moment ago

        return absent
    import numba

    # Without a file there is nothing to keep the code beside: an example, an interactive session.
    has_file = not function.__code__.co_filename.startswith("<")  # type: ignore[attr-defined]
    return numba.njit(cache=has_file, nogil=True)(function)  # type: ignore[no-any-return, unused-ignore]
