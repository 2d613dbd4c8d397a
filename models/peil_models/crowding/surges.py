"""Surges: hours that are busier than the forecast allows, and how often that happens by chance."""

from __future__ import annotations

from dataclasses import replace
from typing import Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from peil_models.crowding.episodes import EPISODE_COLUMNS, Episode, episodes_of, peaks_of
from peil_models.crowding.history import Floats
from peil_models.crowding.known_days import CrowdingCalendar
from peil_models.crowding.next_hour import NextHours
from peil_models.crowding.scores_of_hours import ScoredHours, scored_hours

HOURS_A_YEAR = 8766.0


class SurgeDetector(BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Find episodes that are busier than forecast, at a rate of false alarms that was measured.

    Each hour has a score: the excess of one hour or of two over the median forecast, in units of
    the forecast's upper spread, less what the hours before let expect (a busy day is no surge), and
    standardised by zone over the days of `fit`. The alarm levels are scores that the fitted days
    exceeded as often as was chosen: conformal p-values by episode [1]_. Beyond the largest, their
    tail is continued as an exponential one [2]_.

    Parameters
    ----------
    episodes_a_month : float in (0, 10], default=0.7
        Episodes of the first level per zone and 30 days in the fitted days, realised. Below 1, as
        days that follow are less like the forecast than those it was fitted on.
    rarer : float in (1, 100], default=4.0
        How many times rarer each further level is.
    days : int in [7, 365], default=28
        Last days of the history that fix the levels: four of each weekday, recent enough to follow
        a forecast that gets worse. Where fewer were forecast, episodes are to be rarer in
        proportion: one week says little of how weeks differ.
    least_share : float in [0, 1], default=0.5
        Spread is at least this share of the zone's usual level, so that a handful of persons in a
        quiet night is no surge. Quiet hours of a smaller one had so many alarms that levels rose
        and surges of busy hours were missed.
    least_persons : float in [0, inf), default=250
        That share asks for no more than so many persons: some hundreds above what is usual are a
        crowd in a large zone too, also in its quiet hours.
    pooled : float in [0, 1], default=0.3
        Share by which the scale of a zone's jumps is drawn towards that of all zones: by their own
        scale alone, zones with wild hours are deaf to large surges.
    quiet_hours : int in [1, 24], default=6
        Observed hours after which an episode has ended: below the first level, and within the
        95 % interval.
    random_state : int in [0, 2**32), default=0
        Draws the hours that `next_` is learnt from.

    Attributes
    ----------
    levels_ : ndarray of shape (3,)
        Scores at which the levels begin.
    peaks_ : ndarray
        Highest scores of the runs of hours of the fitted days, sorted.
    zone_months_ : float
        Observed zone-hours of the fitted days, in months of 30 days.
    carry_ : float
        Share of an hour's excess that goes on in the next, as the fitted days had it.
    zone_levels_ : dict of str to float
        Usual level by zone: the mean of what was forecast of the fitted days.
    next_ : NextHours or None
        What an hour may hold, given the hours before it; None where fewer than two weeks, or too
        few hours, were forecast.
    usual_ : dict of str to ndarray of shape (2, 2)
        By zone: centre and scale of its jumps of one hour and of two; "" for other zones.

    Notes
    -----
    Assumes that the fitted days hold surges as seldom as usual: one that was fitted on a month of
    festivals is deaf. Not identified: why it is busy, and whether an unusual hour is a surge or a
    fault of measurement.

    References
    ----------
    .. [1] Vovk, Gammerman & Shafer (2005), Algorithmic Learning in a Random World.
       doi:10.1007/b106715
    .. [2] Pickands (1975), Annals of Statistics 3. doi:10.1214/aos/1176343003

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> at = pd.date_range("2026-03-02", periods=28 * 24, freq="h", tz="Europe/Amsterdam")
    >>> rows = pd.DataFrame({"zone_id": "a", "hour_at": at, "value": rng.normal(900, 40, len(at))})
    >>> edges = dict(q025=820, q100=849, q250=873, q500=900, q750=927, q900=951, q975=980)
    >>> forecasts = rows[["zone_id", "hour_at"]].assign(issued_at=at.normalize(), **edges)
    >>> detector = SurgeDetector().fit(rows, forecasts)
    >>> rows.loc[100:102, "value"] += 400.0
    >>> surges = detector.episodes(rows, forecasts)
    >>> surges.nlargest(1, "level")[["level", "expected"]].to_numpy().tolist()
    [[3.0, 900.0]]
    """

    levels_: Floats
    peaks_: Floats
    zone_months_: float
    carry_: float
    zone_levels_: dict[str, float]
    next_: NextHours | None
    usual_: dict[str, Floats]

    def __init__(
        self,
        *,
        episodes_a_month: float = 0.7,
        rarer: float = 4.0,
        days: int = 28,
        least_share: float = 0.5,
        least_persons: float = 250.0,
        pooled: float = 0.3,
        quiet_hours: int = 6,
        random_state: int = 0,
    ) -> None:
        self.episodes_a_month = episodes_a_month
        self.rarer = rarer
        self.days = days
        self.least_share = least_share
        self.least_persons = least_persons
        self.pooled = pooled
        self.quiet_hours = quiet_hours
        self.random_state = random_state

    def fit(self, history: pd.DataFrame, forecasts: pd.DataFrame) -> Self:
        """Fix the alarm levels on the last days that were forecast.

        Parameters
        ----------
        history : DataFrame
            `zone_id`, `hour_at`, `value`, optionally `sd`.
        forecasts : DataFrame
            What a forecaster said of these hours *before* them; the one issued last counts.

        Raises
        ------
        ValueError
            No hour of the history was forecast.
        """
        hours = scored_hours(history, forecasts, self.least_share, self.least_persons)
        hours = hours.last_days(self.days)
        if not hours.n_observed:
            raise ValueError("no hour of the history was forecast, so that no level can be fixed")
        levels = zip(hours.zones, hours.usual[:, 0].tolist(), strict=True)
        self.zone_levels_ = {zone: level for zone, level in levels if level > 0}
        self.carry_ = hours.memory()
        learnt = NextHours.learnt(hours, self.random_state)
        self.next_, after_hours = learnt if learnt else (None, None)
        hours = replace(hours, after_hours=after_hours)
        self.usual_ = hours.by_zone(self.carry_, self.pooled)
        scores = hours.scores(self.carry_, self.usual_)
        self.zone_months_ = hours.n_observed / (24 * 30)
        self.peaks_ = np.sort(peaks_of(scores, self.quiet_hours))
        # weeks differ by more than their hours tell: with fewer, levels that fewer of them exceed
        n_hours = int((~np.isnan(hours.excess)).any(axis=0).sum())
        share = min(n_hours / (24 * self.days), 1.0)
        rates = share * self.episodes_a_month / self.rarer ** np.arange(3)
        self.levels_ = np.array([self._score_at(rate) for rate in rates])
        return self

    def _score_at(self, a_month: float) -> float:
        """Return the score that peaks exceed so many times per zone and month."""
        expected = a_month * self.zone_months_
        n = len(self.peaks_)
        if expected >= 1:
            return float(self.peaks_[max(n - 1 - int(expected), 0)])
        return float(self.peaks_[-1] + self._tail() * np.log(1 / max(expected, 1e-12)))

    def _tail(self) -> float:
        """Return the mean by which the highest tenth of the peaks exceeds its least."""
        n = max(len(self.peaks_) // 10, 2)
        highest = self.peaks_[-n:]
        return float(max((highest - highest[0]).mean() * n / max(n - 1, 1), 1e-3))

    def times_a_year(self, score: float) -> float:
        """Return how many times a year a zone has an episode with at least this score by chance."""
        check_is_fitted(self)
        n_above = len(self.peaks_) - int(np.searchsorted(self.peaks_, score))
        expected = float(n_above)
        if n_above == 0:
            expected = float(np.exp(-(score - self.peaks_[-1]) / self._tail()))
        return expected / self.zone_months_ * HOURS_A_YEAR / (24 * 30)

    def episodes(
        self,
        observed: pd.DataFrame,
        forecasts: pd.DataFrame,
        calendar: CrowdingCalendar | None = None,
    ) -> pd.DataFrame:
        """Find the surges of the observed hours.

        Parameters
        ----------
        observed : DataFrame
            As the history of `fit`: released values with their `sd`, if any.
        forecasts : DataFrame
            As in `fit`, of these hours.
        calendar : CrowdingCalendar, optional
            Names the events that explain an episode.

        Returns
        -------
        DataFrame
            One row per zone and episode, ordered by zone and begin: `zone_id`, `began_at`,
            `ended_at` (end of the last hour that belongs to it; NaT while open),
            `level` (1 to 3, the highest),
            `observed`, `expected`, `excess`, `excess_low`, `excess_high` (95 %) of its hour of
            largest score, `times_a_year`, `known_event` (name or None).
        """
        return self.episodes_in(self.scored(observed, forecasts), calendar)

    def scored(
        self, observed: pd.DataFrame, forecasts: pd.DataFrame, before: pd.DataFrame | None = None
    ) -> ScoredHours:
        """Return how far hours are above their forecast, and over what those before let expect.

        Parameters
        ----------
        observed, forecasts : DataFrame
            As of `episodes`.
        before : DataFrame, optional
            The `ScoredHours.table` of the first of these hours: they are not scored again.
        """
        check_is_fitted(self)
        floors = (self.least_share, self.least_persons, self.zone_levels_)
        hours = scored_hours(observed, forecasts, *floors)
        if self.next_ is None:
            return hours
        if before is None or tuple(before["zone_id"].unique()) != hours.zones:
            return self.next_.scored(hours)  # all, where a zone came since
        earlier = before["after_hours"].to_numpy(np.float64)
        return self.next_.scored(hours, earlier.reshape(len(hours.zones), -1))

    def episodes_in(
        self, hours: ScoredHours, calendar: CrowdingCalendar | None = None
    ) -> pd.DataFrame:
        """Return the `episodes` of hours that are `scored`."""
        calendar = calendar or CrowdingCalendar()
        scores = hours.scores(self.carry_, self.usual_)
        busy = np.nan_to_num(hours.observed) > np.nan_to_num(hours.upper, nan=np.inf)
        rows = [
            self._row(hours, episode, calendar)
            for episode in episodes_of(scores, busy, self.levels_, self.quiet_hours)
        ]
        frame = pd.DataFrame(rows, columns=list(EPISODE_COLUMNS))
        for name in ("began_at", "ended_at"):
            frame[name] = pd.to_datetime(frame[name], utc=True).dt.tz_convert(hours.time_zone)
        return frame.astype({"level": "int64", "known_event": object})

    def _row(
        self, hours: ScoredHours, episode: Episode, calendar: CrowdingCalendar
    ) -> dict[str, object]:
        zone, at = episode.zone, episode.peak
        hour = pd.Timedelta(hours=1)
        began_at, last_at = hours.hour_at[episode.began], hours.hour_at[episode.last] + hour
        value, sd = hours.observed[zone, at], hours.sd[zone, at]
        expected = hours.median[zone, at]
        own = 1.96 * (0.0 if np.isnan(sd) else sd)
        below = np.hypot(hours.upper[zone, at] - expected, own)
        above = np.hypot(expected - hours.lower[zone, at], own)
        values = (
            hours.zones[zone],
            began_at,
            pd.NaT if episode.is_open else last_at,
            episode.level,
            value,
            expected,
            value - expected,
            value - expected - below,
            value - expected + above,
            self.times_a_year(episode.score),
            calendar.event_at(hours.zones[zone], began_at, last_at),
        )
        return dict(zip(EPISODE_COLUMNS, values, strict=True))
