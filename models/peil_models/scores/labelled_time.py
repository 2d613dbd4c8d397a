"""F1 on time: how much of the time an estimate gives the true label.

Scores of counts are in `figures`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LabelledTime:
    """Pieces of time of devices, each with a label.

    Attributes
    ----------
    device : ndarray of int64, shape (n_pieces,)
        Ascending.
    start_s, end_s : ndarray of float64, shape (n_pieces,)
        Ascending within a device, without overlap. Unit: seconds.
    label : ndarray of int64, shape (n_pieces,)
        What is claimed, such as the zone of a stay; -1 for nothing (not a stay); -2 where time is
        not scored.

    Examples
    --------
    >>> stays = LabelledTime.of([0, 0], [0.0, 600.0], [600.0, 900.0], [3, -1])
    >>> (stays.end_s - stays.start_s)[stays.label >= 0]
    array([600.])
    """

    device: NDArray[np.int64]
    start_s: Floats
    end_s: Floats
    label: NDArray[np.int64]

    @classmethod
    def of(
        cls, device: ArrayLike, start_s: ArrayLike, end_s: ArrayLike, label: ArrayLike
    ) -> LabelledTime:
        """Make labelled time of anything like arrays.

        Raises
        ------
        ValueError
            Columns of different lengths; pieces out of order, overlapping or without length, with
            the first position.
        """
        pieces = cls(
            np.asarray(device, np.int64),
            np.asarray(start_s, np.float64),
            np.asarray(end_s, np.float64),
            np.asarray(label, np.int64),
        )
        for name in ("start_s", "end_s", "label"):
            if getattr(pieces, name).shape != pieces.device.shape:
                raise ValueError(f"{name} differs from device in length")
        same = pieces.device[1:] == pieces.device[:-1]
        wrong = (pieces.device[1:] < pieces.device[:-1]) | (
            same & (pieces.start_s[1:] < pieces.end_s[:-1])
        )
        if wrong.any():
            raise ValueError(f"pieces are out of order or overlap (at {int(wrong.argmax()) + 1})")
        if not (pieces.end_s > pieces.start_s).all():
            at = int((~(pieces.end_s > pieces.start_s)).argmax())
            raise ValueError(f"a piece has no length (at {at})")
        return pieces


def common_time(
    truth: LabelledTime, estimate: LabelledTime
) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """All pieces of time that both cover: piece of the truth, of the estimate, and length.

    Examples
    --------
    >>> truth = LabelledTime.of([0], [0.0], [10.0], [3])
    >>> common_time(truth, LabelledTime.of([0, 0], [2.0, 5.0], [5.0, 20.0], [3, -1]))
    (array([0, 0]), array([0, 1]), array([3., 5.]))
    """
    ends = [pieces.end_s for pieces in (truth, estimate) if len(pieces.end_s)]
    starts = [pieces.start_s for pieces in (truth, estimate) if len(pieces.start_s)]
    if len(ends) < 2:
        return np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0)
    # one ascending clock for all devices, each on a stretch of its own
    low = min(float(v.min()) for v in starts)
    span = max(float(v.max()) for v in ends) - low + 1.0
    true, known_end = (truth.device * span + v - low for v in (truth.start_s, truth.end_s))
    guess, guess_end = (
        estimate.device * span + v - low for v in (estimate.start_s, estimate.end_s)
    )
    cuts = np.unique(np.concatenate([true, known_end, guess, guess_end]))
    begin, end = cuts[:-1], cuts[1:]
    a = np.searchsorted(true, begin, side="right") - 1
    b = np.searchsorted(guess, begin, side="right") - 1
    both = (a >= 0) & (b >= 0)
    both[both] = (begin[both] < known_end[a[both]]) & (begin[both] < guess_end[b[both]])
    return a[both], b[both], (end - begin)[both]


def f1_on_time(truth: LabelledTime, estimate: LabelledTime) -> float:
    """F1 of labels, each second of each device counting once.

    Over the time that both cover and that is scored: a second is right where both claim the same
    label; ``2 right / (claimed by the truth + claimed by the estimate)``.

    Examples
    --------
    >>> truth = LabelledTime.of([0, 0], [0.0, 10.0], [10.0, 20.0], [3, -1])
    >>> round(f1_on_time(truth, LabelledTime.of([0, 0], [0.0, 8.0], [8.0, 20.0], [3, 4])), 3)
    0.533
    """
    a, b, length = common_time(truth, estimate)
    true, guess = truth.label[a], estimate.label[b]
    scored = (true != -2) & (guess != -2)
    claims = length[scored & (true >= 0)].sum() + length[scored & (guess >= 0)].sum()
    if not claims > 0:
        raise ValueError("truth and estimate claim no label in common time: F1 does not exist")
    right = scored & (true >= 0) & (true == guess)
    return float(2.0 * length[right].sum() / claims)
