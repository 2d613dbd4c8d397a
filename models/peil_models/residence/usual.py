"""Usual environment, home and work of each device, by its permanence scores.

Labels of places belong here; the scores they rest on do not (`peil_models.residence.permanence`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from peil_models.residence.calendar import WORKDAY
from peil_models.residence.permanence import (
    ALL_DAY,
    NIGHT,
    WORKING_HOURS,
    Floats,
    Ints,
    PermanenceScores,
)


@dataclass(frozen=True)
class PermanenceLabels:
    """What each pair of device and place is: arrays of bool, shape (n_pairs,).

    Examples
    --------
    >>> labels = PermanenceLabels(np.array([True, True]), np.array([True, False]),
    ...                           np.array([False, True]))
    >>> int((labels.is_usual & ~labels.is_home).sum())
    1
    """

    is_usual: NDArray[np.bool_]
    is_home: NDArray[np.bool_]
    is_work: NDArray[np.bool_]


class UsualEnvironment(BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Label places of devices as usual environment, home and work by their permanence scores.

    Parameters
    ----------
    usual_share : float in (0, 1], default=0.7
        Least share of the device's observed hours.
    home_share : float in (0, 1], default=0.8
        Least share of its hours; else, where no place has it, of its hours of the night; else of
        its observed nights.
    work_share : float in (0, 1], default=0.8
        Least share of its working hours on working days, at a place that is not home.

    Notes
    -----
    Assumes that hours with an event stand for those without. Every device is decided on its own: a
    change of others changes nothing. A device may have none of the three; with places as small as
    tiles few have. Not identified: work at home, or by night.

    References
    ----------
    Eurostat, multimno 1.0 documentation (2025), usual environment labelling.

    Examples
    --------
    >>> from datetime import date
    >>> from peil_models.residence import make_calendar, permanence_scores
    >>> monday = make_calendar([0, 86400], date(2026, 3, 2))
    >>> scores = permanence_scores([7, 7, 7], [0, 28800, 61200], [28800, 61200, 86400], [1, 2, 1],
    ...                            monday)
    >>> labels = UsualEnvironment().label(scores)
    >>> labels.is_home, labels.is_work
    (array([ True, False]), array([False,  True]))
    """

    def __init__(
        self, *, usual_share: float = 0.7, home_share: float = 0.8, work_share: float = 0.8
    ) -> None:
        self.usual_share = usual_share
        self.home_share = home_share
        self.work_share = work_share

    def fit(self, scores: PermanenceScores | None = None) -> Self:
        """Check the shares; nothing is learnt, so that `label` needs no `fit`.

        Parameters
        ----------
        scores : PermanenceScores, optional
            Not looked at.

        Raises
        ------
        ValueError
            A share that is not above 0 and at most 1.
        """
        for name in ("usual_share", "home_share", "work_share"):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"{name} must be above 0 and at most 1, got {getattr(self, name)}")
        return self

    def __sklearn_tags__(self) -> Any:
        """Declare that nothing is learnt."""
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags

    def label(self, scores: PermanenceScores) -> PermanenceLabels:
        """Label every pair of device and place.

        Raises
        ------
        ValueError
            A share that is not above 0 and at most 1.
        """
        self.fit()
        every, observed = scores.score.sum(axis=1), scores.observed.sum(axis=1)
        home = _share(every[:, ALL_DAY], observed[:, ALL_DAY]) >= self.home_share
        for count, among in (
            (every[:, NIGHT], observed[:, NIGHT]),
            (scores.nights, scores.observed_nights),
        ):
            has_home = np.isin(scores.device, scores.device[home])
            home |= ~has_home & (_share(count, among) >= self.home_share)
        workday = (slice(None), WORKDAY, WORKING_HOURS)
        work = _share(scores.score[workday], scores.observed[workday]) >= self.work_share
        usual = _share(every[:, ALL_DAY], observed[:, ALL_DAY]) >= self.usual_share
        return PermanenceLabels(usual | home, home, work & ~home)


def _share(count: Ints, among: Ints) -> Floats:
    return np.divide(count, among, out=np.zeros(len(count)), where=among > 0)
