"""What does not depend on the rows: commands that find nothing to do, and a small pilot's chain."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.measuring import traffic
from benchmarks.measuring.process import PEIL, RUNS, measured, spread
from peil.outcome import Refused

VERBS = ("ingest", "stage", "estimate", "release")
NO_DAY = str(date.fromisoformat(traffic.DAY).replace(year=2000))  # outside the charter
CHAIN_DAYS = 3
CHAINED = 10_000_000  # the size of `stage` that the chain is measured with
# devices: CPU seconds of Eurostat's reference pipeline for its whole chain on such files, as they
# were measured once, on 2026-11-26, on two cores
REFERENCE_CPU_S = {10_000: 930.0, 50_000: 2_016.0}
# what is measured, in words, and the CPU seconds that were asked for
COMMANDS = {
    "status": ("`peil status` of a pilot", 0.6),
    "refused": ("`peil ingest` that is refused", 0.8),
    "verbs": ("the four verbs from the shell, of a day with nothing to do", 12.0),
    "run": ("`peil run` of days with nothing to do", None),
}


def idle(environment: dict[str, str], store: Path) -> dict[str, list[float]]:
    """CPU seconds of commands on a pilot whose day is done, three runs of each."""
    words = {
        "status": [[*PEIL, "status", "bench"]],
        "refused": [[*PEIL, "ingest", "bench", NO_DAY]],
        "verbs": [[*PEIL, verb, "bench", traffic.DAY] for verb in VERBS],
        "run": [[*PEIL, "run", "bench"]],
    }
    ends = {"refused": Refused.exit_code}
    return {
        name: [
            round(
                sum(
                    measured(each, environment, store, ends.get(name, 0)).cpu_s for each in commands
                ),
                2,
            )
            for _ in range(RUNS)
        ]
        for name, commands in words.items()
    }


def sizes(of_parquet: Sequence[int]) -> dict[int, int]:
    """Devices of the pilots that are walked, and how often; none beside larger days.

    >>> sizes([100_000_000])
    {}
    """
    return {10_000: RUNS, 50_000: 1} if CHAINED in of_parquet else {}


def chain(n_devices: int, n_runs: int, tell: Callable[[str], object]) -> dict[str, Any]:
    """CPU seconds of `peil run` over three simulated days, from deliveries to pages."""
    cpu_s = []
    for _ in range(n_runs):
        work = Path(tempfile.mkdtemp(prefix="peil-bench-"))
        environment = {"PEIL_DATA": str(work / "data")}
        try:
            tell(f"{n_devices:,} devices, {CHAIN_DAYS} days: the whole chain")
            options = ["--devices", str(n_devices), "--days", str(CHAIN_DAYS)]
            measured([*PEIL, "simulate", *options], environment, work)
            cpu_s.append(round(measured([*PEIL, "run", "demo"], environment, work).cpu_s, 1))
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return {"n_events": n_devices, "n_days": CHAIN_DAYS, "cpu_s": cpu_s}


def page(record: dict[str, Any]) -> list[str]:
    """The section on commands and chains; empty where none was measured."""
    lines = ["## Commands and small pilots", ""]
    if idle_s := record.get("idle_cpu_s"):
        lines += [f"CPU seconds, the middle of {RUNS} runs and their spread.", ""]
        lines += ["| command | CPU s | asked, at most |", "|---|---|---|"]
        for name, (words, limit_s) in COMMANDS.items():
            lines.append(f"| {words} | {spread(idle_s[name], 2)} | {limit_s or ''} |")
        lines.append("")
    if chains := record.get("chains"):
        lines += [
            f"`peil run` over {CHAIN_DAYS} simulated days, from deliveries to pages, beside what "
            "Eurostat's reference pipeline took for its whole chain on files of as many devices "
            "(measured once, on two cores of 2026-11-26; asked: 25 and 50 times cheaper).",
            "",
            "| devices | CPU s | of the reference pipeline | times cheaper |",
            "|---|---|---|---|",
        ]
        for row in chains:
            theirs = REFERENCE_CPU_S[row["n_events"]]
            times = [theirs / each for each in row["cpu_s"]]
            lines.append(
                f"| {row['n_events']:,} | {spread(row['cpu_s'], 0)} | {theirs:,.0f} "
                f"| {spread(times)} |"
            )
        lines.append("")
    return lines if len(lines) > 2 else []
