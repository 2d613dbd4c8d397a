"""The solver of linear programmes, HiGHS, without a word on the terminal.

The programmes themselves stand where they are needed: bounds of what is published, transport.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from peil_models.extras import optional_package


@cache
def _silent_highs() -> Any:
    """HiGHS whose output is off before its constructor can print its name and licence."""
    highspy = optional_package("highspy", "disclosure")

    class SilentHighs(highspy.Highs):  # type: ignore[misc, name-defined, unused-ignore]
        def enableCallbacks(self) -> None:  # noqa: N802
            # the constructor calls this, and the library prints its banner while it does
            self.setOptionValue("output_flag", False)
            super().enableCallbacks()  # type: ignore[no-untyped-call, unused-ignore]

    return SilentHighs


def silent_solver() -> Any:
    """Make a solver without rows or columns that prints nothing and uses one thread.

    Returns
    -------
    highspy.Highs
        One thread, so that the same programme ends in the same basis every time.

    Examples
    --------
    >>> silent_solver().getNumRow()
    0
    """
    solver = _silent_highs()()
    solver.setOptionValue("threads", 1)
    return solver
