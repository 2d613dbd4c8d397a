"""What weights ask of their input."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
