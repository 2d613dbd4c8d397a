"""Devices by home zone and zone of presence at one hour, from counts by home zone and cell.

The estimator belongs here; its table is checked in `home_table`, its gravity law is in `pulls`.
"""

from __future__ import annotations

from numbers import Integral
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from sklearn.base import BaseEstimator

from peil_models.presence.land_use import regression
from peil_models.weighting.home_table import HomeTable
from peil_models.weighting.inputs import Floats, checked
from peil_models.weighting.pulls import DETERRENCES, Pulls, pulls

N_HOMES_AT_ONCE = 32
"""Homes whose tiles are held at the same time: memory is this many numbers per tile."""


class HomeFlows(BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Devices by home zone and zone of presence at one hour: the flow cube, by likelihood.

    ``y[c, h] ~ Poisson(s[h] * q[c, h] + sum_t X[c, t] * u[t, h])``: of the devices that live in
    zone h, s are at home and are served as the nights show (q: shares of cells of these very
    devices by night), the others are in tiles as a presence estimator puts them [1]_ [2]_. `fit`:

    1. regression, all homes together: what draws people who are away, ``m[t] = L[t] @ b``, by
       Poisson likelihood from the sum over homes, with the night's counts as one more column;
    2. regression, all homes together: the share at home, and that of each range r of a gravity law
       constrained at the origin, ``m[t] f_r(d) / sum_t' m[t'] f_r(d)`` from where h sleeps [3]_;
    3. EM for each home from there: `n_iter` steps on ``s[h]`` and ``u[:, h]``.

    ``flows_[h, z] = sum over t in z of u[t, h]``, and s[h] more where z is h. `HomeWeights` turns
    them into persons.

    Parameters
    ----------
    zone : array-like of int of shape (n_tiles,)
        Zone of each tile; -1 is outside the region, where nobody is put.
    points : array-like of shape (n_tiles, 2)
        Middle of each tile. Unit: metres.
    land_use : array-like of shape (n_tiles, n_kinds), default=None
        Share of each land use in each tile, any scale per column; None leaves the prior alone.
    prior : array-like of shape (n_tiles,), default=None
        One more kind of land, of which `floor_share` is always left; None is uniform.
    ranges_m : sequence of float in (0, inf), default=(2000, 4000, 8000, 16000)
        Ranges that are mixed. Unit: metres.
    deterrence : {"exponential", "power"}, default="exponential"
        ``f_r(d) = exp(-d / r)`` or ``1 / (1 + (d / r)^2)``.
    square_m : float in (0, inf), default=1000
        Distances are measured between squares of this side. Unit: metres.
    floor_share : float in (0, 1), default=0.01
        Least share of the devices that start at home, and that start from `prior`.
    n_iter : int in [0, inf), default=5
        Steps of EM; 0 leaves the regressions alone.

    Attributes
    ----------
    flows_ : ndarray of shape (n_homes, n_zones)
        Unit: devices.
    at_home_ : ndarray of shape (n_homes,)
        Devices that are served as by night. Unit: devices.
    unlocated_ : ndarray of shape (n_homes,)
        Devices in cells that reach no tile of the region and served none of the home's devices by
        night. Unit: devices.
    range_shares_ : ndarray of shape (n_ranges,)
        Devices away by range of the law, of those not at home, before EM; sums to 1.

    Notes
    -----
    Assumes that a home zone is the right one or that who is wrongly put there sleeps next door,
    that a device at home is served by day as by night, that `night` did not decide the homes (else
    it looks more like them than it is), and that people are drawn by land use and distance in one
    way from everywhere, as far as the EM steps do not learn better. What is wrong with the
    footprint of cells at home falls out: q is counted, not computed. For those away it stays.
    Conserves devices where the columns of X sum to 1 or 0:
    ``flows_.sum(axis=1) + unlocated_ == y.sum(axis=0)``.
    Not identified: who is away within reach of the cells of home from who stayed; both are in the
    home zone unless it is small. Visitors from outside the region have no home here.

    References
    ----------
    .. [1] CBS (2020), Pilot study MPMDR: introduction to the research method (the flow cube).
    .. [2] Ricciato et al. (2015), JRC96568. doi:10.2788/162414
    .. [3] Wilson (1971), A family of spatial interaction models. Environment and Planning 3.
       doi:10.1068/a030001

    Examples
    --------
    >>> X = np.array([[0.9, 0.1], [0.1, 0.9]])
    >>> night = X @ np.diag([100.0, 100.0])
    >>> day = X @ np.array([[80.0, 10.0], [20.0, 90.0]])
    >>> points = np.array([[0.0, 0.0], [3000.0, 0.0]])
    >>> model = HomeFlows([0, 1], points, n_iter=300).fit(X, day, night, [100.0, 100.0])
    >>> model.flows_.round()
    array([[80., 20.],
           [10., 90.]])
    """

    flows_: Floats
    at_home_: Floats
    unlocated_: Floats
    range_shares_: Floats

    def __init__(
        self,
        zone: ArrayLike,
        points: ArrayLike,
        land_use: ArrayLike | None = None,
        prior: ArrayLike | None = None,
        *,
        ranges_m: tuple[float, ...] = (2_000.0, 4_000.0, 8_000.0, 16_000.0),
        deterrence: Literal["exponential", "power"] = "exponential",
        square_m: float = 1_000.0,
        floor_share: float = 0.01,
        n_iter: int = 5,
    ) -> None:
        self.zone = zone
        self.points = points
        self.land_use = land_use
        self.prior = prior
        self.ranges_m = ranges_m
        self.deterrence = deterrence
        self.square_m = square_m
        self.floor_share = floor_share
        self.n_iter = n_iter

    def fit(self, X: Any, y: ArrayLike, night: ArrayLike, night_devices: ArrayLike) -> Self:
        """Fit those away by land use and distance, then climb the likelihood home by home.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_cells, n_tiles)
            Probability that a device in tile t is served by cell c; columns sum to 1 or 0.
        y : array-like of shape (n_cells, n_homes)
            Devices at the hour by serving cell and home zone; home h is zone h. Unit: devices.
        night : array-like of shape (n_cells, n_homes)
            The same by night: of the same devices, any scale per home.
        night_devices : array-like of shape (n_tiles,)
            Where devices sleep (`peil_models.presence`), any scale.

        Raises
        ------
        ValueError
            NaN, infinity, a negative number or a wrong shape, with the argument and the position;
            a zone without a column in y; no land to put anybody on.
        """
        self._check_choices()
        table = HomeTable.of(
            X, y, night, night_devices, self.zone, self.points, self.land_use, self.prior
        )
        attraction = self._attraction(table)
        drawn = pulls(
            table.points,
            table.origins,
            attraction,
            ranges_m=self.ranges_m,
            deterrence=self.deterrence,
            square_m=self.square_m,
        )
        shares = self._shares(table, attraction, drawn)
        away = np.einsum("k,ksh->sh", shares[1:], drawn.strength)
        n_homes, floor = table.y.shape[1], float(self.floor_share)
        self.flows_, self.at_home_ = np.zeros((n_homes, n_homes)), np.zeros(n_homes)
        for first in range(0, n_homes, N_HOMES_AT_ONCE):
            some = slice(first, first + N_HOMES_AT_ONCE)
            tiles = attraction[:, None] * away[drawn.square, some]
            tiles = (1.0 - floor) * tiles + floor * table.prior[:, None]
            stay = np.full(tiles.shape[1], max(shares[0], floor))
            stay, tiles = _climbed(table, some, stay, tiles, int(self.n_iter))
            self.flows_[some] = (table.zones @ tiles).T
            self.at_home_[some] = stay
        self.flows_[np.diag_indices(n_homes)] += self.at_home_
        self.unlocated_ = table.unlocated
        self.range_shares_ = shares[1:] / shares[1:].sum()
        self.n_features_in_ = table.X.shape[1]
        return self

    def _check_choices(self) -> None:
        if not isinstance(self.n_iter, Integral) or self.n_iter < 0:
            raise ValueError(f"n_iter must be a whole number of at least 0, got {self.n_iter}")
        if not 0 < self.floor_share < 1:
            raise ValueError(f"floor_share must lie between 0 and 1, got {self.floor_share}")
        if self.deterrence not in DETERRENCES:
            raise ValueError(
                f"deterrence must be one of {', '.join(DETERRENCES)}, got {self.deterrence!r}"
            )
        ranges = checked("ranges_m", self.ranges_m, 1)
        if len(ranges) == 0:
            raise ValueError("ranges_m holds no range")
        if not ranges.all():
            at = int(np.argmin(ranges))
            raise ValueError(f"ranges_m must hold numbers above 0 (first not at {at})")
        if not self.square_m > 0:
            raise ValueError(f"square_m must be above 0, got {self.square_m}")

    def _attraction(self, table: HomeTable) -> Floats:
        """What draws people who are away to each tile, by the counts of all homes together."""
        of_night = table.profile @ table.n_devices
        design = np.column_stack([of_night, table.X @ table.land])
        weights = regression(sparse.csr_array(design), table.y.sum(axis=1)[:, None])[1:, 0]
        drawn = (table.land * weights).sum(axis=1)
        total = drawn.sum()
        if not total > 0:
            return table.prior
        floor = float(self.floor_share)
        return np.asarray((1.0 - floor) * drawn / total + floor * table.prior)

    def _shares(self, table: HomeTable, attraction: Floats, drawn: Pulls) -> Floats:
        """Share at home, and away by range of the law: the same for all homes."""
        n_tiles, n_squares = len(drawn.square), drawn.strength.shape[1]
        by_square = sparse.csr_array(
            (attraction, (np.arange(n_tiles), drawn.square)), shape=(n_tiles, n_squares)
        )
        reach = sparse.csr_array(table.X @ by_square)
        away = [(reach @ strength) * table.n_devices for strength in drawn.strength]
        design = np.stack([table.profile * table.n_devices, *away], axis=-1)
        design, y = design.reshape(-1, design.shape[-1]), table.y.reshape(-1, 1)
        # A home without a place has no range that explains its devices: they tell no share.
        is_explained = design.max(axis=1, keepdims=True) > 0
        weights = regression(sparse.csr_array(design), np.where(is_explained, y, 0.0))
        shares = weights[:, 0] + 1e-9  # all at home, or none: the others are there all the same
        return np.asarray(shares / shares.sum())


def _climbed(
    table: HomeTable, some: slice, stay: Floats, tiles: Floats, n_iter: int
) -> tuple[Floats, Floats]:
    """Devices at home, and by tile, of some homes, after `n_iter` steps of EM from shares."""
    y, profile = table.y[:, some], table.profile[:, some]
    total = stay + tiles.sum(axis=0)
    scale = np.divide(table.n_devices[some], total, out=np.zeros_like(total), where=total > 0)
    stay, tiles = stay * scale, tiles * scale
    coverage = table.coverage[:, None]
    for _ in range(n_iter):
        expected = table.X @ tiles + profile * stay
        ratio = np.divide(y, expected, out=np.zeros_like(y), where=expected > 0)
        drawn = tiles * (table.X_by_tile @ ratio)
        tiles = np.divide(drawn, coverage, out=np.zeros_like(drawn), where=coverage > 0)
        stay = stay * np.einsum("ch,ch->h", profile, ratio)
    return stay, tiles
