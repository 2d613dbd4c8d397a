"""The solver of linear programmes, HiGHS, without a word on the terminal.

The programmes themselves stand where they are needed: bounds of what is published, transport.
"""

from __future__ import annotations

from typing import Any

from peil_models.extras import optional_package


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
    highspy = optional_package("highspy", "disclosure")

    class Silent(highspy.Highs):  # type: ignore[misc, name-defined, unused-ignore]
        """HiGHS whose output is off before its constructor prints its name and licence."""

        def enableCallbacks(self) -> None:  # noqa: N802
            self.setOptionValue("output_flag", False)
            super().enableCallbacks()

    solver: Any = Silent()
    solver.setOptionValue("threads", 1)
    return solver
