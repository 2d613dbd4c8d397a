"""Presence as the mean of estimators that are wrong in different ways.

The estimators themselves have modules of their own.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from peil_models.presence.direct import PresenceSB, PresenceVoronoi
from peil_models.presence.inputs import Floats, PresenceFromCounts
from peil_models.presence.land_use import PresenceLandUse


class PresenceCombined(PresenceFromCounts):
    """Number of devices present in each tile, the mean of a sharp estimator and a plain one.

    `PresenceLandUse` follows the footprint and what the counts teach of land use, `PresenceSB` the
    prior: where either is wrong, the mean is wrong by half of it, and where they err in opposite
    ways it is better than both [1]_. `polygons_share` is left to `PresenceVoronoi`, which
    knows nothing of antennas: for a footprint that the counts contradict.

    Parameters
    ----------
    land_use : array-like of shape (n_tiles, n_kinds), default=None
        Share of each land use in each tile; None leaves the prior alone.
    prior : array-like of shape (n_tiles,), default=None
        Prior mass per tile, any scale; None is uniform. A tile with prior 0 stays empty.
    polygons : {array-like, sparse matrix} of shape (n_cells, n_tiles), default=None
        Which cell each tile is nearest to (`FootprintVoronoi`); needed for a share of theirs.
    polygons_share : float in [0, 1], default=0.0
        Weight of the polygons; the other two have half of the rest each.
    max_iter, n_folds, floor_share
        As for `PresenceLandUse`.

    Attributes
    ----------
    devices_ : ndarray of shape (n_tiles,) or (n_tiles, n_hours)
        Estimated devices present. Unit: devices, not persons.
    unlocated_ : float or ndarray of shape (n_hours,)
        Devices that no tile with prior mass was found for, mean over the estimators.
    n_iter_ : int
        Steps of `PresenceLandUse`.
    shares_ : ndarray of shape (3,)
        Weights of `PresenceLandUse`, `PresenceSB` and `PresenceVoronoi`.

    Notes
    -----
    Assumes nothing beyond its members; equal weights of the first two, since weights by evidence
    need a truth, and nights tell little of days. Conserves counts as its members do.
    Not identified: what all of them get wrong alike.

    References
    ----------
    .. [1] Bates & Granger (1969), Operational Research Quarterly 20. doi:10.1057/jors.1969.103

    Examples
    --------
    >>> X = np.array([[0.98, 0.5, 0.05 / 0.95], [0.02, 0.5, 0.90 / 0.95]])
    >>> PresenceCombined().fit(X, np.array([100.0, 50.0])).devices_.sum().round(6).item()
    150.0
    """

    n_iter_: int
    shares_: Floats

    def __init__(
        self,
        land_use: ArrayLike | None = None,
        prior: ArrayLike | None = None,
        *,
        polygons: Any = None,
        polygons_share: float = 0.0,
        max_iter: int = 10,
        n_folds: int = 5,
        floor_share: float = 0.01,
    ) -> None:
        self.land_use = land_use
        self.prior = prior
        self.polygons = polygons
        self.polygons_share = polygons_share
        self.max_iter = max_iter
        self.n_folds = n_folds
        self.floor_share = floor_share

    def fit(self, X: Any, y: ArrayLike) -> Self:
        """Fit each estimator and take their mean.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_cells, n_tiles)
            Probability that a device in tile t is served by cell c; columns sum to 1, or to 0
            where nothing covers the tile.
        y : array-like of shape (n_cells,) or (n_cells, n_hours)
            Devices counted by each cell. Unit: devices.

        Raises
        ------
        ValueError
            NaN, infinity, a negative number or a wrong shape, with the argument and the position;
            a share outside [0, 1], or one of polygons that were not given.
        """
        if not 0 <= self.polygons_share <= 1:
            raise ValueError(f"polygons_share must lie in [0, 1], got {self.polygons_share}")
        if self.polygons is None and self.polygons_share > 0:
            raise ValueError("polygons_share is above 0, polygons are not given")
        counts = self._check(X, y, self.prior)
        sharp = PresenceLandUse(
            self.land_use,
            self.prior,
            max_iter=self.max_iter,
            n_folds=self.n_folds,
            floor_share=self.floor_share,
        ).fit(X, y)
        members: list[tuple[Any, Any]] = [
            (sharp.devices_, sharp.unlocated_),
            _fitted(PresenceSB(self.prior), X, y),
        ]
        share = float(self.polygons_share)
        if share > 0:
            inside = np.where(counts.prior > 0, 1.0, 0.0)
            members.append(_fitted(PresenceVoronoi(inside), self.polygons, y))
        self.n_iter_ = sharp.n_iter_
        self.shares_ = np.array([(1.0 - share) / 2.0, (1.0 - share) / 2.0, share])
        weighted = list(zip(self.shares_, members, strict=False))
        self.devices_ = sum(weight * devices for weight, (devices, _) in weighted)
        self.unlocated_ = sum(weight * unlocated for weight, (_, unlocated) in weighted)
        return self


def _fitted(estimator: PresenceSB | PresenceVoronoi, X: Any, y: Any) -> tuple[Any, Any]:
    estimator.fit(X, y)
    return estimator.devices_, estimator.unlocated_
