"""The region of Zuid-Limburg: its land, plan and register, and what estimators are told of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from peil_models.footprint import (
    FootprintSignalStrength,
    FootprintVoronoi,
    silent_cells,
    without_cells,
)
from peil_models.location import prior_composite, prior_land_use, prior_network
from peil_models.presence import (
    PresenceDF,
    PresenceEM,
    PresenceLandUse,
    PresenceSB,
    PresenceVoronoi,
)
from peil_models.synthetic.landscape import Landscape

LAND_USE = ("building", "residential", "forest", "water", "roads")
Floats = NDArray[np.float64]


def landscape(folder: Path) -> Landscape:
    """Read the region: tiles, cells and register of the outside data."""
    plan = pd.read_csv(folder / "zl_cellplan.csv")
    land = pd.read_parquet(folder / "zl_tiles_100m.parquet")
    register = pd.read_csv(folder / "zl_muni.csv")
    cells = pd.DataFrame(
        {
            "x_m": plan["x"],
            "y_m": plan["y"],
            "antenna_height_m": plan["height"],
            "azimuth_deg": plan["direction"],
            "tilt_deg": plan["tilt"],
            "beam_horizontal_deg": plan["beam_h"],
            "beam_vertical_deg": plan["beam_v"],
            "cell_type": np.where(plan["small"], "micro", "macro"),
        }
    )
    zone = pd.Categorical(land["muni_code"], categories=register["muni_code"]).codes
    tiles = pd.DataFrame(
        {
            "x_m": land["x"],
            "y_m": land["y"],
            "elevation_m": land["elevation"],
            "zone": np.asarray(zone, dtype=np.int64),
            **{use: land[use].astype(np.float64) for use in LAND_USE},
        }
    )
    return Landscape(tiles, cells, register["population"].to_numpy(np.int64))


@dataclass(frozen=True)
class Told:
    """What estimators are told: land, plan, nominal footprint, priors inside the region."""

    land: Landscape
    chances: sparse.csr_array
    polygons: sparse.csr_array
    prior: Floats
    land_use: Floats

    @classmethod
    def of(cls, land: Landscape, is_around_told: bool = False) -> Told:
        """Return what is told of all tiles of the landscape; the priors lie inside the region.

        Where the land around is told, it is one more zone, the last, of which no register tells;
        its land uses are kinds of their own.
        """
        nominal = FootprintSignalStrength().fit(land.cells, land.tiles)
        composite = prior_composite(
            [prior_network(nominal.dominance_), prior_land_use(land.tiles)], [0.25, 0.75]
        )
        is_inside = land.zone >= 0
        land_use = land.tiles[list(LAND_USE)].to_numpy(np.float64)
        inner, outer = land_use * is_inside[:, None], land_use * ~is_inside[:, None]
        if is_around_told:
            zone = np.where(is_inside, land.zone, len(land.register))
            land = Landscape(land.tiles.assign(zone=zone), land.cells, np.append(land.register, 0))
        return cls(
            land=land,
            chances=nominal.connection_probability_,
            polygons=FootprintVoronoi().fit(land.cells, land.tiles).connection_probability_,
            prior=composite if is_around_told else np.where(is_inside, composite, 0.0),
            land_use=np.column_stack([inner, outer]) if is_around_told else inner,
        )

    def within(self) -> Told:
        """Return what is told of the tiles of the region only."""
        is_inside = self.land.zone >= 0
        tiles = self.land.tiles[is_inside].reset_index(drop=True)
        return Told(
            land=Landscape(tiles, self.land.cells, self.land.register),
            chances=sparse.csr_array(self.chances[:, is_inside]),
            polygons=sparse.csr_array(self.polygons[:, is_inside]),
            prior=self.prior[is_inside],
            land_use=self.land_use[is_inside],
        )

    def noticing(self, counts: Floats) -> Told:
        """Return what is told once silent cells are noticed: the others share their tiles."""
        is_out = silent_cells(self.chances, counts, self.prior)
        return replace(
            self,
            chances=without_cells(self.chances, is_out),
            polygons=without_cells(self.polygons, is_out),
        )

    def devices(self, name: str, counts: Floats) -> Floats:
        """Estimate by name; unit: devices per tile."""
        if name == "voronoi":
            # Evenly, on all land, as the published baseline: the prior would be help from us.
            return np.asarray(PresenceVoronoi().fit(self.polygons, counts).devices_)
        estimator = {
            "sb": PresenceSB(self.prior),
            "em10": PresenceEM(self.prior, max_iter=10),
            "df": PresenceDF(self.prior),
            "landuse": PresenceLandUse(self.land_use, self.prior),
        }[name]
        return np.asarray(estimator.fit(self.chances, counts).devices_)
