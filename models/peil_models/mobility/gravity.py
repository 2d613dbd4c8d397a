"""Models of a flow matrix: gravity and radiation.

They describe a table that was counted elsewhere (`flows`).
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.linear_model import PoissonRegressor
from sklearn.utils.validation import check_is_fitted

Floats = NDArray[np.float64]


class FlowGravity(BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Trips between zones as a power of their masses and a falling function of distance.

    ``T[i, j] ~ Poisson(exp(k + a log m[i] + b log m[j] - f(d[i, j])))``, fitted by maximum
    likelihood (Poisson regression), which keeps the total [1]_.

    Parameters
    ----------
    deterrence : {"power", "exponential"}, default="exponential"
        f is ``c log d`` or ``c d``.
    alpha : float in [0, inf), default=0.0
        Ridge penalty on a, b and c.

    Attributes
    ----------
    origin_exponent_, destination_exponent_, deterrence_ : float
        a, b and c. Unit of c: per metre with "exponential", none with "power".
    intercept_ : float
    deviance_share_ : float
        Share of the Poisson deviance that is explained, between 0 and 1.

    Notes
    -----
    Describes; it does not explain. Assumes one deterrence everywhere and flows that are independent
    given masses and distances. Flows within a zone have no distance and are left out.
    Not identified: the exponent of a mass that hardly differs between zones.

    References
    ----------
    .. [1] Flowerdew & Aitkin (1982), Journal of Regional Science 22.
       doi:10.1111/j.1467-9787.1982.tb00744.x

    Examples
    --------
    >>> mass = np.array([10.0, 20.0, 30.0])
    >>> distance = np.abs(np.subtract.outer([0, 1, 3], [0, 1, 3]))
    >>> flows = 2.0 * np.outer(mass, mass) * np.exp(-0.5 * distance)
    >>> model = FlowGravity().fit(flows, mass, distance)
    >>> round(model.origin_exponent_, 3), round(model.deterrence_, 3)
    (1.0, 0.5)
    """

    origin_exponent_: float
    destination_exponent_: float
    deterrence_: float
    intercept_: float
    deviance_share_: float

    def __init__(self, *, deterrence: str = "exponential", alpha: float = 0.0) -> None:
        self.deterrence = deterrence
        self.alpha = alpha

    def fit(self, flows: ArrayLike, mass: ArrayLike, distance_m: ArrayLike) -> Self:
        """Fit to a flow matrix.

        Parameters
        ----------
        flows : array-like of shape (n_zones, n_zones)
            Trips from row to column; the diagonal is not looked at.
        mass : array-like of shape (n_zones,)
            Residents, jobs or the like, above 0.
        distance_m : array-like of shape (n_zones, n_zones)
            Above 0 off the diagonal.

        Raises
        ------
        ValueError
            A wrong shape, NaN, a negative flow, a mass or distance of 0, with the first position.
        """
        if self.deterrence not in ("power", "exponential"):
            raise ValueError(
                f"deterrence must be 'power' or 'exponential', got {self.deterrence!r}"
            )
        trips, masses, distance = checked_flows(flows, mass, distance_m)
        off = ~np.eye(len(masses), dtype=bool)
        x = self._features(masses, distance)[off.ravel()]
        scale = np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)
        model = PoissonRegressor(alpha=self.alpha, tol=1e-10, max_iter=10_000)
        model.fit(x / scale, trips[off])
        origin, destination, falls = model.coef_ / scale
        self.origin_exponent_, self.destination_exponent_ = float(origin), float(destination)
        self.deterrence_, self.intercept_ = float(-falls), float(model.intercept_)
        self.deviance_share_ = float(model.score(x / scale, trips[off]))
        return self

    def _features(self, mass: Floats, distance_m: Floats) -> Floats:
        far = np.where(np.eye(len(mass), dtype=bool), 1.0, distance_m)
        falls = np.log(far) if self.deterrence == "power" else far
        n = len(mass)
        return np.column_stack(
            [np.repeat(np.log(mass), n), np.tile(np.log(mass), n), falls.ravel()]
        )

    def predict(self, mass: ArrayLike, distance_m: ArrayLike) -> Floats:
        """Expected trips, shape (n_zones, n_zones), 0 on the diagonal."""
        check_is_fitted(self)
        masses = np.asarray(mass, np.float64)
        _, masses, distance = checked_flows(np.zeros((len(masses),) * 2), masses, distance_m)
        slopes = [self.origin_exponent_, self.destination_exponent_, -self.deterrence_]
        trips = np.exp(self._features(masses, distance) @ np.array(slopes) + self.intercept_)
        expected = trips.reshape(distance.shape)
        np.fill_diagonal(expected, 0.0)
        return np.asarray(expected)


class FlowRadiation(BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Trips between zones by the opportunities in between: no parameter but the total of each zone.

    ``T[i, j] = O[i] m[i] m[j] / ((m[i] + s[i, j]) (m[i] + m[j] + s[i, j]))`` with s the mass within
    the distance of j around i, without both; made to keep the totals O of departures [1]_.

    Attributes
    ----------
    departures_ : ndarray of shape (n_zones,)
        Trips that leave each zone.

    Notes
    -----
    Assumes that everybody takes the nearest opportunity that is good enough, and that opportunities
    are in proportion to mass. Has no range to be fitted: where the scale of zones differs from that
    of choices, it is wrong and cannot show it. Not identified: whether mass sends or draws.

    References
    ----------
    .. [1] Simini, González, Maritan & Barabási (2012), Nature 484. doi:10.1038/nature10856

    Examples
    --------
    >>> distance = np.abs(np.subtract.outer([0, 1, 3], [0, 1, 3]))
    >>> flows = np.array([[0, 8, 2], [5, 0, 5], [1, 9, 0]])
    >>> model = FlowRadiation().fit(flows, [1.0, 1.0, 1.0], distance)
    >>> model.predict([1.0, 1.0, 1.0], distance).round(1)
    array([[0. , 7.5, 2.5],
           [7.5, 0. , 2.5],
           [2.5, 7.5, 0. ]])
    """

    departures_: Floats

    def fit(self, flows: ArrayLike, mass: ArrayLike, distance_m: ArrayLike) -> Self:
        """Sum the trips that leave each zone; arguments as `FlowGravity.fit`."""
        trips, _, _ = checked_flows(flows, mass, distance_m)
        off = trips.copy()
        np.fill_diagonal(off, 0.0)
        self.departures_ = off.sum(axis=1)
        return self

    def predict(self, mass: ArrayLike, distance_m: ArrayLike) -> Floats:
        """Expected trips, shape (n_zones, n_zones), 0 on the diagonal."""
        check_is_fitted(self)
        n = len(self.departures_)
        _, masses, distance = checked_flows(np.zeros((n, n)), mass, distance_m)
        between = np.zeros((n, n))
        for i in range(n):
            others = np.arange(n) != i
            nearer = (distance[i][:, None] >= distance[i][None, :]) & others[None, :]
            between[i] = nearer @ masses - masses
        between = np.maximum(between, 0.0)
        own, other = masses[:, None], masses[None, :]
        chance = own * other / ((own + between) * (own + other + between))
        np.fill_diagonal(chance, 0.0)
        total = chance.sum(axis=1, keepdims=True)
        share = np.divide(chance, total, out=np.zeros_like(chance), where=total > 0)
        return np.asarray(self.departures_[:, None] * share)


def checked_flows(
    flows: ArrayLike, mass: ArrayLike, distance_m: ArrayLike
) -> tuple[Floats, Floats, Floats]:
    """Flows, masses and distances as arrays.

    Raises
    ------
    ValueError
        As `FlowGravity.fit`.

    Examples
    --------
    >>> checked_flows([[0, -1], [0, 0]], [1, 1], [[0, 1], [1, 0]])
    Traceback (most recent call last):
    ValueError: flows holds NaN or a negative number (first at (0, 1))
    """
    trips, masses = np.array(flows, np.float64), np.array(mass, np.float64)
    distance = np.array(distance_m, np.float64)
    n = len(masses) if masses.ndim == 1 else -1
    for name, values, shape in (
        ("mass", masses, (n,)),
        ("flows", trips, (n, n)),
        ("distance_m", distance, (n, n)),
    ):
        if values.shape != shape or n < 2:
            raise ValueError(f"{name} has shape {values.shape}, expected zones, two or more")
        is_bad = ~(values >= 0) | np.isinf(values)
        if is_bad.any():
            at = tuple(int(i) for i in np.unravel_index(int(is_bad.argmax()), values.shape))
            raise ValueError(f"{name} holds NaN or a negative number (first at {at})")
    if (masses == 0).any():
        raise ValueError(f"mass is 0 (first at {int((masses == 0).argmax())})")
    apart = (distance == 0) & ~np.eye(n, dtype=bool)
    if apart.any():
        at = tuple(int(i) for i in np.unravel_index(int(apart.argmax()), apart.shape))
        raise ValueError(f"distance_m is 0 between two zones (first at {at})")
    return trips, masses, distance
