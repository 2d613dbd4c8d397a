"""Presence by maximum likelihood with EM, stopped early.

Rules of stopping belong here; the step itself is in `inputs`.
"""

from __future__ import annotations

from numbers import Integral
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state

from peil_models.presence.inputs import Counts, Floats, PresenceFromCounts, first_offence


class PresenceEM(PresenceFromCounts):
    """Number of devices present in each tile, from the counts seen by cells.

    Model: ``y[c] ~ Poisson(sum_t X[c, t] * u[t])`` with ``u >= 0``, where ``X[c, t]`` is the
    probability that a device in tile ``t`` is served by cell ``c``. `fit` climbs the likelihood by
    EM [1]_, ``u[t] <- u[t] sum_c y[c] X[c, t] / sum_k X[c, k] u[k]``, from the prior.

    Parameters
    ----------
    prior : array-like of shape (n_tiles,), default=None
        Where the climb starts, any scale (`peil_models.location`); None is uniform. A tile with
        prior 0 stays empty, which restricts the estimate to a region.
    max_iter : int in [1, inf), default=10
        Steps of EM. More fit the noise of a mis-specified footprint, see Notes.
    stopping : {"steps", "held_out", "discrepancy"}, default="steps"
        "steps" takes `max_iter` steps. "held_out" takes the number of steps, at most `max_iter`,
        at which devices kept apart are predicted best; needs whole counts. "discrepancy" stops,
        at `max_iter` at the latest, once the counts are met as closely as X is known.
    misfit_share : float in [0, inf), default=0.25
        How well X is known: relative standard deviation of expected counts per cell, from
        `peil_models.footprint.misfit_of_shares`. Only for "discrepancy".
    held_out_share : float in (0, 1), default=0.2
        Share of the devices kept apart to choose the number of steps.
    random_state : int in [0, 2**32), RandomState instance or None, default=None
        Which devices are kept apart. Pass a whole number for the same figures every time.

    Attributes
    ----------
    devices_ : ndarray of shape (n_tiles,) or (n_tiles, n_hours)
        Estimated devices present. Unit: devices, not persons (`peil_models.weighting` turns devices
        into persons).
    unlocated_ : float or ndarray of shape (n_hours,)
        Devices counted by cells that reach no tile with prior mass. Unit: devices.
    n_iter_ : int
        Steps taken.
    held_out_score_ : ndarray of shape (n_steps,)
        Poisson log likelihood of the devices kept apart after each step, over all hours, up to a
        constant. Only with ``stopping="held_out"``.
    discrepancy_ : ndarray of shape (n_steps,)
        Mean squared residual over its expectation, sampling plus misfit, after each step; the climb
        ends at the first that is 1 or less. Only with ``stopping="discrepancy"``.

    Notes
    -----
    Assumes that each device is counted once, by one cell, and that X is known without error.
    Every step conserves counts where the columns of X sum to 1 or 0:
    ``devices_.sum(axis=0) + unlocated_ == y.sum(axis=0)``.
    Not identified: tiles whose columns of X are proportional; their split is the start, not
    evidence. "held_out" guards against noise only: devices kept apart were served by the same
    network, so an error of X that all devices share (a serving cell that is held on to, a shadow)
    looks like evidence to it and it stops too late. "discrepancy" guards against that error as far
    as its size is known [3]_; it is the rule to use where the footprint was not measured.

    References
    ----------
    .. [1] Ricciato et al. (2015), JRC96568. doi:10.2788/162414
    .. [2] Ricciato & Coluccia (2020), arXiv:2009.05410.
    .. [3] Morozov's principle for EM: Bardsley & Goldes (2009), Inverse Problems 25.
       doi:10.1088/0266-5611/25/9/095005

    Examples
    --------
    >>> X = np.array([[0.8, 0.3], [0.2, 0.7]])
    >>> PresenceEM(max_iter=2000).fit(X, X @ np.array([100.0, 50.0])).devices_.round()
    array([100.,  50.])
    """

    n_iter_: int
    held_out_score_: Floats
    discrepancy_: Floats

    def __init__(
        self,
        prior: ArrayLike | None = None,
        *,
        max_iter: int = 10,
        stopping: Literal["steps", "held_out", "discrepancy"] = "steps",
        misfit_share: float = 0.25,
        held_out_share: float = 0.2,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.prior = prior
        self.max_iter = max_iter
        self.stopping = stopping
        self.misfit_share = misfit_share
        self.held_out_share = held_out_share
        self.random_state = random_state

    def fit(self, X: Any, y: ArrayLike) -> Self:
        """Climb the likelihood.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_cells, n_tiles)
            Probability that a device in tile t is served by cell c; columns sum to 1, or to 0
            where nothing covers the tile.
        y : array-like of shape (n_cells,) or (n_cells, n_hours)
            Devices counted by each cell; each hour is estimated on its own. Unit: devices.

        Raises
        ------
        ValueError
            NaN, infinity, a negative number or a wrong shape, with the argument and the position.
        """
        if not isinstance(self.max_iter, Integral) or self.max_iter < 1:
            raise ValueError(f"max_iter must be a whole number of at least 1, got {self.max_iter}")
        counts = self._check(X, y, self.prior)
        if self.stopping == "held_out":
            n_steps = self._steps_by_held_out(counts)
        elif self.stopping in ("steps", "discrepancy"):
            n_steps = int(self.max_iter)
        else:
            raise ValueError(
                f'stopping must be "steps", "held_out" or "discrepancy", got {self.stopping!r}'
            )
        devices = counts.start()
        discrepancy: list[float] = []
        for _ in range(n_steps):
            devices = counts.step(devices)
            if self.stopping == "discrepancy":
                discrepancy.append(_discrepancy(counts, devices, self.misfit_share))
                if discrepancy[-1] <= 1.0:
                    break
        self.n_iter_ = len(discrepancy) or n_steps
        if discrepancy:
            self.discrepancy_ = np.array(discrepancy)
        self._finish(counts, devices)
        return self

    def _steps_by_held_out(self, counts: Counts) -> int:
        share = float(self.held_out_share)
        if not 0 < share < 1:
            raise ValueError(f"held_out_share must lie between 0 and 1, got {share}")
        is_broken = counts.y != np.floor(counts.y)
        if is_broken.any():
            raise ValueError(first_offence("y", is_broken, "held_out needs whole counts:"))
        random = check_random_state(self.random_state)
        held_out = random.binomial(counts.y.astype(np.int64), share).astype(np.float64)
        rest = counts.y - held_out
        # Thinned Poisson counts are independent, so the kept devices predict those held out.
        scale = share / (1.0 - share)
        scores: list[float] = []
        devices = counts.start()
        for _ in range(int(self.max_iter)):
            devices = counts.step(devices, rest)
            scores.append(_log_likelihood(held_out, scale * (counts.X @ devices)))
        self.held_out_score_ = np.array(scores)
        return int(np.argmax(self.held_out_score_)) + 1


def _log_likelihood(y: Floats, expected: Floats) -> float:
    """Poisson log likelihood without ``log y!``.

    A cell that sees none of the kept devices is not impossible, only unseen: its expectation is
    floored at one device in a million, so that one stray count does not decide the stop.
    """
    expected = np.maximum(expected, 1e-6)
    return float(np.sum(y * np.log(expected) - expected))


def _discrepancy(counts: Counts, devices: Floats, misfit_share: float) -> float:
    """Mean over located cells and hours of squared residual over expected squared residual."""
    if not misfit_share >= 0:
        raise ValueError(f"misfit_share must not be negative, got {misfit_share}")
    expected = (counts.X @ devices)[counts.is_located]
    residual = counts.y[counts.is_located] - expected
    # A cell where hardly anybody is expected still has the sampling noise of one device.
    variance = np.maximum(expected, 1.0) + np.square(misfit_share * expected)
    return float(np.mean(np.square(residual) / variance)) if residual.size else 0.0
