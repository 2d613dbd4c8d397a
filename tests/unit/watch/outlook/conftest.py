"""A pilot of three zones whose weeks are known: ten of history, one released, a planted surge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.disturbed import bundles
from peil.charter import public_register
from peil.store.outlook import tables
from peil.store.store import Store

ZONES = {"A": 4000.0, "B": 900.0, "C": 300.0}
WEEK = date(2026, 3, 2)
LOCAL = "Europe/Amsterdam"
SURGE = ("B", 2 * 24 + 20, 4)  # Wednesday 20:00, four hours, twice as many


def usual(zone: str, at: pd.DatetimeIndex, rng: np.random.Generator) -> np.ndarray:
    """Persons of a zone on usual days: a commuting day, quieter weekends, 3 % of noise."""
    day = np.exp(-(((at.hour - 13) / 4.0) ** 2)) * np.where(at.dayofweek < 5, 0.6, 0.2)
    return np.asarray(ZONES[zone] * (1 + day) * rng.normal(1, 0.03, len(at))).round()


@dataclass
class Weeks:
    """The pilot with its weeks; `release` puts a day where the agency has it."""

    tiny: Any
    values: dict[str, np.ndarray]

    @property
    def store(self) -> Store:
        return Store()

    def hours(self) -> pd.DatetimeIndex:
        return pd.date_range(str(WEEK), periods=7 * 24, freq="h", tz=LOCAL)

    def release(
        self,
        day: int,
        withheld: tuple[str, int] = ("", 0),
        without: str = "",
        is_all_withheld: bool = False,
        outages: list[dict[str, Any]] | None = None,
    ) -> None:
        """Sign and cross a day of the week; a zone's hour may be withheld, or a zone left out."""
        at = self.hours()[24 * day : 24 * day + 24]
        rows = []
        for zone, values in self.values.items():
            for hour, moment in enumerate(at if zone != without else []):
                hidden = is_all_withheld or (zone, hour) == withheld
                value = None if hidden else int(values[24 * day + hour])
                rows.append((zone, moment.isoformat(), value))
        figures = pd.array([row[2] for row in rows], dtype="Int64")
        shown = ~figures.isna()
        table = pd.DataFrame(
            {
                "REF_AREA": [row[0] for row in rows],
                "TIME_PERIOD": [row[1] for row in rows],
                "OBS_VALUE": figures,
                "OBS_LOWER": figures - 10,
                "OBS_UPPER": figures + 10,
                "OBS_STATUS": np.where(shown, "A", "Q"),
                "CONF_STATUS": np.where(shown, "F", "C"),
                "UNIT_MEASURE": "PS",
            }
        )
        charter, store = self.tiny.charter, self.store
        public_register.enter(charter, store)
        more = {"outages": outages} if outages else {}
        bundles.cross(store, charter, "presence", WEEK + timedelta(days=day), table, more)

    def table(self, name: str = tables.PRESENCE) -> pd.DataFrame:
        """A placed table."""
        placed = tables.read(self.store.outlook("tiny"), name)
        assert placed is not None
        return placed


def write_history(store: Store, weeks: int = 10, zones: dict[str, float] = ZONES) -> None:
    """Write the agency's counted hours of the weeks before."""
    rng = np.random.default_rng(1)
    first = WEEK - timedelta(weeks=weeks)
    at = pd.date_range(str(first), str(WEEK), freq="h", tz=LOCAL, inclusive="left")
    parts = [
        pd.DataFrame(
            {"zone_id": zone, "hour_at": at.tz_convert("UTC"), "n_persons": usual(zone, at, rng)}
        )
        for zone in zones
    ]
    file = store.history("tiny")
    file.parent.mkdir(parents=True, exist_ok=True)
    pd.concat(parts, ignore_index=True).to_parquet(file, index=False)


@pytest.fixture(scope="session")
def fitted_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fitted models of all tests: named after their inputs, so the same are fitted once."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture
def weeks(tiny: Any, fitted_models: Path, with_registry: None) -> Weeks:
    """Ten usual weeks before, and a week with one surge of which nothing is released yet."""
    (Store().agency / "models").symlink_to(fitted_models)
    rng = np.random.default_rng(2)
    at = pd.date_range(str(WEEK), periods=7 * 24, freq="h", tz=LOCAL)
    values = {zone: usual(zone, at, rng) for zone in ZONES}
    zone, begin, length = SURGE
    values[zone][begin : begin + length] *= 2
    write_history(Store())
    return Weeks(tiny, values)
