"""Measure presence with its intervals at the size of a country: estimation of a day, draws and all.

The path is that of `peil estimate`: footprints, silent cells, withheld counts, every estimator,
footprints drawn again, joint draws of persons. Reading and writing of tables do not belong here.
Each size runs in a process of its own, ``python -m benchmarks.draws 4000 400000``, so that its
seconds and its memory can be read off it.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import box

from benchmarks.estimate import N_HOURS, TILE_M, plan, square
from benchmarks.measuring.process import measured
from benchmarks.recording import NothingMeasured, when_and_where, write_figures
from peil import methods
from peil.area.area import LAND_USE, Area
from peil.charter import reading
from peil.estimate import night as nights
from peil.estimate.champion import default_footprint
from peil.estimate.estimators import ESTIMATORS, RELEASED_ESTIMATOR
from peil.estimate.presence import Estimation
from peil.estimate.spread import Spread
from peil.outcome import Fact, Outcome
from peil.stage.counted import Counted, PlanOfHours

DEMO = (135, 30_000)
SIZES = (DEMO, (1_000, 100_000), (2_000, 200_000), (30_000, 30_000), (4_000, 400_000))
"""Cells, and tiles of 100 m; the first are as many as those of the demo country, and of 30 000
cells on 30 000 tiles each tile is in reach of thousands."""
GOAL_S, GOAL_GIB = 300.0, 3.0
"""For the last of the sizes: seconds by the clock, and largest resident memory."""
GOAL_DRAWS_S = 3.0
"""For the first: CPU seconds that draws and footprints drawn again add to the estimate."""
DEVICES_PER_CELL = 250
ZONE_M = 4_000.0
"""Side of a made-up municipality; four by four are a region."""
RANGE_M = 5_000.0
"""As in a town: a tile is in reach of about 50 cells."""
DAY = date(2026, 3, 5)


def draws(
    sizes: Sequence[tuple[int, int]], tell: Callable[[str], object], out: Path | None = None
) -> Outcome:
    """Measure each size; write `benchmarks/draws.md` and its record.

    Parameters
    ----------
    sizes : sequence of (n_cells, n_tiles)
    tell : callable
        Called with a sentence about progress.
    out : Path, optional
        Folder of the page; the project's `benchmarks/` by default.

    Raises
    ------
    CommandFailed
        A measurement failed.
    NothingMeasured
        There is no size, or a day without an interval.
    """
    rows = []
    for n_cells, n_tiles in sizes:
        tell(f"presence of a day with its draws: {n_cells:,} cells, {n_tiles:,} tiles")
        words = [sys.executable, "-m", "benchmarks.draws", str(n_cells), str(n_tiles)]
        with tempfile.TemporaryDirectory(prefix="peil-bench-") as scratch:
            cost = measured(words, {"OMP_NUM_THREADS": "1"}, Path(scratch))
        figures = json.loads(cost.out.splitlines()[-1])
        if not figures["n_pairs"] or not figures["width_share"] > 0:
            raise NothingMeasured("The benchmark draws measured nothing: no entry has an interval.")
        figures |= {
            "wall_s": round(cost.wall_s, 1),
            "cpu_s": round(cost.cpu_s, 1),
            "peak_gib": round(cost.peak_gib, 2),
        }
        rows.append({"n_cells": n_cells, "n_tiles": n_tiles, **figures})
    return write_figures("draws", {**when_and_where(), "sizes": rows}, report, facts, out)


def facts(record: dict[str, Any]) -> dict[str, Fact]:
    """Return what the last line of the command says: the largest size."""
    last = record["sizes"][-1]
    return {name: last[name] for name in ("n_cells", "n_tiles", "wall_s", "cpu_s", "peak_gib")}


def report(record: dict[str, Any]) -> str:
    """Return the page for people."""
    lines = [
        "# Presence with its intervals, at the size of a country",
        "",
        f"`python -m benchmarks draws` on {record['date']}, {record['machine']}; one thread of the "
        "algebra, seconds and largest resident memory of whole processes, start-up and the making "
        "of the world included. On a machine that others use too, CPU seconds tell more than wall "
        "seconds. A made-up day of 24 hours: footprints, silent cells, withheld "
        f"counts, {len(ESTIMATORS)} estimators, footprints drawn again and joint draws of every "
        "estimator's persons, as `peil estimate` does it, reading and writing aside. *Pairs*: "
        "cells that reach a tile. *Width*: median width of a 90 % interval of a zone and hour. "
        "*Of it draws*: CPU seconds of footprints drawn again, joint draws and intervals. Goals: "
        f"{GOAL_DRAWS_S:.0f} s of it for the smallest, which is as large as a demo day; "
        f"{GOAL_S:.0f} s and {GOAL_GIB:.0f} GiB for the largest.",
        "",
        "| cells | tiles | pairs | zones | footprints drawn again | draws | width "
        "| wall s | CPU s | of it draws | peak GiB |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {size['n_cells']:,} | {size['n_tiles']:,} | {size['n_pairs']:,} | {size['n_zones']} "
        f"| {size['n_footprints']} | {size['n_draws']} | {size['width_share']:.1%} "
        f"| {size['wall_s']:.1f} | {size['cpu_s']:.1f} | {size['draws_cpu_s']:.2f} "
        f"| {size['peak_gib']:.2f} |"
        for size in record["sizes"]
    ]
    return "\n".join(lines) + "\n"


def country(n_tiles: int) -> Area:
    """Return a square country: land use without pattern, zones of 4 km, regions of 16 km."""
    tiles = square(n_tiles)
    random = np.random.default_rng(2)
    land = random.random((n_tiles, len(LAND_USE)))
    land *= random.random((n_tiles, len(LAND_USE))) > 0.7
    east, north = ((tiles[name] // ZONE_M).astype(int) for name in ("x_m", "y_m"))
    names = np.char.add(np.char.mod("E%02d", east), np.char.mod("N%02d", north))
    tiles = tiles.assign(
        tile_id=np.arange(n_tiles),
        zone_id=names.astype(object),
        elevation_m=0.0,
        **dict(zip(LAND_USE, land.T, strict=True)),
    )
    lowest = sorted(set(names))
    region = [f"R{int(name[1:3]) // 4}{int(name[4:6]) // 4}" for name in lowest]
    regions = sorted(set(region))
    zones = gpd.GeoDataFrame(
        {
            "zone_id": [*lowest, *regions, "ALL"],
            "name": "-",
            "parent_id": [*region, *["ALL"] * len(regions), None],
            "level": "-",
        },
        geometry=[box(0, 0, 1, 1)] * (len(lowest) + len(regions) + 1),
    )
    lived_in = (tiles["residential"] + 0.3 * tiles["building"]).groupby(tiles["zone_id"]).sum()
    register = (3_000_000 * lived_in / lived_in.sum()).round()
    return Area(tiles, zones, register, "local", has_elevation=False)


def counted(area: Area, cells: pd.DataFrame, chances: Any, threshold: int) -> Counted:
    """Return a day of counts: people by land use and a wave, cells that err, small ones withheld.

    Sampling, errors of antennas and the threshold give every part of the estimate its work.
    """
    random = np.random.default_rng(3)
    tiles, hour = area.tiles, np.arange(N_HOURS)
    at_work = np.exp(-(((hour - 13.0) / 4.0) ** 2))
    weights = np.array([[1.0, 3.0, 0.1, 0.0, 0.5], [4.0, 0.5, 0.1, 0.0, 1.5]])
    wave = np.exp(np.sin(tiles["x_m"] / 4_000.0) * np.cos(tiles["y_m"] / 5_000.0)).to_numpy()
    home, work = ((tiles[list(LAND_USE)].to_numpy() @ some) for some in weights)
    shares = [chances @ (mass / mass.sum()) for mass in (home, work * wave)]
    expected = shares[0][:, None] * (1.0 - at_work) + shares[1][:, None] * at_work
    expected *= np.exp(0.2 * random.standard_normal(len(cells)))[:, None]
    counts = random.poisson(expected * DEVICES_PER_CELL * len(cells)).astype(np.float64)
    start = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC) - timedelta(hours=1)
    is_small = counts < threshold
    return Counted(
        [PlanOfHours(cells, hour, np.where(is_small, 0.0, counts))],
        np.where(is_small, counts, 0.0).sum(axis=0),
        [start + timedelta(hours=int(number)) for number in hour],
        np.stack([counts.sum(axis=0), np.zeros(N_HOURS)]),
    )


@contextmanager
def timed_spread() -> Iterator[list[float]]:
    """CPU seconds of every piece of work on intervals done meanwhile."""
    seconds: list[float] = []
    whole = {name: getattr(Spread, name) for name in ("add", "draws", "interval")}

    def timed(work: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(work)
        def does(*given: Any) -> Any:
            before = time.process_time()
            done = work(*given)
            seconds.append(time.process_time() - before)
            return done

        return does

    for name, work in whole.items():
        setattr(Spread, name, timed(work))
    try:
        yield seconds
    finally:
        for name, work in whole.items():
            setattr(Spread, name, work)


def main(n_cells: int, n_tiles: int) -> None:
    """Do one measurement; the last line printed is what it did."""
    charter = reading.load("demo")
    area = country(n_tiles)
    cells = plan(n_cells, round(n_tiles**0.5) * TILE_M, RANGE_M)
    cells.insert(0, "cell_id", [f"c{number:05d}" for number in range(n_cells)])
    cells = cells.assign(latitude=np.nan, longitude=np.nan, crs=None)
    hours = nights.positions(charter, DAY)
    night = nights.Night(DAY, True, True, hours, hours, "own")
    footprint = default_footprint(charter.pilot)
    chances = footprint.fit(cells, area.tiles).connection_probability_
    n_pairs = int(chances.nnz)
    day = counted(area, cells, chances, charter.threshold)
    del footprint, chances  # the world's, not the estimator's
    with timed_spread() as of_draws:
        estimation = Estimation(charter, area, day, default_footprint(charter.pilot), night)
        for name in ESTIMATORS:
            table, _, figures = estimation.run(name, "0")
            if name == RELEASED_ESTIMATOR:
                width = table["n_persons_upper"] - table["n_persons_lower"]
                share = (width / table["n_persons"])[table["zone_id"].isin(area.bottom())].median()
    estimation.draws_table("0")
    estimation.tile_table("0")
    choices = methods.section("uncertainty", charter.pilot)
    done: dict[str, Any] = {
        "n_pairs": n_pairs,
        "n_zones": len(area.bottom()),
        "n_footprints": int(choices["n_footprints"]),
        "n_draws": len(estimation.draws),
        "misfit_share": round(figures["misfit_share"], 3),
        "width_share": round(float(share), 4),
        "draws_cpu_s": round(sum(of_draws), 2),
    }
    print(json.dumps(done))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
