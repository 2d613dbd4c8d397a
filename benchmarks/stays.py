"""Measure the segmentation of devices' time, and the placing of stays, on one core."""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from benchmarks.measuring.timing import least_cpu_s
from benchmarks.recording import NothingMeasured, when_and_where, write_figures
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
    """Measure each size; write `benchmarks/stays.md` and its record.

    Parameters
    ----------
    sizes : tuple of int
        Events of one batch.
    tell : callable
        Called with a sentence about progress.
    out : Path, optional
        Folder of the page; the project's `benchmarks/` by default.

    Raises
    ------
    NothingMeasured
        There is no size, or no device ever stayed or moved.
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
    rows = []
    for n_events in sizes:
        tell(f"{n_events:,} events")
        rows.append(_size(model, placing, n_events))
        if min(rows[-1]["n_stays"], rows[-1]["n_moves"]) == 0:
            raise NothingMeasured("The benchmark stays measured nothing: no stay or no move.")
    record = {**when_and_where(), "n_cells": chances.shape[0], "sizes": rows}
    return write_figures("stays", record, report, facts, out)


def facts(record: dict[str, Any]) -> dict[str, Fact]:
    """Return what the last line of the command says of the last size."""
    last = record["sizes"][-1]
    return {
        name: last[name] for name in ("n_events", "events_per_core_s", "segments_placed_per_core_s")
    }


def _footprint() -> sparse.csr_array:
    """Return cells on a lattice, each serving its own tiles and, less, those of its neighbours."""
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
    strength = sparse.csr_array(
        (np.concatenate(weight), (np.concatenate(cell), np.concatenate(tile))),
        shape=(SIDE * SIDE, width * width),
    )
    return sparse.csr_array(strength / strength.sum(axis=0))


def _events(n_events: int) -> Events:
    """Return events of devices that stay among neighbouring cells and walk to others."""
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
    segments, segment_s = least_cpu_s(lambda: model.segment(device, at_s, cell), REPEATS)
    _, place_s = least_cpu_s(lambda: placing.place(segments, cell), 1)
    return {
        "n_events": len(device),
        "n_segments": len(segments),
        "n_stays": int((segments.state == STAY).sum()),
        "n_moves": int((segments.state == 1).sum()),
        "segment_cpu_s": round(segment_s, 3),
        "events_per_core_s": round(len(device) / segment_s),
        "place_cpu_s": round(place_s, 3),
        "segments_placed_per_core_s": round(len(segments) / place_s),
        "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    }


def report(record: dict[str, Any]) -> str:
    """Return the page for people."""
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
        f"| {size['n_events']:,} | {size['n_segments']:,} | {size['segment_cpu_s']:.2f} "
        f"| {size['events_per_core_s']:,} | {size['place_cpu_s']:.2f} "
        f"| {size['segments_placed_per_core_s']:,} | {size['peak_gib']:.2f} |"
        for size in record["sizes"]
    ]
    return "\n".join(lines) + "\n"
