"""A landed day staged by DuckDB and by Spark, both on this machine: the same rows, at what cost."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.measuring import traffic
from benchmarks.measuring.process import PEIL, Cost, measured
from benchmarks.recording import NothingMeasured
from peil.adapters.spark import session
from peil.store.atomic import read_json

MOST = 10_000_000  # larger ones take Spark an hour
ENGINES = ("duckdb", "spark")
# what both make of the day must agree in, by the manifest of the staged file
AGREE = ("content_sha256", "accounting", "facts")


def sizes(of_parquet: Sequence[int]) -> list[int]:
    """Return the sizes that are staged by both engines: none where Spark cannot be run.

    >>> sizes([100_000_000])
    []
    """
    return [size for size in of_parquet if size <= MOST and not session.missing()]


def measure(
    n_events: int,
    deliver: Callable[..., dict[str, str]],
    tell: Callable[[str], object],
) -> dict[str, Any]:
    """Stage a landed day by each engine in a copy of its store, and compare what they made.

    Raises
    ------
    NothingMeasured
        They made other counts.
    """
    work = Path(tempfile.mkdtemp(prefix="peil-bench-"))
    try:
        environment = deliver(work, n_events, tell)
        measured([*PEIL, "ingest", "bench", traffic.DAY], environment, work / "data")
        costs: dict[str, Cost] = {}
        manifests = []
        for engine in ENGINES:
            tell(f"{n_events:,} events: staged by {engine}")
            store = work / engine
            shutil.copytree(work / "data", store, symlinks=True)
            own = environment | {"PEIL_ENGINE": engine, "PEIL_DATA": str(store)}
            costs[engine] = measured([*PEIL, "stage", "bench", traffic.DAY], own, store)
            sealed = store / "operator" / "sealed" / "bench" / f"{traffic.DAY}.staged"
            record = read_json(sealed.with_name(f"{traffic.DAY}.staged.json"))
            manifests.append({name: record[name] for name in AGREE})
            if engine == ENGINES[0]:
                shutil.rmtree(store)
        spark_mib = left_mib(work / "spark" / "operator" / "work")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if manifests[0] != manifests[1]:
        raise NothingMeasured("Spark staged another day than DuckDB did.")
    if spark_mib > 1:
        raise NothingMeasured("Spark left files in its scratch folder.")
    return figures(n_events, costs)


def left_mib(scratch: Path) -> float:
    """Return the size of files in scratch folders, dbt's parsed project and SQL aside, MiB."""
    files = [file for file in scratch.rglob("*") if file.is_file()]
    others = [
        file
        for file in files
        if not any(part.startswith("dbt") for part in file.relative_to(scratch).parts)
    ]
    return sum(file.stat().st_size for file in others) / 2**20


def figures(n_events: int, costs: dict[str, Cost]) -> dict[str, Any]:
    """Return what is recorded of one size.

    >>> row = figures(10, {"duckdb": Cost(9.0, 10.0, 1.0, 0.0, ""),
    ...                    "spark": Cost(90.0, 110.0, 2.0, 0.0, "")})
    >>> row["times_the_cpu"], row["times_the_wall"]
    (11.0, 10.0)
    """
    duckdb, spark = (costs[engine] for engine in ENGINES)
    return {
        "n_events": n_events,
        "steps": {
            name: {k: round(v, 3) for k, v in asdict(cost).items() if isinstance(v, float)}
            for name, cost in costs.items()
        },
        "times_the_cpu": round(spark.cpu_s / duckdb.cpu_s, 1),
        "times_the_wall": round(spark.wall_s / duckdb.wall_s, 1),
    }


def page(sizes: list[dict[str, Any]]) -> list[str]:
    """Return the section of the page, empty where nothing was measured."""
    if not sizes:
        return []
    lines = [
        "## By Spark",
        "",
        "A landed day staged by DuckDB and by Spark (`PEIL_ENGINE=spark`, `local[2]`), both on "
        "this machine in the same run: start-up, sealed rows in and out, landing, checks and the "
        "gate included. Counted tables and the accounting of rows are the same. Measured on "
        f"{', '.join(sorted({size['date'] for size in sizes}))}.",
        "",
        "| events | engine | wall s | CPU s | CPU s per million | peak GiB of a process |",
        "|---|---|---|---|---|---|",
    ]
    for size in sizes:
        n = size["n_events"]
        lines += [
            f"| {n:,} | {name} | {cost['wall_s']:.1f} | {cost['cpu_s']:.1f} "
            f"| {cost['cpu_s'] / n * 1e6:.2f} | {cost['peak_gib']:.2f} |"
            for name, cost in size["steps"].items()
        ]
    last = sizes[-1]
    return [
        *lines,
        "",
        f"At {last['n_events']:,} events Spark takes {last['times_the_cpu']} times the CPU and "
        f"{last['times_the_wall']} times the time.",
        "",
    ]
