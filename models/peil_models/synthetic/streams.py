"""Random streams, one per purpose, and random fields on a grid that are drawn from them.

Drawing more for one purpose changes nothing of another. What is drawn for the country, its people
or its network stays with them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, next_fast_len, rfft2
from scipy.ndimage import gaussian_filter

Floats = NDArray[Any]


def stream(seed: int, purpose: str, part: int = 0) -> np.random.Generator:
    """Generator of one purpose.

    Parameters
    ----------
    seed : int
        Seed of the whole (not negative).
    purpose : str
        What is drawn, for instance ``"homes"``; two purposes are independent.
    part : int, default=0
        Number within the purpose, for instance the day.

    Examples
    --------
    >>> a, b = stream(1, "homes"), stream(1, "homes")
    >>> a.integers(1000) == b.integers(1000)
    np.True_
    """
    return np.random.default_rng([seed, zlib.crc32(purpose.encode()), part])


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
