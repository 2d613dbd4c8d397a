"""Events of devices in order of time: offsets, moments and cells, as in an Arrow list array.

Checking and cutting events belongs here; what they say about a place does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]

MISSING = -1
"""In place of a cell: at this moment nothing was seen, and the place is asked for."""


@dataclass(frozen=True)
class Histories:
    """Events of many devices: three arrays, those of a list array in Arrow.

    Parameters
    ----------
    offsets : ndarray of int, shape (n_devices + 1,)
        Events of device d are ``offsets[d]`` up to, not including, ``offsets[d + 1]``.
    at_s : ndarray of int, shape (n_events,)
        Moment of each event, not decreasing within a device. Unit: whole seconds since any epoch.
    cell : ndarray of int, shape (n_events,)
        Row of the footprint, or -1 (`MISSING`): a moment without an event, at which the place is
        asked for.

    Raises
    ------
    ValueError
        Offsets that do not cut up the events, unordered moments, a cell below -1; each with the
        first position.

    Examples
    --------
    >>> events = Histories.of([7, 9, 7], [60, 0, 0], [2, 0, 1])
    >>> events.offsets, events.at_s, events.cell
    (array([0, 2, 3]), array([ 0, 60,  0]), array([1, 2, 0]))
    """

    offsets: Ints
    at_s: Ints
    cell: Ints

    def __post_init__(self) -> None:
        for name in ("offsets", "at_s", "cell"):
            object.__setattr__(self, name, _whole(name, getattr(self, name)))
        n = len(self.at_s)
        if len(self.cell) != n:
            raise ValueError(f"cell has {len(self.cell)} elements, at_s has {n}")
        if not len(self.offsets) or self.offsets[0] != 0 or self.offsets[-1] != n:
            raise ValueError(f"offsets must begin with 0 and end with the number of events, {n}")
        is_bad = np.diff(self.offsets) < 0
        if is_bad.any():
            raise ValueError(f"offsets decrease (first at {int(is_bad.argmax()) + 1})")
        is_bad = np.diff(self.at_s, prepend=self.at_s[:1]) < 0
        is_bad[self.offsets[:-1][np.diff(self.offsets) > 0]] = False
        if is_bad.any():
            at = int(is_bad.argmax())
            raise ValueError(
                f"at_s decreases within a device (first at event {at}): sort by device and moment"
            )
        is_bad = self.cell < MISSING
        if is_bad.any():
            raise ValueError(f"cell is below -1 (first at event {int(is_bad.argmax())})")

    @classmethod
    def of(cls, device: ArrayLike, at_s: ArrayLike, cell: ArrayLike) -> Self:
        """Sort rows in any order into histories, devices by their number.

        Parameters
        ----------
        device, at_s, cell : array-like of int of shape (n_events,)
            One row per event.

        Raises
        ------
        ValueError
            Arrays of different lengths, NaN or broken numbers, with the argument.
        """
        whose, when, where = (
            _whole(name, values)
            for name, values in (("device", device), ("at_s", at_s), ("cell", cell))
        )
        if not len(whose) == len(when) == len(where):
            raise ValueError(
                f"device has {len(whose)} elements, at_s {len(when)}, cell {len(where)}"
            )
        order = np.lexsort((where, when, whose))
        _, counts = np.unique(whose, return_counts=True)
        return cls(np.concatenate([[0], np.cumsum(counts)]), when[order], where[order])

    @property
    def n_devices(self) -> int:
        """Devices, those without an event included."""
        return len(self.offsets) - 1

    @property
    def n_events(self) -> int:
        """Events, moments without one (`MISSING`) included."""
        return len(self.at_s)

    def device(self) -> Ints:
        """Number of the device of each event."""
        return np.repeat(np.arange(self.n_devices), np.diff(self.offsets))

    def subset(self, devices: ArrayLike) -> Histories:
        """Histories of some devices, in the order asked for; a device may be asked for twice."""
        chosen = np.asarray(devices, dtype=np.int64)
        counts = np.diff(self.offsets)[chosen]
        offsets = np.concatenate([[0], np.cumsum(counts)])
        at = np.repeat(self.offsets[chosen] - offsets[:-1], counts) + np.arange(offsets[-1])
        return Histories(offsets, self.at_s[at], self.cell[at])

    def filled(self, step_s: int) -> Histories:
        """The same with a missing event at every step from each device's first event to its last.

        Smoothed posteriors of every step, and the movements between neighbouring steps, need it.
        """
        device, step = self.device(), self.at_s // step_s
        first = step[self.offsets[:-1][np.diff(self.offsets) > 0]]
        last = step[self.offsets[1:][np.diff(self.offsets) > 0] - 1]
        who = np.flatnonzero(np.diff(self.offsets) > 0)
        n = last - first + 1
        all_device = np.repeat(who, n)
        all_step = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n) + np.repeat(first, n)
        low, span = int(step.min(initial=0)), int(np.ptp(step)) + 1 if len(step) else 1
        present = device * span + step - low
        is_new = ~np.isin(all_device * span + all_step - low, present)
        device = np.concatenate([device, all_device[is_new]])
        at_s = np.concatenate([self.at_s, all_step[is_new] * step_s])
        cell = np.concatenate([self.cell, np.full(is_new.sum(), MISSING)])
        order = np.lexsort((cell, at_s, device))
        offsets = np.concatenate([[0], np.cumsum(np.bincount(device, minlength=self.n_devices))])
        return Histories(offsets, at_s[order], cell[order])


def _whole(name: str, values: ArrayLike) -> Ints:
    given = np.asarray(values)
    if given.ndim != 1:
        raise ValueError(f"{name} has shape {given.shape}, expected one dimension")
    if given.dtype.kind == "f":
        is_bad = ~(np.floor(given) == given) | np.isinf(given)
        if is_bad.any():
            raise ValueError(f"{name} is no whole number (first at {int(is_bad.argmax())})")
    elif given.dtype.kind not in "iub" and given.size:
        raise ValueError(f"{name} holds {given.dtype}, expected whole numbers")
    return given.astype(np.int64)
