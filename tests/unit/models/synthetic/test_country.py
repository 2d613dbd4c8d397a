"""The land: zones, tiles, network."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from peil_models.synthetic import Simulation
from peil_models.synthetic.country import make_country
from peil_models.synthetic.network import make_network


def test_the_country_has_the_promised_size(simulation: Simulation) -> None:
    tiles = simulation.world.country.tiles
    assert 20_000 < len(tiles) <= 30_000
    assert tiles["tile_id"].is_unique
    assert tiles["zone_id"].nunique() == 20
    at_sea = tiles["zone_id"].isna()
    assert 0.05 < at_sea.mean() < 0.25
    assert (tiles.loc[at_sea, "water"] == 1).all()
    # the sea is in the west
    assert tiles.loc[at_sea, "x_m"].max() < tiles["x_m"].median()


def test_every_zone_is_the_union_of_its_tiles(simulation: Simulation) -> None:
    zones, tiles = simulation.zones(), simulation.world.country.tiles
    for zone_id, geometry in zip(zones["zone_id"], zones.geometry, strict=True):
        inside = shapely.contains_xy(geometry, tiles["x_m"], tiles["y_m"])
        belongs = tiles["zone_id"].str.startswith(zone_id).fillna(False).astype(bool)
        assert (inside == belongs).all(), zone_id
        assert geometry.area == belongs.sum() * 10_000


def test_zones_form_one_hierarchy(simulation: Simulation) -> None:
    zones = simulation.zones().set_index("zone_id")
    levels = zones["level"].value_counts().to_dict()
    assert levels == {"municipality": 20, "region": 3, "country": 1}
    below = zones[zones["level"] != "country"]
    assert set(below["parent_id"]) <= set(zones.index)
    assert pd.isna(zones.loc["PL", "parent_id"])


def test_land_use_shares_fit_in_a_tile_in_any_world() -> None:
    for world_seed in range(5):
        country = make_country(world_seed)
        shares = country.tiles[["building", "residential", "forest", "water", "roads"]]
        assert shares.to_numpy().min() >= 0
        assert shares.sum(axis=1).max() <= 1.001
        assert np.isclose(country.homes.sum(), 1)
        assert country.municipality[country.stadium] == 0


def test_every_region_has_cells_and_the_network_its_size(simulation: Simulation) -> None:
    country, cells = simulation.world.country, simulation.world.cells
    assert 110 <= len(cells) <= 170
    assert cells["cell_id"].is_unique
    tile = country.tile_at(cells["x_m"].to_numpy(), cells["y_m"].to_numpy())
    municipality = country.municipality[tile]
    assert municipality.min() >= 0  # no mast at sea
    assert set(country.region_of[municipality]) == {0, 1, 2}
    assert set(cells["cell_type"]) == {"macro", "micro"}


def test_another_world_seed_is_another_country_and_network() -> None:
    first, other = make_country(1), make_country(2)
    assert (first.municipality != other.municipality).mean() > 0.2
    network, other_network = make_network(first, 1), make_network(other, 2)
    assert not np.allclose(network["x_m"], other_network["x_m"])
