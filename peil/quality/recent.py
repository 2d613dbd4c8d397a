"""Series of a pilot's last weeks, read from the quality store for `drift`.

Belongs in here: reading a figure beside its days before, and sums and medians of it. Deciding that
something is wrong does not (`drift`, `clocks`, `loss`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from peil.charter.schema import Charter
from peil.quality import store as quality
from peil.quality.choices import Choices
from peil.quality.figures import Figures, read
from peil.quality.ranges import WEEK, Array, Range, expected_range, median
from peil.store.store import Store

HOURS = [f"{hour:02d}" for hour in range(24)]


@dataclass(frozen=True)
class Series:
    """One figure: of today, and of the days before, the latest first."""

    today: float
    history: Array

    @property
    def usual(self) -> float:
        """Median of the same weekdays; nan where none is known."""
        return float(median(self.history[None, WEEK - 1 :: WEEK])[0])

    @property
    def n_same_weekdays(self) -> int:
        """How many of the same weekdays before are known."""
        return int(np.count_nonzero(~np.isnan(self.history[WEEK - 1 :: WEEK])))

    def range(self, kind: str, choices: Choices, n_rows: float = float("nan")) -> Range:
        """The expected range at the reach of alerts, which is wider than that of notes."""
        behind = np.array([n_rows])
        return expected_range(self.history[None, :], kind, choices, choices.alert_sd, behind)

    def usual_by_weekday(self) -> Array:
        """The usual value of each day, today first: the median of its weekday, today left out."""
        weeks = self.history[: len(self.history) // WEEK * WEEK].reshape(-1, WEEK)
        by_weekday = np.roll(median(weeks.T), 1)  # column 6 lies a week back: today's weekday
        return np.asarray(by_weekday[np.arange(len(self.history) + 1) % WEEK])

    def with_today(self) -> Array:
        """The value of each day, today first."""
        return np.concatenate([[self.today], self.history])


class Recent:
    """Figures of a day and of the weeks before it, by name.

    Parameters
    ----------
    charter, day, store
        Whose.
    choices : Choices
        Their `history_weeks` says how many weeks.
    """

    def __init__(self, charter: Charter, day: date, store: Store, choices: Choices) -> None:
        self.charter, self.day, self.store, self.choices = charter, day, store, choices
        n_weeks = int(choices.history_weeks)
        figures = read(charter, day, store, n_weeks, ("day", "hour", "region"))
        self._figures: Figures = figures
        columns = (figures.keys[name].to_pylist() for name in ("scope", "check", "place"))
        self._row: dict[tuple[str, str, str], list[int]] = {}
        for number, key in enumerate(zip(*columns, strict=True)):
            self._row.setdefault(key, []).append(number)

    def of(self, check: str, scope: str = "day", place: str = "") -> Series:
        """One figure; nan throughout where it was not counted."""
        rows = self._row.get((scope, check, place))
        if not rows:
            return Series(float("nan"), np.full(self._figures.history.shape[1], np.nan))
        return Series(float(self._figures.today[rows[0]]), self._figures.history[rows[0]])

    def volume(self) -> Series:
        """Landed rows without repeats and without rows of days before."""
        parts = [self.of(name) for name in ("count_added_rows", "count_duplicates", "n_rows_late")]
        added, repeats, late = (part.with_today() for part in parts)
        left = added - np.nan_to_num(repeats) - np.nan_to_num(late)
        return Series(float(left[0]), left[1:])

    def renamed(self) -> Array:
        """Rows of each day beyond its usual at no cell of its plan, today first; 0 if unknown.

        They were not lost, whatever the places lack that had them: they are in the volume.
        """
        added, located = (self.of(f"count_{name}") for name in ("added_rows", "locatable_events"))
        rows = Series(added.today - located.today, added.history - located.history)
        return np.clip(np.nan_to_num(rows.with_today() - rows.usual_by_weekday()), 0.0, None)

    def regions(self) -> list[str]:
        """Every region of the day's plan, in order."""
        return sorted(
            place
            for scope, check, place in self._row
            if scope == "region" and check == "count_added_rows"
        )

    def by_local_hour(self, check: str) -> tuple[Array, Array]:
        """A figure by hour of the local day: shape (24,) and (24, n_days).

        The doubled hour of an autumn night is one hour, with the mean of both; the hour that a
        spring night lacks is nan.
        """
        from zoneinfo import ZoneInfo

        zone = ZoneInfo(self.charter.time_zone)
        today = np.full(24, np.nan)
        history = np.full((24, self._figures.history.shape[1]), np.nan)
        rows: dict[int, list[int]] = {}
        moments = self._figures.keys["hour_at"].to_pylist()
        for number in self._row.get(("hour", check, ""), []):
            rows.setdefault(moments[number].astimezone(zone).hour, []).append(number)
        for hour, numbers in rows.items():
            today[hour] = np.mean(self._figures.today[numbers])
            history[hour] = self._figures.history[numbers[0]]
        return today, history

    def unobserved(self) -> list[datetime]:
        """Hours of the day without a staged row of any cell, by the local clock, ascending."""
        from zoneinfo import ZoneInfo

        zone = ZoneInfo(self.charter.time_zone)
        moments = self._figures.keys["hour_at"].to_pylist()
        rows = self._row.get(("hour", "n_rows_staged", ""), [])
        empty = sorted(moments[number] for number in rows if self._figures.today[number] == 0)
        return [moment.astimezone(zone) for moment in empty]

    def day_of_this_plan(self, n_days: int) -> str:
        """The last of the days before whose plan has the content of today's; empty for none."""
        days = [str(self.day - timedelta(days=back)) for back in range(n_days + 1)]
        rows = quality.figures(self.store, self.charter.pilot, days, scopes=["day"])
        rows = rows[rows["check"] == "plan_mark"]
        marks = dict(zip(rows["day"], rows["value"].astype(float), strict=True))
        mark = marks.pop(str(self.day), None)
        return max((day for day, other in marks.items() if other == mark), default="")

    def cells(self, n_days: int) -> tuple[set[str], set[str]]:
        """Cells of the day's plan, and of the plans of the days before."""
        days = [self.day - timedelta(days=back) for back in range(n_days + 1)]
        rows = [quality.cells(self.store, self.charter.pilot, day) for day in days]
        return rows[0], set().union(*rows[1:])
