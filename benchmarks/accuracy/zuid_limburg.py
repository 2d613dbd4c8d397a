"""Presence in Zuid-Limburg: homes by the register on a real landscape, cells of an artificial plan.

Estimators are told the nominal footprint; the world is drawn with that of the scenario. Tuned on
seeds 1 to 5, scored on 11 to 15.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from benchmarks.accuracy import zuid_limburg_intervals, zuid_limburg_page
from benchmarks.accuracy.zuid_limburg_day import day
from peil.settings import settings
from peil_models import scores
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
from peil_models.synthetic.landscape import Landscape, Lives, draw_lives, serving_cells
from peil_models.synthetic.landscape_radio import (
    SCENARIOS,
    Scenario,
    delivered_counts,
    heard_from,
    true_footprint,
)
from peil_models.synthetic.streams import stream

TITLE = "Presence in Zuid-Limburg"
needs_outside_data = True
SEEDS = (11, 12, 13, 14, 15)
LAND_USE = ("building", "residential", "forest", "water", "roads")
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
FULL = ("known", "shadow")
"""Scenarios in which every estimator is scored by every measure."""

Floats = NDArray[np.float64]
report = zuid_limburg_page.report
facts = zuid_limburg_page.facts
plots = zuid_limburg_page.plots


def measure(tell: Callable[[str], object]) -> dict[str, Any]:
    """Draw and estimate all scenarios and seeds. About 15 minutes."""
    folder = settings().outside_data
    if folder is None:
        raise RuntimeError("PEIL_OUTSIDE_DATA is not set")
    land = landscape(Path(folder) / "zuid_limburg")
    whole, around = Told.of(land), Told.of(land, is_around_told=True)
    region = whole.within()
    night: dict[str, Any] = {}
    for scenario in SCENARIOS:
        tell(f"night, {scenario.words}")
        told = whole if scenario.abroad_share > 0 else region
        night[scenario.name] = {
            "words": scenario.words,
            "seeds": {str(seed): _night(told, scenario, seed) for seed in SEEDS},
        }
    tell("night, outages noticed")
    night["outage"]["noticed"] = {
        str(seed): _night(region, BY_NAME["outage"], seed, is_noticed=True) for seed in SEEDS
    }
    tell("night, land around told")
    border = BY_NAME["border"]
    night["border"]["around"] = {
        str(seed): _night(whole, border, seed, around=around) for seed in SEEDS
    }
    by_day: dict[str, Any] = {}
    for scenario in SCENARIOS:
        tell(f"day, {scenario.words}")
        told = whole if scenario.abroad_share > 0 else region
        by_day[scenario.name] = {
            "words": scenario.words,
            "seeds": {str(seed): day(told, scenario, seed) for seed in SEEDS},
        }
    tell("day, land around told")
    by_day["border"]["around"] = {str(seed): day(whole, border, seed, around) for seed in SEEDS}
    tell("day, intervals")
    taught = [BY_NAME[name] for name in zuid_limburg_intervals.NAMES]
    return {
        "seeds": list(SEEDS),
        "night": night,
        "day": by_day,
        "intervals": zuid_limburg_intervals.intervals(region, taught, SEEDS),
    }


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
        """All tiles of the landscape; the priors lie inside the region.

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
        """The tiles of the region only."""
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
        """Told of the cells that counted nobody: left out, the others share their tiles."""
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


def world(told: Told, scenario: Scenario, seed: int) -> tuple[Lives, sparse.csr_array]:
    """People and the true footprint of one scenario and seed."""
    land = told.land
    share: Floats | float = 1.0 / 3.0
    if scenario.market_share_sd:
        noise = stream(seed, "share").normal(1.0, scenario.market_share_sd, len(land.register))
        share = np.clip(noise, 0.4, 1.6) / 3.0
    lives = draw_lives(
        land,
        seed,
        market_share=share,
        abroad_share=scenario.abroad_share,
        crowd_persons=scenario.crowd_persons,
    )
    if scenario.is_footprint_known:
        return lives, told.chances
    return lives, true_footprint(land.cells, land.tiles, scenario, seed)


def counted(
    told: Told, scenario: Scenario, seed: int, chances: sparse.csr_array, at: Any, part: str
) -> Floats:
    """Counts per cell of the plan of devices in the tiles `at`."""
    heard = heard_from(told.land.tiles, at, scenario, seed)
    served = serving_cells(chances, heard, stream(seed, f"connections {part}"))
    return delivered_counts(served, len(told.land.cells), scenario, seed)[0]


def _night(
    told: Told, scenario: Scenario, seed: int, is_noticed: bool = False, around: Told | None = None
) -> dict[str, Any]:
    """Every estimator's scores on one draw; for the crowd it is an evening at the stadium."""
    lives, chances = world(told, scenario, seed)
    at = (lives.work if scenario.crowd_persons else lives.home)[lives.has_device]
    counts = counted(told, scenario, seed, chances, at, "night")
    truth = np.bincount(at, minlength=len(told.land.tiles)).astype(np.float64)
    land = told.land
    told = around or (told.noticing(counts) if is_noticed else told)
    is_full = scenario.name in FULL
    found = {}
    for name in ("voronoi", "sb", "em10", "df", "landuse"):
        if name == "df" and not is_full:
            continue
        found[name] = scored(land, truth, told.devices(name, counts), is_full)
    if is_full:
        oracle = PresenceLandUse(told.land_use, told.prior).fit(chances, counts).devices_
        found["oracle"] = scored(land, truth, oracle, is_full)
    return found


def scored(
    land: Landscape, truth: Floats, devices: Floats, with_distance: bool
) -> dict[str, float]:
    """Measures inside the region, after one factor makes the totals equal."""
    inside = land.zone >= 0
    known, guess = truth[inside], devices[inside]
    guess = guess * (known.sum() / guess.sum())
    x, y = (land.tiles[axis].to_numpy(np.float64)[inside] for axis in ("x_m", "y_m"))
    zones, zones_guess = land.zone_sums(truth), land.zone_sums(devices)
    zones_guess *= zones.sum() / zones_guess.sum()
    found = {
        "mape": scores.mape(zones, zones_guess),
        "wape_1km": scores.wape_squares(x, y, known, guess),
    }
    if with_distance:
        found["emd_m"] = scores.earth_movers_distance(x, y, known, guess)
    return {name: round(value, 5) for name, value in found.items()}
