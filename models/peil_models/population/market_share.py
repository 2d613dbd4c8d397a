"""The operator's share of the residents of each region, and visitors from roamers.

Estimates of shares belong here; people present are inferred in `inference`.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import betaln
from scipy.stats import beta as beta_distribution
from scipy.stats import gamma
from sklearn.base import BaseEstimator

Floats = NDArray[np.float64]


class MarketShareByRegion(BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Share of each region's residents who carry a device of the operator.

    Holders are binomial given the region's share, shares of regions are beta distributed; both
    parameters of the beta are found by maximum likelihood, so that a small region leans on the
    others as far as regions resemble each other.

    Parameters
    ----------
    level : float in (0, 1), default=0.9
        Of the interval.

    Attributes
    ----------
    share_, lower_, upper_ : ndarray of shape (n_regions,)
        Mean and interval of each region's share.
    mean_share_ : float
        Of the regions, before any is seen.
    spread_ : float
        Standard deviation of true shares between regions.

    Notes
    -----
    Assumes that holders by home region are counted once each (`net_count` at night): an error of
    homes moves share from one region to another. Roamers must be left out.
    The interval takes both parameters of the beta as known: with a handful of regions it is too
    narrow. Not identified: a low share from devices that are off at night.

    References
    ----------
    Kleinman (1973), Journal of the American Statistical Association 68 (beta-binomial proportions).
    doi:10.1080/01621459.1973.10481332

    Examples
    --------
    >>> shares = MarketShareByRegion().fit([330, 280, 3], [1000, 1000, 10])
    >>> shares.share_.round(2)
    array([0.32, 0.29, 0.3 ])
    """

    share_: Floats
    lower_: Floats
    upper_: Floats
    mean_share_: float
    spread_: float

    def __init__(self, level: float = 0.9) -> None:
        self.level = level

    def fit(self, n_holders: ArrayLike, register: ArrayLike) -> Self:
        """Estimate all shares.

        Parameters
        ----------
        n_holders : array-like of shape (n_regions,)
            Residents seen to carry a device of the operator. Unit: persons.
        register : array-like of shape (n_regions,)
            Unit: persons.

        Raises
        ------
        ValueError
            NaN or a negative number, more holders than residents, with the first region; no region
            with residents.
        """
        if not 0 < self.level < 1:
            raise ValueError(f"level must lie between 0 and 1, got {self.level}")
        holders = np.asarray(n_holders, dtype=np.float64)
        there = np.asarray(register, dtype=np.float64)
        if holders.ndim != 1 or holders.shape != there.shape:
            raise ValueError(f"n_holders has shape {holders.shape}, register has {there.shape}")
        for name, values in (("n_holders", holders), ("register", there)):
            is_bad = ~(values >= 0) | np.isinf(values)
            if is_bad.any():
                raise ValueError(
                    f"{name} is NaN, infinite or negative (first at region {int(is_bad.argmax())})"
                )
        if (holders > there).any():
            at = int((holders > there).argmax())
            raise ValueError(f"n_holders exceeds register (first at region {at})")
        if not there.sum() > 0:
            raise ValueError("register holds nobody (first at region 0)")
        a, b = _beta_of_regions(holders, there)
        self.mean_share_ = a / (a + b)
        self.spread_ = float(np.sqrt(a * b / (a + b + 1)) / (a + b))
        after = beta_distribution(a + holders, b + there - holders)
        self.share_ = np.asarray(after.mean())
        self.lower_ = np.asarray(after.ppf((1 - self.level) / 2))
        self.upper_ = np.asarray(after.ppf((1 + self.level) / 2))
        return self


def _beta_of_regions(holders: Floats, there: Floats) -> tuple[float, float]:
    """Beta of the regions' shares by maximum likelihood of beta-binomial counts.

    It never weighs more than all regions together: that they are alike is known no better.
    """
    together = (holders.sum() + 0.5) / (there.sum() + 1.0)

    def misfit(point: Floats) -> float:
        mean, size = 1.0 / (1.0 + np.exp(-point[0])), np.exp(point[1])
        a, b = mean * size, (1 - mean) * size
        likelihood = betaln(a + holders, b + there - holders) - betaln(a, b)
        return -float(np.sum(likelihood)) / max(1.0, float(there.sum()))

    first = np.array([np.log(together / (1 - together)), np.log(100.0)])
    bounds = [(-12.0, 12.0), (np.log(2.0), np.log(max(10.0, there.sum())))]
    result = minimize(
        misfit, first, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-14, "gtol": 1e-10}
    )
    mean, size = 1.0 / (1.0 + np.exp(-result.x[0])), np.exp(result.x[1])
    return float(mean * size), float((1 - mean) * size)


def visitors_from_roamers(
    n_roamers: ArrayLike,
    roaming_share: ArrayLike,
    roaming_share_error: ArrayLike = 0.0,
    devices_per_visitor: float = 1.0,
    level: float = 0.9,
) -> tuple[Floats, Floats, Floats]:
    """Visitors from abroad: roaming devices by a factor of their own.

    ``visitors = roamers / (roaming_share * devices_per_visitor)``; the interval is that of a gamma
    distribution with the variance of Poisson counts and of the share's relative error together.

    Parameters
    ----------
    n_roamers : array-like of shape (n,)
        Roaming devices present, for example by country of the SIM. Unit: devices.
    roaming_share : array-like, broadcast against `n_roamers`
        Share of that country's roamers who use this network: agreements decide it, not the
        operator's share of residents.
    roaming_share_error : array-like, default=0.0
        Relative standard deviation of that share.
    devices_per_visitor : float, default=1.0
        Unit: roaming devices per visitor.
    level : float, default=0.9

    Returns
    -------
    mean, lower, upper : ndarray of shape (n,)
        Unit: visitors (persons).

    Raises
    ------
    ValueError
        NaN or a number that cannot be, with the first position.

    Notes
    -----
    Assumes that visitors who roam are like those who buy a local SIM or use none, which no network
    can see.

    Examples
    --------
    >>> mean, lower, upper = visitors_from_roamers([50.0], 0.4)
    >>> mean, lower.round(), upper.round()
    (array([125.]), array([99.]), array([157.]))
    """
    roamers, share, error = np.broadcast_arrays(
        *(
            np.atleast_1d(np.asarray(a, dtype=np.float64))
            for a in (n_roamers, roaming_share, roaming_share_error)
        )
    )
    for name, is_bad in (
        ("n_roamers is NaN, infinite or negative", ~(roamers >= 0) | np.isinf(roamers)),
        ("roaming_share does not lie between 0 and 1", ~((share > 0) & (share <= 1))),
        ("roaming_share_error is NaN or negative", ~(error >= 0) | np.isinf(error)),
    ):
        if is_bad.any():
            raise ValueError(f"{name} (first at {int(is_bad.argmax())})")
    if not devices_per_visitor > 0 or not 0 < level < 1:
        raise ValueError(
            f"devices_per_visitor must be positive and level between 0 and 1, got "
            f"{devices_per_visitor}, {level}"
        )
    factor = 1.0 / (share * devices_per_visitor)
    mean = roamers * factor
    centre = (roamers + 0.5) * factor
    variance = centre * factor + np.square(error * centre)
    shape, scale = np.square(centre) / variance, variance / centre
    tails = ((1 - level) / 2, (1 + level) / 2)
    lower, upper = (np.asarray(gamma.ppf(tail, shape, scale=scale)) for tail in tails)
    return mean, np.minimum(lower, mean), np.maximum(upper, mean)
