"""Attack entries that lie on several lines with known totals, all lines at once.

Origin-destination tables need it, whose rows, columns and sums cross; tables by zone and hour have
`peil_models.disclosure.audit`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peil_models.disclosure.bounds import Rows, widths
from peil_models.disclosure.lines import suppress_lines

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Lines = Sequence[NDArray[np.intp]]


def line_widths(
    values: ArrayLike,
    withheld: ArrayLike,
    lines: Sequence[ArrayLike],
    *,
    within: ArrayLike = 0.0,
    rounded_to: float = 0.0,
) -> Floats:
    """How closely each withheld entry is bounded by all lines together.

    An attacker knows what is published and the total of every line, and that nothing is negative;
    for each withheld entry the smallest and the largest value that this allows are found by linear
    programming (HiGHS).

    Parameters
    ----------
    values : array-like of shape (n_entries,)
        What is published, and what is withheld, before rounding.
    withheld : array-like of bool of shape (n_entries,)
    lines : sequence of array-like of int
        Positions of the entries that make up each known total.
    within : float or array-like of shape (n_lines,), default=0.0
        How closely the attacker knows each total, as a share of it: 0 is exactly, as from a
        register; an estimate of the same by other means errs.
    rounded_to : float, default=0.0
        Each published value may be off by half of this (1 for whole numbers).

    Returns
    -------
    ndarray of shape (n_entries,)
        Width of the feasible range, in the unit of `values`: 0 of a published entry, infinity
        where no line bounds one that is withheld.

    Raises
    ------
    ValueError
        Shapes that differ, a negative share, or a line with a position that is not there.

    Notes
    -----
    Totals are taken from `values` themselves: the attacker's guess is right, give or take `within`.

    Examples
    --------
    Two places of two origins each, all four withheld, hide one another; with one of them published
    the lines give away the other three.

    >>> lines = [[0, 1], [2, 3], [0, 2], [1, 3]]
    >>> line_widths([3.0, 40.0, 50.0, 9.0], [True] * 4, lines).round(3)
    array([43., 43., 43., 43.])
    >>> line_widths([3.0, 40.0, 50.0, 9.0], [True, True, True, False], lines).round(3)
    array([0., 0., 0., 0.])
    """
    whole = np.asarray(values, dtype=np.float64)
    hidden = np.asarray(withheld, dtype=bool)
    if whole.shape != hidden.shape:
        raise ValueError(f"withheld has shape {hidden.shape}, values has {whole.shape}")
    shares = np.broadcast_to(np.asarray(within, dtype=np.float64), (len(lines),))
    if not (shares >= 0).all():
        raise ValueError(f"within holds a negative share (first of line {np.argmin(shares)})")
    number = np.full(len(whole), -1, dtype=np.intp)
    number[hidden] = np.arange(int(hidden.sum()))
    rows = Rows(int(hidden.sum()))
    for at, line in enumerate(lines):
        on = np.asarray(line, dtype=np.intp)
        if len(on) and not 0 <= on.min() <= on.max() < len(whole):
            raise ValueError(f"lines holds a position that is not there (first in line {at})")
        unknown = on[hidden[on]]
        if len(unknown):
            rest = float(whole[unknown].sum())
            slack = 0.5 * rounded_to * (len(on) - len(unknown))
            slack += (shares[at] + 1e-9) * float(whole[on].sum())
            rows.add({int(number[i]): 1.0 for i in unknown}, max(rest - slack, 0.0), rest + slack)
    spreads = np.zeros(len(whole))
    spreads[hidden] = widths(rows, [[i] for i in range(rows.n_unknowns)])
    return spreads


def suppress_crossing(
    devices: ArrayLike,
    lines: Sequence[ArrayLike],
    threshold: float,
    *,
    persons: ArrayLike | None = None,
    persons_per_device: float | None = None,
    within: ArrayLike = 0.0,
    rounded_to: float = 0.0,
) -> tuple[Flags, int]:
    """Say which entries are withheld, so that all lines together give none of them away.

    `suppress_lines` first, which looks at each line alone. Then, while the attack of `line_widths`
    bounds a withheld entry tighter than by `threshold` devices, the smallest published entry on a
    line with one of those is withheld as well.

    Parameters
    ----------
    devices, lines, threshold, persons, persons_per_device
        As in `suppress_lines`.
    within, rounded_to
        As in `line_widths`.

    Returns
    -------
    withheld : ndarray of bool of shape (n_entries,)
    n_narrow : int
        Entries that stay bounded tighter although nothing is left to withhold on their lines: a
        total so small that it says enough by itself.

    Notes
    -----
    Ties are broken by the order of entries. An entry known to be withheld for a reason of its own
    and one that hides another are not told apart in what is published.

    Examples
    --------
    Each line hides two entries, and yet the lines together give away the one that links the two
    squares; so another is withheld.

    >>> first, second = [[0, 1], [2, 3], [1, 3]], [[5, 6], [7, 8], [6, 8]]
    >>> lines = [*first, *second, [0, 2, 4, 9], [4, 5, 7, 9]]
    >>> devices = [9.0, 30.0, 30.0, 9.0, 9.0, 9.0, 30.0, 30.0, 9.0, 99.0]
    >>> withheld, n_narrow = suppress_crossing(devices, lines, 15)
    >>> int(withheld.sum()), n_narrow
    (10, 0)
    """
    counts = np.asarray(devices, dtype=np.float64)
    withheld = suppress_lines(
        counts, lines, threshold, persons=persons, persons_per_device=persons_per_device
    )
    mass = counts if persons is None else np.asarray(persons, dtype=np.float64)
    sums = [np.asarray(line, dtype=np.intp) for line in lines]
    units = 1.0 if persons is None else float(persons_per_device or _heaviest(counts, mass))
    while True:
        width = line_widths(mass, withheld, sums, within=within, rounded_to=rounded_to)
        narrow = withheld & (width < threshold * units * (1 - 1e-9))
        more = _next(counts, withheld, narrow, sums)
        if not more:
            return withheld, int(narrow.sum())
        withheld[more] = True
        withheld |= suppress_lines(
            np.where(withheld, 0.0, counts),
            sums,
            threshold,
            persons=mass,
            persons_per_device=units,
        )


def _heaviest(counts: Floats, mass: Floats) -> float:
    ratio = np.divide(mass, counts, out=np.zeros_like(mass), where=counts > 0)
    return max(1.0, float(ratio.max(initial=0.0)))


def _next(counts: Floats, withheld: Flags, narrow: Flags, lines: Lines) -> list[int]:
    """The smallest published entry on each line that holds a narrow one."""
    chosen = set()
    for line in lines:
        if narrow[line].any() and not withheld[line].all():
            shown = line[~withheld[line]]
            chosen.add(int(shown[np.argmin(counts[shown])]))
    return sorted(chosen)
