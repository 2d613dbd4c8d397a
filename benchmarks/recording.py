"""What every benchmark writes: its figures, the machine and the day, as JSON and for people."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from peil.outcome import Fact, Outcome
from peil.settings import PROJECT
from peil.store.atomic import write_json, write_text


def machine() -> str:
    """Cores and Python, as a record names them."""
    return f"{os.cpu_count()} cores, Python {platform.python_version()}"


def keep(
    bench: str,
    figures: dict[str, Any],
    report: Callable[[dict[str, Any]], str],
    facts: dict[str, Fact],
    *,
    stem: str | None = None,
    out: Path | None = None,
) -> Outcome:
    """Write the figures of a benchmark beside the machine and the day they were read on.

    Parameters
    ----------
    bench : str
        Its name, as `python -m benchmarks` takes it.
    figures : dict
        What was measured.
    report : callable
        Makes the page from the record.
    facts : dict
        What the last line of the command says.
    stem : str, optional
        Name of the files; that of the benchmark by default.
    out : Path, optional
        Folder of the files; the project's `benchmarks/` by default.
    """
    record = {"machine": machine(), "date": str(date.today()), **figures}
    folder, stem = out or PROJECT / "benchmarks", stem or bench
    write_json(folder / f"{stem}.json", record)
    page = write_text(folder / f"{stem}.md", report(record))
    return Outcome("bench", bench, "-", "done", facts, [str(page)])
