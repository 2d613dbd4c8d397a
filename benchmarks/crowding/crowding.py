"""Measure forecasts of crowding, part by part, and write their page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.crowding import cities, cost, demo, melbourne, peers
from benchmarks.crowding.page import facts, report
from benchmarks.crowding.pictures import draw
from benchmarks.recording import FOLDER, record_file, when_and_where, write_figures
from peil.outcome import Outcome, Refused
from peil.settings import settings
from peil.store.atomic import read_json

PARTS = ("melbourne", "statsforecast", "demo", "cities", "cost")


def crowding(on: Sequence[str], tell: Callable[[str], object], out: Path | None = None) -> Outcome:
    """Measure the named parts (all, where none is named); parts that are not stay as they were.

    Parameters
    ----------
    on : sequence of str
        Of `PARTS`. "statsforecast" measures Melbourne too.
    tell : callable
        Called with a sentence about progress.
    out : Path, optional
        Folder of the page; the project's `benchmarks/` by default.

    Raises
    ------
    Refused
        No such part; outside data are not there; statsforecast was named and is not installed.
    """
    unknown = [name for name in on if name not in PARTS]
    if unknown:
        listed = ", ".join(f"`{name}`" for name in PARTS)
        raise Refused(f"No part {unknown[0]} of the crowding benchmark: there are {listed}.")
    parts = list(on or PARTS)
    if "statsforecast" in parts and not peers.is_installed():
        sentence = "statsforecast is not installed: `pip install statsforecast` measures beside it."
        if on:
            raise Refused(sentence)
        tell(sentence)
        parts.remove("statsforecast")
    file = record_file(out or FOLDER, "crowding")
    record: dict[str, Any] = read_json(file) if file.exists() else {}
    if {"melbourne", "statsforecast"} & set(parts):
        measured = melbourne.measure(settings().outside_data, tell)
        record["melbourne"] = {**measured.record, **when_and_where()}
        if "statsforecast" in parts:
            history = melbourne.read(settings().outside_data)
            hours = measured.hours["boosting"]
            record["statsforecast"] = {**peers.measure(history, hours, tell), **when_and_where()}
    if "demo" in parts:
        record["demo"] = {**demo.measure(demo.SEEDS, tell), **when_and_where()}
    if "cities" in parts:
        record["cities"] = {**cities.measure(cities.SEEDS, tell), **when_and_where()}
    if "cost" in parts:
        record["cost"] = {**cost.measure(tell), **when_and_where()}
    outcome = write_figures("crowding", record, report, facts, out)
    draw(record, (out or FOLDER))
    return outcome
