"""Presence from a land-use prior that is fitted to the counts themselves.

The regression and its EM belong here; `HomeFlows` uses the regression too.
"""

from __future__ import annotations

from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.optimize import minimize

from peil_models.presence.inputs import Counts, Floats, PresenceFromCounts, check_values

JUDGED_HOURS = 4
"""Hours on which the number of steps is chosen, of those that are fitted."""


class PresenceLandUse(PresenceFromCounts):
    """Number of devices present in each tile, by EM from a land-use prior fitted to the counts.

    How many devices a hectare of houses, offices, roads or wood holds at this hour is not known
    beforehand, but the counts tell. `fit` has two stages:

    1. regression: ``y[c] ~ Poisson(sum_t X[c, t] * sum_k L[t, k] * b[k])`` with ``b >= 0`` by
       maximum likelihood, hour by hour or pooled over hours that are alike;
    2. EM from ``u = L @ b``, as in `PresenceEM` [1]_, for as many steps as predict best what cells
       counted that were left out (whole cells, not devices).

    Parameters
    ----------
    land_use : array-like of shape (n_tiles, n_kinds), default=None
        Share of each land use in each tile, any scale per column, known without any count. None
        leaves the prior alone.
    prior : array-like of shape (n_tiles,), default=None
        One more kind of land, never wholly left out (`floor_share`); None is uniform. A tile with
        prior 0 stays empty, which restricts the estimate to a region.
    hour_groups : array-like of shape (n_hours,), default=None
        Hours with the same label share ``b`` (night and day, say); None fits every hour by itself.
    max_iter : int in [1, inf), default=10
        Steps of EM at the most.
    n_folds : int in [0, inf), default=5
        Parts the cells are dealt into to choose the number of steps; 0 takes `max_iter` steps.
    floor_share : float in (0, 1], default=0.01
        Least share of the devices that start from `prior`, so that no tile of the region is
        impossible.

    Attributes
    ----------
    devices_ : ndarray of shape (n_tiles,) or (n_tiles, n_hours)
        Estimated devices present. Unit: devices, not persons.
    unlocated_ : float or ndarray of shape (n_hours,)
        Devices counted by cells that reach no tile with prior mass. Unit: devices.
    land_use_devices_ : ndarray of shape (n_kinds + 1, n_hours)
        Fitted ``b``, the last row that of the prior. Unit: devices per unit of the column.
    n_iter_ : int
        Steps taken.
    held_out_score_ : ndarray of shape (max_iter,)
        Mean relative squared error of the cells left out after each step, on four hours from the
        emptiest to the fullest. Only where steps were chosen: the fewest that are within a standard
        error of the best.

    Notes
    -----
    Assumes that each device is counted once, by one cell, and that devices follow land use in
    proportion within the reach of a cell. What is wrong with the footprint of a cell is not wrong
    in the same way with its neighbours, so cells left out tell when EM begins to fit the error of
    the footprint (shadows, a changed plan); devices left out cannot. An error that all cells share,
    such as a serving cell held on to everywhere, is told in part only.
    Not identified: tiles whose columns of X are proportional are split by land use; land uses that
    lie in one proportion everywhere are split arbitrarily, their sum is not.
    The regression is pulled by overdispersed counts of large cells, which is why its answer is only
    where EM starts. Conserves counts where the columns of X sum to 1 or 0.

    References
    ----------
    .. [1] Ricciato et al. (2015), JRC96568. doi:10.2788/162414
    .. [2] Early stopping of EM by cross-validation: Coakley (1991), IEEE Trans. Nuclear Science 38.
       doi:10.1109/23.63822

    Examples
    --------
    >>> X = np.array([[0.9, 0.5, 0.1, 0.0], [0.1, 0.5, 0.5, 0.2], [0.0, 0.0, 0.4, 0.8]])
    >>> houses = np.array([[1.0], [0.0], [1.0], [0.0]])
    >>> counts = X @ np.array([50.0, 0.0, 50.0, 0.0])
    >>> PresenceLandUse(houses, floor_share=1e-6).fit(X, counts).devices_.round(1)
    array([50.,  0., 50.,  0.])
    """

    land_use_devices_: Floats
    n_iter_: int
    held_out_score_: Floats

    def __init__(
        self,
        land_use: ArrayLike | None = None,
        prior: ArrayLike | None = None,
        *,
        hour_groups: ArrayLike | None = None,
        max_iter: int = 10,
        n_folds: int = 5,
        floor_share: float = 0.01,
    ) -> None:
        self.land_use = land_use
        self.prior = prior
        self.hour_groups = hour_groups
        self.max_iter = max_iter
        self.n_folds = n_folds
        self.floor_share = floor_share

    def fit(self, X: Any, y: ArrayLike) -> Self:
        """Fit the land use, then climb the likelihood.

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
            NaN, infinity, a negative number or a wrong shape, with the argument and the position.
        """
        for name, least in (("max_iter", 1), ("n_folds", 0)):
            value = getattr(self, name)
            if not isinstance(value, Integral) or value < least:
                raise ValueError(f"{name} must be a whole number of at least {least}, got {value}")
        if not 0 < self.floor_share <= 1:
            raise ValueError(f"floor_share must lie between 0 and 1, got {self.floor_share}")
        counts = self._check(X, y, self.prior)
        land = self._land(counts)
        groups = self._groups(counts.y.shape[1])
        start = self._start(counts, land, groups)
        self.n_iter_ = self._steps(counts, start)
        devices = start
        for _ in range(self.n_iter_):
            devices = counts.step(devices)
        self._finish(counts, devices)
        return self

    def _land(self, counts: Counts) -> Floats:
        """Kinds of land by column, the prior last; nothing where the prior is 0."""
        n_tiles = len(counts.prior)
        if self.land_use is None:
            return counts.prior[:, None]
        land = np.asarray(self.land_use, dtype=np.float64)
        if land.ndim != 2 or len(land) != n_tiles:
            raise ValueError(f"land_use has shape {land.shape}, expected ({n_tiles}, n_kinds)")
        check_values("land_use", land)
        return np.column_stack([np.where(counts.prior[:, None] > 0, land, 0.0), counts.prior])

    def _groups(self, n_hours: int) -> NDArray[np.intp]:
        if self.hour_groups is None:
            return np.arange(n_hours)
        labels = np.asarray(self.hour_groups)
        if labels.shape != (n_hours,):
            raise ValueError(f"hour_groups has shape {labels.shape}, expected ({n_hours},)")
        return np.unique(labels, return_inverse=True)[1].astype(np.intp)

    def _start(self, counts: Counts, land: Floats, groups: NDArray[np.intp]) -> Floats:
        """Fitted prior of every hour, shape (n_tiles, n_hours), in devices."""
        pooled = np.zeros((len(counts.y), int(groups.max()) + 1))
        np.add.at(pooled.T, groups, counts.y.T)
        pooled *= counts.is_located[:, None]
        weights = regression(sparse.csr_array(counts.X @ land), pooled)
        weights *= 1.0 - self.floor_share
        weights[-1] += self.floor_share * pooled.sum(axis=0)
        located = (counts.y * counts.is_located[:, None]).sum(axis=0)
        total = pooled.sum(axis=0)[groups]
        scale = np.divide(located, total, out=np.zeros_like(located), where=total > 0)
        self.land_use_devices_ = weights[:, groups] * scale
        return np.asarray(land @ self.land_use_devices_)

    def _steps(self, counts: Counts, start: Floats) -> int:
        """How many steps predict best what cells counted that were left out."""
        rows = np.flatnonzero(counts.is_located)
        n_folds = min(int(self.n_folds), len(rows))
        if n_folds < 2 or self.max_iter == 1:
            return int(self.max_iter)
        hours = _spread_hours(counts.y.sum(axis=0))
        y, first = counts.y[:, hours], start[:, hours]
        # Ranked by what they counted and dealt out like cards: no chance, no order of rows.
        coverage = np.asarray(counts.X.sum(axis=1)).ravel()[rows]
        ranked = rows[np.lexsort((coverage, y[rows].sum(axis=1)))]
        errors = np.zeros((int(self.max_iter), len(counts.y)))
        for fold in range(n_folds):
            left_out = ranked[fold::n_folds]
            devices = first
            for step in range(len(errors)):
                devices = _step_without(counts, devices, y, left_out)
                expected = counts.X[left_out] @ devices
                errors[step, left_out] = _relative_errors(y[left_out], expected)
        by_cell = errors[:, rows]
        self.held_out_score_ = by_cell.mean(axis=1)
        best = int(np.argmin(self.held_out_score_))
        # The fewest steps that are not told apart from the best: later ones fit the footprint.
        margin = (by_cell - by_cell[best]).std(axis=1) / np.sqrt(len(rows))
        is_as_good = self.held_out_score_ <= self.held_out_score_[best] + margin
        return int(np.argmax(is_as_good)) + 1


def regression(design: sparse.csr_array, y: Floats) -> Floats:
    """Poisson regression with weights of 0 or more, every column of y by itself.

    Parameters
    ----------
    design : csr_array of shape (n_cells, n_kinds)
    y : ndarray of shape (n_cells, n_groups)

    Returns
    -------
    ndarray of shape (n_kinds, n_groups)
        0 for kinds that no cell sees. ``(design @ weights).sum(axis=0) == y.sum(axis=0)``.
    """
    covered = np.asarray(design.sum(axis=0)).ravel()
    is_seen = covered > 0
    # Each kind scaled to the devices it would explain alone: parameters are shares, about 1.
    scaled = sparse.csr_array(design[:, is_seen] / covered[is_seen])
    out = np.zeros((len(covered), y.shape[1]))
    for group, counts in enumerate(y.T):
        if counts.sum() > 0 and is_seen.any():
            shares = _most_likely(scaled, counts / counts.sum())
            out[is_seen, group] = shares * counts.sum() / covered[is_seen]
    return out


def _most_likely(design: sparse.csr_array, shares: Floats) -> Floats:
    """Mixture of the columns of `design`, each of sum 1, that explains shares of cells best."""
    is_seen = shares > 0
    design, shares = sparse.csr_array(design[is_seen]), shares[is_seen]
    by_kind = sparse.csr_array(design.T)

    def minus_log_likelihood(mixture: Floats) -> tuple[float, Floats]:
        expected = np.maximum(design @ mixture, 1e-300)
        value = float(mixture.sum() - shares @ np.log(expected))
        return value, 1.0 - by_kind @ (shares / expected)

    n_kinds = design.shape[1]
    best = minimize(
        minus_log_likelihood,
        np.full(n_kinds, 1.0 / n_kinds),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.0, None)] * n_kinds,
        options={"maxiter": 1000, "ftol": 1e-15, "gtol": 1e-9},
    )
    mixture = _polished(design, shares, np.asarray(best.x, dtype=np.float64))
    return np.asarray(mixture / mixture.sum())


def _polished(design: sparse.csr_array, shares: Floats, mixture: Floats) -> Floats:
    """Newton steps among the kinds that are there: the last digits, whatever the order of cells."""
    is_there = mixture > 1e-7
    dense = np.asarray(design[:, is_there].todense())
    part = mixture[is_there]
    for _ in range(8):
        expected = np.einsum("ck,k->c", dense, part)
        if not (expected > 1e-12).all():
            break
        slope = 1.0 - np.einsum("ck,c->k", dense, shares / expected)
        bend = np.einsum("ck,c,cl->kl", dense, shares / expected**2, dense)
        moved = part - np.linalg.lstsq(bend, slope, rcond=1e-10)[0]
        if not (moved > 0).all():
            break
        part = moved
    out = np.zeros_like(mixture)
    out[is_there] = part
    return out


def _step_without(counts: Counts, devices: Floats, y: Floats, left_out: NDArray[np.intp]) -> Floats:
    """One EM step in which some cells are missing: each is taken to count what is expected."""
    expected = counts.X @ devices
    ratio = np.divide(y, expected, out=np.zeros_like(y), where=expected > 0)
    ratio[left_out] = 1.0
    out: Floats = devices * (counts.by_tile @ ratio)
    coverage = counts.coverage[:, None]
    np.divide(out, coverage, out=out, where=coverage > 0)
    out[counts.coverage == 0] = 0.0
    return out


def _relative_errors(y: Floats, expected: Floats) -> Floats:
    """Squared differences of square roots of each cell: sampling has the same size in all cells."""
    return np.asarray(np.square(np.sqrt(y) - np.sqrt(expected)).sum(axis=1))


def _spread_hours(totals: Floats) -> NDArray[np.intp]:
    """Hours to judge steps on, from the emptiest to the fullest; ties in the order of hours."""
    order = np.argsort(totals, kind="stable")
    places = np.linspace(0, len(order) - 1, min(JUDGED_HOURS, len(order)))
    return np.unique(order[places.round().astype(np.intp)])
