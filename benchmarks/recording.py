"""How every benchmark writes its figures: a record for machines and diffs, and a page for people.

What a benchmark measures, and what its page says, stays in the benchmark. A record that lacks a
figure is refused here, so that no benchmark can pass by measuring nothing.
"""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from peil.outcome import Fact, Outcome
from peil.settings import PROJECT
from peil.store.atomic import read_json, write_text

FOLDER = PROJECT / "benchmarks"
"""Where the committed pages lie, and below it, in `figures/`, their records."""
DIGITS = 7
"""Significant digits of a figure in a record."""
SHORT, A_LINE = 80, 10
"""Characters of a row of numbers that stays in one line; numbers in each line of a longer list."""


class NothingMeasured(RuntimeError):
    """A benchmark ended without a figure that it is there to measure."""


def machine() -> str:
    """Return cores and Python, as a record names them."""
    return f"{os.cpu_count()} cores, Python {platform.python_version()}"


def when_and_where() -> dict[str, str]:
    """Return machine and day of a measurement, as a record names them."""
    return {"machine": machine(), "date": str(date.today())}


def check_complete(bench: str, figures: Any, place: str = "its record") -> None:
    """Refuse figures among which one is missing.

    Parameters
    ----------
    bench : str
        Name of the benchmark, for the message.
    figures : any
        Nested dicts and lists of numbers, words and truth values.
    place : str
        What the message calls `figures`.

    Raises
    ------
    NothingMeasured
        A dict or list is empty, or a number is missing, infinite or not a number.

    Examples
    --------
    >>> check_complete("stays", {"sizes": []})
    Traceback (most recent call last):
    benchmarks.recording.NothingMeasured: The benchmark stays measured nothing: sizes is empty.
    """
    if isinstance(figures, dict | list):
        if not figures:
            raise NothingMeasured(f"The benchmark {bench} measured nothing: {place} is empty.")
        inner = figures.items() if isinstance(figures, dict) else enumerate(figures)
        for key, value in inner:
            within = str(key) if place == "its record" else f"{place}.{key}"
            check_complete(bench, value, within)
    elif figures is None or (isinstance(figures, float) and not math.isfinite(figures)):
        raise NothingMeasured(
            f"The benchmark {bench} measured nothing: {place} is {figures}, not a number."
        )


def legible(record: Any, indent: int = 0) -> str:
    """Return a record as JSON for diffs: sorted keys, a value a line, short rows of numbers in one.

    Examples
    --------
    >>> print(legible({"b": [1, 0.1234567891], "a": {"name": "x", "n": 2}}))
    {
     "a": {
      "n": 2,
      "name": "x"
     },
     "b": [1, 0.1234568]
    }
    """
    if not isinstance(record, dict | list):
        return _scalar(record)
    if isinstance(record, dict):
        parts = [
            f"{json.dumps(key, ensure_ascii=False)}: {legible(record[key], indent + 1)}"
            for key in sorted(record)
        ]
        opening, closing, values = "{", "}", list(record.values())
    else:
        parts = [legible(value, indent + 1) for value in record]
        opening, closing, values = "[", "]", record
    margin = " " * (indent + 1)
    if all(isinstance(value, int | float) for value in values):
        row = opening + ", ".join(parts) + closing
        if len(row) + indent <= SHORT:
            return row
        if isinstance(record, list):
            # the same number a line, so that a changed figure moves no other
            parts = [", ".join(parts[i : i + A_LINE]) for i in range(0, len(parts), A_LINE)]
    lines = f",\n{margin}".join(parts)
    return f"{opening}\n{margin}{lines}\n{' ' * indent}{closing}"


def _scalar(value: Any) -> str:
    if isinstance(value, float):
        value = float(f"{value:.{DIGITS}g}")
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def record_file(folder: Path, name: str) -> Path:
    """Return where the record `name` of the pages in a folder lies."""
    return folder / "figures" / f"{name}.json"


def write_record(bench: str, file: Path, record: dict[str, Any]) -> dict[str, Any]:
    """Write a complete record, and return it as a reader of the file gets it.

    Raises
    ------
    NothingMeasured
        See `check_complete`; the older file stays.
    """
    check_complete(bench, record)
    written: dict[str, Any] = read_json(write_text(file, legible(record) + "\n"))
    return written


def write_figures(
    bench: str,
    record: dict[str, Any],
    report: Callable[[dict[str, Any]], str],
    facts: Callable[[dict[str, Any]], dict[str, Fact]],
    out: Path | None = None,
) -> Outcome:
    """Write what a benchmark measured: ``figures/<bench>.json``, and the page ``<bench>.md``.

    Parameters
    ----------
    bench : str
        Its name, as `python -m benchmarks` takes it.
    record : dict
        What was measured, on what machine and day.
    report, facts : callable
        Make the page, and what the last line of the command says, from the record as it is read
        back: the page says what the record holds.
    out : Path, optional
        Folder of the page; `FOLDER` by default.

    Raises
    ------
    NothingMeasured
        See `check_complete`; nothing is written.
    """
    folder = out or FOLDER
    written = write_record(bench, record_file(folder, bench), record)
    page = write_text(folder / f"{bench}.md", report(written))
    return Outcome("bench", bench, "-", "done", facts(written), [str(page)])
