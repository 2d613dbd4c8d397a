"""Run the recursions of a hidden Markov chain over given histories.

What is prepared once for all devices belongs here; the compiled loops are in `recursion`, the
estimators in `hmm` and `heading`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from peil_models.location import recursion
from peil_models.location.emission import kinds_of_events, make_blocks
from peil_models.location.grid import Grid
from peil_models.location.histories import MISSING, Histories
from peil_models.location.journeys import all_modes, joint_likelihood, moved, place, tiles_of_boxes
from peil_models.location.moves import Moves
from peil_models.location.recursion import RESTART

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Located:
    """Place at every event, in the order of the histories.

    Attributes
    ----------
    x_m, y_m : ndarray of shape (n_events,)
        Mean of the posterior. Unit: metres.
    spread_m : ndarray of shape (n_events,)
        Root of the expected squared distance from that mean, the unknown place within a tile
        included: the error that the model itself expects. Unit: metres.
    n_updates : int
        State updates of both recursions: what it cost.
    """

    x_m: Floats
    y_m: Floats
    spread_m: Floats
    n_updates: int


@dataclass(frozen=True)
class Messages:
    """Messages of one device on the boxes of its events, flat; `start` cuts them up."""

    gap: Ints
    boxes: Ints
    start: Ints
    filtered: Floats
    smoothed: Floats
    n_updates: int


@dataclass(frozen=True)
class Ready:
    """Moves and what is derived from them, computed once for all devices."""

    moves: Moves
    values: Floats
    stay: Floats
    flipped: Floats
    switched: Floats


class Chain:
    """Histories made ready: gaps in steps, emission rows, blocks."""

    def __init__(
        self,
        grid: Grid,
        chances: sparse.csr_array,
        prior: Floats,
        histories: Histories,
        step_s: int,
        longest_gap_s: int,
        has_memory: bool,
        hold_share: float = 0.0,
    ) -> None:
        is_bad = histories.cell >= chances.shape[0]
        if is_bad.any():
            raise ValueError(
                f"cell is no row of the footprint (first at event {int(is_bad.argmax())})"
            )
        inside: Any = chances @ sparse.diags_array(grid.is_inside.astype(np.float64))
        inside = sparse.csr_array(inside)
        inside.eliminate_zeros()
        # A cell that reaches no tile with prior mass says nothing that could be used.
        is_useless = np.append(~(inside @ prior > 0), False)  # the last is MISSING, -1
        self.n_unlocated = int(is_useless[histories.cell].sum())
        if self.n_unlocated:
            cell = np.where(is_useless[histories.cell], MISSING, histories.cell)
            histories = Histories(histories.offsets, histories.at_s, cell)
        self.grid, self.histories = grid, histories
        self.prior = grid.padded(prior)
        self.row, cell, previous = kinds_of_events(histories, has_memory)
        self.blocks = make_blocks(inside, grid.shape, cell, previous, hold_share)
        self.step = histories.at_s // step_s
        self.longest = max(1, longest_gap_s // step_s)
        gap = np.diff(self.step, prepend=0)
        gap[gap > self.longest] = RESTART
        gap[histories.offsets[:-1][np.diff(histories.offsets) > 0]] = RESTART
        self.gap = gap.astype(np.int64)
        self._room = np.empty(0)  # used again for every device: fresh memory is slow

    def _ready(self, moves: Moves, memory: float) -> Ready:
        """What the runs over all devices have in common."""
        return Ready(
            moves,
            self.blocks.values(memory),
            moves.stay(self.grid),
            moves.flipped,
            moves.switch.T.copy(),
        )

    def _forward(
        self, device: int, ready: Ready, room: int = 0
    ) -> tuple[tuple[float, int, int], Ints, Ints, Ints, Floats]:
        begin, end = self.histories.offsets[device : device + 2]
        gap = self.gap[begin:end].copy()
        boxes = np.zeros((end - begin, 4), dtype=np.int64)
        start = np.zeros(end - begin + 1, dtype=np.int64)
        if len(self._room) < room:
            self._room = np.empty(room)
        pool = self._room[:room]
        outcome = recursion.forward(
            gap,
            self.row[begin:end],
            ready.values,
            self.blocks.start,
            self.blocks.box,
            self.prior,
            ready.moves.start,
            ready.flipped,
            ready.switched,
            ready.stay,
            self.grid.inside,
            -np.inf,
            boxes,
            start,
            pool,
        )
        return outcome, gap, boxes, start, pool

    def likelihood(self, moves: Moves, memory: float) -> tuple[Floats, int, int]:
        """Log likelihood of each device, breaks and state updates of all."""
        ready = self._ready(moves, memory)
        outcomes = [self._forward(device, ready)[0] for device in range(self.histories.n_devices)]
        return (
            np.array([outcome[0] for outcome in outcomes], dtype=np.float64),
            sum(outcome[1] for outcome in outcomes),
            sum(outcome[2] for outcome in outcomes),
        )

    def _smoothed(self, device: int, ready: Ready, keeps_filtered: bool = False) -> Messages:
        """Run both recursions over the events of a device; valid until the next run."""
        moves = ready.moves
        begin, end = self.histories.offsets[device : device + 2]
        row, whole = self.row[begin:end], np.array([0, self.grid.shape[0], 0, self.grid.shape[1]])
        room = recursion.most_room(self.gap[begin:end], row, self.blocks.box, whole)
        room *= len(moves.start)
        outcome, gap, boxes, start, pool = self._forward(device, ready, room)
        filtered = pool[: start[-1]].copy() if keeps_filtered else pool[:0]
        n_updates = recursion.backward(
            gap,
            row,
            ready.values,
            self.blocks.start,
            self.blocks.box,
            moves.kernels,
            moves.switch,
            ready.stay,
            self.grid.inside,
            boxes,
            start,
            pool,
        )
        return Messages(gap, boxes, start, filtered, pool[: start[-1]], outcome[2] + n_updates)

    def _places(self, moves: Moves, memory: float) -> Iterator[tuple[Ints, Ints, Floats, int]]:
        """Boxes, starts, smoothed posteriors (modes summed) and updates of each device."""
        n_modes, ready = len(moves.start), self._ready(moves, memory)
        for device in range(self.histories.n_devices):
            messages = self._smoothed(device, ready)
            posterior = messages.smoothed
            if n_modes > 1:
                posterior = all_modes(messages.start, posterior, n_modes)
            yield messages.boxes, messages.start // n_modes, posterior, messages.n_updates

    def posteriors(self, moves: Moves, memory: float) -> Iterator[sparse.csr_array]:
        """Smoothed posteriors of each device, (n_events, n_tiles)."""
        for boxes, start, posterior, _ in self._places(moves, memory):
            tile = tiles_of_boxes(boxes, start, self.grid.shape[1])
            shape = (len(boxes), self.grid.n_tiles)
            rows: Any = sparse.csr_array((posterior.copy(), tile, start), shape=shape)
            rows.eliminate_zeros()
            yield sparse.csr_array(rows)

    def locate(
        self, moves: Moves, memory: float, tile_m: float, origin_m: tuple[float, float]
    ) -> Located:
        """Mean and spread of the smoothed posterior at every event."""
        moments = np.zeros((self.histories.n_events, 3))
        n_updates = 0
        for device, (boxes, start, posterior, n) in enumerate(self._places(moves, memory)):
            n_updates += n
            begin, end = self.histories.offsets[device : device + 2]
            place(boxes, start, posterior, moments[begin:end])
        variance = tile_m**2 * (np.maximum(moments[:, 2], 0.0) + 1.0 / 6.0)
        return Located(
            origin_m[0] + tile_m * moments[:, 0],
            origin_m[1] + tile_m * moments[:, 1],
            np.sqrt(variance),
            n_updates,
        )

    def movements(self, moves: Moves, memory: float) -> Iterator[Floats]:
        """Pairwise posteriors of neighbouring steps of each device, (n_events - 1, 9, n_tiles)."""
        is_far = (self.gap > 1) | (self.gap == RESTART)
        is_far[self.histories.offsets[:-1][np.diff(self.histories.offsets) > 0]] = False
        if is_far.any():
            raise ValueError(
                "histories holds events more than one step apart "
                f"(first at event {int(is_far.argmax())}): use Histories.filled"
            )
        ready = self._ready(moves, memory)
        for device in range(self.histories.n_devices):
            messages = self._smoothed(device, ready, keeps_filtered=True)
            if (messages.gap[1:] == RESTART).any():
                at = int(
                    self.histories.offsets[device] + 1 + (messages.gap[1:] == RESTART).argmax()
                )
                raise ValueError(f"histories holds an event that no path explains (event {at})")
            yield moved(
                messages.gap,
                messages.boxes,
                messages.start,
                messages.filtered,
                messages.smoothed,
                moves.kernels,
                moves.switch,
                ready.stay,
                self.grid.inside,
            )

    def pairs(self, moves: Moves, memory: float, pairs: Ints, least_gain: float) -> Floats:
        """Log likelihood of one common journey, for each pair of devices."""
        pairs = np.asarray(pairs)
        if pairs.ndim != 2 or pairs.shape[1] != 2:
            raise ValueError(f"pairs has shape {pairs.shape}, expected (n_pairs, 2)")
        pairs = pairs.astype(np.int64)
        is_bad = ((pairs < 0) | (pairs >= self.histories.n_devices)).any(axis=1)
        if is_bad.any():
            raise ValueError(f"pairs names no device (first at pair {int(is_bad.argmax())})")
        floor = np.full(len(pairs), -np.finfo(np.float64).max)
        if least_gain > -np.inf:
            alone = self.likelihood(moves, memory)[0]
            floor = alone[pairs].sum(axis=1) + least_gain
        return joint_likelihood(
            pairs,
            floor,
            self.histories.offsets,
            self.step,
            self.row,
            self.longest,
            self.blocks.values(memory),
            self.blocks.start,
            self.blocks.box,
            self.prior,
            moves.start,
            moves.flipped,
            moves.switch.T.copy(),
            moves.stay(self.grid),
            self.grid.inside,
        )
