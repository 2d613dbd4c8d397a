"""The next hours, carried by what the last hour was off."""

from __future__ import annotations

from typing import Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from peil_models.crowding.forecasting import QUANTILE_COLUMNS
from peil_models.crowding.history import Floats
from peil_models.crowding.scores_of_hours import LEAST_HOURS, UPPER_EDGE, scored_hours

LEAST_SPREAD = 0.02  # of the zone's usual level
LIMIT = 4.0  # spreads: what an hour farther off carries no more than


class Nowcast(BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Move a forecast of the next hours by the error of the last observed hour.

    With ``z`` the error of the median in units of the forecast's upper spread, the expected error
    j hours later is ``r[j] z``, where r is the regression of errors on those j hours before [1]_,
    falling in j. Quantiles are moved by it and drawn together by ``sqrt(1 - r[j]^2)``.

    Parameters
    ----------
    hours : int in [1, 24], default=3
        Hours ahead that are carried; later ones stay as they were forecast: carrying the fourth to
        sixth made them worse (pedestrians of Melbourne, August and September 2019).

    Attributes
    ----------
    carry_ : ndarray of shape (hours,)
        r, from 0 to 1.

    Notes
    -----
    Assumes that errors go on as they did in the days of `fit`, in all zones alike. Not identified:
    whether an hour is off by a surge that ends or by a day that is busier.

    References
    ----------
    .. [1] Granger & Newbold (1986), Forecasting Economic Time Series, ch. 1.
       doi:10.1016/C2013-0-11194-2

    Examples
    --------
    >>> at = pd.date_range("2026-03-02", periods=28 * 24, freq="h", tz="Europe/Amsterdam")
    >>> slow = 50.0 * np.sin(np.arange(len(at)) / 20)
    >>> rows = pd.DataFrame({"zone_id": "a", "hour_at": at, "value": 900.0 + slow})
    >>> edges = dict(q025=820, q100=849, q250=873, q500=900, q750=927, q900=951, q975=980)
    >>> forecasts = rows[["zone_id", "hour_at"]].assign(issued_at=at.normalize(), **edges)
    >>> model = Nowcast().fit(rows, forecasts)
    >>> moved = model.carry(rows, forecasts, at[-24])
    >>> bool(abs(moved["q500"].iloc[0] - rows["value"].iloc[-24]) < 5)
    True
    """

    carry_: Floats

    def __init__(self, *, hours: int = 3) -> None:
        self.hours = hours

    def fit(self, history: pd.DataFrame, forecasts: pd.DataFrame) -> Self:
        """Learn how long errors last; arguments as `SurgeDetector.fit`.

        Raises
        ------
        ValueError
            No hour of the history was forecast.
        """
        hours = scored_hours(history, forecasts, LEAST_SPREAD)
        if not hours.n_observed:
            raise ValueError("no hour of the history was forecast, so that no error can be carried")
        errors = np.clip(hours.excess, -LIMIT, LIMIT)
        shares = [
            _regression(errors[:, :-lag], errors[:, lag:]) for lag in range(1, self.hours + 1)
        ]
        self.carry_ = np.minimum.accumulate(np.clip(shares, 0.0, 0.99))
        return self

    def carry(
        self, history: pd.DataFrame, forecasts: pd.DataFrame, issued_at: pd.Timestamp
    ) -> pd.DataFrame:
        """Return the forecast of the hours from `issued_at` on, carried by the hour before.

        Parameters
        ----------
        history : DataFrame
            Only the hour before `issued_at` is looked at; zones without it stay as forecast.
        forecasts : DataFrame
            Issued earlier, of that hour and the next; the one issued last counts.

        Returns
        -------
        DataFrame
            Rows of `forecasts` from `issued_at` on, the last issued of each hour, with quantiles
            moved and `issued_at` set; ordered by zone and hour.
        """
        check_is_fitted(self)
        hour = pd.Timedelta(hours=1)
        earlier = forecasts[forecasts["issued_at"] <= issued_at]
        earlier = earlier.sort_values(["zone_id", "hour_at", "issued_at"], kind="stable")
        latest = earlier.drop_duplicates(["zone_id", "hour_at"], keep="last")
        ahead = latest[latest["hour_at"] >= issued_at].reset_index(drop=True)
        last = history[history["hour_at"] == issued_at - hour]
        moved = ahead.assign(issued_at=issued_at)
        if not len(last) or not len(ahead):
            return moved
        scored = scored_hours(last, latest, LEAST_SPREAD)
        error = pd.Series(np.clip(scored.excess[:, 0], -LIMIT, LIMIT), index=list(scored.zones))
        z = error.reindex(ahead["zone_id"].astype(str)).fillna(0.0).to_numpy()
        later = ((ahead["hour_at"] - issued_at) / hour).to_numpy().round().astype(np.int64)
        share = np.where(later < self.hours, self.carry_[np.minimum(later, self.hours - 1)], 0.0)
        share = np.where(error.reindex(ahead["zone_id"].astype(str)).isna(), 0.0, share)
        edges = ahead[list(QUANTILE_COLUMNS)].to_numpy(np.float64)
        middle = edges[:, 3]
        spread = np.maximum((ahead["q975"].to_numpy() - middle) / UPPER_EDGE, 1.0)
        centre = middle + share * z * spread
        width = np.sqrt(1.0 - share**2)[:, None]
        carried = np.maximum(centre[:, None] + width * (edges - middle[:, None]), 0.0)
        for k, name in enumerate(QUANTILE_COLUMNS):
            moved[name] = carried[:, k]
        return moved


def _regression(before: Floats, after: Floats) -> float:
    """Return the slope of errors on earlier ones, through 0."""
    both = ~np.isnan(before) & ~np.isnan(after)
    x, y = before[both], after[both]
    if len(x) < LEAST_HOURS or not (x**2).sum():
        return 0.0
    return float((x * y).sum() / (x**2).sum())
