"""Likelihood of counts of nights under a footprint, given who lives where.

What is done with it, searching or judging, is in `calibration` and `identification`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from peil_models.footprint import plan as cell_plan
from peil_models.footprint.propagation import Floats
from peil_models.footprint.reach import Pairs
from peil_models.footprint.signal_strength import FootprintSignalStrength

UNEXPECTED = 1e-9
"""Least expected share of a cell, so that one device in a cell without reach is not impossible."""


@dataclass(frozen=True)
class NightCounts:
    """Counts of nights and the pairs of cells and tiles, independent of what is fitted.

    Attributes
    ----------
    pairs : iterable of Pairs
        Of cells and tiles where somebody lives.
    counts : ndarray of shape (n_cells,)
        Summed over the hours. Unit: devices.
    residents : ndarray of shape (n_inhabited_tiles,)
    exponent : ndarray of shape (n_cells,)
        Path-loss exponent of the plan, for cells that keep theirs.
    takes_fitted : ndarray of bool of shape (n_cells,)
        Cells whose exponent is fitted.
    midpoint_dbm, steepness : ndarray of shape (n_cells,)
        Of the plan, for cells that keep theirs; NaN where they are fitted.
    threshold : float
        Dominance below which a cell does not reach a tile.
    """

    pairs: Iterable[Pairs]
    counts: Floats
    residents: Floats
    exponent: Floats
    takes_fitted: NDArray[np.bool_]
    midpoint_dbm: Floats
    steepness: Floats
    threshold: float

    @classmethod
    def read(
        cls,
        footprint: FootprintSignalStrength,
        cells: pd.DataFrame,
        tiles: pd.DataFrame,
        counts: ArrayLike,
        resident_devices: ArrayLike,
        keeps_pairs: bool = True,
    ) -> NightCounts:
        """Check and read what `calibrate_footprint` is given; without pairs they are made anew."""
        counted = np.asarray(counts, dtype=np.float64)
        residents = np.asarray(resident_devices, dtype=np.float64)
        for name, values, size in (
            ("counts", counted, len(cells)),
            ("resident_devices", residents, len(tiles)),
        ):
            if values.ndim == 0 or len(values) != size:
                raise ValueError(f"{name} has shape {values.shape}, expected {size} rows")
            is_bad = ~(values >= 0) | np.isinf(values)
            if is_bad.any():
                at = tuple(int(i) for i in np.unravel_index(int(is_bad.argmax()), values.shape))
                raise ValueError(f"{name} holds NaN, infinity or a negative number (first at {at})")
            if not values.sum() > 0:
                raise ValueError(f"{name} is 0 everywhere: nothing to fit on")
        cell_plan.check_tiles(tiles)
        plan = cell_plan.complete(cells, tiles, footprint.defaults())
        lived_in = residents > 0
        parts = footprint.pairs(plan, tiles[lived_in])
        return cls(
            pairs=list(parts) if keeps_pairs else parts,
            # Hours with one pattern of shares: their sum holds all there is to learn.
            counts=counted.reshape(len(counted), -1).sum(axis=1),
            residents=residents[lived_in],
            exponent=plan.path_loss_exponent,
            takes_fitted=~(plan.has_own_exponent | plan.is_small),
            midpoint_dbm=plan.midpoint_dbm,
            steepness=plan.steepness,
            threshold=float(footprint.dominance_threshold),
        )

    def expected_shares(self, exponent: float, midpoint: float, steepness: float) -> Floats:
        """Share of the residents that each cell should see."""
        expected = np.zeros(len(self.counts))
        exponents = np.where(self.takes_fitted, exponent, self.exponent)
        for pairs in self.pairs:
            strength = pairs.dominance(
                exponents, (self.midpoint_dbm, midpoint), (self.steepness, steepness)
            )
            strength[strength < self.threshold] = 0.0
            total = np.bincount(pairs.tile, weights=strength, minlength=len(self.residents))
            per_strength = np.divide(
                self.residents, total, out=np.zeros_like(total), where=total > 0
            )
            strength *= per_strength[pairs.tile]
            np.add.at(expected, pairs.cell, strength)
        return np.asarray(expected / self.residents.sum())

    def deviance(self, exponent: float, midpoint: float, steepness: float) -> float:
        """Multinomial deviance of the counts; infinite where the arithmetic breaks down."""
        shares = np.maximum(self.expected_shares(exponent, midpoint, steepness), UNEXPECTED)
        is_seen = self.counts > 0
        counted, total = self.counts[is_seen], self.counts.sum()
        value = 2.0 * float(np.sum(counted * np.log(counted / (total * shares[is_seen]))))
        return value if math.isfinite(value) else math.inf
