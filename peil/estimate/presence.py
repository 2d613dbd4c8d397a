"""Estimate one day in memory: footprints, prior, estimators, weights, intervals.

Takes what `peil.estimate.estimated_day` read, gives it frames to write; knows no folder or clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from peil import methods
from peil.area.area import LAND_USE, Area
from peil.charter.schema import Charter
from peil.estimate.estimators import ESTIMATORS, MEMBERS, RELEASED_ESTIMATOR, Estimator, Given
from peil.estimate.night import Night, counted_night
from peil.estimate.outages import OnAir, PlanOnAir
from peil.estimate.spread import Spread
from peil.estimate.withheld import withheld_read
from peil.stage.counted import Counted, PlanOfHours
from peil_models.footprint import FootprintSignalStrength, misfit_of_shares, without_cells
from peil_models.location import restrict
from peil_models.presence.inputs import em_step
from peil_models.weighting import NightRatio, held_to_totals, persons_in_area


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
    rows : mapping of str to Estimator, optional
        Which estimators; of a study also others than Peil's. The released one is among them.
    released : str, optional
        The estimator whose tiles, evidence and draws are kept.
    """

    def __init__(
        self,
        charter: Charter,
        area: Area,
        counted: Counted,
        footprint: FootprintSignalStrength,
        night: Night,
        rows: Mapping[str, Estimator] = ESTIMATORS,
        released: str = RELEASED_ESTIMATOR,
    ) -> None:
        self.charter, self.area, self.counted, self.night = charter, area, counted, night
        self.rows, self.released = rows, released
        sections = ("disclosure", "location", "presence", "uncertainty", "weighting")
        self.choices = {name: methods.section(name, charter.pilot) for name in sections}
        tiles, n_hours = area.tiles, len(counted.hours)
        inside = tiles["zone_id"].notna().to_numpy()
        self.even = restrict(np.ones(len(tiles)), inside)
        self.land_use = tiles[list(LAND_USE)].to_numpy(np.float64) * inside[:, None]
        self.bottom = area.bottom()
        code = pd.Categorical(tiles["zone_id"], categories=self.bottom).codes
        self.zone_of_tile = np.asarray(code, dtype=np.int64)
        self.misfit_share = float(night.misfit_share or self.choices["presence"]["misfit_share"])
        self.n_silent_cells, self.is_out = [0] * len(counted.plans), np.zeros(n_hours, dtype=bool)
        self.censored = np.zeros(n_hours)
        self.evidence = np.zeros((len(self.bottom), n_hours))
        self.silent_shares = np.zeros((len(self.bottom), n_hours))
        seed = counted.hours[0].toordinal()
        self.spread = Spread(area, len(self.bottom), n_hours, self.choices, seed)
        self.n_ratios_bounded = dict.fromkeys(rows, 0)
        self.released_tiles = np.zeros((len(tiles), n_hours))
        self.draws = np.zeros((0, len(self.bottom), n_hours), dtype=np.float32)
        self.estimates = {
            name: _Estimates(np.zeros((len(self.bottom), n_hours)), np.zeros(n_hours))
            for name in rows
        }
        with threadpool_limits(limits=1):  # many small problems: threads would wait for each other
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
            self.is_out[plan.hours] = on_air.is_silent.any(axis=0)
            silent_shares = on_air.silent_shares(self.zone_of_tile, len(self.bottom))
            self.silent_shares[:, plan.hours] = silent_shares
            devices = withheld_read(
                on_air,
                self.land_use,
                self.counted.withheld,
                threshold=self.charter.threshold,
                n_rounds=int(choices["withheld_rounds"]),
            )
            self.censored[plan.hours] = (devices - plan.devices).sum(axis=0)
            is_dark = plan.cells is dark.cells and len(dark.hours) > 0
            if is_dark and self.area.register is not None:
                self.misfit_share = self._misfit(on_air, devices, dark)
            for part in on_air.parts(devices):
                for name in self.rows:
                    self._fit_part(name, part, plan)

    def _misfit(self, on_air: PlanOnAir, devices: np.ndarray, dark: PlanOfHours) -> float:
        """What this night's counts show, cells aside that are out all night; no truth."""
        at_night = np.isin(on_air.plan.hours, dark.hours)
        is_out = np.asarray(on_air.is_silent[:, at_night].all(axis=1))
        signal = without_cells(on_air.signal, is_out) if is_out.any() else on_air.signal
        residents = self.area.residents_per_tile()
        return misfit_of_shares(signal @ residents / residents.sum(), devices[:, at_night])

    def _fit_part(self, name: str, part: OnAir, plan: PlanOfHours) -> None:
        row = self.rows[name]
        model = row.build(
            Given(part, self.even, self.land_use, self.choices["presence"], self.misfit_share)
        )
        model.fit(part.voronoi if row.footprint == "voronoi" else part.signal, part.devices)
        tiles, estimates = np.asarray(model.devices_), self.estimates[name]
        estimates.zones[:, part.hours] = self._by_zone(tiles)
        estimates.unlocated[part.hours] = model.unlocated_
        estimates.n_iter = max(estimates.n_iter, int(getattr(model, "n_iter_", 1)))
        if name == self.released:
            self.released_tiles[:, part.hours] = tiles
            published = plan.devices[:, np.searchsorted(plan.hours, part.hours)]
            placed = self._by_zone(em_step(part.signal, published, tiles))
            self.evidence[:, part.hours] = np.minimum(placed, estimates.zones[:, part.hours])
            if self.area.register is not None:
                shares = zip(MEMBERS, getattr(model, "shares_", ()), strict=False)
                members = [(w, self.estimates[m].zones[:, part.hours]) for m, w in shares if w > 0]
                self.spread.add(
                    part,
                    plan.cells,
                    tiles,
                    self.misfit_share,
                    members or [(1.0, estimates.zones[:, part.hours])],
                    self._by_zone,
                )

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
                "n_devices_censored": self.censored,
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
        persons, draws = self._persons(name, devices)
        frames = []
        for zone_id, members in self.area.members():
            frame = pd.DataFrame(
                {
                    "zone_id": zone_id,
                    "hour_at": self.counted.hours,
                    "estimator": name,
                    "n_devices": devices[members].sum(axis=0),
                    "n_devices_counted": self.evidence[members].sum(axis=0),
                }
            )
            if persons is None or draws is None:
                frame["n_persons"] = frame["n_persons_lower"] = frame["n_persons_upper"] = np.nan
            else:
                n_persons = persons[members].sum(axis=0)
                lower, upper = self.spread.interval(draws[:, members].sum(axis=1), n_persons)
                frame["n_persons"], frame["n_persons_lower"] = n_persons, lower
                frame["n_persons_upper"] = upper
            frames.append(frame)
        table = pd.concat(frames, ignore_index=True)
        table["run_id"] = run_id
        return table.sort_values(["zone_id", "hour_at", "estimator"], ignore_index=True)

    def _persons(
        self, name: str, devices: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray] | tuple[None, None]:
        """Persons of the lowest zones, held to the register hour by hour, and draws of them."""
        register, hours = self.area.register, self.night.today_hours
        if register is None:
            return None, None
        residents = register.loc[self.bottom].to_numpy(dtype=np.float64)
        night = counted_night(
            self.night.devices_of(name, self.bottom, devices[:, hours]), self.charter
        )
        weights = NightRatio(**self.night.weights.get_params())
        persons = devices * np.asarray(weights.fit(night, residents).ratio_)[:, None]
        self.n_ratios_bounded[name] = int(weights.is_bounded_.sum())
        totals = self._totals(residents)
        if totals is not None:
            persons = held_to_totals(persons, totals)
        plain = self.estimates[self.released].zones
        draws = self.spread.draws(persons, devices, plain, residents, night, weights, hours, totals)
        if name == self.released:
            self.draws = draws.astype(np.float32)
        return persons, draws

    def _totals(self, residents: np.ndarray) -> np.ndarray | None:
        """Persons in the area by hour; unknown where people come and go over its border."""
        if not self.area.is_whole_country:
            return None
        everybody, inbound = self.counted.network
        away_share = float(self.choices["weighting"]["residents_away_share"])
        return persons_in_area(residents.sum(), everybody, inbound, away_share=away_share)

    def draws_table(self, run_id: str) -> pd.DataFrame:
        """Draws of the released estimator's persons, one row per lowest zone and observed hour."""
        n_hours = len(self.counted.hours)
        table = pd.DataFrame(
            {
                "zone_id": np.repeat(self.bottom, n_hours),
                "hour_at": pd.DatetimeIndex(self.counted.hours * len(self.bottom)),
                "run_id": run_id,
            }
        )
        columns = [f"draw_{number}" for number in range(len(self.draws))]
        rows = self.draws.reshape(len(self.draws), -1).T
        whole = pd.concat([table, pd.DataFrame(rows, columns=columns)], axis=1)
        unobserved = [self.counted.hours[number] for number in self.counted.unobserved]
        return whole[~whole["hour_at"].isin(unobserved)].reset_index(drop=True)

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
                "estimator": self.released,
                "n_devices": self.released_tiles[held].ravel(),
                "run_id": run_id,
            }
        )
