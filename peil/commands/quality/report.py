"""Read the quality of a pilot's days: rows, judged figures, the weeks before. No printing here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pandas as pd

from peil.charter.hour import unit_of
from peil.charter.schema import Charter
from peil.pages.quality_judgements import (
    WARNED,
    WIDE,
    checks_of_day,
    moments,
    shown_value,
    week_before,
)
from peil.pages.quality_page import CheckRow
from peil.quality import store as quality
from peil.stage import accounting
from peil.stage.accounting import FileAccount
from peil.store.store import Store

WEEKS_WIDE = 28  # days before the day, itself included


@dataclass(frozen=True)
class DayReport:
    """One day: its files' accounting, its judged figures, and the weeks before by check."""

    day: str
    files: list[FileAccount]
    checks: list[CheckRow]
    n_checks_left_out: int = 0
    weeks: dict[str, list[float | None]] = field(default_factory=dict)

    def rows(self) -> dict[str, Any]:
        """Count the rows landed, staged, set aside by reason and opted out."""
        reasons: dict[str, int] = {}
        for file in self.files:
            for reason, n_rows in file.quarantined.items():
                reasons[reason] = reasons.get(reason, 0) + n_rows
        return {
            "n_delivered": sum(file.n_delivered for file in self.files),
            "n_staged": sum(file.n_staged for file in self.files),
            "n_opted_out": sum(file.n_opted_out for file in self.files),
            "n_quarantined": sum(reasons.values()),
            "quarantined": dict(sorted(reasons.items(), key=lambda entry: (-entry[1], entry[0]))),
            "n_missing": sum(file.n_missing for file in self.files),
        }

    def count(self, verdict: str) -> int:
        """Count the figures of the day, its files and regions that have a verdict."""
        return sum(check.verdict == verdict and check.scope in WIDE for check in self.checks)

    @property
    def n_fine_scopes(self) -> int:
        """Figures of single cells and hours that are out of range."""
        out = sum(check.scope not in WIDE for check in self.checks)
        return out + self.n_checks_left_out


def report(charter: Charter, store: Store, day: str, check: str | None = None) -> DayReport:
    """Read one day's quality; `check` keeps the figures of one check only."""
    pilot, when = charter.pilot, unit_of(day)
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
    lines: dict[str, list[float | None]] = {}
    for day, check, value in whole[["day", "check", "value"]].to_numpy():
        line = lines.setdefault(check, [None] * len(days))
        line[at[day]] = shown_value(check, "day", value)
    return lines


def as_data(pilot: str, reports: Sequence[DayReport]) -> dict[str, Any]:
    """Give rows and judged figures of each day as plain data, for a program."""
    return {
        "pilot": pilot,
        "days": [
            {
                "day": day.day,
                "rows": day.rows(),
                "checks": [check.model_dump(mode="json") for check in day.checks],
            }
            for day in reports
        ],
    }
