"""Hidden Markov model over tiles in which movement keeps its heading.

What it shares with `LocationHMM` is inherited from there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from numpy.typing import ArrayLike

from peil_models.location.hmm import LocationHMM
from peil_models.location.moves import Moves, headings


class LocationHMMHeading(LocationHMM):
    """Hidden Markov model over tiles and headings: devices rest, or go on the way they went.

    As `LocationHMM`, but the hidden state also holds whether the device is at rest or which of
    `n_headings` ways it goes, and each device is slow or fast. All is found by maximum likelihood.

    Parameters
    ----------
    shape, tile_m, origin_m, step_s, max_speed_m_per_s, longest_gap_s, memory, hold_share
        As for `LocationHMM`; so are `prior` and `is_inside`.
    n_headings : int in [1, inf), default=8
    go, stop, turn : float in [0, 1], default=0.1, 0.05, 0.05
        Probability in a step of setting out, of coming to rest, of taking a new heading.
    slow_m_per_s, fast_m_per_s : float in [0, tile_m / step_s], default=1.5, 12.0
        Speed of devices on the way. Unit: m/s; at most one tile a step.
    fast_share : float in [0, 1], default=0.5
        Share of the devices that move fast.
    fitted : sequence of str
        Which of these `fit` finds; may hold "memory", and should where a network holds on to cells.

    Attributes
    ----------
    go_, stop_, turn_, slow_m_per_s_, fast_m_per_s_, fast_share_, memory_ : float
        As fitted, or as given. Which speed is the slow one is not enforced.

    Notes
    -----
    Costs 18 times the state updates of `LocationHMM`. A move of part of a tile is a chance to
    move a whole one, so a straight journey still spreads, and fitted speeds come out a tenth too
    low (seen in `tests/recovery`). Assumes two speeds, kept for ever,
    and headings that are alike: no roads. Not identified: headings and speeds where cells are as
    large as the way between two events is long; what `LocationHMM` leaves open stays open.

    References
    ----------
    Codling, Plank & Benhamou (2008), Journal of the Royal Society Interface 5 (correlated random
    walks). doi:10.1098/rsif.2008.0014
    Salgado et al. (2021), EPJ Data Science 10, 45. doi:10.1140/epjds/s13688-021-00303-6

    Examples
    --------
    >>> import numpy as np
    >>> from peil_models.location import Histories
    >>> P = np.kron(np.eye(3), np.full((1, 3), 1.0))  # three cells of three tiles in a row
    >>> events = Histories.of(np.zeros(9), np.arange(0, 90, 10), [0, 0, 0, 1, 1, 1, 2, 2, 2])
    >>> model = LocationHMMHeading(
    ...     (1, 9), tile_m=100.0, step_s=10, max_speed_m_per_s=10.0, fast_m_per_s=9.5, fitted=()
    ... )
    >>> model.fit(P, events).locate(events).x_m.round(-1)
    array([ 80., 160., 250., 350., 450., 550., 650., 740., 820.])
    """

    go_: float
    stop_: float
    turn_: float
    slow_m_per_s_: float
    fast_m_per_s_: float
    fast_share_: float

    def __init__(
        self,
        shape: tuple[int, int] = (1, 1),
        *,
        tile_m: float = 100.0,
        origin_m: tuple[float, float] = (0.0, 0.0),
        step_s: int | None = None,
        max_speed_m_per_s: float = 33.0,
        longest_gap_s: int = 7200,
        n_headings: int = 8,
        go: float = 0.1,
        stop: float = 0.05,
        turn: float = 0.05,
        slow_m_per_s: float = 1.5,
        fast_m_per_s: float = 12.0,
        fast_share: float = 0.5,
        memory: float = 0.0,
        hold_share: float = 0.05,
        fitted: Sequence[str] = (
            "go",
            "stop",
            "turn",
            "slow_m_per_s",
            "fast_m_per_s",
            "fast_share",
        ),
        prior: ArrayLike | None = None,
        is_inside: ArrayLike | None = None,
    ) -> None:
        self.shape = shape
        self.tile_m = tile_m
        self.origin_m = origin_m
        self.step_s = step_s
        self.max_speed_m_per_s = max_speed_m_per_s
        self.longest_gap_s = longest_gap_s
        self.n_headings = n_headings
        self.go = go
        self.stop = stop
        self.turn = turn
        self.slow_m_per_s = slow_m_per_s
        self.fast_m_per_s = fast_m_per_s
        self.fast_share = fast_share
        self.memory = memory
        self.hold_share = hold_share
        self.fitted = fitted
        self.prior = prior
        self.is_inside = is_inside

    _crowded: tuple[str, ...] = ()

    def _most(self) -> dict[str, float]:
        fastest = float(self.tile_m) / self.step_s_
        return {
            "go": 1.0,
            "stop": 1.0,
            "turn": 1.0,
            "slow_m_per_s": fastest,
            "fast_m_per_s": fastest,
            "fast_share": 1.0,
            "memory": 1.0,
        }

    def _moves_of(self, values: Mapping[str, float]) -> Moves:
        if int(self.n_headings) != self.n_headings or self.n_headings < 1:
            raise ValueError(
                f"n_headings must be a whole number of at least 1, got {self.n_headings}"
            )
        tiles = self.step_s_ / float(self.tile_m)
        return headings(
            values["go"],
            values["stop"],
            values["turn"],
            values["slow_m_per_s"] * tiles,
            values["fast_m_per_s"] * tiles,
            values["fast_share"],
            int(self.n_headings),
        )
