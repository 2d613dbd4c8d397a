"""Weather beside the history: read, refused with line and column, and said where it stops."""

from __future__ import annotations

import json
import math
from typing import Any

import pandas as pd
import pytest

from peil.charter import reading
from peil.outcome import Refused
from peil.pages.outlook import content
from peil.watch.outlook import bands, figures, models, sentences, weather
from peil.watch.outlook import outlook as verb
from peil_models.crowding import CrowdingCalendar, midnight
from tests.unit.watch.outlook.conftest import LOCAL, WEEK, Weeks, write_history

HEADER = "hour_at,temperature_c,rain_mm\n"


def write(tiny: Any, text: str) -> None:
    file = weather.file_of(tiny.charter, tiny.store)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def sunny(tiny: Any, until: str) -> pd.DataFrame:
    """Weather of the weeks before and after, warm every other day, until an hour."""
    at = pd.date_range("2026-01-26", until, freq="h", tz=LOCAL)
    table = pd.DataFrame({"hour_at": at, "temperature_c": 5.0 + 10.0 * (at.dayofyear % 2)})
    table["hour_at"] = [moment.isoformat() for moment in at]
    write(tiny, table.to_csv(index=False))
    return table


def test_hours_are_local_and_what_is_empty_is_not_known(tiny: Any) -> None:
    assert weather.read(tiny.charter, tiny.store) is None
    write(
        tiny,
        HEADER
        + "2026-03-02T01:00,4.5,\n\n2026-03-01T23:00+00:00,3,0.2\n2026-10-25T02:00+01:00,-1,0\n",
    )
    table = weather.read(tiny.charter, tiny.store)
    assert table is not None
    assert [moment.isoformat() for moment in table["hour_at"]] == [
        "2026-03-02T00:00:00+01:00",
        "2026-03-02T01:00:00+01:00",
        "2026-10-25T02:00:00+01:00",
    ]
    assert table["temperature_c"].tolist() == [3.0, 4.5, -1.0]
    assert table["rain_mm"][0] == 0.2 and math.isnan(table["rain_mm"][1])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r"line 1: lacks the column hour_at"),
        ("hour_at\n", r"line 1: has 0 columns beside hour_at; keep 1 to 12"),
        ("hour_at," + ",".join(f"c{n}" for n in range(13)) + "\n", r"line 1: has 13 columns"),
        ("hour_at,a,a\n", r"line 1, column 2: is no name of its own"),
        ("hour_at,<b>\n", r"line 1, column 2: is no name of its own"),
        (HEADER + "2026-03-02T01:00,1\n", r"line 2: has 2 fields where line 1 has 3"),
        (HEADER + "yesterday,1,2\n", r"line 2, column hour_at: is no whole hour; write it as"),
        (HEADER + "2026-03-02T01:30,1,2\n", r"line 2, column hour_at: is no whole hour"),
        (HEADER + "2026-10-25T02:00,1,2\n", r"line 2, column hour_at: comes twice, or not at all"),
        (HEADER + "2026-03-29T02:00,1,2\n", r"line 2, column hour_at: comes twice, or not at all"),
        (HEADER + "2026-03-02T01:00,1,wet\n", r"line 2, column rain_mm: is no number"),
        (HEADER + "2026-03-02T01:00,inf,2\n", r"line 2, column temperature_c: is no number"),
        (
            HEADER + "2026-03-02T01:00,1,2\n2026-03-02T00:00+00:00,1,2\n",
            r"has 2026-03-02T01:00\+0100 twice",
        ),
    ],
)
def test_what_is_no_weather_is_refused_in_a_sentence(tiny: Any, text: str, sentence: str) -> None:
    write(tiny, text)
    with pytest.raises(Refused, match=sentence) as refusal:
        weather.read(tiny.charter, tiny.store)
    assert "wet" not in str(refusal.value) and "weather.csv" in str(refusal.value)


def test_bytes_that_are_no_text_are_refused(tiny: Any) -> None:
    write(tiny, HEADER)
    weather.file_of(tiny.charter, tiny.store).write_bytes(b"hour_at,a\n\xff\xfe\n")
    with pytest.raises(Refused, match="is no CSV in UTF-8"):
        weather.read(tiny.charter, tiny.store)


def test_what_comes_to_be_known_of_later_hours_changes_no_earlier_name() -> None:
    at = pd.date_range("2026-03-02", periods=48, freq="h", tz=LOCAL)
    table = pd.DataFrame({"hour_at": at, "sun": range(48)})
    rows = "the hash of figures"
    whole, other = (
        CrowdingCalendar(weather=t) for t in (table, table.assign(sun=table["sun"] + 1))
    )
    until = models.until(whole, at[24])
    assert until.weather is not None and len(until.weather) == 24
    short = CrowdingCalendar(weather=table[:24])
    assert models.fingerprint(rows, until) == models.fingerprint(rows, short)
    names = [models.fingerprint(rows, each) for each in (whole, other, short, CrowdingCalendar())]
    assert len(set(names)) == 4
    renamed = CrowdingCalendar(weather=table.rename(columns={"sun": "rain"}))
    assert models.fingerprint(rows, renamed) not in names


@pytest.mark.slow
def test_the_outlook_learns_from_it_and_says_where_it_stops(weeks: Weeks) -> None:
    write_history(weeks.store, weeks=5)
    weeks.release(0)
    verb.outlook("tiny")
    without = weeks.table()
    sunny(weeks.tiny, "2026-03-04")
    assert verb.outlook("tiny").status == "done"
    assert not weeks.table().equals(without)
    assert "Weather" not in sentences.lines("tiny")[0]
    sunny(weeks.tiny, "2026-03-02T20")
    verb.outlook("tiny")
    record = json.loads((weeks.store.outlook("tiny") / "outlook.json").read_text())
    assert record["weather_stops"] == {"temperature_c": "2026-03-02T20:00:00+01:00"}
    assert "Weather stops (temperature_c): what was to be" in sentences.lines("tiny")[0]
    page = content.read(reading.load("tiny"), weeks.store)
    assert page is not None and page.weather_stops == ["temperature_c"]
    sunny(weeks.tiny, "2026-03-04")
    weather.file_of(weeks.tiny.charter, weeks.store).write_text("no weather\n")
    with pytest.raises(Refused, match=r"weather.csv, line 1: lacks the column hour_at"):
        verb.outlook("tiny")


def test_a_midnight_forecasts_with_the_weather_of_its_day_and_of_no_later_one(
    weeks: Weeks, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    class Forecaster:
        def calibration(self, before: Any, at: Any, calendar: Any) -> pd.DataFrame:
            assert calendar.weather["hour_at"].max() < at
            return pd.DataFrame()

        def calibrated(self, by: Any, at: Any) -> Any:
            return self

        def forecast(
            self, before: Any, at: Any, hours: int, calendar: Any, left_out: int = 0
        ) -> pd.DataFrame:
            seen.append(calendar.weather["hour_at"].max())
            when = {"hour_at": [at], "issued_at": [at]}
            return pd.DataFrame({"zone_id": ["A"], **when, "q500": [1.0]})

    class Carrying:
        hours = 3

        def carry(self, last: Any, today: pd.DataFrame, issued_at: Any) -> pd.DataFrame:
            return today.head(0)

    sunny(weeks.tiny, "2026-03-20")
    table = weather.read(weeks.tiny.charter, weeks.store)
    calendar = CrowdingCalendar(weather=table)
    starts_at = pd.Timestamp(str(WEEK), tz=LOCAL)
    two: Any = (Forecaster(), None, Carrying())
    week = models.WeekModels(starts_at, "", {}, "", weeks.store.agency / "week", lambda: two)
    read = figures.read_before(weeks.tiny.charter, weeks.store)
    at, issued_at = midnight(starts_at, 1), midnight(starts_at, 3) + pd.Timedelta(hours=5)
    today = bands.of_day(week, read, calendar, at)
    bands.of_day(week, read, models.until(calendar, midnight(starts_at, 2)), at)
    bands.ahead(week, read, calendar, today, issued_at)
    last = [midnight(starts_at, 2), issued_at + pd.Timedelta(hours=24)]
    last = [moment - pd.Timedelta(hours=1) for moment in last]
    assert seen == last  # the second look found what the first had kept
