"""Measure the segmentation of devices' time, and the placing of stays, on one core."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from benchmarks.recording import keep
from peil import methods
from peil.outcome import Fact, Outcome
from peil_models.stays import STAY, StayPlacing, StaySegmentation, cell_overlaps

SIZES = (1_000_000, 5_000_000, 20_000_000)
SIDE = 64  # cells on a square lattice: 4 096
TILES = 4  # tiles along the side of a cell
EVENTS_PER_DEVICE = 60
DAYS = 3
REPEATS = 3
GOAL_PER_S = 5_000_000

Events = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int32]]


def stays(
    sizes: tuple[int, ...], tell: Callable[[str], object], out: Path | None = None
) -> Outcome:
    """Measure each size; write `benchmarks/estimate_stays.{json,md}`.

    Parameters
    ----------
    sizes : tuple of int
        Events of one batch.
    tell : callable
        Called with a sentence about progress.
    out : Path, optional
        Folder of the figures; the project's `benchmarks/` by default.

    Raises
    ------
    RuntimeError
        Nothing was measured, or no device ever stayed or moved.
    """
    chances = _footprint()
    model = StaySegmentation(**methods.section("stays", "-")).fit(
        cell_overlaps(chances, **methods.section("overlaps", "-"))
    )
    placing = StayPlacing(**methods.section("placing", "-")).fit(
        chances,
        np.ones(chances.shape[1]),
        zone_of_tile=np.arange(chances.shape[1]) // (TILES * TILES * SIDE),
    )
    few = _events(10_000)
    placing.place(model.segment(*few), few[2])  # compiles
    found = []
    for n_events in sizes:
        tell(f"{n_events:,} events")
        found.append(_size(model, placing, n_events))
    if not found or any(min(one["n_stays"], one["n_moves"]) == 0 for one in found):
        raise RuntimeError("the benchmark measured nothing")
    figures = {
        "n_cells": chances.shape[0],
        "sizes": found,
    }
    last = found[-1]
    facts: dict[str, Fact] = {
        "n_events": last["n_events"],
        "events_per_core_s": last["events_per_core_s"],
        "segments_placed_per_core_s": last["segments_placed_per_core_s"],
    }
    return keep("stays", figures, report, facts, stem="estimate_stays", out=out)


def _footprint() -> sparse.csr_array:
    """Cells on a lattice, each serving its own tiles and, less, those of its eight neighbours."""
    width = SIDE * TILES
    column, row = np.meshgrid(np.arange(width) // TILES, np.arange(width) // TILES)
    cell, tile, weight = [], [], []
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            x, y = column.ravel() + dx, row.ravel() + dy
            inside = (x >= 0) & (x < SIDE) & (y >= 0) & (y < SIDE)
            cell.append((y * SIDE + x)[inside])
            tile.append(np.flatnonzero(inside))
            weight.append(np.full(int(inside.sum()), 1.0 if dx == dy == 0 else 0.1))
    found = sparse.csr_array(
        (np.concatenate(weight), (np.concatenate(cell), np.concatenate(tile))),
        shape=(SIDE * SIDE, width * width),
    )
    return sparse.csr_array(found / found.sum(axis=0))


def _events(n_events: int) -> Events:
    """Devices that stay among neighbouring cells and walk to others, sorted; no randomness left."""
    rng = np.random.default_rng(n_events)
    n_devices = n_events // EVENTS_PER_DEVICE
    device = np.repeat(np.arange(n_devices), EVENTS_PER_DEVICE)
    at_s = np.sort(rng.uniform(0, DAYS * 86_400, (n_devices, EVENTS_PER_DEVICE)), axis=1)
    step = rng.integers(-3, 4, (2, n_devices, EVENTS_PER_DEVICE))
    step[:, rng.random((n_devices, EVENTS_PER_DEVICE)) > 0.15] = 0  # most of the time at a place
    start = rng.integers(0, SIDE, (2, n_devices, 1))
    wobble = rng.random((2, n_devices, EVENTS_PER_DEVICE)) < 0.15
    x, y = (start + step.cumsum(axis=2) + wobble) % SIDE
    cell = (y * SIDE + x).ravel().astype(np.int32)
    return device, np.floor(at_s).ravel(), cell


def _size(model: StaySegmentation, placing: StayPlacing, n_events: int) -> dict[str, Any]:
    device, at_s, cell = _events(n_events)
    order = np.lexsort((cell, at_s, device))
    device, at_s, cell = device[order], at_s[order], cell[order]
    took = []
    for _ in range(REPEATS):
        begun = time.process_time()
        segments = model.segment(device, at_s, cell)
        took.append(time.process_time() - begun)
    begun = time.process_time()
    placing.place(segments, cell)
    placed_s = time.process_time() - begun
    return {
        "n_events": len(device),
        "n_segments": len(segments),
        "n_stays": int((segments.state == STAY).sum()),
        "n_moves": int((segments.state == 1).sum()),
        "segment_cpu_s": round(min(took), 3),
        "events_per_core_s": round(len(device) / min(took)),
        "place_cpu_s": round(placed_s, 3),
        "segments_placed_per_core_s": round(len(segments) / placed_s),
        "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    }


def report(record: dict[str, Any]) -> str:
    """The table for people."""
    lines = [
        "# Segmentation and placing of stays",
        "",
        f"`python -m benchmarks stays` on {record['date']}, {record['machine']}; one core, "
        f"CPU seconds, best of {REPEATS} for segmentation. Made-up devices of "
        f"{EVENTS_PER_DEVICE} events in {DAYS} "
        f"days over {record['n_cells']:,} cells; sorted before, as DuckDB hands them over. Placing "
        f"is of all segments, by cell without timing. Goal: {GOAL_PER_S:,} events per core-second.",
        "",
        "| events | segments | segmentation s | events per core-second | placing s "
        "| segments per core-second | peak GiB |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {one['n_events']:,} | {one['n_segments']:,} | {one['segment_cpu_s']:.2f} "
        f"| {one['events_per_core_s']:,} | {one['place_cpu_s']:.2f} "
        f"| {one['segments_placed_per_core_s']:,} | {one['peak_gib']:.2f} |"
        for one in record["sizes"]
    ]
    return "\n".join(lines) + "\n"
