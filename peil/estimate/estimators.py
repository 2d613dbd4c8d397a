"""The presence estimators of every pilot, one row each, and which of them is released.

A row says how an estimator is built from `methods.toml` and what is given to it, and how people
call it. The estimators themselves are statistics and belong to `peil_models.presence`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from peil.estimate.outages import OnAir
from peil_models.presence import (
    PresenceCombined,
    PresenceEM,
    PresenceLandUse,
    PresenceSB,
    PresenceVoronoi,
)


class Presence(Protocol):
    """What every estimator of presence offers once it is fitted."""

    devices_: np.ndarray
    unlocated_: np.ndarray

    def fit(self, X: Any, y: Any) -> Any:
        """Estimate devices per tile from the counts of cells."""
        ...


@dataclass(frozen=True)
class Given:
    """What an estimator may be built from, for one part of a plan's hours.

    Attributes
    ----------
    part : OnAir
        Footprint, Voronoi map, prior and counts of the cells that are on the air.
    even : ndarray of shape (n_tiles,)
        The same prior mass in every tile of the area.
    land_use : ndarray of shape (n_tiles, n_classes)
        Shares of land use, 0 outside the area.
    choices : dict
        Section `presence` of methods.toml.
    misfit_share : float
        How far this night's counts are from what the footprint leads one to expect.
    """

    part: OnAir
    even: np.ndarray
    land_use: np.ndarray
    choices: dict[str, Any]
    misfit_share: float


@dataclass(frozen=True)
class Estimator:
    """A way of estimating presence.

    Attributes
    ----------
    name : str
        Stands in the column `estimator` of every table.
    build : callable
        From what is given to an estimator that is not fitted yet.
    en, nl : str
        What people call it, on pages and in tables.
    footprint : {"signal", "voronoi"}
        By which map cells are joined to tiles.
    is_iterative : bool
        Whether its number of steps is worth telling.
    """

    name: str
    build: Callable[[Given], Presence]
    en: str
    nl: str
    footprint: Literal["signal", "voronoi"] = "signal"
    is_iterative: bool = False


def _voronoi(given: Given) -> Presence:
    return PresenceVoronoi(prior=given.even)


def _sum_of_posteriors(given: Given) -> Presence:
    return PresenceSB(prior=given.part.prior)


def _em(given: Given) -> Presence:
    return PresenceEM(
        prior=given.part.prior,
        max_iter=given.choices["em_max_iter"],
        stopping=given.choices["em_stopping"],
        misfit_share=given.misfit_share,
    )


def _land_use(given: Given) -> Presence:
    return PresenceLandUse(
        given.land_use,
        given.part.prior,
        max_iter=given.choices["em_max_iter"],
        n_folds=given.choices["landuse_n_folds"],
        floor_share=given.choices["landuse_floor_share"],
    )


def polygons_share(misfit_share: float, least: float) -> float:
    """Weight of polygons in the mean: none up to a misfit of `least`, all from 1 on.

    >>> [polygons_share(misfit, 0.5) for misfit in (0.4, 0.75, 1.2)]
    [0.0, 0.5, 1.0]
    """
    return min(max((misfit_share - least) / (1.0 - least), 0.0), 1.0)


def _combined(given: Given) -> Presence:
    """The less the night fits the footprint, the more is left to polygons that know none."""
    share = polygons_share(given.misfit_share, float(given.choices["polygons_misfit_min"]))
    return PresenceCombined(
        given.land_use,
        given.part.prior,
        polygons=given.part.voronoi,
        polygons_share=share,
        max_iter=given.choices["em_max_iter"],
        n_folds=given.choices["landuse_n_folds"],
        floor_share=given.choices["landuse_floor_share"],
    )


_ROWS = (
    Estimator(
        "voronoi",
        _voronoi,
        "Voronoi (nearest antenna)",
        "Voronoi (dichtstbijzijnde antenne)",
        footprint="voronoi",
    ),
    Estimator("sb", _sum_of_posteriors, "SB (sum of posteriors)", "SB (som van posteriors)"),
    Estimator(
        "em", _em, "EM (maximum likelihood)", "EM (grootste aannemelijkheid)", is_iterative=True
    ),
    Estimator(
        "landuse",
        _land_use,
        "EM from fitted land use",
        "EM vanuit geschat grondgebruik",
        is_iterative=True,
    ),
    Estimator(
        "combined",
        _combined,
        "Mean of SB and EM from fitted land use",
        "Gemiddelde van SB en EM vanuit grondgebruik",
        is_iterative=True,
    ),
)
ESTIMATORS: dict[str, Estimator] = {row.name: row for row in _ROWS}
RELEASED_ESTIMATOR = "combined"  # OBS_VALUE comes from this estimator only
MEMBERS = ("landuse", "sb", "voronoi")  # what it is the mean of, in the order of its shares
