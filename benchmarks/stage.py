"""Measure ingest and staging, sealed and with all checks on, beside the bare yardstick."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.measuring import traffic
from benchmarks.measuring.process import PEIL, RUNS, Cost, folder_mib, measured
from benchmarks.recording import (
    FOLDER,
    NothingMeasured,
    record_file,
    when_and_where,
    write_figures,
)
from benchmarks.staging import engines, in_parts, packed, starting
from benchmarks.staging.page import TINY, report
from peil.outcome import Fact, Outcome, Refused
from peil.settings import settings
from peil.store.atomic import read_json, write_text

SIZES = (10_000_000, 30_000_000, 100_000_000)
SUFFIXES = {"k": 1_000, "m": 1_000_000}
Tell = Callable[[str], object]


def sizes_of(text: str | None) -> list[int]:
    """Read ``10M,30M`` as numbers of events.

    >>> sizes_of("200k,10M")
    [200000, 10000000]
    """
    if not text:
        return list(SIZES)
    sizes = []
    for part in text.split(","):
        number, factor = part.strip().lower(), 1
        if number and number[-1] in SUFFIXES:
            number, factor = number[:-1], SUFFIXES[number[-1]]
        if not number.isdecimal() or int(number) == 0:
            raise Refused("--events: write numbers of events such as 10M or 10M,30M,100M.")
        sizes.append(int(number) * factor)
    return sizes


def stage(sizes: Iterable[int], tell: Tell, out: Path | None = None) -> Outcome:
    """Measure each size in a store of its own; write `benchmarks/stage.md` and its record.

    Sizes that are not measured stay in it as they were.

    Parameters
    ----------
    sizes : iterable of int
        Events of the measured day. 100 million need about 12 GB of disk for a while.
    tell : callable
        Called with a sentence about progress.
    out : Path, optional
        Folder of the page; the project's `benchmarks/` by default.

    Raises
    ------
    CommandFailed
        A step failed.
    NothingMeasured
        There is no size, or a step lost events.
    """
    overhead, idle_cpu_s = _overhead(tell)
    sizes, on = list(sizes), {"date": when_and_where()["date"]}
    chains = [
        {**starting.chain(n_devices, n_runs, tell), **on}
        for n_devices, n_runs in starting.sizes(sizes).items()
    ]
    rows = [{**_size(n_events, tell), **on} for n_events in sizes]
    as_text = [
        {**packed.measure(n_events, deliver, tell), **on} for n_events in packed.sizes(sizes)
    ]
    by_parts = [
        {**in_parts.measure(n_events, deliver, tell), **on} for n_events in in_parts.sizes(sizes)
    ]
    by_engine = [
        {**engines.measure(n_events, deliver, tell), **on} for n_events in engines.sizes(sizes)
    ]
    limits = settings()
    file = record_file(out or FOLDER, "stage")
    before = read_json(file) if file.exists() else {}
    record = {
        **when_and_where(),
        "memory_limit": limits.memory,
        "threads": limits.threads,
        "fixed_cpu_s": round(overhead.cpu_s, 1),
        "fixed_wall_s": round(overhead.wall_s, 1),
        "idle_cpu_s": idle_cpu_s,
        "sizes": _with_others(rows, before.get("sizes", [])),
        "packed": _with_others(as_text, before.get("packed", [])),
    }
    if parted := _with_others(by_parts, before.get("in_parts", [])):  # no size was small enough
        record["in_parts"] = parted
    if both := _with_others(by_engine, before.get("by_engine", [])):
        record["by_engine"] = both
    if walked := _with_others(chains, before.get("chains", [])):
        record["chains"] = walked
    return write_figures("stage", record, report, facts, out)


def _with_others(rows: list[dict[str, Any]], before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what was measured now, and of other sizes what was measured before, by size."""
    now = {row["n_events"] for row in rows}
    others = [row for row in before if row["n_events"] not in now] if rows else []
    return sorted([*rows, *others], key=lambda row: int(row["n_events"]))


def facts(record: dict[str, Any]) -> dict[str, Fact]:
    """Return what the last line of the command says of the largest size measured now."""
    last = [size for size in record["sizes"] if size["date"] == record["date"]][-1]
    return {name: last[name] for name in ("n_events", "ratio_to_bare", "events_per_s", "peak_gib")}


def _overhead(tell: Tell) -> tuple[Cost, dict[str, list[float]]]:
    """Run a whole day of few events by Airflow, dbt and all else, then what finds it done."""
    work = Path(tempfile.mkdtemp(prefix="peil-bench-"))
    try:
        environment = deliver(work, TINY, tell)
        tell("a whole day of few events: what does not depend on the events")
        whole = measured([*PEIL, "run", "bench"], environment, work / "data")
        return whole, starting.idle(environment, work / "data")
    finally:
        shutil.rmtree(work, ignore_errors=True)


def deliver(
    work: Path, n_events: int, tell: Tell, follows: bool = False, ending: str = "parquet"
) -> dict[str, str]:
    """Write deliveries and a charter, sign them; return the environment of a store of its own."""
    delivery, pilots = work / "deliveries", work / "pilots"
    traffic.write(delivery, n_events, tell, follows, ending)
    write_text(pilots / "bench.yml", traffic.charter(n_events, follows, ending))
    environment = {
        "PEIL_DATA": str(work / "data"),
        "PEIL_DELIVERIES": str(delivery),
        "PEIL_PILOTS": str(pilots),
    }
    person = ["--role", "operator", "--name", "Benchmark", "--key", str(work / "keys" / "a.key")]
    measured([*PEIL, "party", "enroll", *person], environment, work / "data")
    sign = [*PEIL, "charter", "sign", "bench", "--synthetic", str(delivery), *person[-2:]]
    measured(sign, environment, work / "data")
    return environment


def _size(n_events: int, tell: Tell) -> dict[str, Any]:
    """Measure one size: generate, the yardsticks, then the two verbs with their gates.

    The bare pass and the verbs are measured several times, side by side; the others once.
    """
    work = Path(tempfile.mkdtemp(prefix="peil-bench-"))
    try:
        environment, delivery = deliver(work, n_events, tell), work / "deliveries"
        data, signed = work / "data", work / "signed"
        shutil.copytree(data, signed, symlinks=True)
        steps: dict[str, Cost] = {}
        extra: dict[str, Any] = {}
        runs: list[dict[str, float]] = []
        for run in range(RUNS):
            costs: dict[str, Cost] = {}
            for name in ("bare", "text", "counted", "sealing")[: None if run == 0 else 1]:
                tell(f"{n_events:,} events, run {run + 1} of {RUNS}: {name}")
                scratch = work / name
                words = [sys.executable, "-m", "benchmarks.measuring.yardstick", name]
                costs[name] = measured([*words, str(delivery), str(scratch)], {}, scratch)
                extra |= json.loads(costs[name].out.splitlines()[-1])
                shutil.rmtree(scratch)
            shutil.rmtree(data)
            shutil.copytree(signed, data, symlinks=True)
            for verb in ("ingest", "stage"):
                tell(f"{n_events:,} events, run {run + 1} of {RUNS}: {verb} and its gate")
                words = [*PEIL, verb, "bench", traffic.DAY]
                costs[verb] = measured(words, environment, data)
            steps = steps or costs
            runs.append({name: costs[name].cpu_s for name in ("bare", "ingest", "stage")})
        store = work / "data" / "operator"
        staged = read_json(store / "sealed" / "bench" / f"{traffic.DAY}.staged.json")
        return {
            **_figures(n_events, steps, extra, staged, delivery, store),
            "cpu_s_of_runs": [{name: round(s, 2) for name, s in run.items()} for run in runs],
            "ratios_to_bare": [
                round((run["ingest"] + run["stage"]) / run["bare"], 2) for run in runs
            ],
        }
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _figures(
    n_events: int,
    steps: dict[str, Cost],
    extra: dict[str, Any],
    staged: dict[str, Any],
    delivery: Path,
    store: Path,
) -> dict[str, Any]:
    counts = staged["facts"]
    if counts["n_staged"] <= 0 or sum(counts.values()) != n_events:
        raise NothingMeasured(
            f"{n_events} events were made, but {sum(counts.values())} accounted for: "
            "look for a step that loses rows."
        )
    ours = [steps["ingest"], steps["stage"]]
    wall, cpu = sum(cost.wall_s for cost in ours), sum(cost.cpu_s for cost in ours)
    size = {
        kind: round(
            (store / "sealed" / "bench" / f"{traffic.DAY}.{kind}.duckdb").stat().st_size / 2**20, 1
        )
        for kind in ("raw", "staged")
    }
    return {
        "n_events": n_events,
        **counts,
        "steps": {
            name: {k: round(v, 3) for k, v in asdict(cost).items() if isinstance(v, float)}
            for name, cost in steps.items()
        },
        "ratio_to_bare": round(cpu / steps["bare"].cpu_s, 2),  # of the run that is shown
        "ratio_to_text": round(cpu / steps["text"].cpu_s, 2),
        "events_per_s": round(n_events / wall),
        "counted_events_per_s": round(n_events / steps["counted"].wall_s),
        "cpu_s_per_million": round(cpu / n_events * 1e6, 3),
        "peak_gib": round(max(cost.peak_gib for cost in ours), 2),
        "delivered_mib": round(folder_mib(delivery), 1),
        "raw_mib": size["raw"],
        "staged_mib": size["staged"],
        "sealing": {name: extra[name] for name in extra if name.endswith("cpu_s")},
    }
