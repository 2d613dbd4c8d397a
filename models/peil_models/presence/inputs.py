"""Check the input of presence estimators, and take the EM step they share.

What only one estimator needs does not belong here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

Floats = NDArray[np.float64]

AXES = ("row", "column", "layer")


def first_offence(name: str, is_bad: NDArray[np.bool_], what: str) -> str:
    """Say which argument is wrong and where first, in row-major order, never with the value."""
    position = np.unravel_index(int(np.argmax(is_bad)), is_bad.shape)
    words = ", ".join(f"{axis} {int(at)}" for axis, at in zip(AXES, position, strict=False))
    return f"{what} {name} (first at {words})"


def check_dimensions(X: Any) -> None:
    """Refuse one dimension before scikit-learn does, whose message would hold the values."""
    if not sparse.issparse(X) and np.asarray(X).ndim == 1:
        raise ValueError("X has 1 dimension, expected 2. Reshape your data: X.reshape(-1, 1)")


def check_values(name: str, values: Any) -> None:
    """Refuse NaN, infinity and negative numbers in an array or a CSR matrix."""
    is_sparse = sparse.issparse(values)
    data: NDArray[Any] = values.data if is_sparse else np.asarray(values)
    for is_bad, what in (
        (np.isnan(data), "NaN in"),
        (np.isinf(data), "infinity (inf) in"),
        (data < 0, "Negative values in data passed to"),
    ):
        if not is_bad.any():
            continue
        if is_sparse:
            # Stored entries of a CSR matrix with sorted indices are in row-major order.
            at = int(np.argmax(is_bad))
            row = int(np.searchsorted(values.indptr, at, side="right")) - 1
            raise ValueError(f"{what} {name} (first at row {row}, column {values.indices[at]})")
        raise ValueError(first_offence(name, is_bad, what))


@dataclass(frozen=True)
class Counts:
    """A checked problem: `X` (n_cells, n_tiles), `y` (n_cells, n_hours), `prior` (n_tiles,)."""

    X: sparse.csr_array
    y: Floats
    prior: Floats
    coverage: Floats
    """Column sums of X: the probability that a device in the tile is seen at all."""
    is_located: NDArray[np.bool_]
    """Cells that reach a tile with prior mass; the counts of the others are unlocated."""
    is_single_hour: bool

    @cached_property
    def by_tile(self) -> sparse.csr_array:
        """X with tiles as rows: as much memory again, for those who take steps."""
        return sparse.csr_array(self.X.T)

    def start(self) -> Floats:
        """Devices before any evidence: the prior, once for each hour."""
        return np.repeat(self.prior[:, None], self.y.shape[1], axis=1)

    def step(self, devices: Floats, y: Floats | None = None) -> Floats:
        """One EM step; from the prior it is the sum of posteriors."""
        y = self.y if y is None else y
        return _step(self.X, self.by_tile, self.coverage, y, devices)


def em_step(X: sparse.csr_array, y: Floats, devices: Floats) -> Floats:
    """Take one EM step from `devices`, without checks, as `PresenceEM` does.

    Parameters
    ----------
    X : csr_array of shape (n_cells, n_tiles)
    y : ndarray of shape (n_cells, n_hours)
        Unit: devices.
    devices : ndarray of shape (n_tiles, n_hours)
        Unit: devices.

    Returns
    -------
    ndarray of shape (n_tiles, n_hours)

    Examples
    --------
    >>> X = sparse.csr_array(np.array([[1.0, 0.5], [0.0, 0.5]]))
    >>> em_step(X, np.array([[30.0], [10.0]]), np.ones((2, 1))).ravel()
    array([20., 20.])
    """
    coverage = np.asarray(X.sum(axis=0), dtype=np.float64).ravel()
    return _step(X, X.T, coverage, y, devices)


def _step(
    X: sparse.csr_array, by_tile: Any, coverage: Floats, y: Floats, devices: Floats
) -> Floats:
    expected: Floats = X @ devices
    ratio = np.divide(y, expected, out=np.zeros_like(y), where=expected > 0)
    shares: Floats = by_tile @ ratio
    shares *= devices
    stepped = np.zeros_like(shares)
    np.divide(shares, coverage[:, None], out=stepped, where=coverage[:, None] > 0)
    return stepped


class PresenceFromCounts(RegressorMixin, BaseEstimator):  # type: ignore[misc, unused-ignore]
    """The scikit-learn side of a presence estimator: input, output and tags."""

    devices_: Floats
    unlocated_: Floats | float

    def predict(self, X: Any) -> Floats:
        """Compute the counts to expect of each cell, `X @ devices_`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_cells, n_tiles)
            Connection probabilities, any cells, the tiles of `fit`.

        Returns
        -------
        ndarray of shape (n_cells,) or (n_cells, n_hours)
            Unit: devices.
        """
        check_is_fitted(self)
        check_dimensions(X)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        return np.asarray(sparse.csr_array(X) @ self.devices_)

    def _check(self, X: Any, y: Any, prior: Any) -> Counts:
        # Before scikit-learn looks: it refuses NaN in y without saying where.
        early = np.asarray(y)
        if early.dtype.kind in "fiu":
            check_values("y", early)
        check_dimensions(X)
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            dtype=np.float64,
            multi_output=True,
            y_numeric=True,
            ensure_all_finite=False,
        )
        y = np.asarray(y, dtype=np.float64)
        # Dense input too becomes CSR: its products are summed in one fixed order, whatever the
        # number of threads of BLAS, so that the same input gives the same bytes.
        X = sparse.csr_array(X)
        if not X.has_sorted_indices:
            X = X.sorted_indices()
        check_values("X", X)
        check_values("y", y)  # Again: text that holds numbers is an array of numbers only now.
        n_tiles = X.shape[1]
        if prior is None:
            prior = np.ones(n_tiles)
        prior = np.asarray(prior, dtype=np.float64)
        if prior.shape != (n_tiles,):
            raise ValueError(f"prior has shape {prior.shape}, expected ({n_tiles},), one per tile")
        check_values("prior", prior)
        if not prior.any():
            raise ValueError("prior is 0 in every tile (first at row 0): nowhere to put a device")
        prior = prior / prior.sum()
        return Counts(
            X=X,
            y=y.reshape(len(y), -1),
            prior=prior,
            coverage=np.asarray(X.sum(axis=0)).ravel(),
            is_located=X @ prior > 0,
            is_single_hour=y.ndim == 1,
        )

    def _finish(self, counts: Counts, devices: Floats) -> None:
        unlocated = counts.y[~counts.is_located].sum(axis=0)
        if counts.is_single_hour:
            self.devices_ = devices[:, 0]
            self.unlocated_ = float(unlocated[0])
        else:
            self.devices_ = devices
            self.unlocated_ = unlocated

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn what goes in."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.positive_only = True
        tags.target_tags.positive_only = True
        tags.target_tags.multi_output = True
        # Counts are explained by non-negative masses, not by any linear combination of columns.
        tags.regressor_tags.poor_score = True
        return tags
