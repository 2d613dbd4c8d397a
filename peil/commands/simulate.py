"""Write the files of a country that does not exist; `peil_models.synthetic` makes the country."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import mapping

from peil.outcome import Refused
from peil.store.atomic import fresh_folder, read_json, replace_folder, write_json
from peil.store.faults.damage import Damaged
from peil_models import synthetic
from peil_models.synthetic import (
    FIRST_DAY,
    TIME_ZONE,
    Delivered,
    LineFormat,
    Simulation,
    make_of,
)
from peil_models.synthetic.makes import DEMO

Progress = Callable[[str, float], None]
MANIFEST = "manifest.json"


def simulate(
    *,
    pilot: str = "demo",
    devices: int = 12_000,
    days: int = 7,
    seed: int = 1,
    world_seed: int = 1,
    make: str = DEMO.name,
    deliveries: Path,
    truth: Path,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Write the deliveries of a simulated operator, and the truth behind them.

    Parameters
    ----------
    pilot : str
        Folder under `deliveries` and under `truth`; what was there is replaced.
    devices : int
        Devices of the operator; persons follow from it (about 2.5 a device).
    days : int
        From Monday 2 March 2026, at most 21.
    seed, world_seed : int
        People and events; land and network. The same seeds give the same bytes.
    make : str
        Name of a make of country, see `peil_models.synthetic.MAKES`.
    deliveries, truth : Path
        Roots of the two folders. No verb but scoring may read `truth`.
    progress : callable, optional
        Called with a phrase and the share done, from 0 to 1.

    Returns
    -------
    dict
        status (``done`` or ``unchanged``), sentence, n_events, n_persons, n_residents, n_devices,
        n_cells, n_files.

    Raises
    ------
    Refused
        Parameters out of range, or no such make.

    Notes
    -----
    Both folders are written aside and renamed, the truth first: a manifest among the deliveries
    means that both are complete. A manifest with these parameters, of this code, whose files are
    as it says, is left untouched.
    """
    parameters = {
        "pilot": pilot,
        "devices": devices,
        "days": days,
        "seed": seed,
        "world_seed": world_seed,
        "make": make,
        "first_day": str(FIRST_DAY),
        "code_sha256": _code(),
    }
    to, truth_folder = Path(deliveries) / pilot, Path(truth) / pilot
    if (answer := _existing(to, truth_folder, parameters)) is not None:
        return answer
    tell: Progress = progress or (lambda _what, _share: None)
    tell("people and diaries", 0.0)
    try:
        simulation = Simulation(
            devices=devices, days=days, seed=seed, world_seed=world_seed, make=make_of(make)
        )
    except ValueError as error:
        raise Refused(f"peil simulate: {error}.") from None
    for folder in (to, truth_folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(folder.with_name(f".{pilot}.old"), ignore_errors=True)
    aside, aside_known = (fresh_folder(f.with_name(f".{pilot}.part")) for f in (to, truth_folder))

    _write_reference(simulation, aside)
    dirt = _write_events(simulation, aside, tell)
    tell("truth", 0.9)
    _write_truth(simulation, aside_known, dirt)
    facts = {
        "n_events": int(dirt["n_rows"].sum()),
        "n_persons": len(simulation.population.persons),
        "n_residents": simulation.population.n_residents,
        "n_devices": devices,
        "n_cells": len(simulation.world.cells),
    }
    for folder in (aside_known, aside):
        write_json(
            folder / MANIFEST,
            {
                "is_simulated": True,
                "parameters": parameters,
                "facts": facts,
                "sha256": _hashes(folder),
            },
        )
    replace_folder(aside_known, truth_folder)
    replace_folder(aside, to)
    tell("done", 1.0)
    return _answer("done", read_json(to / MANIFEST))


def _answer(status: str, manifest: dict[str, Any]) -> dict[str, Any]:
    facts, p = manifest["facts"], manifest["parameters"]
    ending = "simulated" if status == "done" else "was simulated before; left untouched"
    sentence = (
        f"{p['pilot']}: {facts['n_devices']} devices and {p['days']} days, seed "
        f"{p['seed']}, world {p['world_seed']}, make {p['make']}, {ending}"
    )
    return {"status": status, "sentence": sentence, "n_files": len(manifest["sha256"]), **facts}


def _existing(to: Path, truth_folder: Path, parameters: dict[str, Any]) -> dict[str, Any] | None:
    """The answer, when this very simulation is there already, complete and unaltered."""
    if not ((to / MANIFEST).is_file() and (truth_folder / MANIFEST).is_file()):
        return None
    try:
        manifests = [read_json(folder / MANIFEST) for folder in (to, truth_folder)]
        for folder, manifest in zip((to, truth_folder), manifests, strict=True):
            if manifest["parameters"] != parameters or manifest["sha256"] != _hashes(folder):
                return None
    except (Damaged, KeyError):
        return None
    return _answer("unchanged", manifests[0])


def _code() -> str:
    """Hash of the simulator's own source: another simulator is another simulation."""
    folder = Path(synthetic.__path__[0])
    sources = [Path(__file__), *sorted(folder.rglob("*.py"))]
    digest = hashlib.sha256()
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _hashes(folder: Path) -> dict[str, str]:
    hashes = {}
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.name != MANIFEST:
            with file.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            hashes[file.relative_to(folder).as_posix()] = digest
    return hashes


def _write_reference(simulation: Simulation, to: Path) -> None:
    """Tiles, zones, register, the cell plan of each day and the opt-out list."""
    reference = fresh_folder(to / "reference")
    _parquet(simulation.tiles(), reference / "tiles.parquet")
    (reference / "zones.geojson").write_text(_geojson(simulation.zones()), encoding="utf-8")
    simulation.register().to_csv(reference / "register.csv", index=False, lineterminator="\n")
    plan = simulation.plan().to_csv(index=False, lineterminator="\n")
    cells = fresh_folder(to / "cells")
    for day in simulation.dates:
        (cells / f"{day}.csv").write_text(plan, encoding="utf-8")
    listed = "\n".join(["IMSI", *simulation.opted_out()]) + "\n"
    (to / "opt_out.csv").write_text(listed, encoding="utf-8")


def _geojson(zones: gpd.GeoDataFrame) -> str:
    """GeoJSON on the pilot's own plane (EPSG:3035), so that corners stay on tile corners."""
    features = [
        {
            "type": "Feature",
            "properties": {
                name: zone[name] if isinstance(zone[name], str) else None
                for name in ("zone_id", "name", "parent_id", "level")
            },
            "geometry": mapping(zone["geometry"]),
        }
        for _, zone in zones.iterrows()
    ]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3035"}}
    return json.dumps({"type": "FeatureCollection", "crs": crs, "features": features})


def _write_events(simulation: Simulation, to: Path, tell: Progress) -> pd.DataFrame:
    """One folder a day. A second thread writes while the next day is worked out."""
    lines, pending, dirt = simulation.lines(), None, []
    with ThreadPoolExecutor(max_workers=1) as writer:
        for day, delivered in enumerate(simulation.deliveries()):
            tell(f"events of {simulation.dates[day]}", 0.1 + 0.8 * day / simulation.days)
            if pending is not None:
                pending.result()  # at most two days in memory
            names = _file_names(simulation, day)
            dirt.append(
                delivered.dirt.assign(
                    day=str(simulation.dates[day]), file=delivered.dirt["file"].map(names)
                )
            )
            folder = fresh_folder(to / "events" / str(simulation.dates[day]))
            pending = writer.submit(_write_day, lines, delivered, folder, names)
        if pending is not None:
            pending.result()
    account = pd.concat(dirt, ignore_index=True).rename(columns={"file": "file_name"})
    return account[["day", "file_name", "kind", "reason", "n_rows"]]


def _file_names(simulation: Simulation, day: int) -> dict[str, str]:
    before = simulation.dates[max(day - 1, 0)]
    return {
        "main": f"signalling_{simulation.dates[day]:%Y%m%d}.csv.gz",
        "late": f"signalling_{before:%Y%m%d}_late.csv.gz",
    }


def _write_day(
    lines: LineFormat, delivered: Delivered, folder: Path, names: dict[str, str]
) -> None:
    _gzip(folder / names["main"], lines.blocks(delivered.lines))
    if delivered.late is not None:
        _gzip(folder / names["late"], lines.blocks(delivered.late))


def _gzip(file: Path, blocks: Iterable[bytes]) -> None:
    """Write gzip without name and time, so that the same lines are the same bytes."""
    with file.open("wb") as raw, gzip.GzipFile("", "wb", 1, raw, mtime=0) as packed:
        for block in blocks:
            packed.write(block)


def _write_truth(simulation: Simulation, to: Path, dirt: pd.DataFrame) -> None:
    midnight = pd.Timestamp(str(FIRST_DAY), tz=TIME_ZONE).tz_convert("UTC")
    code = simulation.world.country.tiles["tile_id"].to_numpy()
    hours = []
    for hour in range(24 * simulation.days):
        n = simulation.presence(hour)
        at = np.flatnonzero(n)
        hours.append(
            pd.DataFrame(
                {
                    "hour_at": midnight + pd.Timedelta(hours=hour),
                    "tile_id": code[at],
                    "n_persons": n[at],
                }
            )
        )
    _parquet(pd.concat(hours, ignore_index=True), to / "persons_present.parquet")
    trips = simulation.trips()
    for seconds, moment in (("departs_s", "departed_at"), ("arrives_s", "arrived_at")):
        trips[moment] = midnight + pd.to_timedelta(trips.pop(seconds), unit="s")
    order = [
        "person_id",
        "departed_at",
        "arrived_at",
        "from_tile_id",
        "to_tile_id",
        "from_zone_id",
        "to_zone_id",
        "mode",
    ]
    _parquet(trips[order], to / "trips.parquet")
    _parquet(simulation.homes(), to / "homes.parquet")
    _parquet(simulation.devices(), to / "devices.parquet")
    _parquet(simulation.devices_per_person(), to / "devices_per_person.parquet")
    _parquet(dirt, to / "dirt.parquet")


def _parquet(frame: pd.DataFrame, file: Path) -> None:
    frame.to_parquet(file, index=False, compression="zstd")
