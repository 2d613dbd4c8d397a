"""Intervals of sums in which devices stand for unlike numbers of persons."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peil_models.uncertainty.widths import presence_interval

Floats = NDArray[np.float64]


def weighted_interval(
    n_persons: ArrayLike,
    n_squared: ArrayLike,
    *,
    sampling_overdispersion: float,
    model_error_share: float,
    level: float = 0.9,
    weight_of_none: float = 0.0,
) -> tuple[Floats, Floats]:
    """Interval of sums of weights: that of as many equal ones as vary as much.

    Few devices that stand for many persons vary more than their number says.

    Parameters
    ----------
    n_persons, n_squared : array-like of one shape
        Sums over counted devices or events of what each stands for, and of its square. Unit:
        persons, persons².
    sampling_overdispersion, model_error_share, level : float
        As `presence_interval`.
    weight_of_none : float, default=0.0
        What a device would stand for where none was counted; 0 leaves such an entry no width.

    Returns
    -------
    lower, upper : ndarray of the same shape
        Unit: persons.

    Raises
    ------
    ValueError
        As `presence_interval`.

    Notes
    -----
    Assumes that devices of each weight come as a Poisson process of their own, times the
    overdispersion. The number of equal ones is Kish's effective sample size [1]_.

    References
    ----------
    .. [1] Kish (1965), Survey Sampling, Wiley, section 11.7.

    Examples
    --------
    The same 400 persons by 100 devices that stand for 4 each, and by 80 for 1 and 20 for 16:

    >>> width = {"sampling_overdispersion": 1.0, "model_error_share": 0.0}
    >>> lower, upper = weighted_interval([400.0, 400.0], [100 * 4.0**2, 80 + 20 * 16.0**2], **width)
    >>> lower.round(), upper.round()
    (array([338., 295.]), array([470., 533.]))
    """
    persons = np.asarray(n_persons, np.float64)
    weight = np.full(persons.shape, weight_of_none)
    np.divide(np.asarray(n_squared, np.float64), persons, out=weight, where=persons > 0)
    n_alike = np.divide(persons, weight, out=np.zeros_like(persons), where=weight > 0)
    return presence_interval(
        persons,
        n_alike,
        weight,
        sampling_overdispersion=sampling_overdispersion,
        model_error_share=model_error_share,
        level=level,
    )
