"""Complementary suppression where an entry lies on several lines with known totals.

One line at a time; what several lines give away together is `peil_models.disclosure.line_audit`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peil_models.disclosure.suppression import _checked, _is_enough

Flags = NDArray[np.bool_]


def suppress_lines(
    devices: ArrayLike,
    lines: Sequence[ArrayLike],
    threshold: float,
    *,
    persons: ArrayLike | None = None,
    persons_per_device: float | None = None,
) -> Flags:
    """Say which entries are withheld, so that no line's total gives one of them away.

    Primary: fewer than `threshold` devices, zero included. Complementary, per line: where one entry
    is withheld, the smallest others are added until at least two are withheld and they hold at
    least ``2 * threshold`` devices, or none is left. Repeated until nothing changes.

    Parameters
    ----------
    devices : array-like of shape (n_entries,)
        Distinct devices before any weight. Unit: devices.
    lines : sequence of array-like of int
        Positions of the entries that make up each known total: a register, a total that is
        published elsewhere.
    threshold : float
        Smallest number of devices that may be published; exactly this many may.
    persons : array-like of shape (n_entries,), default=None
        What is published in place of devices; as in `suppress`.
    persons_per_device : float, default=None
        Most that one device stands for. None: the most of any entry, which is too much where a
        device is shared over entries and counted in one.

    Returns
    -------
    ndarray of bool of shape (n_entries,)
        True is withheld, for whatever reason.

    Raises
    ------
    ValueError
        NaN or a negative number, with the position; a line with a position that is not there.

    Notes
    -----
    Each line on its own bounds a withheld entry no tighter than by ``2 * threshold`` devices. An
    attacker who joins totals of crossing lines may bound it tighter: where lines cross, use
    `suppress_crossing`. Ties are broken by the order of entries.

    Examples
    --------
    A register of 120 persons, of whom 3, 40 and 77 are in three places:

    >>> suppress_lines([3.0, 40.0, 77.0, 99.0], [[0, 1, 2]], 15)
    array([ True,  True, False, False])
    """
    counts = _checked("devices", np.atleast_2d(np.asarray(devices, dtype=np.float64)))[0]
    mass = counts
    if persons is not None:
        mass = _checked("persons", np.atleast_2d(np.asarray(persons, dtype=np.float64)))[0]
        if mass.shape != counts.shape:
            raise ValueError(f"persons has shape {mass.shape}, devices has {counts.shape}")
    sums = [np.asarray(line, dtype=np.intp) for line in lines]
    for number, line in enumerate(sums):
        if len(line) and not 0 <= line.min() <= line.max() < len(counts):
            raise ValueError(f"lines holds a position that is not there (first in line {number})")
    weights = np.divide(mass, counts, out=np.zeros_like(mass), where=counts > 0)
    # of an entry without devices nothing is known: as heavy as any
    weights[counts == 0] = weights.max(initial=0.0)
    if persons_per_device is not None:
        if not persons_per_device > 0:
            raise ValueError(f"persons_per_device must be above 0, got {persons_per_device}")
        weights[:] = persons_per_device
    withheld = counts < threshold
    n_before = -1
    while n_before != (n_before := int(withheld.sum())):
        for line in sums:
            if not withheld[line].any():
                continue
            order = line[np.argsort(counts[line], kind="stable")]
            for at in order[~withheld[order]]:
                hidden = line[withheld[line]]
                if _is_enough(mass[hidden], weights[hidden], threshold):
                    break
                withheld[at] = True
    return np.asarray(withheld)
