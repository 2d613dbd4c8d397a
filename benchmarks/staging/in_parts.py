"""A day in parts on two workers of one core each, beside the same day staged at once by one."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.measuring import traffic
from benchmarks.measuring.process import PEIL, Cost, measured
from benchmarks.recording import NothingMeasured
from peil.store.atomic import read_json

N_PARTS, N_WORKERS = 4, 2
MOST = 30_000_000  # the store is copied for each way
ONE_CORE = {"PEIL_THREADS": "1"}  # of a worker, so that two of them are two machines' worth


def sizes(of_parquet: Sequence[int]) -> list[int]:
    """Return the sizes that are measured in parts.

    >>> sizes([10_000_000, 100_000_000])
    [10000000]
    """
    return [size for size in of_parquet if size <= MOST]


def measure(
    n_events: int,
    deliver: Callable[..., dict[str, str]],
    tell: Callable[[str], object],
) -> dict[str, Any]:
    """Stage a landed day at once on one worker, then in four parts on two; the rows are the same.

    Raises
    ------
    NothingMeasured
        They are not.
    """
    work = Path(tempfile.mkdtemp(prefix="peil-bench-"))
    try:
        environment = deliver(work, n_events, tell) | ONE_CORE
        measured([*PEIL, "ingest", "bench", traffic.DAY], environment, work / "data")
        in_parts = {"PEIL_DATA": str(work / "in_parts"), "PEIL_PARTS": str(N_PARTS)}
        shutil.copytree(work / "data", work / "in_parts", symlinks=True)
        stage = [*PEIL, "stage", "bench", traffic.DAY]
        tell(f"{n_events:,} events: staged at once by one worker")
        whole = measured(stage, environment, work / "data")
        tell(f"{n_events:,} events: {N_PARTS} parts on {N_WORKERS} workers, then joined")
        environment |= in_parts
        started = time.perf_counter()
        with ThreadPoolExecutor(N_WORKERS) as workers:
            parts = list(
                workers.map(
                    lambda number: measured(
                        [*stage, "--part", f"{number}/{N_PARTS}"], environment, work / "in_parts"
                    ),
                    range(1, N_PARTS + 1),
                )
            )
        parts_s = time.perf_counter() - started
        joined = measured(stage, environment, work / "in_parts")
        contents = {_content(work / name) for name in ("data", "in_parts")}
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if len(contents) != 1:
        raise NothingMeasured("The day in parts has other counts than the day staged at once.")
    return figures(n_events, whole, parts, parts_s, joined)


def figures(
    n_events: int, whole: Cost, parts: Sequence[Cost], parts_s: float, joined: Cost
) -> dict[str, Any]:
    """Return what is recorded of one size.

    >>> one = Cost(90.0, 90.0, 1.0, 0.0, "")
    >>> quarter, rest = Cost(15.0, 15.0, 1.0, 0.0, ""), Cost(20.0, 20.0, 1.0, 0.0, "")
    >>> in_parts = figures(10, one, [quarter] * 4, 30.0, rest)
    >>> in_parts["times_faster"], in_parts["times_the_cpu"]
    (1.8, 0.89)
    """
    steps = {"whole": [whole], "parts": list(parts), "joined": [joined]}
    cpu_s = {name: sum(cost.cpu_s for cost in costs) for name, costs in steps.items()}
    in_parts_s = parts_s + joined.wall_s
    return {
        "n_events": n_events,
        "n_parts": N_PARTS,
        "n_workers": N_WORKERS,
        "steps": {
            name: [
                {k: round(v, 3) for k, v in asdict(cost).items() if isinstance(v, float)}
                for cost in costs
            ]
            for name, costs in steps.items()
        },
        "whole_s": round(whole.wall_s, 1),
        "parts_s": round(parts_s, 1),
        "joined_s": round(joined.wall_s, 1),
        "times_faster": round(whole.wall_s / in_parts_s, 2),
        "times_the_cpu": round((cpu_s["parts"] + cpu_s["joined"]) / cpu_s["whole"], 2),
    }


def _content(store: Path) -> str:
    staged = store / "operator" / "sealed" / "bench" / f"{traffic.DAY}.staged.json"
    return str(read_json(staged)["content_sha256"])
