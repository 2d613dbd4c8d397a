"""An hour finds what the hours before it computed, and says what it would say without that."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from peil.watch.outlook import models, scores
from peil.watch.outlook import outlook as verb
from peil.watch.outlook.figures import HourlyFigures
from peil_models.crowding import CrowdingCalendar
from tests.unit.watch.outlook.conftest import LOCAL, WEEK, Weeks

DAYS = 3


@pytest.fixture
def began(weeks: Weeks) -> Weeks:
    for day in range(DAYS):
        weeks.release(day)
    return weeks


def files(weeks: Weeks, what: str) -> list[Path]:
    return sorted(weeks.store.outlook_model("tiny").glob(f"*/{what}/*.parquet"))


def placed(weeks: Weeks, hour: str) -> tuple[dict[str, bytes], dict[str, Any]]:
    shutil.rmtree(weeks.store.outlook("tiny"), ignore_errors=True)
    verb.outlook("tiny", f"2026-03-{hour}")
    folder = weeks.store.outlook("tiny")
    tables = {file.name: file.read_bytes() for file in sorted(folder.glob("*.parquet"))}
    return tables, json.loads((folder / verb.RECORD).read_text())["scores"]


def forget(weeks: Weeks, *kinds: str) -> None:
    for kind in kinds:
        for file in files(weeks, kind):
            file.unlink()


class Detector:
    """Scores each hour as 7; an episode tells how many hours were scored, and how many before."""

    def scored(self, hours: pd.DataFrame, band: Any, before: pd.DataFrame | None) -> Any:
        table = hours[["zone_id"]].assign(after_hours=7.0)
        n_before = -1 if before is None else len(before)
        return SimpleNamespace(table=lambda: table, n=(len(table), n_before))

    def episodes_in(self, scored: Any, calendar: Any) -> pd.DataFrame:
        at = pd.Series([pd.NaT], dtype=f"datetime64[s, {LOCAL}]")
        whole, before = scored.n
        row = {"zone_id": "A", "began_at": at, "ended_at": at, "known_event": None}
        return pd.DataFrame({**row, "observed": [whole], "expected": [before]})


@pytest.fixture
def week(tmp_path: Path) -> models.WeekModels:
    fitted: Any = (None, Detector(), None)
    monday = pd.Timestamp(str(WEEK), tz=LOCAL).as_unit("s")
    return models.WeekModels(monday, "", {"A": "A"}, "", tmp_path, lambda: fitted)


def scored(week: models.WeekModels, n: int, more: float = 0.0) -> tuple[int, int, int]:
    """Hours of the week that were scored, those that were there before, and the files that lie."""
    at = pd.date_range(week.starts_at, periods=7 * 24, freq="h", unit="s")
    rows = {"hour_at": at, "value": np.arange(168.0) + more, "sd": np.nan}
    read = HourlyFigures(pd.DataFrame({"zone_id": "A", **rows}), list(at))
    ends_at, hours = week.starts_at + n * verb.HOUR, read.frame[:n]
    row = verb._episodes(week, hours, hours, read, CrowdingCalendar(), ends_at).iloc[0]
    n_files = len(list((week.folder / "after_hours").iterdir()))
    return int(row["observed"]), int(row["expected"]), n_files


def test_only_the_newest_hour_is_new_and_one_file_holds_those_before(
    week: models.WeekModels,
) -> None:
    assert [scored(week, n) for n in (20, 21, 22)] == [(20, -1, 1), (21, 20, 1), (22, 21, 1)]
    assert scored(week, 22) == (22, 22, 1)  # itself again
    (file,) = (week.folder / "after_hours").iterdir()
    file.write_bytes(b"no table")
    assert scored(week, 22) == (22, -1, 1)


def test_of_other_hours_nothing_that_was_kept_is_taken(week: models.WeekModels) -> None:
    scored(week, 20)
    assert scored(week, 21, more=1.0) == (21, -1, 2)
    assert scored(week, 21) == (21, 20, 2)


def test_a_week_that_is_over_takes_its_last_hour_and_keeps_its_episodes(
    week: models.WeekModels,
) -> None:
    assert [scored(week, n)[:2] for n in (167, 168, 168)] == [(167, -1), (168, 167), (168, 167)]
    for file in (week.folder / "after_hours").iterdir():
        file.unlink()
    assert scored(week, 168) == (168, 167, 0)


def test_a_day_that_is_over_is_scored_once(began: Weeks, monkeypatch: pytest.MonkeyPatch) -> None:
    forget(began, "scores")
    summed: list[tuple[pd.Timestamp, float]] = []
    of_day = scores._off_by_of_day

    def counting(*given: Any) -> pd.DataFrame:
        sums = of_day(*given)
        summed.append((given[-1], sums["n_hours"].max()))
        return sums

    monkeypatch.setattr(scores, "_off_by_of_day", counting)
    midnights = [began.hours()[24 * day] for day in range(DAYS)]
    placed(began, "03T05")
    assert summed == [(midnights[0], 24 * 3), (midnights[1], 6 * 3)]
    summed.clear()
    _, before = placed(began, "03T06")
    assert len(files(began, "scores")) == 1
    assert summed == [(midnights[1], 7 * 3)]
    forget(began, "scores")
    assert placed(began, "03T06")[1] == before
    summed.clear()
    _, later = placed(began, "04T08")
    assert summed == [(midnights[1], 24 * 3), (midnights[2], 9 * 3)]
    assert later["n_hours"] == before["n_hours"] + (17 + 9) * 3
