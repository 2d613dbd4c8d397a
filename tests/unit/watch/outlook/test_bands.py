"""The hours ahead: the first are carried by the last hour, where that was released."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from peil.store.outlook.tables import QUANTILES
from peil.watch.outlook import bands
from peil.watch.outlook.figures import HourlyFigures
from peil.watch.outlook.models import WeekModels
from peil_models.crowding import CrowdingCalendar, Nowcast

MONDAY = pd.Timestamp("2026-03-02", tz="Europe/Amsterdam").as_unit("s")
EDGES = dict(zip(QUANTILES, (820.0, 849.0, 873.0, 900.0, 927.0, 951.0, 980.0), strict=True))
HOUR = pd.Timedelta(hours=1)


class FlatForecaster:
    """Says the same of every hour, and one person more for each hour of issue."""

    def __init__(
        self,
        learnt: list[pd.Timestamp],
        by: pd.Timestamp | None = None,
        asked: list[int] | None = None,
    ) -> None:
        self.learnt, self.by = learnt, by
        self.asked = asked if asked is not None else []

    def calibration(self, history: pd.DataFrame, at: pd.Timestamp, _: Any) -> pd.DataFrame:
        assert (history["hour_at"] < at).all()
        self.learnt.append(at)
        return pd.DataFrame({"hours": [len(history)]})

    def calibrated(self, by: pd.DataFrame, at: pd.Timestamp) -> FlatForecaster:
        assert by["hours"].tolist() == [2 * (24 + (at - MONDAY).days * 24)]
        return FlatForecaster(self.learnt, at, self.asked)

    def forecast(
        self, history: Any, issued_at: pd.Timestamp, hours: int, _: Any, left_out: int = 0
    ) -> pd.DataFrame:
        assert (history["hour_at"] < issued_at).all()
        assert self.by == issued_at.normalize()
        ahead = pd.date_range(issued_at, periods=hours, freq="h", unit="s")[left_out:]
        self.asked.append(len(ahead))
        frames = [
            pd.DataFrame({"zone_id": zone, "hour_at": ahead, "issued_at": issued_at, **EDGES})
            for zone in ("A", "B")
        ]
        both = pd.concat(frames, ignore_index=True)
        return both.assign(**{name: both[name] + issued_at.hour for name in QUANTILES})


@pytest.fixture
def week(tmp_path: Path) -> WeekModels:
    nowcast = Nowcast()
    nowcast.carry_ = np.array([0.6, 0.4, 0.3])
    loaded: Any = (FlatForecaster([]), None, nowcast)
    places = {"A": "A", "B": "B"}
    return WeekModels(MONDAY, "flat 1", places, "outlook@1", tmp_path, lambda: loaded)


def figures(last: pd.Timestamp, **values: float | None) -> HourlyFigures:
    """900 persons in every hour up to the last, which is given by zone."""
    at = pd.date_range(MONDAY - 24 * HOUR, last, freq="h", unit="s")
    frames = [
        pd.DataFrame({"zone_id": zone, "hour_at": at, "value": [900.0] * (len(at) - 1) + [value]})
        for zone, value in values.items()
    ]
    return HourlyFigures(pd.concat(frames, ignore_index=True).assign(sd=np.nan), [last])


def ahead(week: WeekModels, last: pd.Timestamp, **values: float | None) -> pd.DataFrame:
    read, calendar = figures(last, **values), CrowdingCalendar()
    today = bands.of_days(week, read, calendar, last + HOUR)
    rows = bands.ahead(week, read, calendar, today, last + HOUR)
    assert len(rows) == 48 and (rows["issued_at"] == last + HOUR).all()
    return rows.pivot(index="zone_id", columns="hour_at", values="q500")


def test_the_next_hours_carry_what_the_last_was_off(week: WeekModels) -> None:
    rows = ahead(week, MONDAY + 12 * HOUR, A=980.0, B=None)
    error = 80.0
    assert list(rows.loc["A"])[:4] == pytest.approx(
        [900 + 0.6 * error, 900 + 0.4 * error, 900 + 0.3 * error, 913.0]
    )
    # not released: nothing is carried, and the forecast of this hour stands
    assert set(rows.loc["B"]) == {913.0}


def test_nothing_is_carried_past_midnight(week: WeekModels) -> None:
    rows = ahead(week, MONDAY + 21 * HOUR, A=980.0, B=900.0)
    assert list(rows.loc["A"])[:4] == pytest.approx([948.0, 932.0, 922.0, 922.0])
    rows = ahead(week, MONDAY + 23 * HOUR, A=980.0, B=900.0)
    assert set(rows.loc["A"]) == {900.0}  # a midnight's forecast, kept for the day that begins
    assert len(list((week.folder / "bands").iterdir())) == 2


@pytest.mark.parametrize(
    ("hour", "of_b", "n_asked"), [(12, 900.0, 21), (12, None, 24), (21, 900.0, 22)]
)
def test_hours_that_are_carried_in_all_zones_are_not_forecast_anew(
    week: WeekModels, hour: int, of_b: float | None, n_asked: int
) -> None:
    ahead(week, MONDAY + hour * HOUR, A=980.0, B=of_b)
    forecaster: Any = week.forecaster
    assert forecaster.asked == [24, n_asked]  # at midnight, then


def test_what_the_days_before_missed_is_learnt_once_a_day(week: WeekModels) -> None:
    for hour in (5, 11, 23):
        ahead(week, MONDAY + hour * HOUR, A=900.0, B=900.0)
    forecaster: Any = week.forecaster
    # the last hour's outlook begins the day that follows, which it is learnt for too
    assert forecaster.learnt == [MONDAY, MONDAY + 24 * HOUR]
