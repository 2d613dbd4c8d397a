"""How the pictures of the accuracy benchmark are drawn and written; what they show stays in a part.

Pictures are PNG of a modest size, in the colours of Okabe and Ito (2008), which people with a
colour vision deficiency tell apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

DPI = 120
BLUE, SKY, GREEN, ORANGE = "#0072B2", "#56B4E9", "#009E73", "#E69F00"
YELLOW, VERMILION, PURPLE = "#F0E442", "#D55E00", "#CC79A7"
GREY, PALE = "#666666", "#999999"
STYLE: Any = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}


@contextmanager
def drawing() -> Iterator[Any]:
    """Yield `matplotlib.pyplot` with the style of all pictures, drawing to files only."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    with matplotlib.rc_context(STYLE):
        yield pyplot


def save(figure: Any, file: Path) -> None:
    """Write a figure as PNG and close it; the same figure on the same machine is the same bytes."""
    from matplotlib import pyplot

    file.parent.mkdir(parents=True, exist_ok=True)
    # No version of the library in the file: it would change with every update.
    figure.savefig(file, format="png", dpi=DPI, metadata={"Software": None})
    pyplot.close(figure)
