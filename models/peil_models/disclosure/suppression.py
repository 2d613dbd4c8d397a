"""Primary threshold and complementary suppression down one hierarchy.

Which entries are withheld belongs here; how well they are hidden is measured by
`peil_models.disclosure.audit`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peil_models.disclosure.hierarchy import top_down

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def suppress(
    devices: ArrayLike,
    parent: ArrayLike,
    threshold: float,
    *,
    persons: ArrayLike | None = None,
) -> Flags:
    """Say which entries are withheld, so that none follows from those that are published.

    Primary: fewer than `threshold` devices, zero included. Complementary, per parent and hour:
    where a child or the parent is withheld, the smallest children are added until at
    least two are withheld and they hold at least ``2 * threshold`` devices; where that cannot be
    reached the parent is withheld too, and needs its own siblings. Repeated up and down until
    nothing changes.

    Parameters
    ----------
    devices : array-like of shape (n_zones, n_hours)
        Distinct devices before any weight. Unit: devices.
    parent : array-like of int of shape (n_zones,)
        Position of the parent of each zone; -1 at the top.
    threshold : float
        Smallest number of devices that may be published; exactly this many may.
    persons : array-like of shape (n_zones, n_hours), default=None
        What is published in place of devices. The withheld entries of a group must then also hold
        enough persons to hide ``2 * threshold`` of the heaviest devices among them.

    Returns
    -------
    ndarray of bool of shape (n_zones, n_hours)
        True is withheld. Does not tell primary from complementary, on purpose.

    Raises
    ------
    ValueError
        NaN or a negative number, with the position; a wrong shape; a circle of parents.

    Notes
    -----
    Assumes that hours are not additive (the same device counts in each), so that geography is the
    only hierarchy, and that no other table of the same counts is published. Protects nobody
    against an attacker who knows all others. Ties are broken by the order of the rows, so give
    zones in the order of their id.

    Examples
    --------
    >>> suppress([[60.0], [3.0], [17.0], [40.0]], [-1, 0, 0, 0], 15).ravel()
    array([False,  True,  True,  True])
    """
    counts = _checked("devices", devices)
    above = np.asarray(parent, dtype=np.intp)
    if above.shape != (len(counts),):
        raise ValueError(f"parent has shape {above.shape}, expected ({len(counts)},)")
    mass = counts
    if persons is not None:
        mass = _checked("persons", persons)
        if mass.shape != counts.shape:
            raise ValueError(f"persons has shape {mass.shape}, devices has {counts.shape}")
    withheld = counts < threshold
    bottom_up = [
        (zone, children)
        for zone in reversed(top_down(above))
        if len(children := np.flatnonzero(above == zone))
    ]
    weights = _heaviest(counts, mass, bottom_up)
    n_before = -1
    while n_before != (n_before := int(withheld.sum())):
        for zone, children in bottom_up:
            for hour in np.flatnonzero(withheld[children].any(axis=0) | withheld[zone]):
                is_hidden, is_enough = _complement(
                    counts[children, hour],
                    mass[children, hour],
                    weights[children],
                    withheld[children, hour],
                    threshold,
                )
                withheld[children, hour] = is_hidden
                withheld[zone, hour] |= not is_enough
    return withheld


def _heaviest(
    counts: Floats, mass: Floats, bottom_up: list[tuple[int, NDArray[np.intp]]]
) -> Floats:
    """Most that one device stands for in each zone, in any hour and any zone below it."""
    ratio = np.divide(mass, counts, out=np.zeros_like(mass), where=counts > 0).max(axis=1)
    # Of a zone that never held a device nothing is known: as heavy as any.
    ratio[ratio == 0] = ratio.max(initial=0.0)
    for zone, children in bottom_up:
        ratio[zone] = ratio[children].max()
    return np.asarray(ratio)


def _complement(
    counts: Floats, mass: Floats, weights: Floats, is_hidden: Flags, threshold: float
) -> tuple[Flags, bool]:
    """Withhold children of one parent in one hour until they hide each other."""
    is_hidden = is_hidden.copy()
    # A stable sort: children with equal counts are taken in the order of their rows.
    order = [int(at) for at in np.argsort(counts, kind="stable") if not is_hidden[at]]
    for at in order:
        if _is_enough(mass[is_hidden], weights[is_hidden], threshold):
            break
        is_hidden[at] = True
    return is_hidden, _is_enough(mass[is_hidden], weights[is_hidden], threshold)


def _is_enough(mass: Floats, weights: Floats, threshold: float) -> bool:
    """Whether withheld entries hide `2 * threshold` devices, even if all were the heaviest.

    The sum of what is published then bounds any one of them no tighter than that; since no weight
    is above the heaviest, they hold that many devices too.
    """
    heaviest = max(1.0, weights.max(initial=0.0))
    return len(mass) >= 2 and bool(mass.sum() >= 2 * threshold * heaviest)


def _checked(name: str, values: ArrayLike) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2:
        raise ValueError(f"{name} has {array.ndim} dimensions, expected 2 (zones, hours)")
    is_bad = ~(array >= 0) | np.isinf(array)
    if is_bad.any():
        at = tuple(int(i) for i in np.unravel_index(int(np.argmax(is_bad)), array.shape))
        raise ValueError(f"{name} holds NaN, infinity or a negative number (first at {at})")
    return array
