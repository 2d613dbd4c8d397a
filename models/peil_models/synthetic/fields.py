"""Random fields on a grid: smooth ones for landscape, exponential ones for shadow fading."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, next_fast_len, rfft2
from scipy.ndimage import gaussian_filter

Floats = NDArray[Any]


def smooth_field(rng: np.random.Generator, shape: tuple[int, int], scale: float) -> Floats:
    """Gaussian field with mean 0, standard deviation 1 and smooth bumps of `scale` grid steps."""
    field: Floats = gaussian_filter(rng.standard_normal(shape), scale, mode="reflect")
    field -= field.mean()
    scaled: Floats = field / field.std()
    return scaled


def exponential_fields(
    rng: np.random.Generator, shape: tuple[int, int], step_m: float, correlation_m: float
) -> Iterator[NDArray[Any]]:
    """Yield independent Gaussian fields with correlation ``exp(-distance / correlation_m)``.

    Parameters
    ----------
    rng : Generator
        Random stream.
    shape : (n_rows, n_columns)
        Points of the grid.
    step_m, correlation_m : float
        Grid step and correlation length, in metres.

    Yields
    ------
    ndarray of float32, shape `shape`
        Mean 0 and standard deviation 1 over the ensemble.

    Notes
    -----
    Circulant embedding: drawn on a torus that is longer by twelve correlation lengths, so that
    opposite edges do not know of each other. Exponential correlation of shadow fading [1]_.

    References
    ----------
    .. [1] Gudmundson (1991), Electronics Letters 27(23). doi:10.1049/el:19911328

    Examples
    --------
    >>> field = next(exponential_fields(np.random.default_rng(0), (200, 200), 50.0, 50.0))
    >>> bool(0.9 < field.std() < 1.1)
    True
    """
    margin = int(np.ceil(12 * correlation_m / step_m))
    rows, columns = (next_fast_len(n + margin, real=True) for n in shape)
    dy = np.minimum(np.arange(rows), rows - np.arange(rows))[:, None] * step_m
    dx = np.minimum(np.arange(columns), columns - np.arange(columns))[None, :] * step_m
    spectrum = rfft2(np.exp(-np.hypot(dx, dy) / correlation_m)).real
    amplitude = np.sqrt(np.maximum(spectrum, 0.0)).astype(np.float32)
    while True:
        white = rng.standard_normal((rows, columns), dtype=np.float32)
        field = irfft2(rfft2(white) * amplitude, s=(rows, columns))
        yield field[: shape[0], : shape[1]].astype(np.float32)
