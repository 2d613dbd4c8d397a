"""Presence data first: the counts are met exactly, the prior fills what they leave open.

Estimators by likelihood are in `em` and `land_use`.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from scipy.linalg import eigh

from peil_models.presence.inputs import PresenceFromCounts

FLOOR = 1e-12  # share of the prior from which tiles start that nothing else is left for


class PresenceDF(PresenceFromCounts):
    """Number of devices present in each tile that meets the counts and is nearest to the prior.

    ``u = a + A X' (X A X')+ (y - X a)`` with ``A = diag(a)``: of all u that give the counts, the
    one with the least ``sum (u - a)**2 / a``. What comes out negative becomes 0, and one EM step
    puts the devices back that this invented [1]_; where a cell with devices would be left without
    any tile, its tiles start that step from next to nothing of the prior.

    Parameters
    ----------
    prior : array-like of shape (n_tiles,), default=None
        Prior mass per tile, any scale (`peil_models.location`); None is uniform. Scaled to the
        located devices of each hour. A tile with prior 0 gets nothing.
    rcond : float in (0, 1), default=1e-10
        Eigenvalues of ``X A X'`` below this share of the largest count as 0.

    Attributes
    ----------
    devices_ : ndarray of shape (n_tiles,) or (n_tiles, n_hours)
        Estimated devices present. Unit: devices, not persons.
    unlocated_ : float or ndarray of shape (n_hours,)
        Devices counted by cells that reach no tile with prior mass. Unit: devices.
    n_negative_ : int
        Tiles and hours that came out negative and were set to 0.

    Notes
    -----
    Assumes that X is known without error and that counts have none: noise of sampling is met as if
    it were evidence, so this is the estimator that suffers first from both. Takes memory of
    n_cells squared. Conserves counts where the columns of X sum to 1 or 0.
    Not identified: what changes no count (the null space of X); there the prior stays.

    References
    ----------
    .. [1] Ricciato & Coluccia (2020), arXiv:2009.05410.

    Examples
    --------
    >>> X = np.array([[0.98, 0.5, 0.05 / 0.95], [0.02, 0.5, 0.90 / 0.95]])
    >>> PresenceDF().fit(X, np.array([100.0, 50.0])).devices_.round(4)
    array([75.4837, 49.4091, 25.1072])
    """

    n_negative_: int

    def __init__(self, prior: ArrayLike | None = None, *, rcond: float = 1e-10) -> None:
        self.prior = prior
        self.rcond = rcond

    def fit(self, X: Any, y: ArrayLike) -> Self:
        """Meet the counts.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_cells, n_tiles)
            Probability that a device in tile t is served by cell c; columns sum to 1, or to 0
            where nothing covers the tile.
        y : array-like of shape (n_cells,) or (n_cells, n_hours)
            Devices counted by each cell; each hour is estimated on its own. Unit: devices.

        Raises
        ------
        ValueError
            NaN, infinity, a negative number or a wrong shape, with the argument and the position.
        """
        if not 0 < self.rcond < 1:
            raise ValueError(f"rcond must lie between 0 and 1, got {self.rcond}")
        counts = self._check(X, y, self.prior)
        prior = np.where(counts.coverage > 0, counts.prior, 0.0)
        if not prior.any():
            self.n_negative_ = 0
            self._finish(counts, np.zeros((len(prior), counts.y.shape[1])))
            return self
        prior /= prior.sum()
        located = counts.y * counts.is_located[:, None]
        start = prior[:, None] * located.sum(axis=0)
        weighted = sparse.csr_array(counts.X * prior[None, :])
        between = np.asarray((weighted @ counts.by_tile).todense())
        values, vectors = eigh(between)
        is_kept = values > self.rcond * values[-1]
        vectors, values = vectors[:, is_kept], values[is_kept]
        gap = vectors @ ((vectors.T @ (located - counts.X @ start)) / values[:, None])
        raw = start + weighted.T @ gap
        self.n_negative_ = int((raw < 0).sum())
        positive = np.maximum(raw, 0.0)
        # a cell whose every tile came out negative still has devices to put somewhere
        is_empty = (located > 0) & (counts.X @ positive == 0)
        is_near = counts.by_tile @ is_empty.astype(np.float64) > 0
        self._finish(
            counts, counts.step(np.where(is_near, np.maximum(positive, FLOOR * start), positive))
        )
        return self
