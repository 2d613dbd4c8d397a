"""Measure the simulator of the demo country: seconds and memory to draw it and write deliveries.

A size that is measured again replaces its own figures; those of other sizes stay as they were read.
"""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.recording import (
    FOLDER,
    NothingMeasured,
    record_file,
    when_and_where,
    write_figures,
)
from peil.commands import simulate as simulator
from peil.outcome import Fact, Outcome, Refused
from peil.store.atomic import read_json

DEVICES, DAYS = 20_000, 7
"""The size that the bar is set for: about 10 million events."""
BAR_S, BAR_GIB = 60.0, 2.0


def simulate(
    devices: int, days: int, tell: Callable[[str], object], out: Path | None = None
) -> Outcome:
    """Measure one size; write `benchmarks/simulate.md` and its record.

    Parameters
    ----------
    devices, days : int
        Size of the simulation.
    tell : callable
        Called with a sentence about progress.
    out : Path, optional
        Folder of the page; the project's `benchmarks/` by default.

    Raises
    ------
    Refused
        The size took as much as the bar or more; its figures are written nevertheless.
    NothingMeasured
        The simulator wrote no event.
    """
    file = record_file(out or FOLDER, "simulate")
    before = read_json(file)["sizes"] if file.exists() else []
    tell(f"{devices:,} devices, {days} days")
    size = measure(devices, days)
    others = [row for row in before if (row["devices"], row["days"]) != (devices, days)]
    sizes = sorted([*others, size], key=lambda row: (row["devices"], row["days"]))
    outcome = write_figures("simulate", {"sizes": sizes}, report, lambda _: facts(size), out)
    if size["wall_s"] >= BAR_S or size["peak_gib"] >= BAR_GIB:
        raise Refused(
            f"Simulating {devices:,} devices and {days} days took {size['wall_s']} s and "
            f"{size['peak_gib']} GiB, where the bar is {BAR_S:.0f} s and {BAR_GIB:.0f} GiB "
            f"(load of the machine {size['load']}): measure again while nothing else runs."
        )
    return outcome


def measure(devices: int, days: int) -> dict[str, Any]:
    """Simulate into a folder that is thrown away, and return what it took.

    Returns
    -------
    dict
        Size, events and persons, wall and processor seconds, the peak of the whole process with
        its imports (GiB), and machine, day and load of the machine before it began.
    """
    load = round(os.getloadavg()[0], 1)
    with tempfile.TemporaryDirectory(prefix="peil-bench-") as folder:
        wall, processor = time.perf_counter(), time.process_time()
        answer = simulator.simulate(
            devices=devices, days=days, deliveries=Path(folder), truth=Path(folder) / "truth"
        )
        wall_s, cpu_s = time.perf_counter() - wall, time.process_time() - processor
    if not answer["n_events"]:
        raise NothingMeasured("The benchmark simulate measured nothing: no event.")
    return {
        **when_and_where(),
        "load": load,
        "devices": devices,
        "days": days,
        "n_events": answer["n_events"],
        "n_persons": answer["n_persons"],
        "wall_s": round(wall_s, 1),
        "cpu_s": round(cpu_s, 1),
        "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    }


def facts(size: dict[str, Any]) -> dict[str, Fact]:
    """Return what the last line of the command says of a size."""
    return {name: size[name] for name in ("n_events", "wall_s", "cpu_s", "peak_gib")}


def report(record: dict[str, Any]) -> str:
    """Return the page for people."""
    lines = [
        "# Simulating the demo country",
        "",
        "`python -m benchmarks simulate`: land, network, people, their journeys and events, "
        "written as an operator delivers them, with the truth beside, into a folder that is thrown "
        "away. *Load* is that of the machine in the minute before: where others use the machine, "
        "CPU seconds hold and wall seconds are too high. The peak is of the whole process. Bar: "
        f"{DEVICES:,} devices and {DAYS} days in under {BAR_S:.0f} s and {BAR_GIB:.0f} GiB on two "
        "cores.",
        "",
        "| devices | days | events | persons | wall s | CPU s | peak GiB | load | read on |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {size['devices']:,} | {size['days']} | {size['n_events']:,} | {size['n_persons']:,} "
        f"| {size['wall_s']:.1f} | {size['cpu_s']:.1f} | {size['peak_gib']:.2f} "
        f"| {size['load']:.1f} | {size['date']}, {size['machine']} |"
        for size in record["sizes"]
    ]
    return "\n".join(lines) + "\n"
