"""Hidden Markov model over tiles: place of a device given all its events.

The estimator and its checks belong here; recursions are in `chain` and `recursion`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from peil_models.location.chain import Chain, Located
from peil_models.location.grid import Grid
from peil_models.location.histories import Histories
from peil_models.location.movement import climb, footprint_of, prior_of
from peil_models.location.moves import Moves, neighbours

Floats = NDArray[np.float64]


class LocationHMM(BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Where each device is at each of its events, from all its events together.

    Hidden state: the tile. In a step of `step_s` a device moves to each of its 4 neighbours by side
    with probability `edge`, to each of the 4 by corner with `diagonal`, and else stays; what would
    leave the grid or enter a hole stays. An event has the chance that the footprint gives its
    cell in the tile; a step without an event tells nothing [1]_. `fit` maximises the likelihood of
    all devices over what `fitted` names; no true position is used.

    Parameters
    ----------
    shape : tuple of int in [1, inf), default=(1, 1)
        Rows and columns of the grid. Tiles are numbered from the south-west, row by row.
    tile_m : float in (0, inf), default=100.0
        Side of a tile. Unit: metres.
    origin_m : tuple of float in (-inf, inf), default=(0.0, 0.0)
        South-west corner of the grid. Unit: metres.
    step_s : int in [1, inf), default=None
        Length of a step. None is the longest in which nobody crosses more than one tile:
        ``tile_m / max_speed_m_per_s``, rounded down, at least 1. Unit: seconds.
    max_speed_m_per_s : float in (0, inf), default=33.0
        A step in which a device could cross more than one tile is refused. Unit: m/s.
    longest_gap_s : int in (0, inf), default=7200
        After a longer silence a chain begins anew, from the prior. Unit: seconds.
    edge, diagonal : float in [0, 1/4], default=0.05, 0.02
        Probability of each neighbour in a step, at most 1 for all eight; where the climb starts if
        fitted.
    memory : float in [0, 1), default=0.0
        Chance that a device keeps its serving cell b whatever the signal, as long as that cell
        holds the tile: ``P(a | tile, b) = memory [a = b] + (1 - memory) P(a | tile)``. Where 0 is
        given and it is fitted, the climb starts at 0.3.
    hold_share : float in [0, 1], default=0.05
        A cell holds a tile that it covers with at least this share of the chance of the best cell
        there: networks keep a cell until another is some decibels stronger. 0 is all it covers.
    fitted : sequence of str, default=("edge", "diagonal", "memory")
        What `fit` finds. Empty: the values above are used as they are, without memory as it is.
    prior : array-like of shape (n_tiles,), default=None
        Where a chain begins, any scale; None is uniform.
    is_inside : array-like of bool of shape (n_tiles,), default=None
        Tiles that are no holes; None is all.

    Attributes
    ----------
    edge_, diagonal_, memory_ : float
        As fitted, or as given.
    step_s_ : int
        Unit: seconds.
    log_likelihood_ : ndarray of shape (n_devices,)
        Of each device of `fit`. Unit: nats.
    n_breaks_ : int
        Events that no path explains (too far in too short a time); the chain begins anew there.
    n_unlocated_ : int
        Events of cells that reach no tile with prior mass, taken as missing.
    n_updates_ : int
        State updates of one forward recursion over all devices: its cost.

    Notes
    -----
    Assumes that events are independent given tiles (but for `memory`), that moments of events say
    nothing about the place, and that movement is memoryless and alike everywhere: no roads,
    no direction kept, no stop longer than chance. A posterior of a device on a train is too narrow.
    The footprint is taken as known; a wrong one is followed, not seen. Without memory, where a
    network holds on to cells, errors are 1.4 to 1.9 times what the posterior expects, since events
    of one cell count as so many witnesses; with it .9 to 1.2 times (`tests/recovery`).
    Not identified: edge against diagonal where cells are much larger than tiles, since only their
    mean squared step is seen; memory against a sharper footprint.
    Two events within one step are taken as of one moment.

    References
    ----------
    .. [1] Salgado et al. (2021), EPJ Data Science 10, 45. doi:10.1140/epjds/s13688-021-00303-6

    Examples
    --------
    >>> P = np.array([[0.9, 0.5, 0.1], [0.1, 0.5, 0.9]])
    >>> events = Histories.of([0, 0, 0], [0, 10, 20], [0, 1, 1])
    >>> model = LocationHMM((1, 3), tile_m=200.0, step_s=5, edge=0.2, fitted=()).fit(P, events)
    >>> next(model.posteriors(events)).toarray().round(3)
    array([[0.331, 0.497, 0.172],
           [0.06 , 0.404, 0.536],
           [0.042, 0.311, 0.647]])
    """

    edge_: float
    diagonal_: float
    memory_: float
    step_s_: int
    log_likelihood_: Floats
    n_breaks_: int
    n_unlocated_: int
    n_updates_: int

    def __init__(
        self,
        shape: tuple[int, int] = (1, 1),
        *,
        tile_m: float = 100.0,
        origin_m: tuple[float, float] = (0.0, 0.0),
        step_s: int | None = None,
        max_speed_m_per_s: float = 33.0,
        longest_gap_s: int = 7200,
        edge: float = 0.05,
        diagonal: float = 0.02,
        memory: float = 0.0,
        hold_share: float = 0.05,
        fitted: Sequence[str] = ("edge", "diagonal", "memory"),
        prior: ArrayLike | None = None,
        is_inside: ArrayLike | None = None,
    ) -> None:
        self.shape = shape
        self.tile_m = tile_m
        self.origin_m = origin_m
        self.step_s = step_s
        self.max_speed_m_per_s = max_speed_m_per_s
        self.longest_gap_s = longest_gap_s
        self.edge = edge
        self.diagonal = diagonal
        self.memory = memory
        self.hold_share = hold_share
        self.fitted = fitted
        self.prior = prior
        self.is_inside = is_inside

    def fit(
        self, connection_probability: sparse.csr_array | ArrayLike, histories: Histories
    ) -> Self:
        """Find movement (and memory) by maximum likelihood.

        Parameters
        ----------
        connection_probability : {sparse matrix, array-like} of shape (n_cells, n_tiles)
            Probability that a device in a tile is served by a cell (`peil_models.footprint`,
            `connection_by_strength`).
        histories : Histories
            `cell` counts rows of `connection_probability`.

        Raises
        ------
        ValueError
            A parameter that cannot be; NaN or a negative number in the footprint, a cell that it
            does not have, each with the first position.
        """
        chances = footprint_of(connection_probability)
        self._grid = Grid.of(self.shape, self.is_inside)
        if chances.shape[1] != self._grid.n_tiles:
            raise ValueError(
                f"connection_probability has {chances.shape[1]} columns, expected "
                f"{self._grid.n_tiles}, one per tile of shape {self.shape}"
            )
        self.step_s_ = self._step()
        most = self._most()
        unknown = sorted(set(self.fitted) - set(most))
        if unknown:
            raise ValueError(f"fitted may name {', '.join(most)}, got {unknown[0]!r}")
        start = {name: float(getattr(self, name)) for name in most}
        self._check_values(start, most)
        self._chances = chances
        self._prior = prior_of(self.prior, self._grid)
        chain = self._chain(histories, "memory" in self.fitted or self.memory > 0)
        values = climb(chain, self._moves_of, start, most, self.fitted, self._crowded)
        for name, value in values.items():
            setattr(self, f"{name}_", value)
        self._moves = self._moves_of(values)
        self.log_likelihood_, self.n_breaks_, self.n_updates_ = chain.likelihood(*self._found())
        self.n_unlocated_ = chain.n_unlocated
        return self

    def log_likelihood(self, histories: Histories) -> Floats:
        """Log likelihood of each device, shape (n_devices,). Unit: nats."""
        return self._now(histories).likelihood(*self._found())[0]

    def pair_log_likelihood(
        self, histories: Histories, pairs: ArrayLike, least_gain: float = -np.inf
    ) -> Floats:
        """Log likelihood that the two devices of each pair make one and the same journey.

        Parameters
        ----------
        histories : Histories
        pairs : array-like of int of shape (n_pairs, 2)
            Devices of `histories`.
        least_gain : float, default=-inf
            A pair is given up, and answered minus infinity, as soon as its likelihood is this far
            below that of two separate journeys (emissions never exceed 1, so it cannot recover).
            Unit: nats.

        Returns
        -------
        ndarray of shape (n_pairs,)
            Minus infinity where no common journey explains both.

        Raises
        ------
        ValueError
            A pair that names no device (with its position).
        """
        return self._now(histories).pairs(*self._found(), np.asarray(pairs), least_gain)

    def posteriors(self, histories: Histories) -> Iterator[sparse.csr_array]:
        """Yield for each device its smoothed posteriors, shape (n_events, n_tiles).

        Rows sum to 1. A missing event (`peil_models.location.MISSING`) asks for the place at a
        moment.
        """
        yield from self._now(histories).posteriors(*self._found())

    def locate(self, histories: Histories) -> Located:
        """Mean and spread of the smoothed posterior at every event."""
        return self._now(histories).locate(*self._found(), float(self.tile_m), self.origin_m)

    def movements(self, histories: Histories) -> Iterator[Floats]:
        """Yield for each device the pairwise posteriors of neighbouring steps.

        Element (k, m, g) is the probability that the device is in tile g at event k and takes
        move m to event k + 1: moves count from south-west, row by row, so that 4 is staying.
        Shape (n_events - 1, 9, n_tiles); sums to 1 for each k.

        Raises
        ------
        ValueError
            Events more than a step apart (first position): use `Histories.filled`.
        """
        yield from self._now(histories).movements(*self._found())

    _crowded: tuple[str, ...] = ("edge", "diagonal")

    def _most(self) -> dict[str, float]:
        """Upper bound of everything that may be fitted."""
        return {"edge": 0.25, "diagonal": 0.25, "memory": 1.0}

    def _moves_of(self, values: Mapping[str, float]) -> Moves:
        return neighbours(values["edge"], values["diagonal"])

    def _check_values(self, values: Mapping[str, float], most: Mapping[str, float]) -> None:
        for name, value in values.items():
            if not 0 <= value <= most[name] or (name == "memory" and value == 1):
                raise ValueError(f"{name} must lie between 0 and {most[name]:g}, got {value}")
        crowd = sum(values[name] for name in self._crowded)
        if crowd > 0.25 + 1e-12:
            raise ValueError(f"4 edge + 4 diagonal must not exceed 1, got {4 * crowd}")

    def _found(self) -> tuple[Moves, float]:
        return self._moves, self.memory_

    def _now(self, histories: Histories) -> Chain:
        check_is_fitted(self)
        return self._chain(histories, self.memory_ > 0)

    def _chain(self, histories: Histories, has_memory: bool) -> Chain:
        return Chain(
            self._grid,
            self._chances,
            self._prior,
            histories,
            self.step_s_,
            int(self.longest_gap_s),
            has_memory,
            float(self.hold_share),
        )

    def _step(self) -> int:
        for name in ("tile_m", "max_speed_m_per_s", "longest_gap_s"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        longest = float(self.tile_m) / float(self.max_speed_m_per_s)
        if self.step_s is None:
            return max(1, int(longest))
        if int(self.step_s) != self.step_s or self.step_s < 1:
            raise ValueError(f"step_s must be a whole number of at least 1, got {self.step_s}")
        if self.step_s > max(1.0, longest):
            raise ValueError(
                f"step_s is {self.step_s}, but at max_speed_m_per_s a tile of tile_m is crossed in "
                f"{longest:.1f} s: take shorter steps, larger tiles or a lower speed"
            )
        return int(self.step_s)
