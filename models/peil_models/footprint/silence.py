"""Find hours in which a cell of the plan counts nobody: outages that were not announced.

Evidence from counts belongs here; the footprint without such cells is `without_cells`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from peil_models.footprint.propagation import Floats


def silent_hours(
    chances: Any,
    counts: ArrayLike,
    prior: ArrayLike,
    *,
    least_expected: float = 30.0,
    least_expected_alone: float = 150.0,
) -> NDArray[np.bool_]:
    """Hours in which a cell counted nobody although many devices were to be expected of it.

    Expected is the smaller of two figures: what the prior lets one expect, scaled to the devices
    that cells within its reach counted in the hour; and what the cell itself counted last before
    and first after its silence, whichever of them there are. An outage is sudden, a place that
    empties in the evening is not; so a cell that fades into silence is not taken for out. A cell
    that is silent in all hours has the prior alone against it, and more must be expected of it.

    Parameters
    ----------
    chances : {array-like, sparse matrix} of shape (n_cells, n_tiles)
        Connection probability of the whole plan.
    counts : array-like of shape (n_cells, n_hours)
        Hours in their order, under one plan. Unit: devices.
    prior : array-like of shape (n_tiles,)
        Any scale.
    least_expected : float, default=30.0
        Fewer are no evidence of an outage. Unit: devices.
    least_expected_alone : float, default=150.0
        The same of a cell silent in all hours: a prior may be wrong by a factor. Unit: devices.

    Returns
    -------
    ndarray of bool of shape (n_cells, n_hours)
        Nobody in an hour in which nobody at all was counted.

    Raises
    ------
    ValueError
        A shape that does not fit, NaN or a negative count, with its position.

    Notes
    -----
    Assumes that counts which are withheld for being small are well below `least_expected`. A place
    that empties within the hour, and a cell of an empty place where the prior has very many people,
    are taken for outages: their neighbours then decide about their tiles. Not identified: a cell
    that was renamed is silent too; what it counts stands under its new name.

    Examples
    --------
    >>> counts = np.array([[90.0, 80.0, 0.0, 85.0], [90.0, 20.0, 0.0, 95.0], [90.0] * 4])
    >>> silent_hours(np.full((3, 1), 1 / 3), counts, [1.0])
    array([[False, False,  True, False],
           [False, False, False, False],
           [False, False, False, False]])
    """
    footprint = sparse.csr_array(chances, dtype=np.float64)
    counted, mass = np.asarray(counts, np.float64), np.asarray(prior, np.float64)
    if counted.ndim != 2 or len(counted) != footprint.shape[0] or mass.shape != footprint.shape[1:]:
        raise ValueError(
            f"counts and prior have shapes {counted.shape} and {mass.shape}, expected "
            f"({footprint.shape[0]}, n_hours) and ({footprint.shape[1]},)"
        )
    is_bad = ~(counted >= 0) | np.isinf(counted)
    if is_bad.any():
        at = tuple(int(i) for i in np.unravel_index(int(is_bad.argmax()), counted.shape))
        raise ValueError(f"counts holds NaN, infinity or a negative number (first at {at})")
    expected = np.asarray(footprint @ mass)
    share = expected / expected.sum() if expected.sum() > 0 else expected
    by_prior = share[:, None] * counted[expected > 0].sum(axis=0)
    beside = np.minimum(_last_counted(counted), _last_counted(counted[:, ::-1])[:, ::-1])
    least = np.where(np.isinf(beside), least_expected_alone, least_expected)
    return np.asarray((counted == 0) & (np.minimum(by_prior, beside) >= least))


def _last_counted(counts: Floats) -> Floats:
    """Last count above 0 up to each hour, infinity before the first."""
    hours = np.arange(counts.shape[1])
    at = np.maximum.accumulate(np.where(counts > 0, hours, -1), axis=1)
    last = np.take_along_axis(counts, np.maximum(at, 0), axis=1)
    return np.where(at >= 0, last, np.inf)
