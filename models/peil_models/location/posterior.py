"""Place of a device given its serving cell and, where recorded, its timing advance.

One event at a time; several are `peil_models.location.hmm`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

Floats = NDArray[np.float64]

LTE_BAND_M = 78.12
"""Width of one step of timing advance. Unit: metres; GSM has about 554."""


def posterior(
    connection_probability: sparse.csr_array | ArrayLike, prior: ArrayLike
) -> sparse.csr_array:
    """Probability that a device is in a tile, given its cell: Bayes' rule for every cell.

    Parameters
    ----------
    connection_probability : {sparse matrix, array-like} of shape (n_cells, n_tiles)
        Columns sum to 1 where covered.
    prior : array-like of shape (n_tiles,)
        Any scale.

    Returns
    -------
    csr_array of shape (n_cells, n_tiles)
        Rows sum to 1; a cell that reaches no tile with prior mass has an empty row: its devices
        are unlocated.

    Examples
    --------
    >>> P = np.array([[0.98, 0.5, 0.05 / 0.95], [0.02, 0.5, 0.90 / 0.95]])
    >>> posterior(P, [1.0, 1.0, 1.0]).toarray().round(6)
    array([[0.639423, 0.326236, 0.034341],
           [0.01363 , 0.340746, 0.645624]])
    """
    chances: Any = sparse.csr_array(connection_probability)  # type: ignore[arg-type]
    chances = chances.astype(np.float64)
    mass = np.asarray(prior, dtype=np.float64)
    if mass.shape != (chances.shape[1],):
        raise ValueError(f"prior has shape {mass.shape}, expected ({chances.shape[1]},)")
    joint: Any = sparse.csr_array(
        (chances.data * mass[chances.indices], chances.indices, chances.indptr),
        shape=chances.shape,
    )
    totals = np.asarray(joint.sum(axis=1)).ravel()
    of_row = np.repeat(totals, np.diff(joint.indptr))
    joint.data = np.divide(joint.data, of_row, out=np.zeros_like(joint.data), where=of_row > 0)
    joint.eliminate_zeros()
    return sparse.csr_array(joint)


def timing_advance_factor(
    distance_m: ArrayLike,
    timing_advance: ArrayLike,
    band_m: float = LTE_BAND_M,
    slack_bands: int = 1,
) -> Floats:
    """Likelihood of a timing advance at a distance: 1 in the band or beside it, else 0.

    Parameters
    ----------
    distance_m : array-like
        Distance from antenna to tile. Unit: metres.
    timing_advance : array-like of int, broadcast against `distance_m`
        As recorded; negative where the record has none, which tells nothing (factor 1).
    band_m : float, default=78.12
        Width of a step: 78.12 in LTE, 554 in GSM. Unit: metres.
    slack_bands : int, default=1
        Bands on either side that are kept: reflections make a way longer than the distance.

    Returns
    -------
    ndarray of the broadcast shape

    Raises
    ------
    ValueError
        NaN or a negative distance, with its position; a band without width.

    Notes
    -----
    Assumes that a detour is shorter than `slack_bands` bands; in LTE one band is easily exceeded
    between high buildings. A factor, not a probability: it does not sum to 1 over advances.

    Examples
    --------
    >>> timing_advance_factor([50.0, 200.0, 400.0], 2)
    array([0., 1., 0.])
    >>> timing_advance_factor([50.0, 200.0, 1700.0], 2, band_m=554.0)
    array([0., 0., 1.])
    """
    distance, advance = np.broadcast_arrays(
        np.asarray(distance_m, dtype=np.float64), np.asarray(timing_advance)
    )
    is_bad = ~(distance >= 0)
    if is_bad.any():
        at = tuple(int(i) for i in np.unravel_index(int(is_bad.argmax()), is_bad.shape))
        raise ValueError(f"distance_m is NaN or negative (first at {at})")
    if not band_m > 0 or slack_bands < 0:
        raise ValueError(
            f"band_m must be positive and slack_bands not negative, got {band_m}, {slack_bands}"
        )
    band = np.floor(distance / band_m)
    return np.where((advance < 0) | (np.abs(band - advance) <= slack_bands), 1.0, 0.0)


def connection_with_timing(
    connection_probability: sparse.csr_array | ArrayLike,
    cell_xy_m: ArrayLike,
    tile_xy_m: ArrayLike,
    cell: ArrayLike,
    timing_advance: ArrayLike,
    band_m: float = LTE_BAND_M,
    slack_bands: int = 1,
) -> sparse.csr_array:
    """Connection probability times the timing factor, one row per combination asked for.

    The rows take the place of cells in `posterior` and in `LocationHMM`.

    Parameters
    ----------
    connection_probability : {sparse matrix, array-like} of shape (n_cells, n_tiles)
    cell_xy_m, tile_xy_m : array-like of shape (n_cells, 2) and (n_tiles, 2)
        Positions on one plane. Unit: metres.
    cell : array-like of int of shape (n_combinations,)
        Row of `connection_probability`.
    timing_advance : array-like of int of shape (n_combinations,)
        Negative where unknown.
    band_m, slack_bands :
        As for `timing_advance_factor`.

    Returns
    -------
    csr_array of shape (n_combinations, n_tiles)
        Empty where a cell has no tile at that distance: the record contradicts the footprint, and
        who uses it may fall back on the cell alone.

    Raises
    ------
    ValueError
        Shapes that do not fit, a cell outside the footprint (with its position).

    Examples
    --------
    >>> P = np.ones((1, 3))
    >>> connection_with_timing(P, [[0, 0]], [[50, 0], [200, 0], [400, 0]], [0], [2]).toarray()
    array([[0., 1., 0.]])
    """
    chances: Any = sparse.csr_array(connection_probability)  # type: ignore[arg-type]
    places, tiles = (np.asarray(a, dtype=np.float64) for a in (cell_xy_m, tile_xy_m))
    row, advance = np.asarray(cell, dtype=np.int64), np.asarray(timing_advance, dtype=np.int64)
    if places.shape != (chances.shape[0], 2) or tiles.shape != (chances.shape[1], 2):
        raise ValueError(
            f"cell_xy_m has shape {places.shape}, tile_xy_m {tiles.shape}, "
            f"expected ({chances.shape[0]}, 2) and ({chances.shape[1]}, 2)"
        )
    if row.shape != advance.shape or row.ndim != 1:
        raise ValueError(f"cell has shape {row.shape}, timing_advance has {advance.shape}")
    is_bad = (row < 0) | (row >= chances.shape[0])
    if is_bad.any():
        raise ValueError(f"cell is no row of the footprint (first at {int(is_bad.argmax())})")
    rows: Any = sparse.csr_array(chances[row])
    of_row = np.repeat(np.arange(len(row)), np.diff(rows.indptr))
    distance = np.linalg.norm(places[row][of_row] - tiles[rows.indices], axis=1)
    rows.data = rows.data * timing_advance_factor(distance, advance[of_row], band_m, slack_bands)
    rows.eliminate_zeros()
    return sparse.csr_array(rows)
