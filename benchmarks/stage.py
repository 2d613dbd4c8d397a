"""Measure ingest and staging, sealed and with all checks on, beside the bare yardstick."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
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
# parts by name, and what of the record each replaces
PARTS = {
    "start": "idle_cpu_s",
    "chains": "chains",
    "parquet": "sizes",
    "csv": "packed",
    "parts": "in_parts",
    "engines": "by_engine",
}
BESIDE = ("text", "counted", "sealing")  # yardsticks beside the bare one
# events: a larger day is measured once; one larger still beside the bare yardstick alone
SEVERAL_TIMES, BESIDE_ALL = 30_000_000, 100_000_000
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


def stage(
    sizes: Iterable[int], tell: Tell, out: Path | None = None, on: Sequence[str] = ()
) -> Outcome:
    """Measure each size in a store of its own; write `benchmarks/stage.md` and its record.

    Written after each part. Parts and sizes that are not measured stay in it as they were.

    Parameters
    ----------
    sizes : iterable of int
        Events of the measured day. 100 million need about 12 GB of disk for a while.
    tell : callable
        Called with a sentence about progress.
    out : Path, optional
        Folder of the page; the project's `benchmarks/` by default.
    on : sequence of str
        Of `PARTS`; all by default.

    Raises
    ------
    CommandFailed
        A step failed.
    NothingMeasured
        There is no size, or a step lost events.
    Refused
        A part that there is not, or other parts before there is a record of days as Parquet.
    """
    sizes, parts = list(sizes), _asked(on)
    if not sizes:
        raise NothingMeasured("No size of a day was given.")
    file = record_file(out or FOLDER, "stage")
    record = read_json(file) if file.exists() else {}
    if not record and len(parts) < len(PARTS):
        raise Refused(f"There is no {file} yet: leave out --on the first time.")
    record |= {"memory_limit": settings().memory, "threads": settings().threads}
    done = None
    for part in parts:
        record |= when_and_where()
        record |= _measured(part, sizes, record, tell)
        if {"sizes", "packed"} <= set(record):  # what the page cannot be without
            done = write_figures("stage", record, report, facts, out)
    assert done is not None
    return done


def _asked(on: Sequence[str]) -> tuple[str, ...]:
    """Return the parts in the order in which they are measured.

    >>> _asked(["csv", "parquet"])
    ('parquet', 'csv')
    """
    if wrong := sorted(set(on) - set(PARTS)):
        raise Refused(f"--on: there is no part {wrong[0]}, only {', '.join(PARTS)}.")
    return tuple(part for part in PARTS if not on or part in on)


def _measured(part: str, sizes: list[int], record: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Measure one part; return what of the record it replaces."""
    if part == "start":
        overhead, idle_cpu_s = _overhead(tell)
        return {
            "fixed_cpu_s": round(overhead.cpu_s, 1),
            "fixed_wall_s": round(overhead.wall_s, 1),
            "idle_cpu_s": idle_cpu_s,
        }
    rows: dict[str, Callable[[], Iterable[dict[str, Any]]]] = {
        "chains": lambda: (starting.chain(*pilot, tell) for pilot in starting.sizes(sizes).items()),
        "sizes": lambda: (_size(n, tell) for n in sizes),
        "packed": lambda: (packed.measure(n, deliver, tell) for n in packed.sizes(sizes)),
        "in_parts": lambda: (in_parts.measure(n, deliver, tell) for n in in_parts.sizes(sizes)),
        "by_engine": lambda: (engines.measure(n, deliver, tell) for n in engines.sizes(sizes)),
    }
    name = PARTS[part]
    now = [{**row, "date": record["date"]} for row in rows[name]()]
    every = _with_others(now, record.get(name, []))
    return {name: every} if every else {}  # no size is measured so


def _with_others(rows: list[dict[str, Any]], before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what was measured now, and of other sizes what was measured before, by size."""
    now = {row["n_events"] for row in rows}
    others = [row for row in before if row["n_events"] not in now]
    return sorted([*rows, *others], key=lambda row: int(row["n_events"]))


def facts(record: dict[str, Any]) -> dict[str, Fact]:
    """Return what the last line of the command says of the largest size measured last."""
    newest = max(size["date"] for size in record["sizes"])
    last = [size for size in record["sizes"] if size["date"] == newest][-1]
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

    The bare pass and the verbs are measured several times, side by side; the others once. Of a
    large day all is measured once, and of one that is larger still nothing else.
    """
    n_runs = RUNS if n_events <= SEVERAL_TIMES else 1
    once = BESIDE if n_events <= BESIDE_ALL else ()
    work = Path(tempfile.mkdtemp(prefix="peil-bench-"))
    try:
        environment, delivery = deliver(work, n_events, tell), work / "deliveries"
        data, signed = work / "data", work / "signed"
        shutil.copytree(data, signed, symlinks=True)
        steps: dict[str, Cost] = {}
        extra: dict[str, Any] = {}
        runs: list[dict[str, float]] = []
        for run in range(n_runs):
            costs: dict[str, Cost] = {}
            for name in ("bare", *(once if run == 0 else ())):
                tell(f"{n_events:,} events, run {run + 1} of {n_runs}: {name}")
                scratch = work / name
                words = [sys.executable, "-m", "benchmarks.measuring.yardstick", name]
                costs[name] = measured([*words, str(delivery), str(scratch)], {}, scratch)
                extra |= json.loads(costs[name].out.splitlines()[-1])
                shutil.rmtree(scratch)
            shutil.rmtree(data)
            shutil.copytree(signed, data, symlinks=True)
            for verb in ("ingest", "stage"):
                tell(f"{n_events:,} events, run {run + 1} of {n_runs}: {verb} and its gate")
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
        "events_per_s": round(n_events / wall),
        "cpu_s_per_million": round(cpu / n_events * 1e6, 3),
        "peak_gib": round(max(cost.peak_gib for cost in ours), 2),
        "delivered_mib": round(folder_mib(delivery), 1),
        "raw_mib": size["raw"],
        "staged_mib": size["staged"],
        **_beside(n_events, cpu, steps, extra),
    }


def _beside(
    n_events: int, cpu: float, steps: dict[str, Cost], extra: dict[str, Any]
) -> dict[str, Any]:
    """Return what stands beside the other yardsticks; nothing where they were left out."""
    if any(name not in steps for name in BESIDE):
        return {}
    return {
        "ratio_to_text": round(cpu / steps["text"].cpu_s, 2),
        "counted_events_per_s": round(n_events / steps["counted"].wall_s),
        "sealing": {name: extra[name] for name in extra if name.endswith("cpu_s")},
    }
