"""Presence by an estimator that is named, with its parameters: what a registry keeps and loads.

The estimators themselves have modules of their own.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Self

from numpy.typing import ArrayLike

from peil_models.presence.combined import PresenceCombined
from peil_models.presence.data_first import PresenceDF
from peil_models.presence.direct import PresenceSB, PresenceVoronoi
from peil_models.presence.em import PresenceEM
from peil_models.presence.inputs import PresenceFromCounts
from peil_models.presence.land_use import PresenceLandUse

NAMED: dict[str, type[PresenceFromCounts]] = {
    "voronoi": PresenceVoronoi,
    "sb": PresenceSB,
    "df": PresenceDF,
    "em": PresenceEM,
    "landuse": PresenceLandUse,
    "combined": PresenceCombined,
}
OF_THE_AREA = ("prior", "land_use", "polygons")  # given anew for each area, not registered


class PresenceByName(PresenceFromCounts):
    """Number of devices present in each tile, by the estimator of a name.

    Holds words and numbers only, so that a registry can keep it as a file that runs no code; what
    belongs to an area (prior, land use, polygons) is given where it is fitted.

    Parameters
    ----------
    estimator : {"voronoi", "sb", "df", "em", "landuse", "combined"}, default="sb"
        Which one. A version of an estimator of somebody's own has another name: it is loaded, and
        not fitted.
    parameters : mapping of str to value, default=None
        Its parameters, by the names of its constructor; of the others the defaults hold.
    choices : mapping of str to value, default=None
        Choices of a pilot that this version differs in, as ``presence.em_max_iter``; for the
        record, not used in `fit`.
    footprint : str, default=""
        The footprint that stood when this version was registered; for the record.
    prior, land_use, polygons
        As for `PresenceCombined`, each for those estimators that take it.

    Attributes
    ----------
    estimator_ : PresenceFromCounts
        The estimator of that name, fitted.
    devices_, unlocated_
        Its own.

    Notes
    -----
    Assumes what the estimator of that name assumes. Not identified: what that one cannot tell.

    References
    ----------
    .. [1] Ricciato et al. (2015), JRC96568. doi:10.2788/162414

    Examples
    --------
    >>> X = [[0.98, 0.5, 0.05], [0.02, 0.5, 0.90]]
    >>> model = PresenceByName("em", {"max_iter": 3}, prior=[1.0, 1.0, 1.0])
    >>> type(model.fit(X, [100.0, 50.0]).estimator_).__name__
    'PresenceEM'
    """

    estimator_: PresenceFromCounts

    def __init__(
        self,
        estimator: str = "sb",
        parameters: Mapping[str, Any] | None = None,
        choices: Mapping[str, Any] | None = None,
        footprint: str = "",
        prior: ArrayLike | None = None,
        land_use: ArrayLike | None = None,
        polygons: Any = None,
    ) -> None:
        self.estimator = estimator
        self.parameters = parameters
        self.choices = choices
        self.footprint = footprint
        self.prior = prior
        self.land_use = land_use
        self.polygons = polygons

    def fit(self, X: Any, y: ArrayLike) -> Self:
        """Fit the estimator of that name.

        Parameters
        ----------
        X, y
            As `PresenceEM.fit`.

        Raises
        ------
        ValueError
            No estimator of that name, a parameter that it does not have, or input that it refuses.
        """
        if self.estimator not in NAMED:
            raise ValueError(f"estimator is {self.estimator!r}; there are {', '.join(NAMED)}")
        kind = NAMED[self.estimator]
        accepted = inspect.signature(kind).parameters
        given = dict(self.parameters or {})
        if unknown := sorted(set(given) - set(accepted)):
            raise ValueError(f"parameters: {self.estimator} has no {unknown[0]}")
        self._check(X, y, self.prior)
        area = {name: getattr(self, name) for name in OF_THE_AREA if name in accepted}
        self.estimator_ = kind(**given, **area).fit(X, y)  # type: ignore[attr-defined]
        self.devices_ = self.estimator_.devices_
        self.unlocated_ = self.estimator_.unlocated_
        return self
