"""Link stays to trips.

What a trip is belongs here; counting trips is in `flows`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peil_models.stays import ABROAD, STAY, UNKNOWN, Segments


@dataclass(frozen=True)
class Trips:
    """Trips of devices, in the order of their segments.

    Attributes
    ----------
    device : ndarray of int64, shape (n_trips,)
    departs_s, arrives_s : ndarray of float64, shape (n_trips,)
        End of the stay before, start of the stay after. Unit: seconds since the window's start.
    from_segment, to_segment : ndarray of int64, shape (n_trips,)
        Positions of the two stays (or times abroad) among the segments.

    Examples
    --------
    >>> trips = Trips(np.array([7]), np.array([100.0]), np.array([900.0]), np.array([0]),
    ...               np.array([2]))
    >>> len(trips), (trips.arrives_s - trips.departs_s).item()
    (1, 800.0)
    """

    device: NDArray[np.int64]
    departs_s: NDArray[np.float64]
    arrives_s: NDArray[np.float64]
    from_segment: NDArray[np.int64]
    to_segment: NDArray[np.int64]

    def __len__(self) -> int:
        """Trips of all devices."""
        return len(self.device)


def find_trips(segments: Segments, *, max_unknown_s: float = 0.0) -> Trips:
    """Link each stay with the next of the same device.

    Parameters
    ----------
    segments : Segments
        Whole, not cut at midnights. Time abroad counts as a stay.
    max_unknown_s : float, default=0.0
        Longest unknown time between two stays that may hide a trip; with 0, stays that are parted
        by unknown time make none. Unit: seconds.

    Returns
    -------
    Trips

    Raises
    ------
    ValueError
        Segments out of order, with the first position; a negative `max_unknown_s`.

    Notes
    -----
    Assumes that a move without a stay of more than the least length is one trip, whatever was done
    on the way. When within a silence a device set out is not identified: the departure is the last
    event at the place before.

    Examples
    --------
    >>> from peil_models.stays import MOVE
    >>> segments = Segments.of([0] * 4, [0, 3600, 4000, 4400], [3600, 4000, 4400, 9000],
    ...                        [STAY, MOVE, MOVE, STAY], [1, 1, 2, 2], [0, 2, 3, 3], [2, 2, 3, 5])
    >>> trips = find_trips(segments)
    >>> trips.departs_s, trips.arrives_s, trips.from_segment, trips.to_segment
    (array([3600.]), array([4400.]), array([0]), array([3]))
    """
    if not max_unknown_s >= 0:
        raise ValueError(f"max_unknown_s must be 0 or more, got {max_unknown_s}")
    device, state = segments.device, segments.state
    same = device[1:] == device[:-1]
    wrong = (device[1:] < device[:-1]) | (same & (segments.start_s[1:] < segments.end_s[:-1]))
    if wrong.any():
        raise ValueError(f"segments are not in order (first at {int(wrong.argmax()) + 1})")
    ends = np.flatnonzero((state == STAY) | (state == ABROAD))
    before, after = ends[:-1], ends[1:]
    unknown_s = np.append(0.0, np.cumsum(np.where(state == UNKNOWN, segments.duration_s, 0.0)))
    moved = np.append(0, np.cumsum((state != STAY) & (state != ABROAD)))
    hidden_s = unknown_s[after] - unknown_s[before + 1]
    is_trip = (device[before] == device[after]) & (hidden_s <= max_unknown_s)
    # time abroad in one piece is no trip, nor are two pieces of it
    both_abroad = (state[before] == ABROAD) & (state[after] == ABROAD)
    is_trip &= ~(both_abroad & (moved[after] == moved[before + 1]))
    before, after = before[is_trip], after[is_trip]
    return Trips(
        device[before],
        segments.end_s[before],
        segments.start_s[after],
        before.astype(np.int64),
        after.astype(np.int64),
    )
