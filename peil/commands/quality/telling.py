"""Answer `peil quality`: check what was asked, read the days, print them or give them as JSON."""

from __future__ import annotations

import difflib
import json

from rich.console import Console

from peil.charter import reading
from peil.charter.hour import unit_of
from peil.commands.quality.printing import Printer
from peil.commands.quality.report import as_data, report
from peil.outcome import Refused
from peil.pages.quality_reading import open_troubles
from peil.quality import store as quality
from peil.quality.catalogue import CHECKS, FLOWETL
from peil.store.store import Store


def tell(
    pilot: str,
    start: str | None,
    end: str | None,
    check: str | None,
    as_json: bool,
    console: Console,
) -> None:
    """Print the quality of some days of a pilot.

    Raises
    ------
    Refused
        No such pilot, day or check.
    """
    charter, store = reading.load(pilot), Store()
    days = [str(day) for day in reading.days_between(charter, start, end)]
    days = [day for day in days if quality.file_of(store, charter.pilot, day, "figures").is_file()]
    if check is not None and check not in CHECKS:
        near = difflib.get_close_matches(check, CHECKS, 1) or [FLOWETL[0].name]
        raise Refused(f"No check {check}: did you mean {near[0]}? docs/quality.md lists them all.")
    reports = [report(charter, store, day, check) for day in days]
    if as_json:
        console.print_json(json.dumps(as_data(charter.pilot, reports)), indent=1)
    elif not reports:
        console.print(f"No figures of {charter.pilot} yet: `peil run {charter.pilot}` makes them.")
    else:
        printer = Printer(console, charter, check)
        printer.print(reports, is_asked=bool(start or end))
        last = unit_of(reports[-1].day)
        printer.next(reports[-1], open_troubles(charter, store, last))


def make_page(pilot: str) -> None:
    """Make the pages of a pilot again, the quality page among them."""
    from peil.pages import build  # it takes its time, and is rarely wanted

    build.rebuild(pilot)
