"""What nobody could do better in a made-up city: a detector that knows how it was made.

It knows what days, weather and seasons make of each hour, how days of the city, days and hours of a
zone differ by chance, and how persons are counted; not where surges are.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from peil_models.crowding.episodes import episodes_of
from peil_models.synthetic.past import CrowdHistory
from peil_models.synthetic.past.crowd import (
    CITY_MEMORY,
    CITY_SD,
    DAY_SD,
    HOUR_MEMORY,
    HOUR_SD,
)

MARKET_SHARE = 0.35  # of persons who are counted, as `make_crowd_history` has it
TEACHES_BELOW = 3.5  # standard deviations: an hour farther above teaches nothing of the next
GOES_ON = 1.96  # standard deviations: hours above do not end an episode
QUIET_HOURS = 6
GRID = np.arange(2.0, 6.0, 0.01)


def scores_of(city: CrowdHistory) -> pd.DataFrame:
    """Return how many standard deviations each hour lies above what the hours before let expect.

    A Kalman filter [1]_ on logarithms of observed to expected persons; its state are the day of the
    city, the day and the hour of each zone.

    Returns
    -------
    DataFrame
        One row per zone, one column per hour; NaN where withheld.

    References
    ----------
    .. [1] Durbin & Koopman (2012), Time Series Analysis by State Space Methods, ch. 4.
       doi:10.1093/acprof:oso/9780199641178.001.0001

    Examples
    --------
    >>> from datetime import date
    >>> from peil_models.synthetic.past import make_city, make_crowd_history
    >>> past = make_crowd_history(make_city(6, 1), date(2026, 1, 5), 28, seed=1)
    >>> bool(abs(np.nanstd(scores_of(past)) - 1) < 0.1)
    True
    """
    value, plan = (
        frame.pivot(index="zone_id", columns="hour_at", values=name)
        for frame, name in ((city.rows, "value"), (city.expected, "persons"))
    )
    observed, expected = value.to_numpy(), plan.to_numpy()
    n_zones, n_hours = observed.shape
    days = pd.DatetimeIndex(value.columns).tz_localize(None).normalize()
    starts_day = np.append(False, days[1:] != days[:-1])
    eye = np.eye(n_zones)
    loadings = np.hstack([np.ones((n_zones, 1)), eye, eye])
    sds = np.repeat([CITY_SD, DAY_SD, HOUR_SD], [1, n_zones, n_zones])
    state, spread = np.zeros(len(sds)), np.diag(sds**2)
    scores = np.full(observed.shape, np.nan)
    overnight = np.repeat([CITY_MEMORY, 0.0, HOUR_MEMORY], [1, n_zones, n_zones])
    hourly = np.repeat([1.0, 1.0, HOUR_MEMORY], [1, n_zones, n_zones])
    for at in range(n_hours):
        goes_on = overnight if starts_day[at] else hourly
        state = goes_on * state
        spread = spread * np.outer(goes_on, goes_on) + np.diag(sds**2 * (1 - goes_on**2))
        middle = loadings @ state
        counted = 1.0 / (MARKET_SHARE * expected[:, at] * np.exp(middle))
        error = np.log(observed[:, at] / expected[:, at]) + counted / 2 - middle
        total = loadings @ spread @ loadings.T
        scores[:, at] = error / np.sqrt(np.diag(total) + counted)
        usable = scores[:, at] < TEACHES_BELOW
        if usable.any():
            own = loadings[usable]
            noise = np.diag(counted[usable])
            gain = np.linalg.solve(total[np.ix_(usable, usable)] + noise, own @ spread)
            state = state + error[usable] @ gain
            # in the form that stays symmetric and positive over thousands of hours
            left = np.eye(len(sds)) - gain.T @ own
            spread = left @ spread @ left.T + gain.T @ noise @ gain
    return pd.DataFrame(scores, index=value.index, columns=value.columns)


def episodes_above(scores: pd.DataFrame, level: float) -> pd.DataFrame:
    """Return where episodes begin: `zone_id`, `began_at`; they end as a detector's do.

    >>> at = pd.date_range("2026-03-02", periods=4, freq="h", tz="Europe/Amsterdam")
    >>> scores = pd.DataFrame([[0.0, 4.0, 3.5, 0.0]], index=["a"], columns=at)
    >>> episodes_above(scores, 3.0)["began_at"].dt.hour.tolist()
    [1]
    """
    values = scores.to_numpy()
    levels = np.array([level, np.inf, np.inf])
    episodes = list(episodes_of(values, values > GOES_ON, levels, QUIET_HOURS))
    return pd.DataFrame(
        {
            "zone_id": [scores.index[episode.zone] for episode in episodes],
            "began_at": scores.columns[[episode.began for episode in episodes]],
        }
    )
