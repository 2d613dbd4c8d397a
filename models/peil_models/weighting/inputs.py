"""Checks of the arguments of weights: shapes, NaN, negative numbers.

No estimator belongs here, and no check that only one of them needs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_array, validate_data

from peil_models.presence.inputs import check_dimensions, check_values

Floats = NDArray[np.float64]


def checked(name: str, values: ArrayLike, *n_dimensions: int) -> Floats:
    """Floats of one of the numbers of dimensions; NaN, infinity and negatives are refused."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim not in n_dimensions:
        expected = " or ".join(map(str, n_dimensions))
        raise ValueError(f"{name} has {array.ndim} dimensions, expected {expected}")
    is_bad = ~(array >= 0) | np.isinf(array)
    if is_bad.any():
        at = tuple(int(i) for i in np.unravel_index(int(np.argmax(is_bad)), array.shape))
        raise ValueError(f"{name} holds NaN, infinity or a negative number (first at {at})")
    return array


def devices_and_register(
    estimator: BaseEstimator, X: Any, y: Any, *, allow_nd: bool = False
) -> tuple[Floats, Floats]:
    """Check the arguments of `fit` as scikit-learn does, and that they count something.

    Parameters
    ----------
    estimator : BaseEstimator
        Takes `n_features_in_` from `X`.
    X : array-like of shape (n_zones, n_columns) or, with `allow_nd`, of more dimensions
        Unit: devices.
    y : array-like of shape (n_zones,)
        Register. Unit: persons.
    allow_nd : bool, default=False

    Raises
    ------
    ValueError
        NaN, infinity, a negative number or a wrong shape, with the argument and the position.
    """
    check_dimensions(X)
    devices, persons = validate_data(
        estimator,
        X,
        y,
        dtype=np.float64,
        allow_nd=allow_nd,
        y_numeric=True,
        ensure_all_finite=False,
    )
    check_values("X", devices)
    check_values("y", persons)
    return devices, np.asarray(persons, dtype=np.float64)


def devices_of(X: Any, *, allow_nd: bool = False) -> Floats:
    """Check the argument of `transform`, of any number of columns; as `devices_and_register`."""
    check_dimensions(X)
    devices = check_array(X, dtype=np.float64, allow_nd=allow_nd, ensure_all_finite=False)
    check_values("X", devices)
    return np.asarray(devices)


class CountsToPersons(TransformerMixin, BaseEstimator):  # type: ignore[misc, unused-ignore]
    """A transformer of counts of devices, fitted to a register: its tags for scikit-learn."""

    def __sklearn_tags__(self) -> Any:
        """Declare that nothing counted is negative and that the register is needed."""
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        tags.target_tags.positive_only = True
        tags.target_tags.required = True
        return tags
