"""`peil quality`: the quality of a pilot's days in a terminal, what is out of range first."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pandas as pd
from rich.console import Console
from rich.text import Text

from peil.alerts.trouble import Trouble
from peil.charter import reading
from peil.charter.schema import Charter
from peil.commands.quality_lines import OWNERS, SIGNS, between, short, sparkline, trend
from peil.outcome import Refused
from peil.pages.quality_judgements import (
    WARNED,
    WIDE,
    checks_of_day,
    moments,
    shown_value,
    week_before,
)
from peil.pages.quality_page import Check
from peil.pages.quality_reading import open_troubles
from peil.quality import store as quality
from peil.quality.catalogue import CHECKS, FLOWETL, REASONS
from peil.stage import accounting
from peil.stage.accounting import FileAccount
from peil.store.store import Store

STYLES = {"stop": "bold red", "note": "yellow", "unknown": "dim", "fine": ""}
ELSEWHERE_LISTED = 12
WEEKS_NARROW, WEEKS_WIDE = 14, 28  # days of a sparkline
BY_REASON = {
    name for one in REASONS for name in (f"n_rows_{one}", f"{one}_share", f"warning_{one}_share")
}


@dataclass(frozen=True)
class DayReport:
    """One day: its files' accounting, its judged figures, and the weeks before by check."""

    day: str
    files: list[FileAccount]
    checks: list[Check]
    n_checks_left_out: int = 0
    weeks: dict[str, list[float | None]] = field(default_factory=dict)

    def rows(self) -> dict[str, Any]:
        """Rows landed, staged, set aside by reason, opted out."""
        reasons: dict[str, int] = {}
        for file in self.files:
            for reason, n_rows in file.quarantined.items():
                reasons[reason] = reasons.get(reason, 0) + n_rows
        return {
            "n_delivered": sum(file.n_delivered for file in self.files),
            "n_staged": sum(file.n_staged for file in self.files),
            "n_opted_out": sum(file.n_opted_out for file in self.files),
            "n_quarantined": sum(reasons.values()),
            "quarantined": dict(sorted(reasons.items(), key=lambda one: (-one[1], one[0]))),
            "n_missing": sum(file.n_missing for file in self.files),
        }

    def count(self, verdict: str) -> int:
        """How many figures of the day, its files and regions have this verdict."""
        return sum(one.verdict == verdict and one.scope in WIDE for one in self.checks)

    @property
    def n_fine_scopes(self) -> int:
        """Figures of single cells and hours that are out of range."""
        out = sum(one.scope not in WIDE for one in self.checks)
        return out + self.n_checks_left_out


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
    found = [report(charter, store, day, check) for day in days]
    if as_json:
        console.print_json(json.dumps(as_data(charter.pilot, found)), indent=1)
    elif not found:
        console.print(f"No figures of {charter.pilot} yet: `peil run {charter.pilot}` makes them.")
    else:
        printer = _Printer(console, charter, check)
        printer.print(found, is_asked=bool(start or end))
        last = date.fromisoformat(found[-1].day)
        printer.next(found[-1], open_troubles(charter, store, last))


def make_page(pilot: str) -> None:
    """Make the pages of a pilot again, the quality page among them."""
    from peil.pages import build  # it takes its time, and is rarely wanted

    build.rebuild(pilot)


def report(charter: Charter, store: Store, day: str, check: str | None = None) -> DayReport:
    """Read one day's quality; `check` keeps the figures of one check only."""
    pilot, when = charter.pilot, date.fromisoformat(day)
    before = [str(when - timedelta(days=back)) for back in range(WEEKS_WIDE - 1, -1, -1)]
    figures = quality.figures(store, pilot, before, ("day", "delivery", "region"))
    judged = quality.judged(store, pilot, [day])
    if check is not None:
        judged = judged[judged["check"] == check]
        figures = figures[figures["check"] == WARNED.get(check, check)]
    return DayReport(
        day=day,
        files=accounting.accounts(charter, store, when),
        **checks_of_day(
            judged,
            figures[figures["day"] == day],
            figures[figures["day"] == week_before(day)],
            day,
            charter.time_zone,
        ),
        weeks=_weeks(moments(figures, charter.time_zone), before),
    )


def _weeks(figures: pd.DataFrame, days: Sequence[str]) -> dict[str, list[float | None]]:
    whole = figures[figures["scope"] == "day"]
    at = {day: number for number, day in enumerate(days)}
    made: dict[str, list[float | None]] = {}
    for day, check, value in whole[["day", "check", "value"]].to_numpy():
        line = made.setdefault(check, [None] * len(days))
        line[at[day]] = shown_value(check, "day", value)
    return made


def as_data(pilot: str, found: Sequence[DayReport]) -> dict[str, Any]:
    """The same for a program: rows and judged figures of each day."""
    return {
        "pilot": pilot,
        "days": [
            {
                "day": one.day,
                "rows": one.rows(),
                "checks": [check.model_dump(mode="json") for check in one.checks],
            }
            for one in found
        ],
    }


class _Printer:
    """Lays reports out for the console's width; every state is a sign and a word."""

    def __init__(self, console: Console, charter: Charter, check: str | None) -> None:
        self.console, self.charter, self.check = console, charter, check
        self.is_wide = console.width >= 112
        self.n_days = WEEKS_WIDE if self.is_wide else WEEKS_NARROW

    def print(self, found: Sequence[DayReport], is_asked: bool) -> None:
        self._days(found)
        for one in found if is_asked or self.check else found[-1:]:
            self._day(one)

    def _line(self, text: str = "", style: str = "") -> None:
        self.console.print(Text(text, style=style), no_wrap=True, overflow="ellipsis", crop=True)

    def _days(self, found: Sequence[DayReport]) -> None:
        self._line(f"{self.charter.pilot}: rows, and figures out of range", "bold")
        self._line(
            f"{'day':10} {'delivered':>11} {'staged':>11} {'set aside':>9} "
            f"{'opted out':>9}    stop noted in cells"
        )
        for one in found:
            rows, stop, note = one.rows(), one.count("stop"), one.count("note")
            sign = SIGNS["stop" if stop else "note" if note else "fine"]
            out = f"{sign} {stop:>4} {note:>5} {one.n_fine_scopes:>8}"
            self._line(
                f"{one.day:10} {rows['n_delivered']:>11,} {rows['n_staged']:>11,} "
                f"{rows['n_quarantined']:>9,} {rows['n_opted_out']:>9,}  {out}",
                "bold red" if stop else "yellow" if note else "",
            )

    def _day(self, one: DayReport) -> None:
        rows = one.rows()
        self._line()
        self._line(f"{one.day} {date.fromisoformat(one.day):%A}", "bold")
        if rows["quarantined"]:
            aside = ", ".join(f"{name} {n:,}" for name, n in rows["quarantined"].items())
            self.console.print(Text(f"set aside: {aside}"), soft_wrap=False)
        if rows["n_missing"]:
            self._line(f"✗ {abs(rows['n_missing']):,} rows are not accounted for", "bold red")
        whole = [check for check in one.checks if check.scope == "day"]
        is_told = [check for check in whole if self._is_told(check)]
        self._head()
        for check in is_told:
            self._check(check, one)
        if len(whole) > len(is_told):
            self._line(f"✓ {len(whole) - len(is_told)} more by reason, none out of range", "dim")
        self._elsewhere(one)
        if not self.check and (missing := self._not_counted(one)):
            text = (
                f"not counted: {', '.join(missing)} (name their columns in the charter, `counted`)"
            )
            self.console.print(Text(text, style="dim"))

    def _is_told(self, check: Check) -> bool:
        out = check.verdict in ("stop", "note")
        return out or check.check not in BY_REASON or check.check == self.check

    def _not_counted(self, one: DayReport) -> list[str]:
        there = {check.check for check in one.checks}
        return [known.name for known in FLOWETL if known.name not in there]

    def _head(self) -> None:
        last = "if out of range" if self.is_wide else "who"
        self._line(
            f"  {'check':28} {'value':>9} {'expected':>13} {'trend':>5} "
            f"{f'last {self.n_days} days':{self.n_days}} {last}",
            "dim",
        )

    def _check(self, check: Check, one: DayReport) -> None:
        weeks = one.weeks.get(WARNED.get(check.check, check.check), [None] * WEEKS_WIDE)[
            -self.n_days :
        ]
        who = (
            f"{check.severity}, {check.owner}"
            if self.is_wide
            else f"{check.severity[0].upper()} {OWNERS[check.owner]}"
        )
        name = check.check
        if len(name) > 28:
            self._line(f"{SIGNS[check.verdict]} {name}", STYLES[check.verdict])
            name = ""
        sign = SIGNS[check.verdict] if name else " "
        self._line(
            f"{sign} {name:28} {short(check.check, check.value):>9} "
            f"{between(check.check, check.lower, check.upper):>13} "
            f"{trend(check.trend):>5} {sparkline(weeks[-self.n_days :])} {who}",
            STYLES[check.verdict],
        )

    def _elsewhere(self, one: DayReport) -> None:
        """Figures of a file, region, hour or cell: those out of range, or all of one check."""
        out = [
            check
            for check in one.checks
            if check.scope != "day" and (check.verdict in ("stop", "note") or self.check)
        ]
        if not out:
            return
        self._line("by file, region, hour and cell:", "bold")
        for check in out[: None if self.check else ELSEWHERE_LISTED]:
            hour = check.hour[11:16] if check.hour else ""
            place = " ".join(part for part in (check.scope, check.place, hour) if part)
            self._line(f"{SIGNS[check.verdict]} {check.check}, {place}", STYLES[check.verdict])
            self._line(
                f"  {short(check.check, check.value)}, expected "
                f"{between(check.check, check.lower, check.upper)} "
                f"({check.severity}, {check.owner})",
                STYLES[check.verdict],
            )
        if not self.check and len(out) > ELSEWHERE_LISTED:
            self._line(f"… and {len(out) - ELSEWHERE_LISTED} more: --check NAME lists them all")

    def next(self, last: DayReport, troubles: Sequence[Trouble]) -> None:
        """Say what is wrong with the last day, what the signs mean, and where to look."""
        for one in troubles:
            style = STYLES[one.severity]
            self._line()
            self.console.print(Text(f"{SIGNS[one.severity]} {one.what}", style=style))
            self.console.print(Text(f"  → {one.what_to_do} ({one.owner}, since {one.since})"))
        self._line()
        self._line("✗ stop   ! noted   ✓ fine   ? not judged yet: too few weeks   – few or unknown")
        if not self.is_wide:
            self._line("who: S stops a day, N is noted; op operator, ag agency, ma maintainers")
        pilot, out = self.charter.pilot, [c for c in last.checks if c.verdict in ("stop", "note")]
        if out and not self.check:
            self._line(f"look next: peil quality {pilot} --check {out[0].check}")
        elif self.check:
            self._line(f"look next: peil quality {pilot}")
        page = Store().quality_page(pilot)
        if page.exists():
            self.console.print(Text(f"the page:  {page}"), soft_wrap=True)
