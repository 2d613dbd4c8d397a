"""Presence in one pass: by the area of a cell (Voronoi), by the sum of posteriors (SB).

Estimators that iterate have modules of their own.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from peil_models.presence.inputs import Floats, PresenceFromCounts


class PresenceVoronoi(PresenceFromCounts):
    """Number of devices present in each tile, each count spread over the tiles of its own cell.

    The baseline. A tile belongs to the cell with the largest value in its column of X; cells that
    tie share it. With the footprint of `FootprintVoronoi` those are the Voronoi polygons of the
    cell positions; with signal strength they are best-server areas.

    Parameters
    ----------
    prior : array-like of shape (n_tiles,), default=None
        How a count is spread inside a polygon; None spreads it evenly. A tile with prior 0 gets
        nothing, which restricts the estimate to a region.

    Attributes
    ----------
    devices_ : ndarray of shape (n_tiles,) or (n_tiles, n_hours)
        Estimated devices present. Unit: devices, not persons (`peil_models.weighting` turns devices
        into persons).
    unlocated_ : float or ndarray of shape (n_hours,)
        Devices counted by cells that own no tile with prior mass. Unit: devices.

    Notes
    -----
    Assumes that the nearest (or strongest) cell serves, always. Conserves counts where the columns
    of X sum to 1 or 0: ``devices_.sum(axis=0) + unlocated_ == y.sum(axis=0)``.
    Not identified: where in a polygon the devices are.

    References
    ----------
    .. [1] Ricciato et al. (2015), JRC96568. doi:10.2788/162414

    Examples
    --------
    >>> X = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    >>> PresenceVoronoi().fit(X, np.array([100.0, 50.0])).devices_
    array([50., 50., 50.])
    """

    def __init__(self, prior: ArrayLike | None = None) -> None:
        self.prior = prior

    def fit(self, X: Any, y: ArrayLike) -> Self:
        """Spread the counts.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_cells, n_tiles)
            Connection probability, or any score whose largest value in a column names the cell.
        y : array-like of shape (n_cells,) or (n_cells, n_hours)
            Devices counted by each cell. Unit: devices.

        Raises
        ------
        ValueError
            NaN, infinity, a negative number or a wrong shape, with the argument and the position.
        """
        given = self._check(X, y, self.prior)
        owned = _owners(given.X)
        counts = self._check(owned, y, self.prior)
        self._finish(counts, counts.step(counts.start()))
        return self


class PresenceSB(PresenceFromCounts):
    """Number of devices present in each tile, as the sum of the posteriors of all devices.

    Each of the ``y[c]`` devices of a cell is placed by Bayes' rule, prior times connection
    probability, and the masses are added: ``u[t] = a[t] sum_c y[c] X[c, t] / sum_k X[c, k] a[k]``,
    the estimator of the CBS pilot [1]_. It is the first step of `PresenceEM`.

    Parameters
    ----------
    prior : array-like of shape (n_tiles,), default=None
        Prior mass per tile, any scale (`peil_models.location`); None is uniform. A tile with
        prior 0 gets nothing, which restricts the estimate to a region.

    Attributes
    ----------
    devices_ : ndarray of shape (n_tiles,) or (n_tiles, n_hours)
        Estimated devices present. Unit: devices, not persons.
    unlocated_ : float or ndarray of shape (n_hours,)
        Devices counted by cells that reach no tile with prior mass. Unit: devices.

    Notes
    -----
    Assumes that the prior is right on average: the posterior is used as an estimate of the mass,
    so an error of the prior is halved, not removed. Not identified: tiles whose columns of X are
    proportional; the prior splits them. Where a column of X sums to s < 1 the tile's
    devices are divided by s, the chance to be seen at all.
    Conserves counts where the columns of X sum to 1 or 0:
    ``devices_.sum(axis=0) + unlocated_ == y.sum(axis=0)``.

    References
    ----------
    .. [1] Tennekes & Gootzen (2022), J. Spatial Information Science 25.
       doi:10.5311/JOSIS.2022.25.166

    Examples
    --------
    >>> X = np.array([[0.98, 0.5, 0.05 / 0.95], [0.02, 0.5, 0.90 / 0.95]])
    >>> PresenceSB().fit(X, np.array([100.0, 50.0])).devices_.round(4)
    array([64.6238, 49.6609, 35.7153])
    """

    def __init__(self, prior: ArrayLike | None = None) -> None:
        self.prior = prior

    def fit(self, X: Any, y: ArrayLike) -> Self:
        """Sum the posteriors.

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
        counts = self._check(X, y, self.prior)
        self._finish(counts, counts.step(counts.start()))
        return self


def _owners(X: sparse.csr_array) -> sparse.csr_array:
    """Keep the largest value of each column of X as a share: 1, or 1/n where n cells tie."""
    best: Floats = np.asarray(X.max(axis=0).todense()).ravel()
    coo = X.tocoo()
    is_best = (coo.data > 0) & (coo.data == best[coo.col])
    rows, columns = coo.row[is_best], coo.col[is_best]
    n_owners = np.bincount(columns, minlength=X.shape[1])
    return sparse.csr_array((1.0 / n_owners[columns], (rows, columns)), shape=X.shape)
