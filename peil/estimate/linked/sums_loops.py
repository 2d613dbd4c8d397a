"""The loops over what is counted, compiled: a table of keys and totals that is open to add to.

Keys lie at a place that is told by their own bits, or at the next free one; half of the places stay
free. Whole numbers only, so that the order of adding changes nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peil_models.compiled import compiled

Ints = NDArray[np.int64]
FREE = -1


@compiled
def place_of(keys: Ints, key: int) -> int:
    """Where a key lies, or the free place that is its own."""
    # Fibonacci hashing: the high bits of a product are well mixed
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    at = np.int64((mixed >> np.uint64(20)) & np.uint64(len(keys) - 1))
    while keys[at] != FREE and keys[at] != key:
        at = (at + 1) & (len(keys) - 1)
    return int(at)


@compiled
def add(
    keys: Ints, totals: Ints, n_keys: int, new: Ints, counts: Ints, start: int
) -> tuple[int, int]:
    """Add counts of shape (n_counts, n) to the totals of their keys, from one position on.

    Stops where half of the places are taken. Returns the position reached and the number of keys.
    """
    for i in range(start, len(new)):
        if 2 * (n_keys + 1) > len(keys):
            return i, n_keys
        at = place_of(keys, new[i])
        if keys[at] == FREE:
            keys[at] = new[i]
            n_keys += 1
        for c in range(len(counts)):
            totals[c, at] += counts[c, i]
    return len(new), n_keys


@compiled
def add_shared(
    keys: Ints,
    totals: Ints,
    n_keys: int,
    key: Ints,
    n_in_a_row: Ints,
    indptr: NDArray[np.int32],
    zone: NDArray[np.int32],
    share: NDArray[np.float64],
    likeliest: Ints,
    zone_step: int,
    whole: int,
    start: int,
) -> tuple[int, int]:
    """Add the shares of zones, and one in the likeliest, to some keys in a row of each entry.

    The key of an entry is that of zone 0, and one zone more is `zone_step` on. As `add` otherwise.
    """
    for i in range(start, len(key)):
        n_most = n_in_a_row[i] * (indptr[i + 1] - indptr[i] + 1)
        if 2 * (n_keys + n_most) > len(keys):
            return i, n_keys
        for q in range(indptr[i], indptr[i + 1] + 1):
            is_last = q == indptr[i + 1]
            if is_last and likeliest[i] < 0:
                continue
            parts = 1 if is_last else np.int64(np.rint(share[q] * whole))
            if parts <= 0:
                continue
            first = key[i] + zone_step * (likeliest[i] if is_last else zone[q])
            for k in range(first, first + n_in_a_row[i]):
                at = place_of(keys, k)
                if keys[at] == FREE:
                    keys[at] = k
                    n_keys += 1
                totals[1 if is_last else 0, at] += parts
    return len(key), n_keys


@compiled
def move(keys: Ints, totals: Ints, to_keys: Ints, to_totals: Ints) -> None:
    """Lay all keys and totals into a larger table that is empty."""
    for i in range(len(keys)):
        if keys[i] != FREE:
            at = place_of(to_keys, keys[i])
            to_keys[at] = keys[i]
            for c in range(len(totals)):
                to_totals[c, at] = totals[c, i]
