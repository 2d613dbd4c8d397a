"""Round the ends of intervals outwards, so that they tell nothing that the figure does not.

Figures themselves are rounded where they are released.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def outward_ends(
    lower: ArrayLike, upper: ArrayLike, *, share: float, least: float
) -> tuple[Floats, Floats]:
    """Round the ends of intervals outwards to a step of 1, 2 or 5 times a power of ten.

    The step is the largest that is at most `share` of the width, and no smaller than `least`: the
    exact ends are functions of the devices that were counted, and would give them away.

    Parameters
    ----------
    lower, upper : array-like of shape (n,)
        NaN stays NaN.
    share : float in (0, 1]
        Of the width.
    least : float in (0, inf)
        Smallest step, in the unit of the figures.

    Returns
    -------
    lower, upper : ndarray of shape (n,)
        The rounded interval holds the exact one; the lower end is not below 0.

    Raises
    ------
    ValueError
        A share outside (0, 1], a step that is not positive, an end below 0.

    Examples
    --------
    >>> outward_ends([1234.0, 3.0], [1361.0, 4.0], share=0.1, least=5.0)
    (array([1230.,    0.]), array([1370.,    5.]))
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must lie in (0, 1], got {share}")
    if not least > 0:
        raise ValueError(f"least must be above 0, got {least}")
    low, high = np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
    if (low < 0).any():
        raise ValueError(f"lower is below 0 (first at {int((low < 0).argmax())})")
    wanted = np.maximum(share * (high - low), least)
    power = 10.0 ** np.floor(np.log10(wanted))
    digit = np.select([wanted >= 5 * power, wanted >= 2 * power], [5.0, 2.0], 1.0)
    step = digit * power
    return np.floor(low / step) * step, np.ceil(high / step) * step
