"""Stays of devices and where they are, as a registry keeps them: words and numbers alone.

The estimators themselves have modules of their own; what a delivery shows of devices at rest is
`rest`'s, and comes in where a pilot's days are estimated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from peil_models.location import posterior
from peil_models.stays.overlap import cell_overlaps
from peil_models.stays.placing import Places, StayPlacing
from peil_models.stays.segmentation import StaySegmentation
from peil_models.stays.segments import Segments


class StaysByChoices(BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Cut the time of devices into stays and place each, by the choices of a version.

    Parameters
    ----------
    segmentation, placing, homes, timing : mapping of str to value, default=None
        Parameters of `StaySegmentation`, `StayPlacing`, `peil_models.residence.AnchorPlace` and
        `TimingRings`; of the others their defaults hold. `fit` uses the first two.
    min_overlap : float in [0, 1], default=0.25
        Least overlap of cells between which a device at rest may change.
    max_unknown_s : float in [0, inf), default=43200.0
        Longest silence between two stays that hides a trip; for `peil_models.mobility.find_trips`.
        Unit: seconds.
    choices : mapping of str to value, default=None
        Choices of a pilot that this version differs in; for the record, not used in `fit`.
    footprint : str, default=""
        The footprint that stood when this version was registered; for the record.

    Attributes
    ----------
    segmentation_ : StaySegmentation
    placing_ : StayPlacing

    Notes
    -----
    Assumes what the two estimators assume, and that cells overlap as the footprint has it.
    Not identified: what these cannot tell.

    References
    ----------
    .. [1] Eurostat, multimno 1.0 documentation (2025), continuous time segmentation.

    Examples
    --------
    >>> X = np.array([[0.9, 0.1], [0.1, 0.9]])
    >>> model = StaysByChoices(segmentation={"min_stay_s": 600.0}, min_overlap=0.7).fit(X)
    >>> segments, places = model.stays([0, 0, 0], [0.0, 1800.0, 5400.0], [0, 0, 1])
    >>> segments.frame()["state"].tolist()[0], places.zone.tolist()[0]
    ('stay', 0)
    """

    segmentation_: StaySegmentation
    placing_: StayPlacing

    def __init__(
        self,
        *,
        segmentation: Mapping[str, Any] | None = None,
        placing: Mapping[str, Any] | None = None,
        homes: Mapping[str, Any] | None = None,
        timing: Mapping[str, Any] | None = None,
        min_overlap: float = 0.25,
        max_unknown_s: float = 43_200.0,
        choices: Mapping[str, Any] | None = None,
        footprint: str = "",
    ) -> None:
        self.segmentation = segmentation
        self.placing = placing
        self.homes = homes
        self.timing = timing
        self.min_overlap = min_overlap
        self.max_unknown_s = max_unknown_s
        self.choices = choices
        self.footprint = footprint

    def fit(
        self,
        X: sparse.csr_array | ArrayLike,
        y: ArrayLike | None = None,
        zone_of_tile: ArrayLike | None = None,
    ) -> Self:
        """Fit both on the footprint of a plan of cells.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_cells, n_tiles)
            Probability that a device in tile t is served by cell c; columns sum to 1 or 0.
        y : array-like of shape (n_tiles,), optional
            Where devices are at any time, any scale; the same everywhere by default.
        zone_of_tile : array-like of int of shape (n_tiles,), optional
            Number of the zone, -1 outside all; each tile its own by default.

        Raises
        ------
        ValueError
            A choice that the estimators refuse, a wrong shape, NaN or a negative number.
        """
        chances: Any = sparse.csr_array(X, copy=True)  # type: ignore[arg-type]
        chances.sort_indices()
        n_tiles = chances.shape[1]
        prior = np.ones(n_tiles) if y is None else np.asarray(y, np.float64)
        zone = np.arange(n_tiles) if zone_of_tile is None else np.asarray(zone_of_tile)
        overlaps = cell_overlaps(posterior(chances, prior), min_overlap=self.min_overlap)
        self.segmentation_ = StaySegmentation(**(self.segmentation or {})).fit(overlaps)
        placing = StayPlacing(**(self.placing or {}))
        self.placing_ = placing.fit(chances, prior, zone_of_tile=zone)
        return self

    def stays(self, device: ArrayLike, at_s: ArrayLike, cell: ArrayLike) -> tuple[Segments, Places]:
        """Segments of some devices, and where they were.

        Parameters
        ----------
        device, at_s, cell : array-like of shape (n_events,)
            As `StaySegmentation.segment` takes them.
        """
        check_is_fitted(self)
        row: NDArray[np.int64] = np.asarray(cell, np.int64)
        segments = self.segmentation_.segment(device, at_s, cell)
        return segments, self.placing_.place(segments, row)
