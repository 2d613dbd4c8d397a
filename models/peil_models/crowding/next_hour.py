"""What an hour may hold, given the hours just before it: learnt of what midnight was off by."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from peil_models.crowding.history import Floats
from peil_models.crowding.scores_of_hours import MEDIAN, ScoredHours, excess_of, shifted_hours

LAGS = (1, 2, 3)  # hours before
EDGES = (0.5, 0.975)  # the median, and the upper edge that spread is read from
PARTS = 4  # of the days: each is scored by what the others taught
LEAST_DAYS = 14  # two weeks beside each: less does not say how an hour follows another
MOST_ROWS = 60_000  # zone-hours to learn from; bounds the time of a fit
LEAF_ROWS = 200
LEAST_ROWS = 25 * LEAF_ROWS  # of a few zones, how an hour follows another is mostly chance
TREES, LEARNING_RATE, LEAVES, SHARE_OF_FEATURES = 80, 0.08, 15, 0.5

Pair = tuple[HistGradientBoostingRegressor, HistGradientBoostingRegressor]


@dataclass(frozen=True)
class NextHours:
    """Median and upper edge of an hour, one hour ahead, for all zones together.

    Two boostings of trees move what midnight said by errors of the last three hours in the zone,
    of the last hour in all zones, and by what midnight had beside its median. An evening that
    began busy is expected to go on so, and one that began as usual is surer than midnight was.

    Each quarter of the days is left out by one pair of boostings, and an hour that comes is scored
    by the mean of the four [1]_: a week of festivals has no more than three voices of them.

    Parameters
    ----------
    heads : tuple of pairs of HistGradientBoostingRegressor
        For the levels .5 and .975, in units of ``median + 0.1 usual level of the zone``.

    References
    ----------
    .. [1] Barber, Candès, Ramdas & Tibshirani (2021), Annals of Statistics 49.
       doi:10.1214/20-AOS1965
    """

    heads: tuple[Pair, ...]

    @classmethod
    def learnt(cls, hours: ScoredHours, seed: int) -> tuple[NextHours, Floats] | None:
        """Learn from hours that were forecast; None where they are too few.

        Returns
        -------
        NextHours
            Of all quarters.
        ndarray of shape (n_zones, n_hours)
            Excess of these hours over what the other quarters of them let expect: what a week that
            was not learnt from will hold, as alarm levels need it.
        """
        rows, unit = features(hours)
        target = (hours.observed - hours.median) / unit
        with_value = ~np.isnan(target)
        if with_value.any(axis=0).sum() < 24 * LEAST_DAYS:
            return None
        part = np.arange(target.shape[1]) * PARTS // target.shape[1]
        # as the forecaster has it: errors count in persons, and by the root of a zone's size
        weight = np.where(with_value, unit / np.sqrt(np.maximum(hours.usual, 1.0)), 0.0)
        excess, pairs = np.full(target.shape, np.nan), []
        for k in range(PARTS):
            others = _fitted(rows, target, np.where(part == k, 0.0, weight), seed)
            if others is None:
                return None
            pairs.append(others)
            excess[:, part == k] = cls((others,)).excess(hours, rows, unit)[:, part == k]
        return cls(tuple(pairs)), excess

    def scored(self, hours: ScoredHours, before: Floats | None = None) -> ScoredHours:
        """Return the hours with their excess over what the hours before let expect.

        `before` is that of the first of them, shape (n_zones, n_first), where it is known.
        """
        rows, unit = features(hours)
        since = 0 if before is None else before.shape[1]
        excess = self.excess(hours, rows, unit, since)
        if before is not None:
            excess[:, :since] = before
        return replace(hours, after_hours=excess)

    def excess(
        self, hours: ScoredHours, rows: NDArray[np.float32], unit: Floats, since: int = 0
    ) -> Floats:
        """Return the excess of each hour; `rows` and `unit` as `features` has them.

        Of the first hours, `since` of them, it is not computed and NaN.
        """
        later, planes = rows[:, since:], np.full((len(EDGES), *unit.shape), np.nan)
        flat = later.reshape(-1, rows.shape[-1])
        if len(flat):
            with threadpool_limits(1):
                edges = [[head.predict(flat) for head in pair] for pair in self.heads]
            planes[:, :, since:] = np.mean(edges, axis=0).reshape(len(EDGES), *later.shape[:2])
        middle, upper = planes
        median = np.maximum(hours.median + middle * unit, 0.0)
        return excess_of(hours, median, hours.median + upper * unit)


def _fitted(rows: NDArray[np.float32], target: Floats, weight: Floats, seed: int) -> Pair | None:
    rng = np.random.default_rng(seed)
    is_drawn = rng.random(weight.shape) * max(weight.sum(), 1e-9) < weight * MOST_ROWS
    if is_drawn.sum() < LEAST_ROWS:
        return None
    with threadpool_limits(1):  # the same bytes whatever the number of cores
        middle, upper = (
            HistGradientBoostingRegressor(
                loss="quantile",
                quantile=level,
                max_iter=TREES,
                learning_rate=LEARNING_RATE,
                max_leaf_nodes=LEAVES,
                min_samples_leaf=LEAF_ROWS,
                max_features=SHARE_OF_FEATURES,
                early_stopping=False,
                random_state=seed,
            ).fit(rows[is_drawn], target[is_drawn])
            for level in EDGES
        )
    return middle, upper


def features(hours: ScoredHours) -> tuple[NDArray[np.float32], Floats]:
    """Return what is asked of each hour, shape (n_zones, n_hours, n_features), and its unit.

    Nothing of the hour itself but what midnight said of it; NaN where a value before is missing.
    """
    median, usual = hours.median, hours.usual
    unit = np.maximum(median + 0.1 * usual, 1.0)
    error = hours.observed - median
    columns = []
    for lag in LAGS:
        columns += [shifted_hours(error, lag) / unit, shifted_hours(hours.excess, lag)]
    columns.append(shifted_hours(error / unit, 1))
    columns += [(edge - median) / unit for edge in np.delete(hours.edges, MEDIAN, axis=0)]
    columns += [np.broadcast_to(np.log1p(usual), unit.shape), median / np.maximum(usual, 1e-9)]
    columns += [shifted_hours(plane, 1) / unit for plane in (median, hours.observed)]
    columns += [np.broadcast_to(row, unit.shape) for row in _of_all_zones(hours, error)]
    columns.append(np.broadcast_to(hours.hour_at.hour.to_numpy(np.float64), unit.shape))
    return np.stack(columns, axis=-1).astype(np.float32), unit


def _of_all_zones(hours: ScoredHours, error: Floats) -> Floats:
    """Return, for each hour, the error of all zones in the hour before: in sum, and the median."""
    expected = np.nansum(np.where(np.isnan(error), np.nan, hours.median), axis=0)
    both = np.full((2, error.shape[1]), np.nan)
    there = ~np.isnan(hours.excess).all(axis=0)
    both[0, there] = np.nansum(error, axis=0)[there] / np.maximum(expected[there], 1.0)
    both[1, there] = np.nanmedian(hours.excess[:, there], axis=0)
    return shifted_hours(both, 1)
