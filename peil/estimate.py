"""Estimate: the counted table becomes presence per zone and hour, with an interval and a run id.

Rests on the counted table and the cell plan alone; no device-level row is read.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from models.footprint import FootprintSignalStrength, FootprintVoronoi, footprint_misfit
from models.location import prior_composite, prior_land_use, prior_network, restrict
from models.presence import PresenceEM, PresenceSB, PresenceVoronoi
from models.uncertainty import presence_interval
from peil import charter as charters
from peil import (
    experiments,
    ledger,
    lock,
    methods,
    nights,
    provenance,
    register,
    transform,
)
from peil.area import Area, area_of, fingerprint
from peil.atomic import fresh_folder, read_json, replace_folder, write_json
from peil.charter import Charter
from peil.counted import Counted, counted_of
from peil.gates import require_open
from peil.outcome import Outcome, Waiting
from peil.store import Store

ESTIMATORS = ("voronoi", "sb", "em")
CHAMPION = "em"  # OBS_VALUE comes from this estimator only


def default_footprint(pilot: str) -> FootprintSignalStrength:
    """The footprint of `methods.toml`, not calibrated."""
    return FootprintSignalStrength(**methods.section("footprint", pilot))


def estimate(pilot: str, day: str) -> Outcome:
    """Make the `estimated` state of one day: three estimators, weights, intervals, MLflow runs.

    Raises
    ------
    Waiting
        The staged state is not there, or a night that calibrates this day is not.
    """
    charter = charters.load(pilot)
    when = charters.day_of(charter, day)
    store = Store()
    register.enter(charter, store)
    if ledger.is_released(store, charter.pilot, "presence", str(when)):
        return Outcome("estimate", charter.pilot, str(when), "unchanged", {"why": "released"})
    require_open("staged", charter.pilot, str(when))
    with lock.held(store, charter.pilot, str(when), "estimate"):
        return _estimate(charter, when, store)


def _estimate(charter: Charter, day: date, store: Store) -> Outcome:
    pilot = charter.pilot
    kept = store.staged_manifest(pilot, day)
    if not (kept.exists() and store.staged_file(pilot, day).exists()):
        raise Waiting(f"{pilot} {day} is not staged yet: run `peil stage {pilot} {day}`.")
    night = nights.night_for(charter, day, store)
    version = experiments.champion(store, pilot)
    version = version or experiments.Version(0, "defaults", default_footprint(pilot))
    inputs = {
        "staged": read_json(kept)["content_sha256"],
        "footprint": version.run_id,
        "night": night.fingerprint,
        "area": fingerprint(charter, store),
    }
    parameters = {name: methods.section(name, pilot) for name in
                  ("footprint", "location", "presence", "weighting", "uncertainty")}  # fmt: skip
    run_ids = {
        name: provenance.run_id({**inputs, "estimator": name}, parameters) for name in ESTIMATORS
    }
    folder = store.estimated(pilot, day)
    record = folder / "estimated.json"
    if record.exists() and read_json(record)["run_ids"] == run_ids:
        return Outcome("estimate", pilot, str(day), "unchanged", read_json(record)["facts"])

    experiments.close_cut_off(store, pilot, str(day))
    counted = counted_of(charter, day, store)
    area = area_of(charter, store)
    made = _Estimation(charter, area, counted, version.footprint, night)
    zones, unlocated, metrics = [], [], {}
    for name in ESTIMATORS:
        table, lost, figures = made.run(name, run_ids[name])
        zones.append(table)
        unlocated.append(lost)
        metrics[name] = figures
    facts: dict[str, int | float | str] = {
        "footprint": version.label,
        "n_zones": len(area.zones),
        "n_hours": len(counted.hours),
        "em_steps": int(metrics["em"]["n_iter"]),
        "unlocated_share": round(metrics["em"]["unlocated_share"], 4),
        "withheld_share": round(metrics["em"]["withheld_share"], 4),
    }
    aside = fresh_folder(folder.with_name(f".{folder.name}.part"))
    _write(aside / "est_presence__by_zone_hour.parquet", pd.concat(zones, ignore_index=True))
    _write(aside / "est_presence__by_tile_hour.parquet", made.tile_table(run_ids[CHAMPION]))
    _write(aside / "unlocated.parquet", pd.concat(unlocated, ignore_index=True))
    _is_well_formed(store, pilot, day, aside)
    for name in ESTIMATORS:
        experiments.log_run(
            store, pilot, run_ids[name], f"{name} {day}",
            {**parameters["presence"], **parameters["location"],
             **{f"footprint.{k}": v for k, v in version.footprint.get_params().items()}},
            metrics[name],
            {"peil.day": str(day), "peil.estimator": name, "peil.footprint": version.label,
             "peil.inputs": provenance.run_id(inputs, {})},
        )  # fmt: skip
    write_json(
        aside / "estimated.json",
        {"run_ids": run_ids, "facts": facts, "footprint": version.label,
         "night": {"day": str(night.day), "is_own": night.is_own, "is_working": night.is_working}},
    )  # fmt: skip
    replace_folder(aside, folder)
    return Outcome("estimate", pilot, str(day), "done", facts, [str(folder)])


def _is_well_formed(store: Store, pilot: str, day: date, folder: Path) -> None:
    """Let dbt ask its questions of the files before they take their place."""
    work = store.work(pilot, day, "estimate")
    limits = transform.TransformSession.bounded(store.settings, work)
    transform.check("estimated", folder, limits, work / "dbt")


def _write(path: Path, table: pd.DataFrame) -> None:
    table.to_parquet(path, index=False)
    with path.open("rb") as file:
        os.fsync(file.fileno())


class _Estimation:
    """The three estimators on one day: the same cells, tiles, prior, weights."""

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
        cells = area.placed(counted.cells)
        fitted = footprint.fit(cells, tiles)
        self.signal = fitted.connection_probability_
        self.voronoi = FootprintVoronoi().fit(cells, tiles).connection_probability_
        inside = tiles["zone_id"].notna().to_numpy()
        network = self.choices["location"]["network_share"]
        mixed = prior_composite(
            [prior_network(fitted.dominance_), prior_land_use(tiles)], [network, 1.0 - network]
        )
        self.prior = restrict(mixed, inside)
        self.even = restrict(np.ones(len(tiles)), inside)
        self.bottom = area.bottom()
        code = pd.Categorical(tiles["zone_id"], categories=self.bottom).codes
        self.zone_of_tile = np.asarray(code, dtype=np.int64)
        self.misfit_share = float(self.choices["presence"]["misfit_share"])
        if area.register is not None:
            # how closely the counts may be followed: what this night's counts show, no truth
            self.misfit_share = footprint_misfit(
                footprint, cells, tiles, counted.devices[:, night.own_hours],
                area.residents_per_tile(),
            )  # fmt: skip
        self.champion_tiles: np.ndarray | None = None

    def run(self, name: str, run_id: str) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, float]]:
        """One estimator: zone table (all levels), unlocated per hour, figures for MLflow."""
        choices = self.choices["presence"]
        if name == "voronoi":
            model, x = PresenceVoronoi(prior=self.even), self.voronoi
        elif name == "sb":
            model, x = PresenceSB(prior=self.prior), self.signal
        else:
            model = PresenceEM(
                prior=self.prior,
                max_iter=choices["em_max_iter"],
                stopping=choices["em_stopping"],
                misfit_share=self.misfit_share,
            )
            x = self.signal
        model.fit(x, self.counted.devices)
        if name == CHAMPION:
            self.champion_tiles = model.devices_
        zones = self._by_zone(model.devices_)
        table = self._zone_table(name, zones, run_id)
        lost = pd.DataFrame({"hour_at": self.counted.hours, "estimator": name,
                             "n_devices_unlocated": model.unlocated_,
                             "n_devices_withheld": self.counted.withheld})  # fmt: skip
        counted = self.counted.devices.sum()
        everything = counted + self.counted.withheld.sum()
        figures = {
            "n_devices_counted": float(counted),
            "unlocated_share": float(np.sum(model.unlocated_) / max(counted, 1)),
            "withheld_share": float(self.counted.withheld.sum() / max(everything, 1)),
            "n_iter": float(getattr(model, "n_iter_", 1)),
            "misfit_share": self.misfit_share,
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
