"""What changes of cell of devices at rest say about a footprint.

Counting and judging changes at rest belongs here; what overlap is, is in `overlap`, what is done
with it in `segmentation`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.optimize import minimize
from scipy.spatial import cKDTree

from peil_models.location import posterior
from peil_models.stays.overlap import overlap_coefficients

Floats = NDArray[np.float64]
HOUR_S = 3600.0
TOUCHING_M = 50.0  # half a tile: nobody is nearer to a mast than that


@dataclass(frozen=True)
class RestChanges:
    """Cells of events that follow each other while devices rest.

    Attributes
    ----------
    n : csr_array of shape (n_cells, n_cells)
        How often the column's cell followed the row's.
    hours : float
        Time between these events together.

    Examples
    --------
    >>> both = RestChanges(sparse.csr_array([[3, 1], [0, 2]]), 4.0)
    >>> (both + both).hours
    8.0
    """

    n: sparse.csr_array
    hours: float

    def __add__(self, other: RestChanges) -> RestChanges:
        """Those of other devices too."""
        return RestChanges(sparse.csr_array(self.n + other.n), self.hours + other.hours)


def rest_changes(
    device: ArrayLike, at_s: ArrayLike, cell: ArrayLike, is_rest: ArrayLike, n_cells: int
) -> RestChanges:
    """Count which cell follows which while devices rest.

    Parameters
    ----------
    device, at_s, cell : array-like of shape (n_events,)
        As `StaySegmentation.segment` takes them; events without a cell are passed over.
    is_rest : array-like of bool of shape (n_hours,)
        Hours of the window in which devices rest, such as those of the night; two events count
        where all hours from the one to the other are.
    n_cells : int

    Examples
    --------
    >>> rest_changes([0, 0, 0], [0.0, 1800.0, 3600.0], [0, 1, 1], [True, False], 2).n.toarray()
    array([[0, 1],
           [0, 0]])
    """
    who, when, where = (np.asarray(values) for values in (device, at_s, cell))
    night = np.asarray(is_rest, dtype=bool)
    is_used = where >= 0
    who, when, where = who[is_used], when[is_used], where[is_used]
    hour = np.floor_divide(when, HOUR_S).astype(np.int64)
    until = np.append(0, np.cumsum(night))
    inside = (hour >= 0) & (hour < len(night))
    first = np.clip(hour, 0, len(night) - 1)
    follows = (who[1:] == who[:-1]) & (when[1:] > when[:-1]) & inside[1:] & inside[:-1]
    follows &= until[first[1:] + 1] - until[first[:-1]] == first[1:] - first[:-1] + 1
    pairs = (where[:-1][follows], where[1:][follows])
    n = sparse.coo_array((np.ones(int(follows.sum()), np.int64), pairs), shape=(n_cells, n_cells))
    return RestChanges(sparse.csr_array(n), float((when[1:] - when[:-1])[follows].sum() / HOUR_S))


def masts_footprint(
    cell_x_m: ArrayLike,
    cell_y_m: ArrayLike,
    tile_x_m: ArrayLike,
    tile_y_m: ArrayLike,
    *,
    exponent: float,
    n_masts: int = 8,
) -> sparse.csr_array:
    """Connection probability that knows where masts stand, and nothing of their antennas.

    ``distance^-exponent`` of the nearest masts, each shared evenly by its cells.

    Parameters
    ----------
    cell_x_m, cell_y_m : array-like of shape (n_cells,)
        Positions of the masts; NaN where the plan has none: such a cell serves nowhere.
    tile_x_m, tile_y_m : array-like of shape (n_tiles,)
        Centres.
    exponent : float
    n_masts : int, default=8
        How many masts may serve a tile.

    Returns
    -------
    csr_array of shape (n_cells, n_tiles)
        Columns sum to 1.

    Examples
    --------
    >>> masts_footprint([0.0, 0.0, 300.0], [0.0] * 3, [100.0], [0.0], exponent=2.0).toarray()
    array([[0.4],
           [0.4],
           [0.2]])
    """
    cells = np.column_stack([np.asarray(v, np.float64) for v in (cell_x_m, cell_y_m)])
    tiles = np.column_stack([np.asarray(v, np.float64) for v in (tile_x_m, tile_y_m)])
    placed = np.flatnonzero(np.isfinite(cells).all(axis=1))
    masts, of_mast = np.unique(cells[placed], axis=0, return_inverse=True)
    k = min(n_masts, len(masts))
    if not k:
        return sparse.csr_array((len(cells), len(tiles)))
    distance, near = cKDTree(masts).query(tiles, k=np.arange(1, k + 1))
    power = np.maximum(distance, TOUCHING_M) ** -exponent
    share = power / power.sum(axis=1, keepdims=True)
    tile = np.repeat(np.arange(len(tiles)), k)
    by_mast = sparse.csr_array(
        (share.ravel(), (near.ravel(), tile)), shape=(len(masts), len(tiles))
    )
    n_cells = np.bincount(of_mast.ravel(), minlength=len(masts))
    spread = sparse.csr_array(
        (1.0 / n_cells[of_mast.ravel()], (placed, of_mast.ravel())),
        shape=(len(cells), len(masts)),
    )
    return sparse.csr_array(spread @ by_mast)


@dataclass(frozen=True)
class RestFit:
    """How much of a footprint devices at rest bear out.

    Attributes
    ----------
    footprint : csr_array of shape (n_cells, n_tiles)
        ``(1 - masts_share) plan + masts_share masts``.
    masts_share : float
        Share of events that the masts explain and the plan does not.
    memory : float
        Chance that a cell follows itself for other reasons than the place: hysteresis, and
        obstacles that are the same each time. A row of n events is worth
        ``1 + (n - 1) (1 - memory)`` independent ones.
    log_likelihood : float
        Unit: nats for each pair of events.

    Examples
    --------
    >>> RestFit(sparse.csr_array([[1.0]]), 0.2, 0.9, -1.5).masts_share
    0.2
    """

    footprint: sparse.csr_array
    masts_share: float
    memory: float
    log_likelihood: float


def fit_at_rest(
    plan: sparse.csr_array, masts: sparse.csr_array, residents: ArrayLike, changes: RestChanges
) -> RestFit:
    """Mix two footprints by the likelihood of events that follow each other at rest.

    A device at rest at x has the pair (a, b) with chance
    ``P(a|x) (memory [a = b] + (1 - memory) P(b|x))``, x by the residents, P the mix.

    Parameters
    ----------
    plan, masts : csr_array of shape (n_cells, n_tiles)
    residents : array-like of shape (n_tiles,)
        Where devices rest; any scale.
    changes : RestChanges

    Notes
    -----
    Assumes that the two events are independent given place and memory. Not identified: memory
    apart from a footprint that is sharper than both.

    Examples
    --------
    >>> plan, masts = sparse.csr_array(np.eye(2)), sparse.csr_array(np.full((2, 2), 0.5))
    >>> changes = RestChanges(sparse.csr_array([[20, 20], [20, 20]]), 40.0)
    >>> round(fit_at_rest(plan, masts, [1.0, 1.0], changes).masts_share, 2)
    1.0
    """
    weight = np.asarray(residents, dtype=np.float64)
    weight = weight / weight.sum()
    a, b = sparse.coo_array(changes.n).coords
    n = sparse.coo_array(changes.n).data
    there = sparse.diags_array(weight)
    alone: Any = [np.asarray(part @ weight).ravel() for part in (plan, masts)]
    scaled: Any = [sparse.csr_array(part @ there) for part in (plan, masts)]
    both: Any = [
        [np.asarray(sparse.csr_array(left @ right.T)[a, b]).ravel() for right in (plan, masts)]
        for left in scaled
    ]

    def misfit(point: Floats) -> float:
        share, memory = 1.0 / (1.0 + np.exp(-np.clip(point, -12.0, 12.0)))
        mix = (1.0 - share, share)
        single = mix[0] * alone[0] + mix[1] * alone[1]
        pair = sum(mix[i] * mix[j] * both[i][j] for i in range(2) for j in range(2))
        chance = (1.0 - memory) * pair + memory * np.where(a == b, single[a], 0.0)
        return -float(n @ np.log(np.maximum(chance / single.sum(), 1e-12)) / n.sum())

    starts = ([-2.0, 0.0], [2.0, -2.0])
    fits = [minimize(misfit, np.array(start), method="Nelder-Mead") for start in starts]
    best = min(fits, key=lambda fit: float(fit.fun))
    share, memory = 1.0 / (1.0 + np.exp(-np.clip(best.x, -12.0, 12.0)))
    mixed = sparse.csr_array((1.0 - share) * plan + share * masts)
    return RestFit(mixed, float(share), float(memory), -float(best.fun))


def breaks(coefficients: sparse.csr_array, changes: RestChanges, min_overlap: float) -> int:
    """How many changes at rest were between cells that overlap less than that.

    Examples
    --------
    >>> changes = RestChanges(sparse.csr_array([[9, 3], [2, 9]]), 10.0)
    >>> breaks(sparse.csr_array([[1.0, 0.3], [0.3, 1.0]]), changes, 0.4)
    5
    """
    a, b, n, overlap = _changes(coefficients, changes)
    is_break = (a != b) & ((overlap < min_overlap) | (overlap <= 0))
    return int(n[is_break].sum())


def overlap_at_rest(
    footprint: sparse.csr_array,
    prior: ArrayLike,
    changes: RestChanges,
    *,
    min_overlap: float,
    breaks_per_hour: float,
) -> float:
    """Find the greatest least overlap at which rest is broken no more often than allowed.

    Parameters
    ----------
    footprint : csr_array of shape (n_cells, n_tiles)
    prior : array-like of shape (n_tiles,)
    changes : RestChanges
    min_overlap : float
        The answer is never more.
    breaks_per_hour : float
        Of a device that rests.

    Examples
    --------
    >>> changes = RestChanges(sparse.csr_array([[9, 3], [2, 9]]), 10.0)
    >>> chances = sparse.csr_array([[0.9, 0.2], [0.1, 0.8]])
    >>> both = {"prior": [1.0, 1.0], "min_overlap": 0.8}
    >>> [round(overlap_at_rest(chances, changes=changes, breaks_per_hour=rate, **both), 2)
    ...  for rate in (0.0, 1.0)]
    [0.7, 0.8]
    """
    a, b, n, overlap = _changes(overlap_coefficients(posterior(footprint, prior)), changes)
    is_change = a != b
    order = np.argsort(overlap[is_change], kind="stable")
    n_until = np.cumsum(n[is_change][order])
    too_many = int(np.searchsorted(n_until, breaks_per_hour * changes.hours, side="right"))
    least = float(overlap[is_change][order][too_many]) if too_many < len(order) else min_overlap
    return min(least, min_overlap)


def _changes(coefficients: sparse.csr_array, changes: RestChanges) -> tuple[Any, Any, Any, Floats]:
    counted = sparse.coo_array(changes.n)
    a, b = counted.coords
    return a, b, counted.data, np.asarray(coefficients[a, b], dtype=np.float64).ravel()
