"""Estimation of one day in memory: footprints, prior, four estimators, weights, intervals.

Takes what `peil.estimate.estimate` read and gives it frames to write; it knows no folder
and no clock.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from peil import methods
from peil.area.area import LAND_USE, Area
from peil.charter.schema import Charter
from peil.estimate.estimators import ESTIMATORS, RELEASED_ESTIMATOR, Given
from peil.estimate.night import Night
from peil.estimate.outages import OnAir, PlanOnAir, placed_without
from peil.stage.counted import Counted, PlanOfHours
from peil_models.footprint import FootprintSignalStrength, footprint_misfit
from peil_models.location import restrict
from peil_models.uncertainty import presence_interval


@dataclass
class _Estimates:
    """What one estimator gives: devices per bottom zone and hour, unlocated ones, most steps."""

    zones: np.ndarray
    unlocated: np.ndarray
    n_iter: int = 1


class Estimation:
    """The four estimators on one day: the same tiles and weights, the cells that are on the air.

    Plans, and the parts of their hours, are worked on one after the other by all estimators: no
    more than one plan's footprints are in memory, and tiles of the released estimator only.

    Parameters
    ----------
    charter : Charter
    area : Area
        Tiles, zones, register.
    counted : Counted
        The counted table by the plan of its hours.
    footprint : FootprintSignalStrength
        With the parameters to use; fitted here to each plan.
    night : Night
        Which night turns devices into persons.
    """

    def __init__(
        self,
        charter: Charter,
        area: Area,
        counted: Counted,
        footprint: FootprintSignalStrength,
        night: Night,
    ) -> None:
        self.charter, self.area, self.counted, self.night = charter, area, counted, night
        sections = ("disclosure", "location", "presence", "uncertainty", "weighting")
        self.choices = {name: methods.section(name, charter.pilot) for name in sections}
        tiles, n_hours = area.tiles, len(counted.hours)
        inside = tiles["zone_id"].notna().to_numpy()
        self.even = restrict(np.ones(len(tiles)), inside)
        self.land_use = tiles[list(LAND_USE)].to_numpy(np.float64) * inside[:, None]
        self.bottom = area.bottom()
        code = pd.Categorical(tiles["zone_id"], categories=self.bottom).codes
        self.zone_of_tile = np.asarray(code, dtype=np.int64)
        self.misfit_share = float(self.choices["presence"]["misfit_share"])
        self.n_silent_cells = [0] * len(counted.plans)
        self.n_ratios_bounded = dict.fromkeys(ESTIMATORS, 0)
        self.released_tiles = np.zeros((len(tiles), n_hours))
        self.estimates = {
            name: _Estimates(np.zeros((len(self.bottom), n_hours)), np.zeros(n_hours))
            for name in ESTIMATORS
        }
        # Many small problems: threads of the algebra would wait for each other most of the time.
        with threadpool_limits(limits=1):
            self._fit(footprint)

    def _fit(self, footprint: FootprintSignalStrength) -> None:
        dark, choices = self.counted.of_hours(self.night.today_hours), self.choices["presence"]
        # An entry under the threshold is withheld and reads 0: no sign of an outage.
        withheld_under = max(self.charter.threshold, self.choices["disclosure"]["zone_threshold"])
        # The plan of the night first: it tells how closely the counts may be followed.
        order = sorted(
            enumerate(self.counted.plans), key=lambda numbered: numbered[1].cells is not dark.cells
        )
        for number, plan in order:
            on_air = PlanOnAir(
                plan,
                self.area,
                footprint,
                network_share=self.choices["location"]["network_share"],
                least_expected=withheld_under * choices["silent_times_threshold"],
                least_expected_alone=withheld_under * choices["silent_times_threshold_alone"],
            )
            self.n_silent_cells[number] = on_air.n_silent_cells
            if plan.cells is dark.cells and self.area.register is not None:
                self.misfit_share = self._misfit(footprint, on_air, dark)
            for part in on_air.parts():
                for name in ESTIMATORS:
                    self._fit_part(name, part)

    def _misfit(
        self, footprint: FootprintSignalStrength, on_air: PlanOnAir, dark: PlanOfHours
    ) -> float:
        """What this night's counts show, cells aside that are out all night; no truth."""
        at_night = np.isin(on_air.plan.hours, dark.hours)
        is_out = np.asarray(on_air.is_silent[:, at_night].all(axis=1))
        cells = placed_without(on_air.cells, is_out)
        return footprint_misfit(
            footprint, cells, self.area.tiles, dark.devices, self.area.residents_per_tile()
        )

    def _fit_part(self, name: str, part: OnAir) -> None:
        row = ESTIMATORS[name]
        model = row.build(
            Given(part, self.even, self.land_use, self.choices["presence"], self.misfit_share)
        )
        model.fit(part.voronoi if row.footprint == "voronoi" else part.signal, part.devices)
        tiles, estimates = np.asarray(model.devices_), self.estimates[name]
        estimates.zones[:, part.hours] = self._by_zone(tiles)
        estimates.unlocated[part.hours] = model.unlocated_
        estimates.n_iter = max(estimates.n_iter, int(getattr(model, "n_iter_", 1)))
        if name == RELEASED_ESTIMATOR:
            self.released_tiles[:, part.hours] = tiles

    def run(self, name: str, run_id: str) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, float]]:
        """One estimator: zone table (all levels), unlocated per hour, figures for MLflow."""
        estimates = self.estimates[name]
        table = self._zone_table(name, estimates.zones, run_id)
        lost = pd.DataFrame(
            {
                "hour_at": self.counted.hours,
                "estimator": name,
                "n_devices_unlocated": estimates.unlocated,
                "n_devices_withheld": self.counted.withheld,
            }
        )
        counted, withheld = self.counted.n_devices, float(self.counted.withheld.sum())
        figures = {
            "n_devices_counted": counted,
            "unlocated_share": float(estimates.unlocated.sum() / max(counted, 1)),
            "withheld_share": withheld / max(counted + withheld, 1),
            "n_iter": float(estimates.n_iter),
            "n_plans": float(len(self.counted.plans)),
            "n_silent_cells": float(sum(self.n_silent_cells)),
            "misfit_share": self.misfit_share,
            "n_ratios_bounded": float(self.n_ratios_bounded[name]),
        }
        if len(self.n_silent_cells) > 1:
            figures |= {
                f"n_silent_cells_plan_{number}": float(n_cells)
                for number, n_cells in enumerate(self.n_silent_cells, start=1)
            }
        return table, lost, figures

    def _by_zone(self, tiles: np.ndarray) -> np.ndarray:
        """Sum tiles to bottom zones, in the fixed order of tiles."""
        inside = self.zone_of_tile >= 0
        zones = np.zeros((len(self.bottom), tiles.shape[1]))
        np.add.at(zones, self.zone_of_tile[inside], tiles[inside])
        return zones

    def _zone_table(self, name: str, devices: np.ndarray, run_id: str) -> pd.DataFrame:
        """Weights and intervals for every level; upper levels are sums of the bottom."""
        register = self.area.register
        persons = None
        if register is not None:
            own = devices[:, self.night.today_hours] if self.night.is_own_for(name) else None
            fitted = self.night.ratio(name, register.loc[self.bottom].to_numpy(), self.bottom, own)
            self.n_ratios_bounded[name] = int(fitted.is_bounded_.sum())
            persons = devices * np.asarray(fitted.ratio_)[:, None]
        frames = []
        for zone_id, members in self._levels():
            n_devices = devices[members].sum(axis=0)
            frame = pd.DataFrame(
                {
                    "zone_id": zone_id,
                    "hour_at": self.counted.hours,
                    "estimator": name,
                    "n_devices": n_devices,
                }
            )
            if persons is None:
                frame["n_persons"] = frame["n_persons_lower"] = frame["n_persons_upper"] = np.nan
            else:
                n_persons = persons[members].sum(axis=0)
                ratio_here = n_persons / np.maximum(n_devices, 1e-9)
                lower, upper = presence_interval(
                    n_persons, n_devices, ratio_here, **self.choices["uncertainty"]
                )
                frame["n_persons"], frame["n_persons_lower"] = n_persons, lower
                frame["n_persons_upper"] = upper
            frames.append(frame)
        table = pd.concat(frames, ignore_index=True)
        table["run_id"] = run_id
        return table.sort_values(["zone_id", "hour_at", "estimator"], ignore_index=True)

    def _levels(self) -> list[tuple[str, np.ndarray]]:
        """Every zone with the bottom zones that make it up."""
        parent = dict(zip(self.area.zones["zone_id"], self.area.zones["parent_id"], strict=True))
        members: dict[str, list[int]] = {}
        for number, bottom in enumerate(self.bottom):
            zone: str | None = bottom
            while isinstance(zone, str):
                members.setdefault(zone, []).append(number)
                zone = parent.get(zone)
        return [(zone, np.array(rows)) for zone, rows in sorted(members.items())]

    def tile_table(self, run_id: str) -> pd.DataFrame:
        """Devices per tile and hour by the released estimator, tiles that hold any."""
        tiles, n_hours = self.area.tiles, len(self.counted.hours)
        held = np.flatnonzero(self.released_tiles.sum(axis=1) > 0)
        land = tiles.iloc[held]
        return pd.DataFrame(
            {
                "tile_id": np.repeat(land["tile_id"].to_numpy(), n_hours),
                "x_m": np.repeat(land["x_m"].to_numpy(), n_hours),
                "y_m": np.repeat(land["y_m"].to_numpy(), n_hours),
                "hour_at": pd.DatetimeIndex(self.counted.hours * len(held)),
                "estimator": RELEASED_ESTIMATOR,
                "n_devices": self.released_tiles[held].ravel(),
                "run_id": run_id,
            }
        )
