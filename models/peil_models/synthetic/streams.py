"""One random stream per purpose, so that drawing more for one changes nothing of another."""

from __future__ import annotations

import zlib

import numpy as np


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
