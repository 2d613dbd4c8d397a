"""Accuracy on known truth, part by part: `python -m benchmarks accuracy`.

A part is a module or package here with `TITLE`, `measure(tell)`, `report(record)` and
`facts(record)`; one that needs data from outside also has `needs_outside_data = True`, one with
figures that people would rather see than read has `plots(record, folder)`, which draws into
docs/methods/. A part that is measured again replaces its own record,
benchmarks/figures/accuracy/<part>.json, and its own section of benchmarks/accuracy.md.
What two parts share is `seeds` and `pictures`; no part imports another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.recording import FOLDER, machine, record_file, write_record
from peil.outcome import Fact, Outcome, Refused
from peil.settings import PROJECT, settings
from peil.store.atomic import read_json, write_text

PARTS = ("demo", "zuid_limburg", "essnet", "moves")
PICTURES = PROJECT / "docs" / "methods"


def accuracy(on: Sequence[str], tell: Callable[[str], object], out: Path | None = None) -> Outcome:
    """Measure the named parts (all, where none is named) and write their figures.

    Parameters
    ----------
    on : sequence of str
        Parts to measure; the records of others stay as they are.
    tell : callable
        Called with a sentence about progress.
    out : Path, optional
        Folder of page, records and pictures; `benchmarks/`, with pictures in `docs/methods/`,
        by default.

    Raises
    ------
    Refused
        A part that does not exist, or that needs outside data which is not here.
    NothingMeasured
        A part lacks a figure; its older record stays.
    """
    unknown = sorted(set(on) - set(PARTS))
    if unknown:
        listed = ", ".join(f"`{name}`" for name in PARTS)
        raise Refused(f"No part {unknown[0]} of the accuracy benchmark: there are {listed}.")
    folder = out or FOLDER
    page, facts = folder / "accuracy.md", dict[str, Fact]()
    for name in on or PARTS:
        part = part_of(name)
        if getattr(part, "needs_outside_data", False) and settings().outside_data is None:
            if on:
                raise Refused(f"The part {name} needs PEIL_OUTSIDE_DATA, the folder of its data.")
            tell(f"{name}: not measured, PEIL_OUTSIDE_DATA is not set; its figures are the last")
            continue
        measured = {**part.measure(tell), "machine": machine(), "read_on": str(date.today())}
        file = record_file(folder, f"accuracy/{name}")
        record = write_record(f"accuracy, part {name},", file, measured)
        facts |= part.facts(record)
        if hasattr(part, "plots"):
            part.plots(record, out or PICTURES)
        write_text(page, report(read_records(folder)))
    if not facts:
        raise Refused("Nothing was measured: set PEIL_OUTSIDE_DATA, or name a part with --on.")
    return Outcome("bench", "accuracy", f"{len(facts)} figures", "done", facts, [str(page)])


def part_of(name: str) -> ModuleType:
    """Return the module of a part."""
    return import_module(f"{__name__}.{name}")


def read_records(folder: Path = FOLDER) -> dict[str, dict[str, Any]]:
    """Read the record of each part that was ever measured, by name of the part."""
    files = {name: record_file(folder, f"accuracy/{name}") for name in PARTS}
    return {name: read_json(file) for name, file in files.items() if file.exists()}


def report(records: dict[str, dict[str, Any]]) -> str:
    """Return the page of all parts that were measured, from their records alone."""
    lines = ["# Accuracy on known truth", "", "Made by `python -m benchmarks accuracy`.", ""]
    for name in PARTS:
        if name in records:
            part, record = part_of(name), records[name]
            read = f"Read on {record['read_on']}, {record['machine']}."
            lines += [f"## {part.TITLE}", "", read + " " + part.report(record).rstrip(), ""]
    return "\n".join(lines)
