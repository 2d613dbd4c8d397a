"""What weather has done to a zone: its own response, learnt from its days before the one asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peil_models.crowding.expected import WEEKS
from peil_models.crowding.history import Floats, Ints

RIDGE = 30.0  # usual hours of usual weather that say: it does nothing here
DAYS = 56  # before the one asked, as of profiles: a forecast sees no more
LEAST_SPREAD = 1e-9
LEAST, MOST = -0.9, 2.0  # of an hour's difference from usual, as a share of it


def departures(plane: Floats) -> Floats:
    """Return how far each hour of a weather column is from the same hour of the four weeks before.

    Shape (n_days, 24); NaN where one of both is unknown.

    Examples
    --------
    >>> plane = np.repeat(np.arange(8.0)[:, None], 24, axis=1)
    >>> float(departures(plane)[7, 0])
    7.0
    """
    before = np.full((len(WEEKS), *plane.shape), np.nan)
    for row, lag in enumerate(WEEKS):
        if lag < len(plane):
            before[row, lag:] = plane[:-lag]
    n = (~np.isnan(before)).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        usual = np.nansum(before, axis=0) / np.where(n, n, np.nan)
    return np.asarray(plane - usual)


@dataclass(frozen=True)
class WeatherResponse:
    """How each zone answers to departures of the weather, by the eight weeks before each day.

    One boosting for all zones cannot tell a beach from an office by their levels: on the first
    warm Sunday it gives both the mean of their answers. So each zone has a ridge regression of its
    own, of the share by which hours differ from their median on departures of the weather, on
    working and on free days apart.

    Attributes
    ----------
    design : ndarray of shape (n_days, 24, p)
        Departures on all days and on free days; 0 where unknown.
    squares, products : ndarray of shape (n_days, n_zones, p, p) and (n_days, n_zones, p)
        Sums over the hours of each day.
    spread : ndarray of shape (n_days, p)
        Mean square of the departures of each day.
    weight : ndarray of shape (n_days, n_zones)
        What an hour of each day counts: its usual persons.
    """

    design: Floats
    squares: Floats
    products: Floats
    spread: Floats
    weight: Floats

    @classmethod
    def of(
        cls,
        values: Floats,
        median: Floats,
        weather: dict[str, Floats],
        is_free: NDArray[np.bool_],
    ) -> WeatherResponse:
        """Sum what says how every zone answers, up to every day.

        Parameters
        ----------
        values, median : ndarray of shape (n_zones, n_days, 24)
            Observed persons, NaN where unknown, and what was to be expected of them.
        weather : dict of str to ndarray of shape (n_days, 24)
        is_free : ndarray of bool of shape (n_days,)
        """
        n_zones, n_days, _ = values.shape
        columns = [np.nan_to_num(departures(plane)) for plane in weather.values()]
        p = 2 * len(columns)
        design = np.zeros((n_days, 24, p))
        for number, column in enumerate(columns):
            design[:, :, 2 * number] = column
            design[:, :, 2 * number + 1] = column * is_free[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.clip((values - median) / np.maximum(median, 1.0), LEAST, MOST)
        is_known = np.isfinite(share)
        # a day's sums are one product of matrices: zones by hours, hours by columns
        by_day = np.where(is_known, median, 0.0).swapaxes(0, 1)  # an hour counts by its persons
        shares = np.where(is_known, share, 0.0).swapaxes(0, 1)
        both = (design[:, :, :, None] * design[:, :, None, :]).reshape(n_days, 24, p * p)
        squares = np.matmul(by_day, both).reshape(n_days, n_zones, p, p)
        products = np.matmul(by_day * shares, design)
        spread = np.repeat((design[:, :, ::2] ** 2).mean(axis=1), 2, axis=1)
        return cls(design, squares, products, spread, by_day.mean(axis=2))

    def coefficients(self, day: int) -> Floats:
        """Return what multiplies the design, shape (n_zones, p), by the eight weeks before a day.

        Summed anew for each day: to the last bit the same, wherever the first day lies.
        """
        weeks = slice(max(day - DAYS, 0), day)
        n_days = max(weeks.stop - weeks.start, 1)
        spread = self.spread[weeks].sum(axis=0) / n_days
        weight = self.weight[weeks].sum(axis=0)[:, None, None] / n_days
        ridge = RIDGE * np.maximum(spread, LEAST_SPREAD) * np.eye(len(spread))
        squares = self.squares[weeks].sum(axis=0) + np.maximum(weight, LEAST_SPREAD) * ridge
        sums = self.products[weeks].sum(axis=0)
        return np.asarray(np.linalg.solve(squares, sums[..., None])[..., 0])

    def share(self, zone: Ints, day: Ints, hour: Ints, known_before: Ints) -> Floats:
        """Return the share that the weather of an hour adds, by what was known before a day."""
        days, position = np.unique(known_before, return_inverse=True)
        learnt = np.stack([self.coefficients(int(each)) for each in days])
        answer = np.einsum("np,np->n", self.design[day, hour], learnt[position, zone])
        return np.asarray(np.clip(answer, LEAST, MOST))
