"""A network without radio: the serving cell is drawn anew for every record among the nearest masts.

Radio as physics has it is in `radio`; the result here is one of its tables, with no power in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from peil_models.synthetic.country import X_MIN_M, Y_MIN_M
from peil_models.synthetic.radio import PIXEL_M, SHAPE, Physics, Radio

SECTORS = 3  # the most cells of a mast


@dataclass(frozen=True)
class NearestMasts:
    """Serving cells are drawn evenly among the nearest masts, then among the cells of the mast.

    Parameters
    ----------
    n_masts : int
        How many masts near a place may serve it.
    """

    n_masts: int = 3

    def radio(self, cells: pd.DataFrame) -> Radio:
        """Work out which cells may serve every pixel; all are received alike.

        Fast fading alone decides, without hysteresis and load: an even draw for each record.
        """
        numbers = pd.Series(np.arange(len(cells)), index=cells["site"].to_numpy())
        sites = cells.groupby("site", sort=True)[["x_m", "y_m"]].first()
        # a mast with fewer cells has each more than once, so that masts are drawn evenly
        of_mast = np.stack(
            [np.resize(numbers.loc[[site]].to_numpy(), SECTORS) for site in sites.index]
        ).astype(np.int16)
        rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
        where = np.column_stack(
            [
                X_MIN_M + (columns.ravel() + 0.5) * PIXEL_M,
                Y_MIN_M + (rows.ravel() + 0.5) * PIXEL_M,
            ]
        )
        _, near = cKDTree(sites.to_numpy()).query(where, k=self.n_masts)
        cell = of_mast[near].reshape(len(where), self.n_masts * SECTORS)
        physics = Physics(
            hysteresis_db=0.0,
            load_db_per_doubling=0.0,
            load_limit_db=0.0,
            n_candidates=cell.shape[1],
        )
        return Radio(
            cell,
            np.zeros(cell.shape, dtype=np.float32),
            cells["x_m"].to_numpy(),
            cells["y_m"].to_numpy(),
            (cells["technology"] == "LTE").to_numpy(),
            physics,
        )
