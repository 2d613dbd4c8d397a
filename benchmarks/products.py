"""Measure the products that follow devices: one pass over the staged rows of a national day.

Days are made, landed and staged as `python -m benchmarks stage` does it; the pass
runs in a process of its own, ``python -m benchmarks.products``, so that its seconds and its
memory can be read off it.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measuring import traffic
from benchmarks.measuring.process import PEIL, Cost, measured
from benchmarks.recording import NothingMeasured, when_and_where
from benchmarks.stage import deliver
from peil.outcome import Fact
from peil.settings import settings
from peil.stage.device_rows import Bucket

PRODUCT = "flows"
Tell = Callable[[str], object]


def products(sizes: Iterable[int], tell: Tell) -> dict[str, Any]:
    """Measure each size in a store of its own.

    Parameters
    ----------
    sizes : iterable of int
        Events of the measured day. 100 million need about 12 GB of disk for a while.
    tell : callable
        Called with a sentence about progress.

    Returns
    -------
    dict
        `machine`, `date`, the bounds of the machine, and `sizes`.

    Raises
    ------
    CommandFailed
        A step failed.
    NothingMeasured
        A pass followed next to nobody.
    """
    limits = settings()
    return {
        **when_and_where(),
        "memory_limit": limits.memory,
        "threads": limits.threads,
        "sizes": [_size(n_events, tell) for n_events in sizes],
    }


def _size(n_events: int, tell: Tell) -> dict[str, Any]:
    work = Path(tempfile.mkdtemp(prefix="peil-bench-"))
    try:
        environment = deliver(work, n_events, tell, follows=True)
        for step in ("ingest", "stage"):
            tell(f"{n_events:,} events: {step}")
            measured([*PEIL, step, "bench", traffic.DAY], environment, work / "data")
        shutil.rmtree(work / "deliveries" / "events")
        return followed(n_events, environment, work / "data", tell)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def followed(n_events: int, environment: dict[str, str], data: Path, tell: Tell) -> dict[str, Any]:
    """Follow the devices of a staged day, then run the whole verb from the shell."""
    tell(f"{n_events:,} events: the pass that follows devices")
    words = [sys.executable, "-m", "benchmarks.products"]
    alone = measured(words, {**environment, "OMP_NUM_THREADS": "1"}, data)
    tell(f"{n_events:,} events: the verb, {PRODUCT}")
    words = [*PEIL, "estimate", "bench", traffic.DAY, "--product", PRODUCT]
    verb = measured(words, environment, data)
    return figures_of(n_events, json.loads(alone.out.splitlines()[-1]), alone, verb)


def figures_of(n_events: int, counted: dict[str, Any], alone: Cost, verb: Cost) -> dict[str, Any]:
    """Return the figures of one size, from what the pass counted and what both processes took.

    Raises
    ------
    NothingMeasured
        The pass followed next to nobody: most rows were not read, or nobody ever made a trip.
    """
    if not (
        counted["n_rows"] > 0.9 * n_events and counted["n_trips"] > 0.1 * counted["n_devices"] > 0
    ):
        raise NothingMeasured(
            f"The pass over {n_events} events measured nothing: {counted['n_rows']} rows of "
            f"{counted['n_devices']} devices, {counted['n_trips']} trips"
        )
    return {
        "n_events": n_events,
        **counted,
        "cpu_s_per_million": round(counted["cpu_s"] / counted["n_rows"] * 1e6, 3),
        "events_per_s": round(counted["n_rows"] / counted["wall_s"]),
        "peak_gib": round(alone.peak_gib, 2),
        "spill_mib": round(alone.spill_mib),
        "verb_wall_s": round(verb.wall_s, 1),
        "verb_cpu_s": round(verb.cpu_s, 1),
        "verb_peak_gib": round(verb.peak_gib, 2),
    }


def growth(sizes: list[dict[str, Any]]) -> float:
    """Return CPU of an event at the largest size beside the smallest, less one: 0 is linear.

    >>> round(growth([{"n_rows": 10, "cpu_s": 1.0}, {"n_rows": 100, "cpu_s": 11.0}]), 3)
    0.1
    """
    first, last = (min(sizes, key=_n_rows), max(sizes, key=_n_rows))
    return float(last["cpu_s"] / last["n_rows"] / (first["cpu_s"] / first["n_rows"]) - 1.0)


def _n_rows(size: dict[str, Any]) -> int:
    return int(size["n_rows"])


def facts(record: dict[str, Any]) -> dict[str, Fact]:
    """Return what the last line of the command says of the largest size."""
    last = max(record["sizes"], key=_n_rows)
    figures: dict[str, Fact] = {name: last[name] for name in ("n_events", "events_per_s")}
    return figures | {"products_peak_gib": last["peak_gib"]}


def report(record: dict[str, Any]) -> list[str]:
    """Return the section for people, line by line."""
    lines = [
        "## Products that follow devices",
        "",
        f"`python -m benchmarks estimate --on products` on {record['date']}, {record['machine']}; "
        f"DuckDB with {record['memory_limit']} and {record['threads']} threads, compiled "
        f"loops on one. "
        "The made-up day of `python -m benchmarks stage`, its devices with places to "
        "travel between, "
        "staged and sealed; a linkage window of this one day. *The pass*: read a bucket "
        "of devices, "
        "segment their time, place their stays, find their homes and trips, add to the sums of "
        "flows, visitors and residence at once; start-up and fitting are not in its seconds. "
        f"*The verb*: `peil estimate --product {PRODUCT}` whole, dbt's tests and MLflow included. "
        "Peaks are of whole processes; *fixed* is what the footprints of the plan and start-up had "
        "taken before the first row.",
        "",
        "| events | devices | trips | buckets | wall s | CPU s, of it reading "
        "| CPU s per million | events/s | peak GiB, of it fixed | spill MiB "
        "| verb: wall s, CPU s, peak GiB |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {size['n_events']:,} | {size['n_devices']:,} | {size['n_trips']:,} "
        f"| {size['n_buckets']} | {size['wall_s']:.1f} "
        f"| {size['cpu_s']:.1f}, {size['read_cpu_s']:.1f} "
        f"| {size['cpu_s_per_million']:.2f} | {size['events_per_s']:,} "
        f"| {size['peak_gib']:.2f}, {size['fixed_gib']:.2f} | {size['spill_mib']:,} "
        f"| {size['verb_wall_s']:.1f}, {size['verb_cpu_s']:.1f}, {size['verb_peak_gib']:.2f} |"
        for size in record["sizes"]
    ]
    if len(record["sizes"]) > 1:
        rows = sorted(_n_rows(size) for size in record["sizes"])
        lines += [
            "",
            f"From {rows[0]:,} to {rows[-1]:,} staged rows the CPU time of one row changes by "
            f"{growth(record['sizes']):+.0%}; 0 % is linear growth.",
        ]
    return lines


@dataclass
class Watched:
    """Iterate over buckets, and add up the processor time that they took to read."""

    buckets: Iterator[Bucket]
    n_buckets: int = 0
    read_cpu_s: float = 0.0

    def __iter__(self) -> Iterator[Bucket]:
        while True:
            begun = time.process_time()
            bucket = next(self.buckets, None)
            self.read_cpu_s += time.process_time() - begun
            if bucket is None:
                return
            self.n_buckets += 1
            yield bucket


def main() -> dict[str, Any]:
    """Follow the devices of the measured day in the store of the environment."""
    from peil.area.area import area_of
    from peil.charter import reading, windows
    from peil.estimate.champion import default_footprint
    from peil.estimate.linked import follow
    from peil.stage import device_rows
    from peil.store.store import Store

    charter, store = reading.load("bench"), Store()
    window = windows.window_of(charter, date.fromisoformat(traffic.DAY))
    begun = time.process_time()
    prepared = follow.prepared(
        charter, window, store, area_of(charter, store), default_footprint("bench")
    )
    pieces = (
        prepared.model,
        prepared.is_located,
        prepared.origins,
        prepared.is_night,
        prepared.plan,
    )
    follow.sums_over([_nobody()], *pieces)  # compiles
    fixed_cpu_s = time.process_time() - begun
    fixed_gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    read = Watched(device_rows.buckets(charter, window, store, prepared.cells))
    wall, cpu = time.perf_counter(), time.process_time()
    followed = follow.sums_over(read, *pieces)
    return {
        **followed.facts,
        "n_flows": len(followed.sums.flows.frame()),
        "n_present": len(followed.sums.present.frame()),
        "n_buckets": read.n_buckets,
        "wall_s": round(time.perf_counter() - wall, 2),
        "cpu_s": round(time.process_time() - cpu, 2),
        "read_cpu_s": round(read.read_cpu_s, 2),
        "fixed_cpu_s": round(fixed_cpu_s, 2),
        "fixed_gib": round(fixed_gib, 2),
    }


def _nobody() -> Bucket:
    """Return one device that was observed twice in the first cell."""
    return Bucket(
        np.zeros(2, np.int64),
        np.array([0.0, 3600.0]),
        np.zeros(2, np.int32),
        np.full(2, -1, np.int32),
        np.zeros(1, np.int32),
    )


if __name__ == "__main__":
    print(json.dumps(main()))
