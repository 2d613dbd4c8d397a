"""Continuous time segmentation: stays, moves and what is between them.

The estimator belongs here; its loops are in `loops`, the check of events in `events`.
"""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from peil_models.stays import loops
from peil_models.stays.events import checked_events
from peil_models.stays.segments import Carried, Segments


class StaySegmentation(BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Cut the time of each device into stays, moves, undetermined, unknown and abroad.

    Walks along the events of a device. An event whose cell overlaps *every* cell of the current run
    of events, not too long after the last, extends the run; a run that lasts longer than
    `min_stay_s` is a stay. Any other event ends the run: soon after the last one it is a move,
    later the time between is unknown [1]_.

    Parameters
    ----------
    min_stay_s : float in [0, inf), default=900.0
        A run must last longer to be a stay; else it is undetermined. Unit: seconds.
    max_gap_stay_s : float in [0, inf), default=43200.0
        Longest silence inside a run. Unit: seconds.
    max_gap_move_s : float in [0, inf), default=7200.0
        Longest silence that can be a move. Unit: seconds.
    max_gap_abroad_s : float in [0, inf), default=259200.0
        Longest silence between two events abroad. Unit: seconds.
    padding_s : float in [0, max_gap_move_s / 2], default=300.0
        How long a device is believed to be where it was seen, before and after, where unknown time
        follows. Unit: seconds.
    longest_move_s : float in [0, inf], default=inf
        Longest part of a silence between two places that is a move, at its end; the rest was spent
        at the place before, since phones on the way are seen often. Infinite: the whole silence is
        the move. Unit: seconds.
    max_rest_s : float in [0, inf), default=0.0
        A silence of at most this length before the device is seen elsewhere, but for its last
        `longest_move_s`, counts towards `min_stay_s` at the place before: a device that is seen
        there once and then is silent for an hour has not travelled for an hour. 0 counts none,
        the published rule. Unit: seconds.

    Attributes
    ----------
    overlaps_ : csr_array of bool of shape (n_cells, n_cells)
        Symmetric, each cell overlapping itself.
    n_cells_ : int

    Notes
    -----
    Assumes that a device that is seen in overlapping cells has not moved: moves inside the common
    area of cells are not seen, and a device under the edge of a cell may seem to move.
    Not identified: when within a silence a device set out.
    An event in an unlocated cell is passed over, as if the device had been silent; a device with no
    other events has no segments.

    References
    ----------
    .. [1] Eurostat, multimno 1.0 documentation (2025), continuous time segmentation.

    Examples
    --------
    >>> overlaps = np.array([[True, True, False], [True, True, False], [False, False, True]])
    >>> segments = StaySegmentation().fit(overlaps).segment(
    ...     [0, 0, 0, 0, 0], [0.0, 1200.0, 1800.0, 3000.0, 4200.0], [0, 1, 0, 2, 2])
    >>> segments.frame()[["start_s", "end_s", "state", "cell"]]
       start_s   end_s state  cell
    0   -300.0  1800.0  stay     0
    1   1800.0  2400.0  move     0
    2   2400.0  3000.0  move     2
    3   3000.0  4500.0  stay     2
    """

    overlaps_: sparse.csr_array
    n_cells_: int

    def __init__(
        self,
        *,
        min_stay_s: float = 900.0,
        max_gap_stay_s: float = 43_200.0,
        max_gap_move_s: float = 7_200.0,
        max_gap_abroad_s: float = 259_200.0,
        padding_s: float = 300.0,
        longest_move_s: float = math.inf,
        max_rest_s: float = 0.0,
    ) -> None:
        self.min_stay_s = min_stay_s
        self.max_gap_stay_s = max_gap_stay_s
        self.max_gap_move_s = max_gap_move_s
        self.max_gap_abroad_s = max_gap_abroad_s
        self.padding_s = padding_s
        self.longest_move_s = longest_move_s
        self.max_rest_s = max_rest_s

    def fit(self, overlaps: sparse.sparray | ArrayLike) -> Self:
        """Store which cells overlap.

        Parameters
        ----------
        overlaps : {sparse matrix, array-like} of bool of shape (n_cells, n_cells)
            `cell_overlaps` makes it. Made symmetric; a cell overlaps itself.

        Raises
        ------
        ValueError
            Not square; a parameter that is negative or not a number, or a padding that would
            make unknown time negative.
        """
        for name in (
            "min_stay_s",
            "max_gap_stay_s",
            "max_gap_move_s",
            "max_gap_abroad_s",
            "padding_s",
            "longest_move_s",
            "max_rest_s",
        ):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must be 0 or more, got {getattr(self, name)}")
        if 2 * self.padding_s > self.max_gap_move_s:
            raise ValueError(
                f"padding_s={self.padding_s} is more than half of max_gap_move_s="
                f"{self.max_gap_move_s}: unknown time would be negative"
            )
        given: Any = sparse.csr_array(overlaps, dtype=bool)  # type: ignore[arg-type]
        if given.shape[0] != given.shape[1]:
            raise ValueError(f"overlaps has shape {given.shape}, expected as many rows as columns")
        both: Any = sparse.csr_array(given + given.T + sparse.eye_array(given.shape[0], dtype=bool))
        both.eliminate_zeros()
        both.sort_indices()
        self.overlaps_ = both
        self.n_cells_ = both.shape[0]
        return self

    def segment(self, device: ArrayLike, at_s: ArrayLike, cell: ArrayLike) -> Segments:
        """Segment the events of some devices: all events of each, in order.

        Parameters
        ----------
        device : array-like of int of shape (n_events,)
            Ascending.
        at_s : array-like of shape (n_events,)
            Ascending within a device. Unit: seconds since the start of the linkage window.
        cell : array-like of int of shape (n_events,)
            Rows of `overlaps`, `UNLOCATED` (-1) or `OUTSIDE` (-2); ascending within a moment.

        Returns
        -------
        Segments

        Raises
        ------
        ValueError
            Lengths that differ; an event out of order, with a time that is not a number or a cell
            that does not exist, with its position.
        """
        check_is_fitted(self)
        who, when, where = checked_events(device, at_s, cell, self.n_cells_)
        segments, _ = self._segmented(who, when, where, np.zeros(len(who), dtype=bool))
        return segments

    def resume(
        self,
        device: ArrayLike,
        at_s: ArrayLike,
        cell: ArrayLike,
        carried: Carried | None = None,
        *,
        is_last: bool = False,
    ) -> tuple[Segments, Carried]:
        """Segment one part of the window after the other, such as days.

        Parameters
        ----------
        device, at_s, cell : array-like
            As for `segment`; every event is later than all that were given before.
        carried : Carried, optional
            What the part before left open.
        is_last : bool, default=False
            Nothing follows: close all.

        Returns
        -------
        segments : Segments
            All that nothing later can change. Positions of events are among the carried events and
            these together, sorted by device, time and cell.
        carried : Carried
            The open run of each device, for the next part.

        Raises
        ------
        ValueError
            As `segment`; an event before one that was carried.
        """
        check_is_fitted(self)
        who, when, where = checked_events(device, at_s, cell, self.n_cells_)
        after_move = np.zeros(len(who), dtype=bool)
        if carried is not None:
            who, when, where = (
                np.concatenate([old, new])
                for old, new in ((carried.device, who), (carried.at_s, when), (carried.cell, where))
            )
            after_move = np.concatenate([carried.after_move, after_move])
            order = np.argsort(who, kind="stable")
            who, when, where = checked_events(who[order], when[order], where[order], self.n_cells_)
            after_move = after_move[order]
        segments, link = self._segmented(who, when, where, after_move)
        if is_last:
            return segments, Carried(who[:0], when[:0], where[:0], after_move[:0])
        # The open run of a device begins at its last event that does not extend the one before.
        begins = np.flatnonzero((link != loops.EXTENDS) & (link != loops.PASSED_OVER))
        opens = begins[np.append(who[begins][1:] != who[begins][:-1], True)[: len(begins)]]
        run = np.searchsorted(who[opens], who)  # devices without a located event have no run
        is_open = np.zeros(len(who), dtype=bool)
        has_run = run < len(opens)
        has_run[has_run] = who[opens][run[has_run]] == who[has_run]
        is_open[has_run] = np.flatnonzero(has_run) >= opens[run[has_run]]
        arrives = (link == loops.MOVES) | (link == loops.ARRIVES)
        left = Carried(who[is_open], when[is_open], where[is_open], arrives[is_open])
        from_s = when[opens] - np.where(arrives[opens], 0.0, self.padding_s)
        is_closed = segments.start_s < from_s[np.searchsorted(who[opens], segments.device)]
        return segments.take(is_closed), left

    def _segmented(
        self,
        who: NDArray[np.int64],
        when: NDArray[np.float64],
        where: NDArray[np.int32],
        after_move: NDArray[np.bool_],
    ) -> tuple[Segments, NDArray[np.int8]]:
        overlaps = self.overlaps_
        link = loops.follow(
            who,
            when,
            where,
            overlaps.indptr.astype(np.int32),
            overlaps.indices.astype(np.int32),
            float(self.max_gap_stay_s),
            float(self.max_gap_move_s),
            float(self.max_gap_abroad_s),
            after_move,
        )
        most = loops.count_segments(link)
        out = Segments(
            np.empty(most, np.int64),
            np.empty(most),
            np.empty(most),
            np.empty(most, np.int8),
            np.empty(most, np.int32),
            np.empty(most, np.int64),
            np.empty(most, np.int64),
        )
        n = loops.write_segments(
            who,
            when,
            where,
            link,
            self.n_cells_,
            float(self.min_stay_s),
            float(self.padding_s),
            float(self.longest_move_s),
            float(self.max_rest_s),
            out.device,
            out.start_s,
            out.end_s,
            out.state,
            out.cell,
            out.first_event,
            out.last_event,
        )
        return out.take(slice(0, n)), link
