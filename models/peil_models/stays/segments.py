"""Segments of the time of devices, as arrays.

What a segment is belongs here; how it is made does not.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

STAY, MOVE, UNDETERMINED, UNKNOWN, ABROAD = range(5)
STATES = ("stay", "move", "undetermined", "unknown", "abroad")
"""Names of the states, by their number."""

UNLOCATED, OUTSIDE = -1, -2
"""In place of a cell: one without a footprint; a network abroad."""


@dataclass(frozen=True)
class Segments:
    """Pieces of time of each device, one after the other without gap or overlap.

    Attributes
    ----------
    device : ndarray of int64, shape (n_segments,)
        Ascending.
    start_s, end_s : ndarray of float64, shape (n_segments,)
        From, and up to but not including; ascending within a device. Unit: seconds since the start
        of the linkage window. `start_s` may be negative by the padding of a first event.
    state : ndarray of int8, shape (n_segments,)
        `STAY`, `MOVE`, `UNDETERMINED` (seen, too short to tell), `UNKNOWN` (not seen), `ABROAD`.
    cell : ndarray of int32, shape (n_segments,)
        The cell with most of the segment's events, ties to the lower number; `UNLOCATED` while
        unknown, `OUTSIDE` abroad. A move has two segments, one at each end's cell.
    first_event, last_event : ndarray of int64, shape (n_segments,)
        Positions in the arrays of events, both included: the events that tell where the device was
        (of a half of a move, the one at its end), or, while unknown, the event before and the event
        after. Events between them that are `UNLOCATED` were passed over.

    Examples
    --------
    >>> stay = Segments.of([0], [0.0], [1800.0], [STAY], [7], [0], [3])
    >>> len(stay), stay.duration_s
    (1, array([1800.]))
    """

    device: NDArray[np.int64]
    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    state: NDArray[np.int8]
    cell: NDArray[np.int32]
    first_event: NDArray[np.int64]
    last_event: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        device: ArrayLike,
        start_s: ArrayLike,
        end_s: ArrayLike,
        state: ArrayLike,
        cell: ArrayLike,
        first_event: ArrayLike,
        last_event: ArrayLike,
    ) -> Segments:
        """Make segments of anything like arrays; nothing is checked."""
        return cls(
            np.asarray(device, np.int64),
            np.asarray(start_s, np.float64),
            np.asarray(end_s, np.float64),
            np.asarray(state, np.int8),
            np.asarray(cell, np.int32),
            np.asarray(first_event, np.int64),
            np.asarray(last_event, np.int64),
        )

    def __len__(self) -> int:
        """Segments of all devices."""
        return len(self.device)

    @property
    def duration_s(self) -> NDArray[np.float64]:
        """Length of each segment. Unit: seconds."""
        return self.end_s - self.start_s

    @property
    def is_stay(self) -> NDArray[np.bool_]:
        """Which segments are stays."""
        return np.asarray(self.state == STAY)

    def take(self, which: ArrayLike | slice) -> Segments:
        """Some of the segments, by a mask, by position or by a slice."""
        rows = which if isinstance(which, slice) else np.asarray(which)
        return Segments(*(getattr(self, column.name)[rows] for column in fields(self)))

    def frame(self) -> pd.DataFrame:
        """One row per segment, the attributes as columns, the state by name."""
        table = pd.DataFrame({column.name: getattr(self, column.name) for column in fields(self)})
        table["state"] = np.array(STATES, dtype=object)[self.state]
        return table


@dataclass(frozen=True)
class Carried:
    """What a part of the window leaves open: the events of the last run of each device.

    Attributes
    ----------
    device, at_s, cell : ndarray of shape (n_events,)
        As given.
    after_move : ndarray of bool, shape (n_events,)
        First event of a run that ended a move.

    Examples
    --------
    >>> from peil_models.stays import StaySegmentation
    >>> segmentation = StaySegmentation().fit([[True]])
    >>> closed, carried = segmentation.resume([0, 0], [0.0, 600.0], [0, 0])
    >>> whole, _ = segmentation.resume([0], [1800.0], [0], carried, is_last=True)
    >>> len(closed), carried.at_s, whole.duration_s
    (0, array([  0., 600.]), array([2400.]))
    """

    device: NDArray[np.int64]
    at_s: NDArray[np.float64]
    cell: NDArray[np.int32]
    after_move: NDArray[np.bool_]
