"""Measure accuracy on known truth, part by part: `python -m benchmarks accuracy`.

A part is a module of this package with `TITLE`, `measure(tell)`, `report(record)` and
`facts(record)`; one that needs data from outside also has `needs_outside_data = True`, one whose
figures people would rather see than read has `plots(record, folder)`, which draws into
docs/methods/. A part that is measured again replaces its own figures in
benchmarks/accuracy.{json,md} and no others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from importlib import import_module
from typing import Any

from benchmarks.recording import machine
from peil.outcome import Outcome, Refused
from peil.settings import PROJECT, settings
from peil.store.atomic import read_json, write_json, write_text

PARTS = ("demo", "zuid_limburg", "essnet", "moves")


def accuracy(on: Sequence[str], tell: Callable[[str], object]) -> Outcome:
    """Measure the named parts (all, where none is named) and write the figures.

    Raises
    ------
    Refused
        A part that does not exist, or that needs outside data which is not here.
    """
    unknown = sorted(set(on) - set(PARTS))
    if unknown:
        raise Refused(f"No part {unknown[0]} of the accuracy benchmark: there are {_listed()}.")
    folder = PROJECT / "benchmarks"
    kept = folder / "accuracy.json"
    records: dict[str, Any] = read_json(kept) if kept.exists() else {}
    facts: dict[str, int | float | str] = {}
    for name in on or PARTS:
        part = import_module(f"{__name__}.{name}")
        if getattr(part, "needs_outside_data", False) and settings().outside_data is None:
            if on:
                raise Refused(f"The part {name} needs PEIL_OUTSIDE_DATA, the folder of its data.")
            tell(f"{name}: not measured, PEIL_OUTSIDE_DATA is not set; its figures are the last")
            continue
        records[name] = {**part.measure(tell), "machine": machine(), "read_on": str(date.today())}
        facts |= part.facts(records[name])
        if hasattr(part, "plots"):
            part.plots(records[name], PROJECT / "docs" / "methods")
        write_json(kept, records)
        write_text(folder / "accuracy.md", report(records))
    if not facts:
        raise Refused("Nothing was measured: set PEIL_OUTSIDE_DATA, or name a part with --on.")
    return Outcome(
        "bench", "accuracy", f"{len(facts)} figures", "done", facts, [str(folder / "accuracy.md")]
    )


def report(records: dict[str, Any]) -> str:
    """The page of all parts that were measured, from their records alone."""
    lines = ["# Accuracy on known truth", "", "Made by `python -m benchmarks accuracy`.", ""]
    for name in PARTS:
        if name in records:
            part, record = import_module(f"{__name__}.{name}"), records[name]
            read = f"Read on {record['read_on']}, {record['machine']}."
            lines += [f"## {part.TITLE}", "", read + " " + part.report(record).rstrip(), ""]
    return "\n".join(lines)


def _listed() -> str:
    return ", ".join(f"`{name}`" for name in PARTS)
