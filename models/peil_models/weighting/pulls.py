"""Gravity constrained at the origin: where people of a home may be by day, by distance.

Mass and distance only; counts decide in `home_flows`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from peil_models.weighting.inputs import Floats

DETERRENCES = ("exponential", "power")


@dataclass(frozen=True)
class Pulls:
    """Mass of tiles dealt out to homes by gravity, one way for each range.

    Attributes
    ----------
    square : ndarray of shape (n_tiles,)
        Square of each tile.
    strength : ndarray of shape (n_ranges, n_squares, n_homes)
        ``mass[t] * strength[k, square[t], h]`` sums to 1 over tiles for each range and home: the
        chance that somebody of home h who is away is in tile t. 0 for a home without a place.
    """

    square: NDArray[np.intp]
    strength: Floats


def pulls(
    points: Floats,
    origins: Any,
    mass: Floats,
    *,
    ranges_m: Sequence[float],
    deterrence: str,
    square_m: float,
) -> Pulls:
    """Gravity, constrained at the origin: ``mass[t] f(d) / sum over places of mass f(d)``.

    Parameters
    ----------
    points : ndarray of shape (n_tiles, 2)
        Unit: metres.
    origins : sparse matrix of shape (n_tiles, n_homes)
        Devices that sleep in each tile, by home; any scale per home.
    mass : ndarray of shape (n_tiles,)
        What pulls in each tile, any scale.
    ranges_m : sequence of float
        Ranges r of the law. Unit: metres.
    deterrence : {"exponential", "power"}
        ``f(d) = exp(-d / r)`` or ``f(d) = 1 / (1 + (d / r)^2)``.
    square_m : float
        Distances are those between the centres of gravity of squares of this side; within a square
        nobody is nearer than another. Unit: metres.

    Examples
    --------
    >>> points = np.array([[0.0, 0.0], [2000.0, 0.0]])
    >>> law = pulls(points, sparse.csr_array([[1.0], [0.0]]), np.ones(2),
    ...               ranges_m=(2000.0,), deterrence="exponential", square_m=1000.0)
    >>> law.strength[0, :, 0].round(3)
    array([0.731, 0.269])
    """
    corners = np.floor(points / square_m)
    square = np.unique(corners, axis=0, return_inverse=True)[1].reshape(-1).astype(np.intp)
    n_tiles = np.bincount(square)
    middle = np.column_stack([np.bincount(square, axis) / n_tiles for axis in points.T])
    far_m = np.hypot(*(middle[:, None] - middle[None]).transpose(2, 0, 1))
    adder = sparse.csr_array((np.ones(len(square)), (square, np.arange(len(square)))))
    sleeping = (adder @ sparse.csr_array(origins)).toarray()
    of_home = sleeping.sum(axis=0)
    sleeping = np.divide(sleeping, of_home, out=np.zeros_like(sleeping), where=of_home > 0)
    mass_of = np.bincount(square, mass)
    strength = np.empty((len(ranges_m), *sleeping.shape))
    for number, range_m in enumerate(ranges_m):
        fall = (
            np.exp(-far_m / range_m)
            if deterrence == "exponential"
            else 1 / (1 + (far_m / range_m) ** 2)
        )
        total = np.einsum("ij,j->i", fall, mass_of)
        share = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
        strength[number] = np.einsum("ij,ih->jh", fall, sleeping * share[:, None])
    return Pulls(square, strength)
