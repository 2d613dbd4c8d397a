"""Measure estimation: footprints of a region and of a country, presence of a day from its counts.

Products that follow devices are its other part (`benchmarks.products`). Each measurement runs in a
process of its own, ``python -m benchmarks.estimate presence 900 90000``,
so that its seconds and its memory can be read off it.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from benchmarks import products, stage
from benchmarks.measuring.process import measured
from benchmarks.recording import (
    FOLDER,
    NothingMeasured,
    record_file,
    when_and_where,
    write_figures,
)
from peil.outcome import Fact, Outcome, Refused
from peil.store.atomic import read_json
from peil_models.footprint import FootprintSignalStrength
from peil_models.presence import PresenceEM, PresenceLandUse

TILE_M = 100.0
COUNTRY_M = 600_000.0
"""Side of a made-up country: 360 000 km². Unit: metres."""
BLOCK = 250
"""Tiles along the side of a part of the country."""
N_HOURS = 24
PARTS = ("presence", "rings", "products")
SIZES = (
    ("region", 631, 144_000),
    ("country", 5_000, 1_000_000),
    ("country", 5_000, 2_000_000),
    ("country", 5_000, 4_000_000),
    ("presence", 1_000, 100_000),
    ("presence", 2_000, 200_000),
    ("presence", 4_000, 400_000),
)
RINGS = (("rings", 4_000, 400_000),)
WORDS = {
    "region": "footprint of a region, kept",
    "country": "footprint of a part of a country, in parts of 62 500 tiles",
    "presence": "presence of a day, 24 hours: `PresenceLandUse`",
    "em": "the same: `PresenceEM`, 10 steps",
    "rings": "rings by timing advance",
}
Tell = Callable[[str], object]


def estimate(
    tell: Tell,
    sizes: Sequence[tuple[str, int, int]] = SIZES,
    events: Sequence[int] = stage.SIZES,
    on: Sequence[str] = (),
    out: Path | None = None,
    rings: Sequence[tuple[str, int, int]] = RINGS,
) -> Outcome:
    """Measure every size; write `benchmarks/estimate.md` and its record.

    Parameters
    ----------
    tell : callable
        Called with a sentence about progress.
    sizes, rings : sequence of (what, n_cells, n_tiles)
        Of the parts `presence` and `rings`.
    events : sequence of int
        Of the part `products`.
    on : sequence of str
        Parts to measure, all by default; the figures of others stay as they were read.
    out : Path, optional
        Folder of the page; the project's `benchmarks/` by default.

    Raises
    ------
    Refused
        A part that does not exist.
    CommandFailed
        A measurement failed.
    NothingMeasured
        There is no size, or nothing was estimated.
    """
    if unknown := sorted(set(on) - set(PARTS)):
        listed = ", ".join(f"`{name}`" for name in PARTS)
        raise Refused(f"No part {unknown[0]} of the estimate benchmark: there are {listed}.")
    file = record_file(out or FOLDER, "estimate")
    record: dict[str, Any] = read_json(file) if file.exists() else {}
    parts = tuple(on) or PARTS
    if "presence" in parts:
        record |= {**when_and_where(), "sizes": _sizes(sizes, tell)}
    if "rings" in parts:
        record["rings"] = {**when_and_where(), "sizes": _sizes(rings, tell)}
    if "products" in parts:
        record["products"] = products.products(events, tell)
    return write_figures("estimate", record, report, lambda written: facts(written, parts), out)


def facts(record: dict[str, Any], parts: Sequence[str]) -> dict[str, Fact]:
    """Return what the last line of the command says of the parts that were measured."""
    figures: dict[str, Fact] = {}
    if "presence" in parts:
        last = record["sizes"][-1]
        figures |= {name: last[name] for name in ("n_cells", "n_tiles", "cpu_s", "peak_gib")}
    if "rings" in parts:
        last = record["rings"]["sizes"][-1]
        figures |= {f"rings_{name}": last[name] for name in ("cpu_s", "peak_gib")}
    if "products" in parts:
        figures |= products.facts(record["products"])
    return figures


def _sizes(sizes: Sequence[tuple[str, int, int]], tell: Tell) -> list[dict[str, Any]]:
    rows = []
    for what, n_cells, n_tiles in sizes:
        tell(f"{WORDS[what]}: {n_cells:,} cells, {n_tiles:,} tiles")
        words = [sys.executable, "-m", "benchmarks.estimate", what, str(n_cells), str(n_tiles)]
        with tempfile.TemporaryDirectory(prefix="peil-bench-") as scratch:
            cost = measured(words, {"OMP_NUM_THREADS": "1"}, Path(scratch))
        figures = json.loads(cost.out.splitlines()[-1])
        if figures["n_pairs"] <= 0:
            raise NothingMeasured(
                f"The {what} of {n_cells} cells measured nothing: no cell has a tile."
            )
        size = {"what": what, "n_cells": n_cells, "n_tiles": n_tiles}
        rows.append({**size, **figures, "peak_gib": round(cost.peak_gib, 2)})
    return rows


def report(record: dict[str, Any]) -> str:
    """Return the page for people."""
    lines = ["# Estimation at scale", "", *(_of_presence(record) if "sizes" in record else [])]
    if "rings" in record:
        lines += _of_rings(record["rings"])
    if "products" in record:
        lines += [*products.report(record["products"]), ""]
    return "\n".join(lines[:-1]) + "\n"


def _of_presence(record: dict[str, Any]) -> list[str]:
    lines = [
        "## Footprints and presence",
        "",
        f"`python -m benchmarks estimate --on presence` on {record['date']}, {record['machine']}, "
        "one thread. Made-up land and plans, nothing kept from run to run. *Pairs*: "
        "cells that reach a "
        "tile. Seconds are of the step alone; the peak is that of the whole process, the footprint "
        "of its presence included.",
        "",
        "| what | cells | tiles | pairs | CPU s | CPU s per million pairs | wall s | peak GiB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for size in record["sizes"]:
        rows = [(WORDS[size["what"]], size["cpu_s"], size["wall_s"])]
        if size["what"] == "presence":
            rows.append((WORDS["em"], size["em_cpu_s"], size["em_wall_s"]))
        for words, cpu_s, wall_s in rows:
            lines.append(
                f"| {words} | {size['n_cells']:,} | {size['n_tiles']:,} | {size['n_pairs']:,} "
                f"| {cpu_s:.1f} | {cpu_s / size['n_pairs'] * 1e6:.2f} | {wall_s:.1f} "
                f"| {size['peak_gib']:.2f} |"
            )
    return [*lines, ""]


def _of_rings(record: dict[str, Any]) -> list[str]:
    lines = [
        "## Rings by timing advance",
        "",
        f"`python -m benchmarks estimate --on rings` on {record['date']}, {record['machine']}. The "
        "footprint of a town's cells cut into rings (`TimingRings`), as what follows devices does "
        "it: every timing advance reported by some event, tiles that no estimator looks at left "
        "out. Seconds are of the step alone; the peak is that of the whole process, start-up and "
        "footprint included, which another process made.",
        "",
        "| cells | tiles | pairs | entries of rings | CPU s | wall s | peak GiB |",
        "|---|---|---|---|---|---|---|",
    ]
    for size in record["sizes"]:
        counts = [size[name] for name in ("n_cells", "n_tiles", "n_pairs", "n_entries")]
        costs = f"{size['cpu_s']:.1f} | {size['wall_s']:.1f} | {size['peak_gib']:.2f}"
        lines.append(f"| {' | '.join(f'{count:,}' for count in counts)} | {costs} |")
    return [*lines, ""]


def plan(n_cells: int, side_m: float, range_m: float) -> pd.DataFrame:
    """Return a plan of sectors strewn over a square."""
    random = np.random.default_rng(1)
    cells = pd.DataFrame(random.uniform(0.0, side_m, (n_cells, 2)), columns=["x_m", "y_m"])
    cells["azimuth_deg"] = random.uniform(0.0, 360.0, n_cells)
    cells["altitude_m"], cells["range_m"] = 0.0, range_m
    return cells


def square(n_tiles: int, first: int = 0, side: int | None = None) -> pd.DataFrame:
    """Return tiles of a square row by row, or `n_tiles` of a block of it."""
    side = side or round(n_tiles**0.5)
    at = np.arange(first, first + n_tiles)
    return pd.DataFrame({"x_m": (at % side + 0.5) * TILE_M, "y_m": (at // side + 0.5) * TILE_M})


def blocks(n_tiles: int) -> Iterator[pd.DataFrame]:
    """Yield the first tiles of a country in compact blocks, west to east and south to north."""
    across = int(COUNTRY_M / TILE_M) // BLOCK
    for number in range(-(-n_tiles // BLOCK**2)):
        block = square(BLOCK**2, side=BLOCK)
        yield block + np.array([number % across, number // across]) * BLOCK * TILE_M


def _region(n_cells: int, n_tiles: int) -> dict[str, Any]:
    tiles = square(n_tiles)
    cells = plan(n_cells, round(n_tiles**0.5) * TILE_M, 10_000.0)
    return _timed(
        lambda: FootprintSignalStrength().fit(cells, tiles).connection_probability_.nnz, ""
    )


def _country(n_cells: int, n_tiles: int) -> dict[str, Any]:
    cells = plan(n_cells, COUNTRY_M, 10_000.0)
    footprint = FootprintSignalStrength()

    def pairs() -> int:
        return sum(int(part.nnz) for part in footprint.stream(cells, blocks(n_tiles)))

    return _timed(pairs, "")


def _presence(n_cells: int, n_tiles: int) -> dict[str, Any]:
    """Measure a day whose people follow land use, times a wave that no land use tells."""
    _, tiles, chances = _town(n_cells, n_tiles)
    random = np.random.default_rng(2)
    land = random.random((len(tiles), 5)) * (random.random((len(tiles), 5)) > 0.7)
    wave = np.exp(np.sin(tiles["x_m"] / 4_000.0) * np.cos(tiles["y_m"] / 5_000.0)).to_numpy()
    devices = (land @ np.array([3.0, 2.0, 0.1, 0.0, 0.5])) * wave
    counts = random.poisson((chances @ devices)[:, None], (n_cells, N_HOURS)).astype(np.float64)
    prior = np.ones(len(tiles))

    def total(estimator: Any) -> int:
        return round(float(estimator.fit(chances, counts).devices_.sum()))

    land_use = _timed(lambda: total(PresenceLandUse(land, prior)), "")
    em = _timed(lambda: total(PresenceEM(prior, max_iter=10)), "em_")
    if not land_use["n_pairs"] == em["em_n_pairs"] == round(counts.sum()):
        raise NothingMeasured("The benchmark estimate measured nothing: an estimator lost devices.")
    return {**em, **land_use, "n_pairs": int(chances.nnz)}


def _town(n_cells: int, n_tiles: int) -> tuple[pd.DataFrame, pd.DataFrame, sparse.csr_array]:
    """Cells of short range, tiles, and their footprint: a tile is in reach of about 50 or 80."""
    tiles = square(n_tiles)
    cells = plan(n_cells, round(n_tiles**0.5) * TILE_M, 5_000.0)
    return cells, tiles, FootprintSignalStrength().fit(cells, tiles).connection_probability_


def _rings(n_cells: int, n_tiles: int) -> dict[str, Any]:
    """Measure what a pilot cuts of them: all that either of its estimators looks at."""
    from peil.estimate.linked.stays import timing_rings  # its memory is not that of other sizes

    with ProcessPoolExecutor(1) as other:
        cells, tiles, chances = other.submit(_town, n_cells, n_tiles).result()
    rings = timing_rings("-")
    given = (chances, cells["x_m"], cells["y_m"], tiles["x_m"], tiles["y_m"])
    cut = _timed(lambda: int(rings.fit(*given).connection_probability_.nnz), "")
    return {**cut, "n_entries": cut["n_pairs"], "n_pairs": int(chances.nnz)}


def _timed(work: Callable[[], int], prefix: str) -> dict[str, Any]:
    wall, cpu = time.perf_counter(), time.process_time()
    n_pairs = work()
    return {
        f"{prefix}n_pairs": n_pairs,
        f"{prefix}wall_s": round(time.perf_counter() - wall, 2),
        f"{prefix}cpu_s": round(time.process_time() - cpu, 2),
    }


MEASURED = {"region": _region, "country": _country, "presence": _presence, "rings": _rings}


def main(words: Iterable[str]) -> None:
    """Do one measurement; the last line printed is its figures."""
    what, n_cells, n_tiles = words
    print(json.dumps(MEASURED[what](int(n_cells), int(n_tiles))))


if __name__ == "__main__":
    main(sys.argv[1:4])
