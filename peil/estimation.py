"""Estimation of one day in memory: footprint, prior, three estimators, weights, intervals.

Takes what `peil.estimate` read and gives it frames to write; it knows no folder and no clock.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from models.footprint import FootprintSignalStrength, FootprintVoronoi, footprint_misfit
from models.location import prior_composite, prior_land_use, prior_network, restrict
from models.presence import PresenceEM, PresenceSB, PresenceVoronoi
from models.uncertainty import presence_interval
from peil import methods, nights
from peil.area import Area
from peil.charter import Charter
from peil.counted import Counted, PlanOfHours

ESTIMATORS = ("voronoi", "sb", "em")
CHAMPION = "em"  # OBS_VALUE comes from this estimator only


@dataclass(frozen=True)
class _Part:
    """Hours under one plan: its counts, which tiles its cells reach, and the prior."""

    plan: PlanOfHours
    signal: sparse.csr_array
    voronoi: sparse.csr_array
    prior: np.ndarray


class Estimation:
    """The three estimators on one day: the same tiles and weights, the plan of each hour.

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
        night: nights.Night,
    ) -> None:
        self.charter, self.area, self.counted, self.night = charter, area, counted, night
        self.choices = {name: methods.section(name, charter.pilot) for name in
                        ("location", "presence", "uncertainty", "weighting")}  # fmt: skip
        tiles = area.tiles
        self.inside = tiles["zone_id"].notna().to_numpy()
        self.even = restrict(np.ones(len(tiles)), self.inside)
        self.parts = [self._part(plan, footprint) for plan in counted.plans]
        self.bottom = area.bottom()
        code = pd.Categorical(tiles["zone_id"], categories=self.bottom).codes
        self.zone_of_tile = np.asarray(code, dtype=np.int64)
        self.misfit_share = float(self.choices["presence"]["misfit_share"])
        if area.register is not None:
            # how closely the counts may be followed: what this night's counts show, no truth
            of = counted.of_hours(night.own_hours)
            self.misfit_share = footprint_misfit(
                footprint, area.placed(of.cells), tiles, of.devices, area.residents_per_tile()
            )
        self.champion_tiles: np.ndarray | None = None

    def _part(self, plan: PlanOfHours, footprint: FootprintSignalStrength) -> _Part:
        tiles, cells = self.area.tiles, self.area.placed(plan.cells)
        fitted = footprint.fit(cells, tiles)
        network = self.choices["location"]["network_share"]
        mixed = prior_composite(
            [prior_network(fitted.dominance_), prior_land_use(tiles)], [network, 1.0 - network]
        )
        return _Part(
            plan,
            fitted.connection_probability_,
            FootprintVoronoi().fit(cells, tiles).connection_probability_,
            restrict(mixed, self.inside),
        )

    def run(self, name: str, run_id: str) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, float]]:
        """One estimator: zone table (all levels), unlocated per hour, figures for MLflow."""
        n_hours = len(self.counted.hours)
        tiles, unlocated = np.zeros((len(self.area.tiles), n_hours)), np.zeros(n_hours)
        n_iter = 1
        for part in self.parts:
            model = self._model(name, part)
            x = part.voronoi if name == "voronoi" else part.signal
            model.fit(x, part.plan.devices)
            tiles[:, part.plan.hours] = model.devices_
            unlocated[part.plan.hours] = model.unlocated_
            n_iter = max(n_iter, int(getattr(model, "n_iter_", 1)))
        if name == CHAMPION:
            self.champion_tiles = tiles
        table = self._zone_table(name, self._by_zone(tiles), run_id)
        lost = pd.DataFrame({"hour_at": self.counted.hours, "estimator": name,
                             "n_devices_unlocated": unlocated,
                             "n_devices_withheld": self.counted.withheld})  # fmt: skip
        counted, withheld = self.counted.n_devices, float(self.counted.withheld.sum())
        figures = {
            "n_devices_counted": counted,
            "unlocated_share": float(unlocated.sum() / max(counted, 1)),
            "withheld_share": withheld / max(counted + withheld, 1),
            "n_iter": float(n_iter),
            "n_plans": float(len(self.parts)),
            "misfit_share": self.misfit_share,
        }
        return table, lost, figures

    def _model(self, name: str, part: _Part) -> PresenceVoronoi | PresenceSB | PresenceEM:
        choices = self.choices["presence"]
        if name == "voronoi":
            return PresenceVoronoi(prior=self.even)
        if name == "sb":
            return PresenceSB(prior=part.prior)
        return PresenceEM(
            prior=part.prior,
            max_iter=choices["em_max_iter"],
            stopping=choices["em_stopping"],
            misfit_share=self.misfit_share,
        )

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
            own = devices[:, self.night.own_hours] if self.night.is_own else None
            ratio = self.night.ratio(name, register.loc[self.bottom].to_numpy(), self.bottom, own)
            persons = devices * ratio[:, None]
        frames = []
        for zone_id, members in self._levels():
            n_devices = devices[members].sum(axis=0)
            frame = pd.DataFrame({"zone_id": zone_id, "hour_at": self.counted.hours,
                                  "estimator": name, "n_devices": n_devices})  # fmt: skip
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
        return [(zone, np.array(found)) for zone, found in sorted(members.items())]

    def tile_table(self, run_id: str) -> pd.DataFrame:
        """Devices per tile and hour of the champion, tiles that hold any."""
        assert self.champion_tiles is not None
        tiles, n_hours = self.area.tiles, len(self.counted.hours)
        held = np.flatnonzero(self.champion_tiles.sum(axis=1) > 0)
        of = tiles.iloc[held]
        return pd.DataFrame(
            {"tile_id": np.repeat(of["tile_id"].to_numpy(), n_hours),
             "x_m": np.repeat(of["x_m"].to_numpy(), n_hours),
             "y_m": np.repeat(of["y_m"].to_numpy(), n_hours),
             "hour_at": pd.DatetimeIndex(self.counted.hours * len(held)),
             "estimator": CHAMPION,
             "n_devices": self.champion_tiles[held].ravel(),
             "run_id": run_id}
        )  # fmt: skip
