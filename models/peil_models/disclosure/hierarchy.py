"""A tidy frame of zones and hours as one matrix and one tree.

Reading and checking the frame belongs here; what is withheld does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True)
class Hierarchy:
    """Zones in the order of their id, hours in order; `row` and `column` place each frame row."""

    zones: NDArray[np.object_]
    hours: pd.Index
    parent: NDArray[np.intp]
    """Position of the parent of each zone, -1 at the top."""
    row: NDArray[np.intp]
    column: NDArray[np.intp]

    def matrix(self, values: pd.Series) -> NDArray[np.float64]:
        """Return a column of the frame as (n_zones, n_hours)."""
        out = np.full((len(self.zones), len(self.hours)), np.nan)
        out[self.row, self.column] = values.to_numpy(dtype=np.float64, na_value=np.nan)
        return out

    def children(self) -> list[NDArray[np.intp]]:
        """Positions of the children of each zone."""
        return [np.flatnonzero(self.parent == zone) for zone in range(len(self.zones))]

    def leaves(self) -> list[NDArray[np.intp]]:
        """Positions of the lowest zones under each zone; a lowest zone is its own."""
        children = self.children()
        leaves: dict[int, NDArray[np.intp]] = {}
        for zone in reversed(top_down(self.parent)):
            below = children[zone]
            leaves[zone] = (
                np.concatenate([leaves[int(child)] for child in below])
                if len(below)
                else np.array([zone], dtype=np.intp)
            )
        return [leaves[zone] for zone in range(len(self.zones))]


def read_hierarchy(frame: pd.DataFrame) -> Hierarchy:
    """Read zones, hours and parents.

    Parameters
    ----------
    frame : DataFrame with columns zone_id, parent_id, hour_at
        One row per zone and hour, every zone in every hour; parent_id null at the top.

    Raises
    ------
    ValueError
        A missing column, a zone-hour twice or missing, a zone with two parents, a parent that is
        not a zone, or a circle of parents.
    """
    for column in ("zone_id", "parent_id", "hour_at"):
        if column not in frame:
            raise ValueError(f"frame has no column {column}")
    if frame["zone_id"].isna().any():
        raise ValueError("frame.zone_id is null in at least one row")
    is_twice = frame.duplicated(["zone_id", "hour_at"]).to_numpy()
    if is_twice.any():
        raise ValueError(
            f"frame holds a zone and hour twice (first at row {int(is_twice.argmax())}); "
            "give one estimator and one product at a time"
        )
    zones = np.array(sorted(frame["zone_id"].unique()), dtype=object)
    hours = pd.Index(np.sort(frame["hour_at"].unique()))
    if len(frame) != len(zones) * len(hours):
        raise ValueError(
            f"frame has {len(frame)} rows, expected {len(zones)} zones x {len(hours)} hours: "
            "a zone without devices is a row with 0"
        )
    named = frame[["zone_id", "parent_id"]].drop_duplicates()
    if len(named) != len(zones):
        raise ValueError("frame gives at least one zone two parents: one hierarchy per release")
    position = pd.Series(np.arange(len(zones)), index=zones)
    parents = named.set_index("zone_id")["parent_id"].reindex(zones)
    is_orphan = parents.notna().to_numpy() & ~parents.isin(zones).to_numpy()
    if is_orphan.any():
        raise ValueError(f"{int(is_orphan.sum())} zones have a parent that is not in the frame")
    parent = position.reindex(parents.to_numpy()).fillna(-1).to_numpy(dtype=np.intp)
    return Hierarchy(
        zones=zones,
        hours=hours,
        parent=parent,
        row=position.reindex(frame["zone_id"].to_numpy()).to_numpy(dtype=np.intp),
        column=np.asarray(hours.get_indexer(pd.Index(frame["hour_at"])), dtype=np.intp),
    )


def top_down(parent: NDArray[np.intp]) -> list[int]:
    """Zones ordered so that a parent comes before its children.

    Raises
    ------
    ValueError
        The parents form a circle.
    """
    order = [int(zone) for zone in np.flatnonzero(parent < 0)]
    for zone in order:
        order.extend(int(child) for child in np.flatnonzero(parent == zone))
    if len(order) != len(parent):
        raise ValueError("parents form a circle: no zone stands at the top of some zones")
    return order
