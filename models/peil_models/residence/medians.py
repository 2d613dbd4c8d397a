"""Homes at the median position of masts, where a footprint cannot be believed.

Homes by footprint are in `anchors`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import sparse
from scipy.spatial import cKDTree

from peil_models.residence.anchors import Anchors


def at_median_of_masts(
    anchors: Anchors,
    device: ArrayLike,
    mast_x_m: ArrayLike,
    mast_y_m: ArrayLike,
    tile_x_m: ArrayLike,
    tile_y_m: ArrayLike,
    zone_of_tile: ArrayLike,
) -> Anchors:
    """Move places to the inhabited tile nearest to the median of the masts that served a device.

    Parameters
    ----------
    anchors : Anchors
        Those of devices without such an event stay where they are.
    device, mast_x_m, mast_y_m : array-like of shape (n_events,)
        Events, such as those of nights, and the mast of each; NaN is passed over.
    tile_x_m, tile_y_m : array-like of shape (n_tiles,)
        Centres.
    zone_of_tile : array-like of int of shape (n_tiles,)
        Number of the zone; tiles with -1 are no home.

    Notes
    -----
    Assumes that masts stand around the places they serve. Knows nothing of antennas, and not where
    between masts people live.

    Examples
    --------
    >>> home = Anchors(np.array([3]), np.array([0]), np.array([0]), sparse.csr_array([[1.0, 0.0]]),
    ...                np.ones(1), np.ones(1), np.ones(1, dtype=bool))
    >>> moved = at_median_of_masts(home, [3, 3, 3], [0.0, 90.0, 95.0], [0.0] * 3,
    ...                            [0.0, 100.0], [0.0, 0.0], [0, 1])
    >>> moved.tile, moved.zone_shares.toarray()
    (array([1]), array([[0., 1.]]))
    """
    zone = np.asarray(zone_of_tile, dtype=np.int64)
    events = pd.DataFrame(
        {"device": np.asarray(device), "x": np.asarray(mast_x_m), "y": np.asarray(mast_y_m)}
    ).dropna()
    median = events.groupby("device").median().reindex(anchors.device)
    moved = np.flatnonzero(median["x"].notna().to_numpy())
    tiles = np.flatnonzero(zone >= 0)
    if not len(moved) or not len(tiles):
        return anchors
    centres = np.column_stack([np.asarray(v, np.float64) for v in (tile_x_m, tile_y_m)])[tiles]
    _, nearest = cKDTree(centres).query(median[["x", "y"]].to_numpy()[moved])
    tile, of_zone = anchors.tile.copy(), anchors.zone.copy()
    tile[moved] = tiles[nearest]
    of_zone[moved] = zone[tile[moved]]
    shape = (len(moved), anchors.zone_shares.shape[1])
    own = sparse.csr_array((np.ones(len(moved)), of_zone[moved], np.arange(len(moved) + 1)), shape)
    both: Any = sparse.vstack([anchors.zone_shares, own], format="csr")
    picked = np.arange(len(tile))
    picked[moved] = len(tile) + np.arange(len(moved))
    return replace(anchors, tile=tile, zone=of_zone, zone_shares=sparse.csr_array(both[picked]))
