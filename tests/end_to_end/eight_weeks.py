"""Eight weeks of a small network's deliveries, with what can go wrong with them.

Six regions of nine cells, some hundred devices, a week with its weekdays and hours, noise from
day to day, a network that changes now and then. Everything follows from the seed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

START = date(2026, 2, 2)  # a Monday; the night of 29 March is one of 23 hours
N_DAYS = 56
ZONE = ZoneInfo("Europe/Amsterdam")
N_REGIONS, N_CELLS_A_REGION = 6, 9
WEEKDAYS = np.array([1.0, 1.0, 1.02, 1.03, 1.06, 0.84, 0.76])
NOISE = 0.03  # of a day's volume
REGION_NOISE = 0.02
N_DEVICES, N_ROWS_A_DEVICE = 600, 30
N_DAYS_BETWEEN_CHANGES, N_CELLS_CHANGED = 9, 3
REPEATED, UNKNOWN = 0.004, 0.003

CHARTER: dict[str, Any] = {
    "pilot": "weeks",
    "title": {"en": "Eight weeks", "nl": "Acht weken"},
    "purpose": "method_development",
    "legal_basis": "synthetic",
    "legal_reference": "written by the tests",
    "operator": {"name": "Operator", "contact": "o@example.org", "mcc": 204},
    "agency": {"name": "Agency", "contact": "a@example.org"},
    "period": {"start": "2026-02-02", "end": "2026-04-05"},
    "expires": "2026-12-31",
    "time_zone": "Europe/Amsterdam",
    "area": {
        "crs": "local",
        "country": "NL",
        "grid": {"x_min_m": 0, "y_min_m": 0, "x_max_m": 60000, "y_max_m": 40000, "zone_m": 10000},
    },
    "inputs": {
        "events": {
            "reader": "generic",
            "path": "weeks/{day}/events*.csv",
            "columns": {
                "subscriber_id": "imsi",
                "observed_at": "at",
                "mcc": "mcc",
                "mnc": "mnc",
                "cell_id": "cell",
            },
        },
        "cells": {
            "reader": "generic",
            "path": "weeks/{day}/cells.csv",
            "columns": {"cell_id": "cell", "x_m": "x", "y_m": "y"},
        },
    },
    "products": ["presence"],
    "tier": "agency",
    "threshold": 15,
    "retention": {"raw_hours": 24, "staged_days": 1},
    "recipients": ["Agency"],
    "contact": "privacy@example.org",
    "use_limits": {"en": "For tests.", "nl": "Voor tests."},
}


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one day's delivery.

    silent_region: this region's rows are missing. is_doubled: every row comes again in a second
    file. plan_days_old: of which day the plan is. clock_hours: added to every time stamp.
    kept_share: of all rows, the others are lost.
    """

    silent_region: int | None = None
    is_doubled: bool = False
    plan_days_old: int = 0
    clock_hours: int = 0
    kept_share: float = 1.0


@dataclass
class Network:
    """The network of one seed."""

    seed: int
    cells: list[pd.DataFrame] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = np.random.default_rng([self.seed, 1])
        n_cells = N_REGIONS * N_CELLS_A_REGION
        region = np.repeat(np.arange(N_REGIONS), N_CELLS_A_REGION)
        plan = pd.DataFrame(
            {
                "cell": [f"r{r}c{n}v0" for n, r in enumerate(region)],
                "region": region,
                "x": (region % 3) * 20000 + rng.integers(100, 4900, n_cells),
                "y": (region // 3) * 20000 + rng.integers(100, 4900, n_cells),
                "weight": rng.lognormal(0, 0.5, n_cells),
            }
        )
        for day in range(N_DAYS + 7):
            if day and day % N_DAYS_BETWEEN_CHANGES == 5:  # some cells get a new name
                plan = plan.copy()
                at = rng.choice(n_cells, N_CELLS_CHANGED, replace=False)
                plan.loc[at, "cell"] = [
                    f"{name.split('v')[0]}v{day}" for name in plan.loc[at, "cell"]
                ]
            self.cells.append(plan)
        self.home = rng.integers(0, N_REGIONS, N_DEVICES)

    def changes_on(self, day: date) -> bool:
        """Whether the network is another than the day before."""
        at = (day - START).days
        return at > 0 and not self.cells[at].equals(self.cells[at - 1])

    def rows(self, day: date) -> pd.DataFrame:
        """One row per event of a day: imsi, moment, cell, region."""
        at = (day - START).days
        rng = np.random.default_rng([self.seed, 2, at])
        n_active = N_DEVICES * 0.75 * np.exp(rng.normal(0, NOISE)) * WEEKDAYS[day.weekday()]
        active = rng.choice(N_DEVICES, int(min(n_active, N_DEVICES)), replace=False)
        of_region = np.exp(rng.normal(0, REGION_NOISE, N_REGIONS))
        n_rows = rng.poisson(N_ROWS_A_DEVICE * of_region[self.home[active]])
        device = np.repeat(active, n_rows)
        plan = self.cells[at]
        cell = np.empty(len(device), dtype=object)
        for region in range(N_REGIONS):
            its = plan[plan["region"] == region]
            mine = self.home[device] == region
            share = its["weight"].to_numpy() / its["weight"].sum()
            cell[mine] = rng.choice(its["cell"].to_numpy(), mine.sum(), p=share)
        stray = rng.random(len(device)) < UNKNOWN
        cell[stray] = [f"stray{n}" for n in rng.integers(0, 9, stray.sum())]
        hour = np.arange(24)
        late = 1.5 if day.weekday() >= 5 else 0.0  # people get up later at the weekend
        profile = 0.25 + np.exp(-((hour - 9 - late) ** 2) / 18) + np.exp(-((hour - 18) ** 2) / 14)
        local = rng.choice(24, len(device), p=profile / profile.sum())
        second = local * 3600 + rng.integers(0, 3600, len(device))
        midnight = datetime.combine(day, datetime.min.time(), ZONE).astimezone(UTC)
        wall = pd.Timestamp(day) + pd.to_timedelta(second, unit="s")
        moment = wall.tz_localize(ZONE, nonexistent=pd.Timedelta(hours=1), ambiguous=True)
        events = pd.DataFrame({"imsi": device, "at": moment.tz_convert("UTC"), "cell": cell})
        events["region"] = self.home[device]
        events = events[events["at"] >= midnight]
        # one cell a second: which of two is kept is another test's (unit/stage/test_one_second)
        events = events[~events.duplicated(["imsi", "at"])]
        again = events.sample(frac=REPEATED, random_state=int(rng.integers(2**31)))
        return pd.concat([events, again], ignore_index=True)

    def delivered(self, day: date, fault: Fault | None = None) -> Delivered:
        """What a day's delivery holds, with what went wrong."""
        fault = fault or Fault()
        rows = self.rows(day)
        rng = np.random.default_rng([self.seed, 3, (day - START).days])
        if fault.silent_region is not None:
            rows = rows[rows["region"] != fault.silent_region]
        if fault.kept_share < 1:
            rows = rows[rng.random(len(rows)) < fault.kept_share]
        rows = rows.assign(at=rows["at"] + timedelta(hours=fault.clock_hours))
        files = [rows]
        if fault.is_doubled:
            files.append(rows.iloc[rng.permutation(len(rows))])
        return Delivered(files, self.cells[(day - START).days - fault.plan_days_old])


@dataclass(frozen=True)
class Delivered:
    """Files of events, and the cell plan that came with them."""

    files: list[pd.DataFrame]
    plan: pd.DataFrame

    def write(self, folder: Path, day: date) -> None:
        """Put the files where the operator would."""
        there = folder / "weeks" / str(day)
        there.mkdir(parents=True, exist_ok=True)
        for old in there.iterdir():
            old.unlink()
        for number, rows in enumerate(self.files):
            write(there / f"events-{day}-{number}.csv", rows)
        self.plan[["cell", "x", "y"]].to_csv(there / "cells.csv", index=False)


def write(file: Path, rows: pd.DataFrame) -> None:
    """One delivered file of events."""
    text = pd.DataFrame(
        {
            "imsi": (204080000000000 + rows["imsi"]).astype(str),
            "at": rows["at"].dt.strftime("%Y-%m-%d %H:%M:%S"),
            "mcc": "204",
            "mnc": "08",
            "cell": rows["cell"],
        }
    )
    text.to_csv(file, index=False)


def days() -> list[date]:
    """The eight weeks, in order."""
    return [START + timedelta(days=number) for number in range(N_DAYS)]
