"""Whether one estimate is better than another on the same truth, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats


@dataclass(frozen=True)
class PairedGain:
    """How much smaller a candidate's error is than the incumbent's, as a share of the latter.

    Attributes
    ----------
    gain : float
        .1 where the candidate errs a tenth less, negative where it errs more.
    lower, upper : float
        Ends of its interval.
    n_units, n_days : int
        What was drawn from.

    Examples
    --------
    >>> PairedGain(0.1, 0.04, 0.15, 24, 7).is_better
    True
    """

    gain: float
    lower: float
    upper: float
    n_units: int
    n_days: int

    @property
    def is_better(self) -> bool:
        """Whether the whole interval lies above 0."""
        return self.lower > 0.0


def paired_gain(
    true: ArrayLike,
    incumbent: ArrayLike,
    candidate: ArrayLike,
    units: ArrayLike,
    days: ArrayLike,
    *,
    level: float = 0.95,
    n_draws: int = 2000,
    seed: int = 0,
) -> PairedGain:
    """Compare the absolute errors, over the truth as in MAPE, of two estimates of the same entries.

    Entries of a zone err alike over days, and entries of a day over zones. So zones and days are
    drawn with replacement, each as a whole, and an entry counts as often as its zone times its day
    were drawn [1]_: intervals are a little too wide rather than too narrow.

    Parameters
    ----------
    true, incumbent, candidate : array-like of shape (n_entries,)
        Persons. An entry without anybody is left out.
    units, days : array-like of shape (n_entries,)
        Labels of what errs alike: zones, and days (or worlds).
    level : float in (0, 1), default=0.95
        Of the interval.
    n_draws : int in [1, inf), default=2000
        Of zones and days.
    seed : int, default=0
        The same seed gives the same interval.

    Returns
    -------
    PairedGain

    Raises
    ------
    ValueError
        Lengths differ, nobody is in any entry, or the incumbent is without error.

    References
    ----------
    .. [1] Owen (2007), "The pigeonhole bootstrap", Annals of Applied Statistics 1(2).
       doi:10.1214/07-AOAS122

    Examples
    --------
    >>> true = np.full(40, 100.0)
    >>> zones, days = np.repeat(np.arange(8), 5), np.tile(np.arange(5), 8)
    >>> gain = paired_gain(true, true + 10, true + 8, zones, days)
    >>> round(gain.gain, 3), gain.is_better
    (0.2, True)
    """
    there, first, second = (np.asarray(a, dtype=np.float64) for a in (true, incumbent, candidate))
    unit, day = np.asarray(units), np.asarray(days)
    if not len({array.shape for array in (there, first, second, unit, day)}) == 1:
        raise ValueError("Truth, estimates, units and days must be of one length.")
    usable = there > 0
    if not usable.any():
        raise ValueError("There is no entry to compare.")
    unit_names, row = np.unique(unit[usable], return_inverse=True)
    day_names, column = np.unique(day[usable], return_inverse=True)
    shape = (len(unit_names), len(day_names))
    errors = [
        _summed(np.abs(estimate[usable] / there[usable] - 1.0), row, column, shape)
        for estimate in (first, second)
    ]
    if errors[0].sum() == 0.0:
        raise ValueError("The incumbent is without error: no gain over it can be told.")
    random = np.random.default_rng(seed)
    of_units = random.multinomial(shape[0], np.full(shape[0], 1 / shape[0]), size=n_draws)
    of_days = random.multinomial(shape[1], np.full(shape[1], 1 / shape[1]), size=n_draws)
    before, after = (((of_units @ error) * of_days).sum(axis=1) for error in errors)
    drawn = 1.0 - after[before > 0] / before[before > 0]
    tail = (1.0 - level) / 2.0
    lower, upper = np.quantile(drawn, [tail, 1.0 - tail])
    gain = 1.0 - errors[1].sum() / errors[0].sum()
    return PairedGain(float(gain), float(lower), float(upper), *shape)


def mean_gain(
    true: ArrayLike,
    incumbent: ArrayLike,
    candidate: ArrayLike,
    worlds: ArrayLike,
    *,
    level: float = 0.95,
) -> PairedGain:
    """Compare the absolute errors of two estimates on several worlds, each of which counts once.

    Entries of one world err alike for reasons of that world, so a world is drawn, or not, as a
    whole: the gain is the mean of the worlds' own, and its interval that of Student [1]_ over them.

    Parameters
    ----------
    true, incumbent, candidate : array-like of shape (n_entries,)
        Persons. An entry without anybody is left out.
    worlds : array-like of shape (n_entries,)
        Labels of worlds, that were made independently.
    level : float in (0, 1), default=0.95
        Of the interval.

    Returns
    -------
    PairedGain
        `n_units` and `n_days` both count worlds.

    Raises
    ------
    ValueError
        Lengths differ, there is one world only, or the incumbent is without error on one.

    References
    ----------
    .. [1] Student (1908), "The probable error of a mean", Biometrika 6(1).
       doi:10.1093/biomet/6.1.1

    Examples
    --------
    >>> true, worlds = np.full(6, 100.0), np.repeat(["a", "b", "c"], 2)
    >>> better = [8, 8, 9, 9, 7, 7]
    >>> gain = mean_gain(true, true + 10, true + better, worlds)
    >>> round(gain.gain, 2), round(gain.lower, 2), round(gain.upper, 2)
    (0.2, -0.05, 0.45)
    """
    there, first, second = (np.asarray(a, dtype=np.float64) for a in (true, incumbent, candidate))
    world = np.asarray(worlds)
    if not len({array.shape for array in (there, first, second, world)}) == 1:
        raise ValueError("Truth, estimates and worlds must be of one length.")
    usable = there > 0
    names, row = np.unique(world[usable], return_inverse=True)
    if len(names) < 2:
        raise ValueError("One world alone does not tell how worlds differ.")
    before, after = (
        np.bincount(row, weights=np.abs(estimate[usable] / there[usable] - 1.0))
        for estimate in (first, second)
    )
    if not (before > 0).all():
        raise ValueError("The incumbent is without error: no gain over it can be told.")
    gains = 1.0 - after / before
    half = float(
        stats.t.ppf((1.0 + level) / 2.0, len(names) - 1) * gains.std(ddof=1) / np.sqrt(len(names))
    )
    mean = float(gains.mean())
    return PairedGain(mean, mean - half, mean + half, len(names), len(names))


def _summed(
    values: NDArray[np.float64],
    row: NDArray[np.intp],
    column: NDArray[np.intp],
    shape: tuple[int, int],
) -> NDArray[np.float64]:
    sums = np.bincount(row * shape[1] + column, weights=values, minlength=shape[0] * shape[1])
    return sums.reshape(shape).astype(np.float64)
