"""A day in memory: four estimators, an outage nobody announced, a night without one of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import yaml
from shapely.geometry import box

from expectations.estimated import est_presence__by_zone_hour as believed
from peil.area.area import Area
from peil.charter import reading
from peil.estimate import night as nights
from peil.estimate import outages
from peil.estimate.estimators import ESTIMATORS, RELEASED_ESTIMATOR
from peil.estimate.outages import LEAST_SILENT, PlanOnAir, outages_of
from peil.estimate.presence import Estimation
from peil.outcome import Refused
from peil.release.presence import presence
from peil.settings import PROJECT
from peil.stage.counted import Counted, PlanOfHours
from peil_models.footprint import FootprintSignalStrength
from peil_models.presence import PresenceSB, PresenceVoronoi

DAY = date(2026, 3, 5)
HOURS = [datetime(2026, 3, 4, 23, tzinfo=UTC) + timedelta(hours=n) for n in range(24)]
OUT, LASTS = 4, range(10, 16)
FOOTPRINT = {"path_loss_exponent": 3.75, "midpoint_dbm": -80.0}


def area() -> Area:
    """Nine squares of 2 km, 400 tiles each, houses along the middle of each."""
    x, y = (part.ravel() for part in np.meshgrid(*[np.arange(50.0, 6000.0, 100.0)] * 2))
    zone = (x // 2000).astype(int) + 3 * (y // 2000).astype(int)
    tiles = pd.DataFrame(
        {
            "tile_id": np.arange(x.size),
            "x_m": x,
            "y_m": y,
            "elevation_m": 0.0,
            "zone_id": [f"Z{z}" for z in zone],
        }
    )
    houses = 1.0 * (np.hypot(x % 2000 - 1000, y % 2000 - 1000) < 600)
    for name in ("building", "residential", "forest", "water", "roads"):
        tiles[name] = houses if name == "residential" else 0.0
    names = [f"Z{z}" for z in range(9)]
    zones = gpd.GeoDataFrame(
        {"zone_id": [*names, "ALL"], "name": "-", "parent_id": ["ALL"] * 9 + [None], "level": "-"},
        geometry=[box(0, 0, 1, 1)] * 10,
    )
    return Area(tiles, zones, pd.Series(900, index=names), "local")


def plan() -> pd.DataFrame:
    """A mast in the middle of each square."""
    cells = [(f"c{z}", 2000.0 * (z % 3) + 1000, 2000.0 * (z // 3) + 1000) for z in range(9)]
    made = pd.DataFrame(cells, columns=["cell_id", "x_m", "y_m"])
    return made.assign(latitude=np.nan, longitude=np.nan, crs=None)


def counted(of: Area, out: int | None = None) -> Counted:
    """What cells count when 300 devices are in the houses of each square; one cell fails."""
    whole = FootprintSignalStrength(**FOOTPRINT).fit(plan(), of.tiles)
    houses = of.tiles["residential"].to_numpy()
    devices = 300 * 9 * houses / houses.sum()
    counts = np.tile((whole.connection_probability_ @ devices)[:, None], (1, 24))
    if out is not None:
        strength = whole.dominance_.toarray()
        strength[out] = 0.0
        chances = strength / strength.sum(axis=0)
        counts[:, list(LASTS)] = (chances @ devices)[:, None]
    return Counted(
        [PlanOfHours(plan(), np.arange(24), np.round(counts))],
        np.zeros(24),
        HOURS,
        np.zeros((2, 24)),
    )


def estimated(of: Area, seen: Counted, **changed: Any) -> Estimation:
    charter = reading.load("demo")
    hours = nights.positions(charter, DAY)
    night = replace(nights.Night(DAY, True, True, hours, hours, "own"), **changed)
    return Estimation(charter, of, seen, FootprintSignalStrength(**FOOTPRINT), night)


def persons(made: Estimation, name: str, zone: str) -> np.ndarray:
    rows = made.run(name, "0")[0].query("zone_id == @zone").sort_values("hour_at")
    return rows["n_persons"].to_numpy()


@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_estimator_places_every_device_once(name: str) -> None:
    of = area()
    seen = counted(of, OUT)
    table, lost, figures = estimated(of, seen).run(name, "0")
    bottom = table[table["zone_id"] != "ALL"].groupby("hour_at")["n_devices"].sum()
    total = bottom.to_numpy() + lost["n_devices_unlocated"].to_numpy()
    assert total == pytest.approx(seen.plans[0].devices.sum(axis=0))
    assert set(table["estimator"]) == {name}
    assert figures["n_silent_cells"] == 1.0


@pytest.mark.parametrize(
    ("name", "most"),
    [("voronoi", 0.9), ("sb", 0.1), ("em", 0.1), ("landuse", 0.1), ("combined", 0.1)],
)
def test_a_place_keeps_its_people_while_its_mast_is_out(name: str, most: float) -> None:
    of = area()
    found = persons(estimated(of, counted(of, OUT)), name, f"Z{OUT}")
    assert found[:10] == pytest.approx(900, rel=0.02)
    assert found[list(LASTS)] == pytest.approx(900, rel=most)


def test_unnoticed_the_outage_would_have_emptied_the_place(monkeypatch: Any) -> None:
    of = area()
    monkeypatch.setattr("peil.estimate.outages.silent_hours", lambda x, y, prior, **_: y < 0)
    found = persons(estimated(of, counted(of, OUT)), RELEASED_ESTIMATOR, f"Z{OUT}")
    assert found[list(LASTS)].max() < 0.8 * 900


def test_cells_that_fail_are_told_for_each_plan() -> None:
    of = area()
    whole = counted(of, OUT).plans[0]
    parts = [slice(0, 12), slice(12, 24)]
    plans = [PlanOfHours(plan(), whole.hours[p], whole.devices[:, p]) for p in parts]
    plans[1] = replace(plans[1], devices=np.maximum(plans[1].devices, 1.0))
    figures = estimated(of, Counted(plans, np.zeros(24), HOURS, np.zeros((2, 24)))).run("em", "0")[
        2
    ]
    assert figures["n_silent_cells_plan_1"] == 1.0
    assert figures["n_silent_cells_plan_2"] == 0.0
    assert (figures["n_silent_cells"], figures["n_plans"]) == (1.0, 2.0)


def test_zones_are_named_whose_cell_is_silent_with_what_it_serves_of_them() -> None:
    of = area()
    made = estimated(of, counted(of, OUT))
    shares = made.silent_shares
    own = made.bottom.index(f"Z{OUT}")
    assert (shares[own, list(LASTS)] > 0.3).all() and (shares.argmax(axis=0)[LASTS[0]] == own)
    assert (shares[:, : LASTS[0]] == 0).all() and (shares <= 1.0 + 1e-9).all()
    assert not estimated(of, counted(of)).silent_shares.any()
    named = outages_of(shares, made.bottom, HOURS)
    hours = [entry["hour_at"] for entry in named if entry["zone_id"] == f"Z{OUT}"]
    assert hours == [HOURS[h].isoformat() for h in LASTS]
    assert all(LEAST_SILENT <= entry["share"] <= 1 for entry in named)


def test_hours_with_the_same_cells_on_the_air_share_one_footprint() -> None:
    of = area()
    on_air = PlanOnAir(
        counted(of, OUT).plans[0],
        of,
        FootprintSignalStrength(**FOOTPRINT),
        network_share=0.25,
        least_expected=30.0,
        least_expected_alone=150.0,
    )
    whole, outage = on_air.parts()
    assert outage.hours.tolist() == list(LASTS)
    assert sorted([*whole.hours, *outage.hours]) == list(range(24))
    for chances in (outage.signal, outage.voronoi):
        assert chances[[OUT]].nnz == 0
        assert np.asarray(chances.sum(axis=0)).ravel() == pytest.approx(1.0)
    assert whole.signal[[OUT]].nnz and whole.voronoi[[OUT]].nnz


def test_a_footprint_is_fitted_once_to_a_plan_and_kept_while_it_is_small(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    of, footprint = area(), FootprintSignalStrength(**FOOTPRINT)
    once = outages.fitted_to(footprint, plan(), of.tiles)
    assert outages.fitted_to(footprint, plan(), of.tiles) is once
    moved = plan().assign(x_m=lambda cells: cells["x_m"] + 1.0)
    for others in (
        (footprint, moved, of.tiles),
        (footprint, plan(), of.tiles[::-1]),
        (FootprintSignalStrength(**FOOTPRINT | {"midpoint_dbm": -81.0}), plan(), of.tiles),
    ):
        outages.fitted_to(footprint, plan(), of.tiles)  # what is kept differs in one thing
        other, anew = outages.fitted_to(*others), others[0].fit(*others[1:])
        assert (other.dominance_ != anew.dominance_).nnz == 0
        assert (other.dominance_ != once.dominance_).nnz > 0
    monkeypatch.setattr(outages, "KEPT_PAIRS", 10)
    large = outages.fitted_to(footprint, moved, of.tiles)
    assert outages.fitted_to(footprint, moved, of.tiles) is not large


def test_a_cell_out_all_night_does_not_count_as_misfit() -> None:
    of = area()
    seen = counted(of)
    assert estimated(of, seen).misfit_share == pytest.approx(0.0, abs=0.02)
    dark = np.array(seen.plans[0].devices)
    whole = FootprintSignalStrength(**FOOTPRINT).fit(plan(), of.tiles).dominance_.toarray()
    whole[OUT] = 0.0
    houses = of.tiles["residential"].to_numpy()
    dark[:, :8] = (whole / whole.sum(axis=0) @ (2700 * houses / houses.sum()))[:, None]
    seen = Counted(
        [PlanOfHours(plan(), np.arange(24), dark)], np.zeros(24), HOURS, np.zeros((2, 24))
    )
    assert estimated(of, seen).misfit_share == pytest.approx(0.0, abs=0.02)


def test_an_estimator_that_the_earlier_day_lacks_takes_its_own_night() -> None:
    of = replace(area(), is_whole_country=False)
    earlier = {name: np.full((9, 6), 150.0) for name in ("voronoi", "sb", "em")}
    made = estimated(
        of,
        counted(of),
        day=date(2026, 3, 4),
        is_own=False,
        devices=earlier,
        zones=[f"Z{z}" for z in range(9)],
    )
    assert persons(made, "em", "Z4") == pytest.approx(1800, rel=0.1)
    assert persons(made, "landuse", "Z4") == pytest.approx(900, rel=0.02)


def test_the_champion_reads_off_the_counts_that_people_are_in_the_woods() -> None:
    of = area()
    woods = 1.0 - of.tiles["residential"].to_numpy()
    of = replace(of, tiles=of.tiles.assign(forest=woods))
    whole = FootprintSignalStrength(**FOOTPRINT).fit(plan(), of.tiles).connection_probability_
    counts = np.tile(np.round(whole @ (2700 * woods / woods.sum()))[:, None], (1, 24))
    made = estimated(
        of,
        Counted(
            [PlanOfHours(plan(), np.arange(24), counts)], np.zeros(24), HOURS, np.zeros((2, 24))
        ),
    )
    tiles = made.tile_table("0")
    assert set(tiles["estimator"]) == {RELEASED_ESTIMATOR}
    in_woods = tiles["tile_id"].isin(np.flatnonzero(woods))
    # half of the mean is a prior that knows nothing of these woods
    assert tiles.loc[in_woods, "n_devices"].sum() > 0.6 * tiles["n_devices"].sum()


def test_a_day_estimated_before_the_champion_is_not_released_empty(tmp_path: Path) -> None:
    of = area()
    made = estimated(of, counted(of))
    old = pd.concat([made.run(name, "0")[0] for name in ESTIMATORS if name != RELEASED_ESTIMATOR])
    old.to_parquet(tmp_path / "est_presence__by_zone_hour.parquet")
    with pytest.raises(Refused, match="run `peil estimate` for it again"):
        presence(reading.load("demo"), of, tmp_path, DAY)


def test_every_list_of_estimators_is_the_same() -> None:
    assert (tuple(ESTIMATORS), RELEASED_ESTIMATOR) == (
        believed.ESTIMATORS,
        believed.RELEASED_ESTIMATOR,
    )
    models = yaml.safe_load((PROJECT / "dbt_project/models/estimated/estimated.yml").read_text())
    accepted = [
        test["accepted_values"]["arguments"]["values"]
        for model in models["models"]
        if model["name"].startswith("est_presence__")
        for column in model["columns"]
        for test in column.get("data_tests", [])
        if "accepted_values" in test
    ]
    assert accepted == [list(ESTIMATORS)] * 2


def test_each_estimator_is_given_the_map_that_its_row_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Voronoi polygons hold a tile or do not; a footprint shares it over cells."""
    is_shared: dict[str, bool] = {}

    def spy(name: str, fit: Any) -> Any:
        def noted(model: Any, X: Any, y: Any) -> Any:
            is_shared[name] = bool(((X.data > 0) & (X.data < 1)).any())
            return fit(model, X, y)

        return noted

    for name, estimator in (("voronoi", PresenceVoronoi), ("sb", PresenceSB)):
        monkeypatch.setattr(estimator, "fit", spy(name, estimator.fit))
    whole = area()
    estimated(whole, counted(whole))
    assert is_shared == {"voronoi": False, "sb": True}
