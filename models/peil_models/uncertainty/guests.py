"""How many overnight guests a night may hide: a night ratio counts them as residents.

A resort that holds more devices by night than its register explains has a large share of the
operator's customers or guests. Draws of a day (`draws`) take the guests from here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peil_models.weighting.inputs import checked

Floats = NDArray[np.float64]

N_LEVELS = 60  # numbers of guests that are told apart, evenly likely before the night is looked at


def draw_guests(
    times_expected: ArrayLike,
    noise_sd: ArrayLike,
    *,
    resort_share: float,
    guests_mean: float,
    n_draws: int,
    random: np.random.Generator,
) -> Floats:
    """Draw guests over residents of each zone, given the devices of its night.

    Before the night, a zone is a resort with chance `resort_share`, and a resort's guests over
    residents are exponential. ``log times_expected ~ Normal(log(1 + guests), noise_sd)`` says how
    much likelier each number of guests is after it.

    Parameters
    ----------
    times_expected : array-like of shape (n_zones,)
        Devices of the night over those that the register lets expect; 0 where it lets expect none.
    noise_sd : array-like of shape (n_zones,)
        Standard deviation of its logarithm without guests.
    resort_share : float in [0, 1]
    guests_mean : float in (0, inf)
    n_draws : int
    random : numpy Generator

    Returns
    -------
    ndarray of shape (n_draws, n_zones)
        0 in most draws of most zones.

    Raises
    ------
    ValueError
        NaN, a negative number or a wrong shape.

    Notes
    -----
    Bayes' rule on a grid. Assumes that zones are independent of each other and that whoever sleeps
    away leaves no hole in another zone's night. Not identified: guests apart from a large share of
    the operator's customers, but for how likely each is.

    Examples
    --------
    >>> drawn = draw_guests([1.0, 1.3], [0.1, 0.1], resort_share=0.1, guests_mean=0.1,
    ...                     n_draws=1000, random=np.random.default_rng(1))
    >>> (drawn > 0).mean(axis=0).round(1).tolist()
    [0.1, 0.5]
    """
    times, noise = checked("times_expected", times_expected, 1), checked("noise_sd", noise_sd, 1)
    middle = (np.arange(N_LEVELS) + 0.5) / N_LEVELS
    guests = np.r_[0.0, -guests_mean * np.log1p(-middle)]
    before = np.r_[1.0 - resort_share, np.full(N_LEVELS, resort_share / N_LEVELS)]
    excess = np.log(np.where(times > 0, times, 1.0))
    off = (excess[:, None] - np.log1p(guests)) / np.maximum(noise, 1e-3)[:, None]
    # least off as 1: an excess beyond all noise would leave nothing likely
    after = before * np.exp(-0.5 * (off**2 - (off**2).min(axis=1, keepdims=True)))
    up_to = np.cumsum(after, axis=1)
    points = random.random((n_draws, len(times))) * up_to[:, -1]
    level = (points[:, :, None] > up_to).sum(axis=2)
    return np.asarray(guests[np.minimum(level, N_LEVELS)])
