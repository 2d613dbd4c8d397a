"""Work on a large sparse matrix some rows at a time, so that what is made beside it stays small."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

BLOCK = 1 << 17
"""Entries of a block; a row that has more is a block of its own."""


def row_blocks(indptr: NDArray[np.integer], n_entries: int = BLOCK) -> Iterator[tuple[int, int]]:
    """First row of each block, and the row past its last; together all rows, in order.

    >>> list(row_blocks(np.array([0, 2, 2, 9, 10]), 3))
    [(0, 3), (3, 4)]
    """
    starts = np.searchsorted(indptr, np.arange(0, indptr[-1], n_entries))
    ends = np.unique([0, *starts, len(indptr) - 1]).tolist()
    yield from pairwise(ends)
