"""Measure the recursions of location, forward and backward, on one core."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from benchmarks.measuring.timing import least_cpu_s
from benchmarks.recording import NothingMeasured, when_and_where, write_figures
from peil.outcome import Fact, Outcome
from peil_models.location import Histories, LocationHMM, LocationHMMHeading

REPEATS = 3
GOAL_PER_S = 300_000_000
STEP_S = 10


class Size(NamedTuple):
    """Tiles along a cell's side, steps between events, events, and whether headings are kept."""

    reach: int
    gap: int
    n_events: int
    has_headings: bool = False


SIZES = (
    Size(10, 1, 100_000),
    Size(20, 1, 60_000),
    Size(40, 1, 20_000),
    Size(40, 10, 4_000),
    Size(100, 1, 3_000),
    Size(100, 30, 200),
    Size(20, 1, 6_000, True),
)


def location(
    sizes: Sequence[Size], tell: Callable[[str], object], out: Path | None = None
) -> Outcome:
    """Measure each size; write `benchmarks/location.md` and its record.

    Parameters
    ----------
    sizes : sequence of Size
    tell : callable
        Called with a sentence about progress.
    out : Path, optional
        Folder of the page; the project's `benchmarks/` by default.

    Raises
    ------
    NothingMeasured
        There is no size, or the chain broke.
    """
    rows = []
    for size in sizes:
        tell(f"{size.n_events:,} events, cells of {size.reach} × {size.reach} tiles")
        rows.append(_size(size))
        if rows[-1]["n_breaks"] or not rows[-1]["updates"]:
            raise NothingMeasured("The benchmark location measured nothing: the chain broke.")
    return write_figures("location", {**when_and_where(), "sizes": rows}, report, facts, out)


def facts(record: dict[str, Any]) -> dict[str, Fact]:
    """Return what the last line of the command says: the slowest size, and the first."""
    slowest = min(record["sizes"], key=lambda row: row["updates_per_core_s"])
    return {
        "slowest_updates_per_core_s": slowest["updates_per_core_s"],
        "slowest_reach_tiles": slowest["reach"],
        "events_per_core_s": record["sizes"][0]["events_per_core_s"],
    }


def _size(size: Size) -> dict[str, Any]:
    """Measure devices that wander among cells whose footprints overlap by half."""
    side, half = 4 * size.reach, max(size.reach // 2, 1)
    lattice = np.arange(0, side - size.reach + 1, half)
    rows, cells = [], []
    for number, (top, left) in enumerate(
        np.stack(np.meshgrid(lattice, lattice), -1).reshape(-1, 2)
    ):
        down, right = np.meshgrid(np.arange(size.reach), np.arange(size.reach), indexing="ij")
        rows.append(((top + down) * side + left + right).ravel())
        cells.append(np.full(size.reach**2, number))
    tile, cell = np.concatenate(rows), np.concatenate(cells)
    strength = sparse.csr_array((np.ones(len(tile)), (cell, tile)), shape=(len(rows), side * side))
    chances = sparse.csr_array(strength / strength.sum(axis=0))
    random = np.random.default_rng(1)
    per_device = min(200, size.n_events)
    n_devices = size.n_events // per_device
    # From cell to neighbouring cell now and then, as far as tiles can be crossed in time.
    dwell = max(2 * size.reach // size.gap, 1)
    step = random.integers(-1, 2, (2, n_devices, per_device))
    step[:, :, np.arange(per_device) % dwell != 0] = 0
    at = np.clip(
        random.integers(0, len(lattice), (2, n_devices, 1)) + step.cumsum(axis=2),
        0,
        len(lattice) - 1,
    )
    moment = np.tile(np.arange(per_device) * size.gap * STEP_S, n_devices)
    histories = Histories(
        np.arange(n_devices + 1) * per_device, moment, (at[1] * len(lattice) + at[0]).ravel()
    )
    kind = LocationHMMHeading if size.has_headings else LocationHMM
    model: Any = kind(
        shape=(side, side), tile_m=250.0, step_s=STEP_S, max_speed_m_per_s=25.0, fitted=()
    )
    model.fit(chances, histories)
    model.locate(histories.subset([0]))  # compiles
    updates, best = least_cpu_s(lambda: model.locate(histories).n_updates, REPEATS)
    return {
        "model": kind.__name__,
        "reach": size.reach,
        "gap": size.gap,
        "n_events": histories.n_events,
        "n_breaks": model.n_breaks_,
        "updates": updates,
        "states_per_step": round(updates / (2 * histories.n_events * size.gap)),
        "cpu_s": round(best, 3),
        "updates_per_core_s": round(updates / best),
        "events_per_core_s": round(histories.n_events / best),
    }


def report(record: dict[str, Any]) -> str:
    """Return the page for people."""
    lines = [
        "# Location: forward and backward recursion",
        "",
        f"`python -m benchmarks location` on {record['date']}, {record['machine']}; one core, "
        f"CPU seconds, best of {REPEATS}. Made-up devices of 200 events that wander among "
        f"cells that overlap by "
        "half; both recursions, means and spreads of all posteriors. Only tiles within "
        "reach are computed: *states* is their number per step and direction, as counted; *gap* is "
        f"steps between events. Goal: {GOAL_PER_S:,} state updates per core-second.",
        "",
        "| model | cell (tiles) | states | gap | events | CPU s | events per core-second "
        "| state updates per core-second |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{size['model']}` | {size['reach']} × {size['reach']} | {size['states_per_step']:,} "
        f"| {size['gap']} | {size['n_events']:,} | {size['cpu_s']:.2f} "
        f"| {size['events_per_core_s']:,} | {size['updates_per_core_s']:,} |"
        for size in record["sizes"]
    ]
    return "\n".join(lines) + "\n"
