"""Intervals of single entries: sampling, market share and model error together.

The width is learnt on worlds with known truth. Entries that share errors need `draws`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.stats import gamma

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ModelError:
    """What `learn_model_error` learnt, the arguments of `presence_interval`.

    Examples
    --------
    >>> error = ModelError(1.2, 0.1, n_entries=600, log_likelihood=-900.0)
    >>> lower, upper = presence_interval(
    ...     [300.0], [100.0], 3.0, sampling_overdispersion=error.sampling_overdispersion,
    ...     model_error_share=error.model_error_share)
    >>> round(float((upper - lower)[0]))
    147
    """

    sampling_overdispersion: float
    """Variance of device counts over that of a Poisson count, at least 1."""
    model_error_share: float
    """Standard deviation of the model's error as a share of the estimate."""
    n_entries: int
    """Zone-hours it was learnt on."""
    log_likelihood: float


def presence_interval(
    n_persons: ArrayLike,
    n_devices: ArrayLike,
    ratio: ArrayLike,
    *,
    sampling_overdispersion: float,
    model_error_share: float,
    market_share_error: float = 0.0,
    ambiguous_share: ArrayLike = 1.0,
    level: float = 0.9,
) -> tuple[Floats, Floats]:
    """Interval of the persons present, provisional.

    Quantiles of a gamma distribution with mean ``n_persons + ratio / 2`` and
    variance = sampling ``ratio**2 * overdispersion * (n_devices + 1/2)`` + market share
    ``(market_share_error * mean)**2`` + model
    ``ambiguous_share * (model_error_share * mean)**2``. With overdispersion 1 and no other error it
    is Jeffreys' interval of a Poisson mean.

    Parameters
    ----------
    n_persons : array-like of shape (n,)
        Estimate. Unit: persons.
    n_devices : array-like of shape (n,)
        Estimated devices it rests on. Unit: devices.
    ratio : array-like of shape (n,) or float
        Persons per device (`NightRatio.ratio_`).
    sampling_overdispersion : float
        At least 1; more where devices come in households or are counted by few cells.
    model_error_share : float
        Relative standard deviation of what the model gets wrong, from `learn_model_error`.
    market_share_error : float, default=0.0
        Relative standard deviation of the operator's share between the people present and the
        residents the ratio was made on.
    ambiguous_share : array-like of shape (n,) or float, default=1.0
        Share of the devices that their cell leaves in doubt (`ambiguous_shares`): a zone whose
        cells reach no other zone has no model error. 1 treats all zones alike.
    level : float, default=0.9
        Probability that the interval should cover.

    Returns
    -------
    lower, upper : ndarray of shape (n,)
        Unit: persons. The lower end is 0 where no device was seen.

    Raises
    ------
    ValueError
        NaN or a negative number, with its position; a level outside (0, 1).

    Notes
    -----
    Assumes that the three errors are independent of each other, that the model error is a share
    of the estimate, the same in all zones, and that the estimate has no bias. Entries of one zone
    share their model error: intervals of sums need more than these.

    Examples
    --------
    >>> lower, upper = presence_interval(
    ...     [300.0], [100.0], 3.0, sampling_overdispersion=1.0, model_error_share=0.1)
    >>> [round(float(end[0]), 1) for end in (lower, upper)]
    [235.0, 374.8]
    """
    persons = _checked("n_persons", n_persons)
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    shape, scale = _gamma_of(
        persons,
        _checked("n_devices", n_devices),
        _checked("ratio", ratio),
        sampling_overdispersion,
        _relative(model_error_share, market_share_error, ambiguous_share),
    )
    tail = (1.0 - level) / 2.0
    lower = gamma.ppf(tail, shape, scale=scale)
    upper = gamma.ppf(1.0 - tail, shape, scale=scale)
    lower = np.where(persons > 0, np.minimum(lower, persons), 0.0)
    return np.asarray(lower), np.asarray(np.maximum(upper, persons))


def learn_model_error(
    n_persons: ArrayLike,
    truth: ArrayLike,
    n_devices: ArrayLike,
    ratio: ArrayLike,
    *,
    market_share_error: float = 0.0,
    ambiguous_share: ArrayLike = 1.0,
) -> ModelError:
    """Learn the width of the interval by maximum likelihood on worlds with known truth.

    Parameters
    ----------
    n_persons, truth : array-like of shape (n,)
        Estimates and true persons present, over zones, hours and simulated worlds that no score
        is reported on. Unit: persons.
    n_devices, ratio : array-like of shape (n,)
        As in `presence_interval`.
    market_share_error, ambiguous_share
        As will be passed to `presence_interval`; not learnt.

    Returns
    -------
    ModelError

    Raises
    ------
    ValueError
        NaN or a negative number, with its position; fewer than 30 entries.

    Notes
    -----
    A bias of the estimates widens the interval, it does not move it. Sampling and model error are
    told apart by size: the first shrinks with the number of devices, the second does not; with
    entries of one size only their sum is identified.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> devices = np.repeat([20.0, 200.0, 2000.0], 2000)
    >>> truth = 3 * devices * random.normal(1.0, 0.1, 6000)
    >>> counted = random.poisson(devices)
    >>> round(learn_model_error(3.0 * counted, truth, counted, 3.0).model_error_share, 2)
    0.1
    """
    persons, true = _checked("n_persons", n_persons), _checked("truth", truth)
    devices = _checked("n_devices", n_devices)
    weights = np.broadcast_to(_checked("ratio", ratio), persons.shape)
    if len(persons) < 30:
        raise ValueError(f"n_persons has {len(persons)} entries, at least 30 are needed")
    if not len(persons) == len(true) == len(devices):
        raise ValueError("n_persons, truth and n_devices differ in length")

    def minus_log_likelihood(parameters: Floats) -> float:
        overdispersion, share = np.exp(parameters)
        shape, scale = _gamma_of(
            persons,
            devices,
            weights,
            overdispersion,
            _relative(share, market_share_error, ambiguous_share),
        )
        # A truth of 0 has no density: it is the chance of less than half a person.
        return -float(
            np.where(
                true > 0,
                gamma.logpdf(np.maximum(true, 0.5), shape, scale=scale),
                gamma.logcdf(0.5, shape, scale=scale),
            ).sum()
        )

    best = minimize(
        minus_log_likelihood,
        x0=np.log([1.5, 0.1]),
        method="L-BFGS-B",
        bounds=[(0.0, np.log(1e3)), (np.log(1e-4), np.log(2.0))],
    )
    overdispersion, share = np.exp(best.x)
    return ModelError(float(overdispersion), float(share), len(persons), -float(best.fun))


def ambiguous_shares(zone_of_cell: ArrayLike, counts: ArrayLike) -> Floats:
    """Share of the devices of each zone that their cell leaves in doubt.

    ``sum_c y[c] p[c, z] (1 - p[c, z]) / sum_c y[c] p[c, z]``: 0 where every cell of a zone reaches
    no other zone, 1/2 where each is shared half and half with another.

    Parameters
    ----------
    zone_of_cell : array-like of shape (n_cells, n_zones)
        Share of the devices of a cell in each zone, as estimated. Rows sum to 1 or 0.
    counts : array-like of shape (n_cells,)
        Devices counted by each cell.

    Returns
    -------
    ndarray of shape (n_zones,)
        1 for a zone without a device.

    Raises
    ------
    ValueError
        NaN or a negative number, with its position; lengths that differ.

    Examples
    --------
    >>> ambiguous_shares([[1.0, 0.0], [0.5, 0.5]], [10.0, 20.0])
    array([0.25, 0.5 ])
    """
    shares, counted = _checked("zone_of_cell", zone_of_cell), _checked("counts", counts)
    if shares.ndim != 2 or counted.shape != (len(shares),):
        raise ValueError(f"zone_of_cell has shape {shares.shape}, counts has {counted.shape}")
    mass = counted[:, None] * shares
    there = mass.sum(axis=0)
    doubt = np.maximum(mass * (1.0 - shares), 0.0).sum(axis=0)
    return np.asarray(np.divide(doubt, there, out=np.ones_like(there), where=there > 0))


def _relative(model: float, market: float, ambiguous_share: ArrayLike) -> Floats:
    """Relative standard deviation that does not shrink with the number of devices."""
    doubt = _checked("ambiguous_share", ambiguous_share)
    return np.asarray(np.sqrt(doubt * model**2 + market**2))


def _gamma_of(
    persons: Floats, devices: Floats, ratio: Floats, overdispersion: float, share: Floats
) -> tuple[Floats, Floats]:
    """Shape and scale; half a device is added so that nothing seen is not nothing there."""
    mean = persons + 0.5 * ratio
    variance = ratio**2 * overdispersion * (devices + 0.5) + np.square(share * mean)
    variance = np.maximum(variance, 1e-12)
    mean = np.maximum(mean, 1e-9)
    return np.asarray(mean**2 / variance), np.asarray(variance / mean)


def _checked(name: str, values: ArrayLike) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    is_bad = ~(array >= 0) | np.isinf(array)
    if is_bad.any():
        at = tuple(int(i) for i in np.unravel_index(int(np.argmax(is_bad)), array.shape))
        raise ValueError(f"{name} holds NaN, infinity or a negative number (first at {at})")
    return array
