"""Mean of several footprints of one plan.

Combination belongs here; each footprint is made by its own class.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import pandas as pd
from scipy import sparse
from sklearn.base import BaseEstimator, clone

from peil_models.footprint.signal_strength import FootprintSignalStrength


class FootprintMean(BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Mean of the connection probabilities of several footprints, where none is known to be right.

    Parameters
    ----------
    footprints : sequence of FootprintSignalStrength
        Cloned, then fitted to the same plan.

    Attributes
    ----------
    connection_probability_, dominance_ : csr_array of shape (n_cells, n_tiles)
        Means of those of the footprints. A column sums to less than 1 where some footprint leaves
        the tile uncovered.

    Notes
    -----
    A footprint fitted to how many devices a cell counts is sharper than one that serves to tell
    whether a device has moved: where it lets cells overlap too little, devices at rest seem to
    travel between them. Assumes that the truth lies between the footprints, not beyond them.
    Not identified: which of the footprints is right, and where.

    References
    ----------
    Bates & Granger (1969), Operational Research Quarterly 20. doi:10.1057/jors.1969.103

    Examples
    --------
    >>> cells = pd.DataFrame({"cell_id": ["a", "b"], "x_m": [0.0, 4000.0], "y_m": [0.0, 0.0]})
    >>> tiles = pd.DataFrame({"x_m": [1000.0, 2000.0], "y_m": [0.0, 0.0]})
    >>> both = [FootprintSignalStrength(), FootprintSignalStrength(path_loss_exponent=4.5)]
    >>> FootprintMean(both).fit(cells, tiles).connection_probability_.toarray().round(3)
    array([[0.799, 0.5  ],
           [0.201, 0.5  ]])
    """

    connection_probability_: sparse.csr_array
    dominance_: sparse.csr_array

    def __init__(self, footprints: Sequence[FootprintSignalStrength]) -> None:
        self.footprints = footprints

    def fit(self, cells: pd.DataFrame, tiles: pd.DataFrame) -> Self:
        """Compute the footprints of a plan over tiles, and their mean.

        Parameters
        ----------
        cells, tiles : DataFrame
            As for `FootprintSignalStrength.fit`.

        Raises
        ------
        ValueError
            No footprint; else as `FootprintSignalStrength.fit`.
        """
        if not len(self.footprints):
            raise ValueError("footprints is empty: a mean needs one at least")
        share = 1.0 / len(self.footprints)
        for number, footprint in enumerate(self.footprints):
            fitted = clone(footprint).fit(cells, tiles)
            chances, strength = fitted.connection_probability_ * share, fitted.dominance_ * share
            if number:
                chances = self.connection_probability_ + chances
                strength = self.dominance_ + strength
            self.connection_probability_ = sparse.csr_array(chances)
            self.dominance_ = sparse.csr_array(strength)
        return self
