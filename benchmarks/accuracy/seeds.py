"""Statistics over the seeds of a benchmark: nothing here knows what was measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import t as student


def across(values: Sequence[float]) -> tuple[float, float]:
    """Return the mean over seeds, and half the width of its 90 % interval (Student's t).

    Parameters
    ----------
    values : sequence of float
        A figure of each seed; of a single seed the width is 0.

    Examples
    --------
    >>> mean, half = across([1.0, 2.0, 3.0, 4.0, 5.0])
    >>> round(mean, 3), round(half, 3)
    (3.0, 1.507)
    """
    spread = float(np.std(values, ddof=1)) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return float(np.mean(values)), spread * float(student.ppf(0.95, max(len(values) - 1, 1)))
