"""Lay the quality of days out for the width of a terminal. What is read stands in `report`."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from peil.alerts.trouble import Trouble
from peil.charter.hour import unit_of
from peil.charter.schema import Charter
from peil.commands.quality.lines import OWNERS, SIGNS, between, short, sparkline, trend
from peil.commands.quality.report import WEEKS_WIDE, DayReport
from peil.pages.quality_judgements import WARNED
from peil.pages.quality_page import CheckRow
from peil.quality.catalogue import FLOWETL, REASONS
from peil.store.store import Store

STYLES = {"stop": "bold red", "note": "yellow", "unknown": "dim", "fine": ""}
ELSEWHERE_LISTED = 12
WEEKS_NARROW = 14  # days of a sparkline where 80 columns must hold it
BY_REASON = {
    name
    for reason in REASONS
    for name in (f"n_rows_{reason}", f"{reason}_share", f"warning_{reason}_share")
}


class Printer:
    """Print reports for the console's width; every state is a sign and a word."""

    def __init__(self, console: Console, charter: Charter, check: str | None) -> None:
        self.console, self.charter, self.check = console, charter, check
        self.is_wide = console.width >= 112
        self.n_days = WEEKS_WIDE if self.is_wide else WEEKS_NARROW

    def print(self, reports: Sequence[DayReport], is_asked: bool) -> None:
        """Print a line per day, then the last day in full, or each day where days were asked."""
        self._days(reports)
        for report in reports if is_asked or self.check else reports[-1:]:
            self._day(report)

    def _line(self, text: str = "", style: str = "") -> None:
        self.console.print(Text(text, style=style), no_wrap=True, overflow="ellipsis", crop=True)

    def _days(self, reports: Sequence[DayReport]) -> None:
        self._line(f"{self.charter.pilot}: rows, and figures out of range", "bold")
        self._line(
            f"{'day':10} {'delivered':>11} {'staged':>11} {'set aside':>9} "
            f"{'opted out':>9}    stop noted in cells"
        )
        for report in reports:
            rows, stop, note = report.rows(), report.count("stop"), report.count("note")
            sign = SIGNS["stop" if stop else "note" if note else "fine"]
            out = f"{sign} {stop:>4} {note:>5} {report.n_fine_scopes:>8}"
            self._line(
                f"{report.day:10} {rows['n_delivered']:>11,} {rows['n_staged']:>11,} "
                f"{rows['n_quarantined']:>9,} {rows['n_opted_out']:>9,}  {out}",
                "bold red" if stop else "yellow" if note else "",
            )

    def _day(self, report: DayReport) -> None:
        rows = report.rows()
        self._line()
        self._line(f"{report.day} {unit_of(report.day):%A}", "bold")
        if rows["quarantined"]:
            aside = ", ".join(f"{name} {n:,}" for name, n in rows["quarantined"].items())
            self.console.print(Text(f"set aside: {aside}"), soft_wrap=False)
        if rows["n_missing"]:
            self._line(f"✗ {abs(rows['n_missing']):,} rows are not accounted for", "bold red")
        whole = [check for check in report.checks if check.scope == "day"]
        is_shown = [check for check in whole if self._is_shown(check)]
        self._head()
        for check in is_shown:
            self._check(check, report)
        if len(whole) > len(is_shown):
            self._line(f"✓ {len(whole) - len(is_shown)} more by reason, none out of range", "dim")
        self._elsewhere(report)
        if not self.check and (missing := self._not_counted(report)):
            text = (
                f"not counted: {', '.join(missing)} (name their columns in the charter, `counted`)"
            )
            self.console.print(Text(text, style="dim"))

    def _is_shown(self, check: CheckRow) -> bool:
        out = check.verdict in ("stop", "note")
        return out or check.check not in BY_REASON or check.check == self.check

    def _not_counted(self, report: DayReport) -> list[str]:
        there = {check.check for check in report.checks}
        return [check.name for check in FLOWETL if check.name not in there]

    def _head(self) -> None:
        last = "if out of range" if self.is_wide else "who"
        self._line(
            f"  {'check':28} {'value':>9} {'expected':>13} {'trend':>5} "
            f"{f'last {self.n_days} days':{self.n_days}} {last}",
            "dim",
        )

    def _check(self, check: CheckRow, report: DayReport) -> None:
        weeks = report.weeks.get(WARNED.get(check.check, check.check), [None] * WEEKS_WIDE)[
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

    def _elsewhere(self, report: DayReport) -> None:
        """Figures of a file, region, hour or cell: those out of range, or all of one check."""
        out = [
            check
            for check in report.checks
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
        for trouble in troubles:
            style = STYLES[trouble.severity]
            self._line()
            self.console.print(Text(f"{SIGNS[trouble.severity]} {trouble.what}", style=style))
            todo = f"  → {trouble.what_to_do} ({trouble.owner}, since {trouble.since})"
            self.console.print(Text(todo))
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
