"""Verdicts on a day's figures, and multimno's warnings, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from peil.outcome import Refused
from peil.quality import choices as module
from peil.quality import expected, warnings
from peil.quality import store as quality
from peil.quality.choices import choices_of
from peil.quality.measuring import _fingerprint
from peil.settings import settings
from tests.unit.quality.figure_weeks import LAST, Day, Weeks


def judged(weeks: Weeks, day: date = LAST) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Rows by check, scope, place and local hour."""
    rows = expected.judge(weeks.charter, day, weeks.store, choices_of("tiny"))
    quality.write(weeks.store, "tiny", day, "judged", rows, "f")
    frame = quality.judged(weeks.store, "tiny", [day])
    hours = frame["hour_at"].dt.tz_convert("Europe/Amsterdam").dt.hour
    return {
        (row["check"], row["scope"], row["place"], None if hour != hour else int(hour)): row
        for row, hour in zip(frame.to_dict("records"), hours, strict=True)
    }


def put(weeks: Weeks, day: date, rows: list[tuple[str, str, str, Any, float | None]]) -> None:
    named = [dict(zip(quality.SCHEMAS["figures"].names, row, strict=True)) for row in rows]
    table = pa.Table.from_pylist(named, schema=quality.SCHEMAS["figures"])
    quality.write(weeks.store, "tiny", day, "figures", table, str(day))


def test_a_usual_day_is_fine_in_all_that_history_knows(weeks: Weeks) -> None:
    weeks.write()
    rows = judged(weeks)
    whole = rows["count_added_rows", "day", "", None]
    assert (whole["verdict"], whole["severity"], whole["owner"]) == ("fine", "stop", "operator")
    assert whole["lower"] < whole["value"] < whole["upper"]
    assert whole["expected"] == pytest.approx(12_000, rel=0.05)
    assert abs(whole["trend"]) < 0.005
    assert {row["verdict"] for row in rows.values()} == {"fine"}
    assert not any(check == "plan_mark" for check, *_ in rows)
    by_hour = [key[0] for key in rows if key[1] == "hour"]
    assert set(map(by_hour.count, by_hour)) == {24} and "count_added_rows" in by_hour


@pytest.mark.parametrize(
    ("factor", "verdict"), [(0.4, "stop"), (0.8, "note"), (1.2, "note"), (2.1, "stop")]
)
def test_a_day_out_of_range_is_noted_and_stops_where_far(
    weeks: Weeks, factor: float, verdict: str
) -> None:
    def change(back: int, day: Day) -> None:
        if back == 0:
            day.n_rows *= factor

    weeks.write(change)
    rows = judged(weeks)
    assert rows["count_added_rows", "day", "", None]["verdict"] == verdict
    hour = rows["count_added_rows", "hour", "", 12]
    assert hour["severity"] == "note"  # an hour stops no day
    assert hour["verdict"] == ("note" if verdict == "stop" else "fine")


def test_only_the_side_that_matters_is_told(weeks: Weeks) -> None:
    def change(back: int, day: Day) -> None:
        if back == 0:
            day.n_duplicates, day.n_late = 0.0, 900.0

    weeks.write(change)
    rows = judged(weeks)
    assert rows["count_duplicates", "day", "", None]["verdict"] == "fine"
    assert rows["n_rows_late", "day", "", None]["verdict"] == "note"


def test_a_short_history_says_nothing(weeks: Weeks) -> None:
    for back in range(10):
        weeks.put(LAST - timedelta(days=back), weeks.usual(back))
    rows = judged(weeks)
    whole = rows["count_added_rows", "day", "", None]
    assert whole["verdict"] == "unknown" and np.isnan(whole["expected"])
    assert whole["value"] > 0


def test_a_figure_that_is_not_told_is_not_judged(weeks: Weeks) -> None:
    for back in range(0, 57, 7):
        value = None if back == 0 else 300.0
        put(weeks, LAST - timedelta(days=back), [("n_rows_staged", "cell", "c1", None, value)])
    assert judged(weeks)["n_rows_staged", "cell", "c1", None]["verdict"] == "unknown"


def test_a_file_is_the_same_file_when_only_its_date_differs(weeks: Weeks) -> None:
    for back in range(15):
        day = LAST - timedelta(days=back)
        names = (f"calls_{day:%Y%m%d}.csv", f"{day}-sms.csv", f"odd{back}.csv")
        put(weeks, day, [("count_added_rows", "delivery", name, None, 1000.0) for name in names])
    rows = judged(weeks)
    verdicts = {place: row["verdict"] for (_, _, place, _), row in rows.items()}
    assert verdicts == {
        "calls_20260324.csv": "fine",
        "2026-03-24-sms.csv": "fine",
        "odd0.csv": "unknown",
    }


def test_moments_are_judged_within_their_day(weeks: Weeks) -> None:
    for back in range(29):
        day = LAST - timedelta(days=back)
        midnight = (np.datetime64(str(day)) - np.datetime64("1970-01-01")) / np.timedelta64(1, "s")
        late = 5 * 3600.0 if back == 0 else 60.0
        put(weeks, day, [("earliest_timestamp", "day", "", None, midnight - 3600.0 + late)])
    row = judged(weeks)["earliest_timestamp", "day", "", None]
    assert (row["value"], row["expected"], row["verdict"]) == (18_000.0, 60.0, "note")


def test_cells_by_the_hour_are_compared_with_the_same_hour_of_the_same_weekday(
    weeks: Weeks,
) -> None:
    hour = np.datetime64("2026-03-24T09:00").astype("datetime64[us]").item()
    for back in range(0, 57):
        at = hour - timedelta(days=back)
        value = 100.0 if back % 7 == 0 else 900.0
        rows = [("n_rows_staged", "cell_hour", "c1", at, 0.0 if back == 0 else value)]
        rows += [("n_rows_staged", "cell_hour", "c2", at, value)]
        put(weeks, LAST - timedelta(days=back), rows)
    rows_by_key = judged(weeks)
    silent, usual = (rows_by_key["n_rows_staged", "cell_hour", c, 10] for c in ("c1", "c2"))
    assert (silent["expected"], silent["verdict"]) == (100.0, "note")
    assert (usual["expected"], usual["verdict"]) == (100.0, "fine")


def test_a_day_is_judged_again_when_an_earlier_one_changes(weeks: Weeks) -> None:
    weeks.write()
    choices = choices_of("tiny")
    before = _fingerprint(weeks.store, weeks.charter, LAST, choices)
    assert before == _fingerprint(weeks.store, weeks.charter, LAST, choices)
    put(weeks, LAST - timedelta(days=7), [("count_added_rows", "day", "", None, 1.0)])
    quality.write(
        weeks.store,
        "tiny",
        LAST - timedelta(days=7),
        "figures",
        quality.SCHEMAS["figures"].empty_table(),
        "another",
    )
    assert before != _fingerprint(weeks.store, weeks.charter, LAST, choices)


def test_a_pilot_that_accepts_no_false_note_has_ranges_without_end(weeks: Weeks) -> None:
    weeks.write()
    none = replace(choices_of("tiny"), false_note_share=0.0)
    rows = expected.judge(weeks.charter, LAST, weeks.store, none).to_pylist()
    (whole,) = (r for r in rows if (r["check"], r["scope"]) == ("count_added_rows", "day"))
    assert (whole["verdict"], whole["upper"]) == ("fine", np.inf)


def test_warnings_are_as_multimno_has_them() -> None:
    """Rows 90, 100, 110 (mean 100, sd 10): 70 to 130. Errors .01, .02, .03 (mean .02, sd .01):
    2 sd give .04, 30 % above the mean .026, so .026; of .3 and more, a fifth is the limit."""
    choices = choices_of("demo")
    rows = np.array([[90.0, 100.0, 110.0] + [np.nan] * 4 + [1e9] * 49])
    assert [float(end[0]) for end in warnings.bounds(rows, False, choices)] == [100, 70, 130]
    errors = np.array([[0.01, 0.02, 0.03, np.nan], [0.3, 0.31, 0.32, np.nan]])
    mean, lower, upper = warnings.bounds(errors, True, choices)
    assert upper == pytest.approx([0.026, 0.2]) and (lower == 0).all()
    assert np.isnan(warnings.bounds(rows[:, :2], False, choices)[0][0])
    assert mean == pytest.approx([0.02, 0.31])


def test_warnings_stand_beside_the_ranges(weeks: Weeks) -> None:
    def change(back: int, day: Day) -> None:
        if back == 0:
            day.n_duplicates = 400.0

    weeks.write(change)
    rows = judged(weeks)
    assert rows["warning_raw_rows", "day", "", None]["verdict"] == "fine"
    repeats = rows["warning_duplicate_share", "day", "", None]
    assert repeats["verdict"] == "note" and np.isnan(repeats["trend"])
    clean = rows["warning_clean_rows", "cell", "c1", None]
    assert (clean["expected"], clean["verdict"]) == (200.0, "fine")


def test_a_few_wrong_rows_are_no_warning_however_many_times_the_mean(weeks: Weeks) -> None:
    def change(back: int, day: Day) -> None:
        day.n_duplicates = 20.0 if back == 0 else 10.0

    weeks.write(change)
    row = judged(weeks)["warning_duplicate_share", "day", "", None]
    assert row["value"] > row["upper"] and row["verdict"] == "fine"


LEAST = "[quality.volume_share_min]\nvalue = "


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("[quality.alert_sd]", "[quality.alert_sdd]", "quality.alert_sd: is missing"),
        (f"{LEAST}0.15\n", f'{LEAST}"much"\n', "must be a number"),
        (f"{LEAST}0.15\n", f"{LEAST}1.5\n", "must lie in 0..1"),
        (f"{LEAST}0.15\n", f"{LEAST}-0.5\n", "must not be negative"),
    ],
)
def test_a_wrong_choice_is_refused_with_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, sentence: str
) -> None:
    text = settings().methods.read_text()
    assert text.count(old) == 1
    (tmp_path / "methods.toml").write_text(text.replace(old, new))
    monkeypatch.setenv("PEIL_METHODS", str(tmp_path / "methods.toml"))
    with pytest.raises(Refused, match=sentence):
        module.choices_of("demo")


def test_an_unknown_choice_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    more = '\n[quality.more]\nvalue = 1\nunit = "1"\nreason = "r"\nreference = "-"\n'
    (tmp_path / "methods.toml").write_text(settings().methods.read_text() + more)
    monkeypatch.setenv("PEIL_METHODS", str(tmp_path / "methods.toml"))
    with pytest.raises(Refused, match=r"quality\.more: nothing reads it"):
        module.choices_of("demo")
