"""Weeks of figures written straight into a quality store: what one test changes is all that
differs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import yaml

from peil.charter import reading
from peil.charter.clock import hours_of
from peil.charter.schema import Charter
from peil.quality import store as quality
from peil.store.store import Store
from tests.unit.conftest import CHARTER

LAST = date(2026, 3, 24)  # a Tuesday; the six weeks before it have no clock change, no holiday
N_DAYS = 43
REGIONS = [f"E{5 * n}.0N0.0" for n in range(6)]
CELLS = [f"c{n}" for n in range(60)]
PROFILE = np.array([3, 2, 1, 1, 1, 2, 4, 6, 8, 9, 8, 7, 8, 7, 7, 8, 9, 9, 8, 7, 6, 5, 4, 3.5])


@dataclass
class Day:
    """What the delivery of a day comes to."""

    n_rows: float = 12_000
    n_duplicates: float = 40
    n_late: float = 10
    n_unlocated: float = 60
    n_cells_named: float = 62
    n_cells_located: float = 60
    rows_per_device: float = 20.0
    plan_mark: float = 7.0
    n_hours_silent: float = 0
    by_region: list[float] = field(default_factory=lambda: [1 / 6] * 6)
    region_hours_silent: list[float] = field(default_factory=lambda: [0.0] * 6)
    profile: np.ndarray = field(default_factory=lambda: PROFILE / PROFILE.sum())
    cells: list[str] = field(default_factory=lambda: list(CELLS))

    def rows(self, day: date) -> list[tuple[str, str, str, Any, float]]:
        """The figures: check, scope, place, hour, value."""
        of_day = {
            "count_added_rows": self.n_rows,
            "count_duplicates": self.n_duplicates,
            "duplicate_share": self.n_duplicates / self.n_rows,
            "n_rows_late": self.n_late,
            "n_rows_before_day": self.n_late,
            "n_rows_after_day": 5.0,
            "n_rows_staged": self.n_rows - self.n_duplicates - self.n_late - self.n_unlocated,
            "unlocated_share": self.n_unlocated / self.n_rows,
            "count_location_ids": self.n_cells_named,
            "count_locatable_location_ids": self.n_cells_located,
            "count_locatable_events": self.n_rows - self.n_unlocated,
            "rows_per_device": self.rows_per_device,
            "plan_mark": self.plan_mark,
            "n_hours_silent": self.n_hours_silent,
        }
        figures: list[tuple[str, str, str, Any, float]] = [
            (check, "day", "", None, value) for check, value in of_day.items()
        ]
        hours = hours_of(day, "Europe/Amsterdam")
        for number, hour in enumerate(hours):
            rows = self.n_rows * self.profile[number % 24]
            figures.append(("count_added_rows", "hour", "", hour, float(rows)))
            figures.append(("n_rows_staged", "hour", "", hour, float(rows)))
        for region, share, silent in zip(
            REGIONS, self.by_region, self.region_hours_silent, strict=True
        ):
            figures.append(("count_added_rows", "region", region, None, self.n_rows * share))
            figures.append(("n_hours_silent", "region", region, None, silent))
            figures.append(("n_cells", "region", region, None, 10.0))
        figures += [("n_rows_staged", "cell", cell, None, 200.0) for cell in self.cells]
        return figures


@dataclass
class Weeks:
    """A store with a pilot, and six weeks of days that a test may change."""

    folder: Path
    seed: int = 1

    @property
    def store(self) -> Store:
        return Store()

    @property
    def charter(self) -> Charter:
        return reading.load("tiny")

    def usual(self, back: int) -> Day:
        """The day that lies so many days before the last, as it would be."""
        rng = np.random.default_rng([self.seed, back])
        weekday = (LAST - timedelta(days=back)).weekday()
        rhythm = [1.0, 1.0, 1.02, 1.03, 1.06, 0.84, 0.76][weekday]
        return Day(n_rows=float(round(12_000 * rhythm * np.exp(rng.normal(0, 0.03)))))

    def write(self, change: Callable[[int, Day], None] = lambda back, day: None) -> None:
        """Write every day, changed where `change` changes it."""
        for back in range(N_DAYS):
            figures = self.usual(back)
            change(back, figures)
            self.put(LAST - timedelta(days=back), figures)

    def put(self, day: date, figures: Day) -> None:
        rows = [
            dict(zip(quality.SCHEMAS["figures"].names, row, strict=True))
            for row in figures.rows(day)
        ]
        table = pa.Table.from_pylist(rows, schema=quality.SCHEMAS["figures"])
        quality.write(self.store, "tiny", day, "figures", table, f"{day}")


def charter_text() -> str:
    """The charter of the tiny pilot over eight weeks, in a country with holidays."""
    content = yaml.safe_load(yaml.safe_dump(CHARTER))
    content["period"] = {"start": "2026-01-01", "end": "2026-06-30"}
    content["area"]["country"] = "NL"
    return str(yaml.safe_dump(content))
