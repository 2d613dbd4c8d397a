"""A day as operators deliver it, csv.gz by the hour: beside DuckDB's own reading, and scripts."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.measuring import traffic
from benchmarks.measuring.process import PEIL, RUNS, Cost, measured

SMALL = 400_000  # events: a day of the demo country, where start-up and gates count
MANY = 30_000_000  # a larger day is read and taken in once
SCRIPTS = ("duckdb", "polars")


def sizes(of_parquet: Sequence[int]) -> list[int]:
    """Return the sizes that are measured as packed text: a small day, then those asked for.

    >>> sizes([10_000_000, 100_000_000])
    [400000, 10000000, 100000000]
    >>> sizes([300_000_000])
    [300000000]
    """
    return [*([SMALL] if min(of_parquet) <= MANY else []), *of_parquet]


def measure(
    n_events: int,
    deliver: Callable[..., dict[str, str]],
    tell: Callable[[str], object],
) -> dict[str, Any]:
    """Measure one size: DuckDB's reading, both verbs; beside a small day what others write."""
    work = Path(tempfile.mkdtemp(prefix="peil-bench-"))
    try:
        environment = deliver(work, n_events, tell, ending="csv.gz")
        delivery = work / "deliveries"
        data, signed = work / "data", work / "signed"
        shutil.copytree(data, signed, symlinks=True)
        costs: dict[str, Cost] = {}
        runs: list[dict[str, float]] = []
        for run in range(n_runs := RUNS if n_events <= MANY else 1):
            shutil.rmtree(data)
            shutil.copytree(signed, data, symlinks=True)
            tell(f"{n_events:,} events as csv.gz, run {run + 1} of {n_runs}: reading and ingest")
            words = [sys.executable, "-m", "benchmarks.measuring.yardstick", "read", str(delivery)]
            read = measured([*words, str(work / "read")], {}, work / "read")
            ingest = measured([*PEIL, "ingest", "bench", traffic.DAY], environment, data)
            runs.append({"read": read.cpu_s, "ingest": ingest.cpu_s})
            costs = costs or {"read": read, "ingest": ingest}
        tell(f"{n_events:,} events as csv.gz: stage and its gate")
        costs["stage"] = measured([*PEIL, "stage", "bench", traffic.DAY], environment, data)
        rows: dict[str, int] = {}
        for script in SCRIPTS if n_events == SMALL else ():
            if find_spec(script) is None:
                tell(f"{script} is not installed: `pip install {script}` measures beside it.")
                continue
            words = [sys.executable, "-m", "benchmarks.staging.scripts", script, str(delivery)]
            costs[script] = measured([*words, str(work / script)], {}, work / script)
            rows[script] = int(json.loads(costs[script].out.splitlines()[-1])["n_entries"])
        if len(set(rows.values())) > 1:
            raise RuntimeError(f"the scripts do not agree on the counted table: {rows}")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return {
        "n_events": n_events,
        "steps": {
            name: {k: round(v, 3) for k, v in asdict(cost).items() if isinstance(v, float)}
            for name, cost in costs.items()
        },
        "ingest_to_read": round(costs["ingest"].cpu_s / costs["read"].cpu_s, 2),
        "cpu_s_of_runs": [{name: round(s, 2) for name, s in run.items()} for run in runs],
        "ingests_to_read": [round(run["ingest"] / run["read"], 2) for run in runs],
        "cores_of_ingest": round(costs["ingest"].cpu_s / costs["ingest"].wall_s, 2),
    }
