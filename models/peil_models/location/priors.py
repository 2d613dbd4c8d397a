"""Priors over tiles, before any event of a device is seen.

Each is normalised and knows no event; Bayes' rule is in `posterior`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

Floats = NDArray[np.float64]

LAND_USE_WEIGHTS: Mapping[str, float] = {
    "building": 1.0,
    "residential": 1.0,
    "forest": 0.1,
    "water": 0.0,
    "roads": 0.5,
}
"""Devices expected on a tile per unit of its share of each land use, relative [M]."""


def prior_uniform(n_tiles: int) -> Floats:
    """Every tile alike.

    Examples
    --------
    >>> prior_uniform(4)
    array([0.25, 0.25, 0.25, 0.25])
    """
    if n_tiles < 1:
        raise ValueError(f"n_tiles must be at least 1, got {n_tiles}")
    return np.full(n_tiles, 1.0 / n_tiles)


def prior_network(dominance: sparse.csr_array | ArrayLike) -> Floats:
    """Proportional to the summed dominance of the cells: operators build where people are.

    Parameters
    ----------
    dominance : {sparse matrix, array-like} of shape (n_cells, n_tiles)
        `FootprintSignalStrength.dominance_`.

    Returns
    -------
    ndarray of shape (n_tiles,)
        Sums to 1.

    Examples
    --------
    >>> prior_network(np.array([[0.9, 0.1], [0.0, 0.5]])).round(2)
    array([0.6, 0.4])
    """
    strength = dominance if sparse.issparse(dominance) else np.asarray(dominance, dtype=np.float64)
    return _normalised("dominance", np.asarray(strength.sum(axis=0), dtype=np.float64).ravel())


def prior_land_use(tiles: pd.DataFrame, weights: Mapping[str, float] = LAND_USE_WEIGHTS) -> Floats:
    """Proportional to a weighted sum of land-use shares.

    Parameters
    ----------
    tiles : DataFrame with a column of shares for each land use in `weights`
        Missing shares count as 0. Unit: shares of the tile, 0 to 1.
    weights : mapping of str to float
        Relative density of devices per land use.

    Returns
    -------
    ndarray of shape (n_tiles,)
        Sums to 1.

    Raises
    ------
    ValueError
        A land use without a column, a negative share, or no mass in any tile.

    Notes
    -----
    One prior for all hours: at night roads empty and homes fill, which this does not know.

    References
    ----------
    Tennekes & Gootzen (2022), J. Spatial Information Science 25. doi:10.5311/JOSIS.2022.25.166

    Examples
    --------
    >>> tiles = pd.DataFrame({"residential": [1.0, 0.5], "forest": [0.0, 0.5]})
    >>> prior_land_use(tiles, {"residential": 1.0, "forest": 0.1}).round(3)
    array([0.645, 0.355])
    """
    mass = np.zeros(len(tiles))
    for column, weight in weights.items():
        if column not in tiles:
            raise ValueError(f"tiles has no column {column}, which weights names")
        shares = tiles[column].to_numpy(dtype=np.float64, na_value=0.0)
        if (shares < 0).any():
            raise ValueError(f"tiles.{column} is negative (first at row {(shares < 0).argmax()})")
        mass += weight * shares
    return _normalised("tiles", mass)


def prior_composite(priors: Sequence[ArrayLike], weights: Sequence[float]) -> Floats:
    """Weighted mean of priors, each normalised first.

    Parameters
    ----------
    priors : sequence of array-like of shape (n_tiles,)
    weights : sequence of float
        One per prior, any scale; the published default is .25 network and .75 land use.

    Returns
    -------
    ndarray of shape (n_tiles,)
        Sums to 1.

    Raises
    ------
    ValueError
        As many weights as priors are needed; a prior without mass.

    Examples
    --------
    >>> prior_composite([[1.0, 1.0], [0.0, 2.0]], [0.25, 0.75])
    array([0.125, 0.875])
    """
    if len(priors) != len(weights) or not priors:
        raise ValueError(f"priors has {len(priors)} elements, weights has {len(weights)}")
    parts = [_normalised("priors", np.asarray(prior, dtype=np.float64)) for prior in priors]
    if len({part.shape for part in parts}) > 1:
        raise ValueError("priors differ in length: they must cover the same tiles")
    return _normalised(
        "weights", np.sum([w * part for w, part in zip(weights, parts, strict=True)], axis=0)
    )


def restrict(prior: ArrayLike, is_inside: ArrayLike) -> Floats:
    """Keep a prior inside the study region and renormalise.

    Left out, 15 % of the mass fell outside the region of a test and the error of municipalities
    doubled.

    Parameters
    ----------
    prior : array-like of shape (n_tiles,)
    is_inside : array-like of bool of shape (n_tiles,)

    Returns
    -------
    ndarray of shape (n_tiles,)
        Sums to 1, 0 outside.

    Examples
    --------
    >>> restrict([0.5, 0.25, 0.25], [False, True, True])
    array([0. , 0.5, 0.5])
    """
    mass, inside = np.asarray(prior, dtype=np.float64), np.asarray(is_inside, dtype=bool)
    if mass.shape != inside.shape:
        raise ValueError(f"prior has shape {mass.shape}, is_inside has {inside.shape}")
    return _normalised("prior", np.where(inside, mass, 0.0))


def _normalised(name: str, mass: Floats) -> Floats:
    is_bad = ~(mass >= 0) | np.isinf(mass)
    if is_bad.any():
        raise ValueError(f"{name} gives NaN or negative mass (first at tile {is_bad.argmax()})")
    total = mass.sum()
    if not total > 0:
        raise ValueError(f"{name} gives no mass to any tile")
    return np.asarray(mass / total)
