"""What the quality page is given, against figures small enough to check by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

from peil.alerts.trouble import Trouble
from peil.charter import reading
from peil.pages.quality_content import content, status_of
from peil.pages.quality_judgements import LISTED, checks_of_day, shown_value
from peil.pages.quality_page import Day, QualityData
from peil.stage.accounting import FileAccount

SPRING = "2026-03-29"  # 23 hours: the clock is set forward at 02:00
BEFORE = "2026-03-22"
HOUR = datetime(2026, 3, 28, 23, tzinfo=UTC)  # the first of SPRING, local midnight
PLACES = pd.DataFrame(
    {"cell_id": ["a", "b"], "region_id": ["R2", "R1"], "x_m": [100.04, None], "y_m": [200.0, None]}
)
COLUMNS = ["day", "check", "scope", "place", "hour_at", "value"]
JUDGED = [*COLUMNS, "expected", "lower", "upper", "trend", "severity", "owner", "verdict"]


def figures(*rows: tuple[Any, ...]) -> pd.DataFrame:
    """Rows of day, check, scope, place, hour (of the day, or None), value."""
    frame = pd.DataFrame(rows, columns=COLUMNS)
    hours = [
        None if row[4] is None else pd.Timestamp(HOUR) + pd.Timedelta(hours=row[4]) for row in rows
    ]
    return frame.assign(
        hour_at=pd.to_datetime(pd.Series(hours, dtype=object), utc=True),
        value=frame["value"].astype(float),
    )


def judged(*rows: tuple[Any, ...]) -> pd.DataFrame:
    """As `figures`, with what was thought of each."""
    frame = pd.DataFrame(rows, columns=JUDGED)
    numbers = {
        name: frame[name].astype(float) for name in ("value", "expected", "lower", "upper", "trend")
    }
    return figures(*(row[:6] for row in rows)).assign(**numbers, **frame[JUDGED[-3:]])


def laid_out(counted: pd.DataFrame, verdicts: pd.DataFrame, **more: Any) -> QualityData:
    """The page's content of the demonstration pilot."""
    data = content(
        reading.load("demo"),
        counted,
        verdicts,
        PLACES,
        {"R1": "Noord", "R2": "Zuid", "R9": "Elders"},
        [],
        **more,
    )
    assert data is not None
    return data


def test_every_cell_and_hour_is_a_count_few_zero_or_missing() -> None:
    """Three cells: b has a first hour of 20 rows, then 0, then 7; a is not told; c was unknown."""
    data = laid_out(
        figures(
            (SPRING, "n_rows_staged", "cell_hour", "b", 0, 20),
            (SPRING, "n_rows_staged", "cell_hour", "b", 1, 0),
            (SPRING, "n_rows_staged", "cell_hour", "b", 2, 7),
            (SPRING, "n_rows_staged", "cell_hour", "b", 22, 14),
            (SPRING, "n_rows_staged", "cell_hour", "c", 0, None),
            (SPRING, "n_rows_staged", "cell_hour", "c", 22, 15),
            (SPRING, "count_added_rows", "cell_hour", "a", 0, 900),
        ),
        judged(),
    )
    assert [(cell.cell_id, cell.region_id, cell.x_m, cell.y_m) for cell in data.cells] == [
        ("b", "R1", None, None),
        ("a", "R2", 100.0, 200.0),
        ("c", "", None, None),
    ]
    assert [(region.region_id, region.name) for region in data.regions] == [
        ("R1", "Noord"),
        ("R2", "Zuid"),
    ]
    day = data.days[0]
    assert day.rows_per_hour == [
        [20, 0, None, *[-1] * 19, None],
        [-1] * 23,
        [None, *[-1] * 21, 15],
    ]
    assert (day.hours[1], day.hours[2]) == (
        "2026-03-29T01:00:00+01:00",
        "2026-03-29T03:00:00+02:00",
    )
    assert len(day.hours) == 23


def test_a_cell_is_judged_by_its_weekday_and_at_first_by_the_last_days() -> None:
    rest = (0.0, "note", "operator", "fine")
    data = laid_out(
        figures(
            (SPRING, "n_rows_staged", "cell", "a", None, 0),
            (SPRING, "n_rows_staged", "cell", "b", None, 500),
            (SPRING, "n_rows_staged", "cell", "c", None, 30),
        ),
        judged(
            (SPRING, "n_rows_staged", "cell", "a", None, 0, 90, 80, 100, *rest),
            (SPRING, "warning_clean_rows", "cell", "a", None, 0, 0, 0, 1, *rest),
            (SPRING, "n_rows_staged", "cell", "b", None, 500, None, None, None, *rest),
            (SPRING, "warning_clean_rows", "cell", "b", None, 500, 300, 200, 400, *rest),
            (SPRING, "error_share", "cell", "c", None, 0.1, 0.1, 0, 0.2, *rest),
        ),
    )
    assert [cell.cell_id for cell in data.cells] == ["b", "a", "c"]
    assert data.days[0].statuses == ["high", "silent", "unknown"]


@pytest.mark.parametrize(
    ("value", "lower", "upper", "status"),
    [
        (0, 10, 20, "silent"),
        (9, 10, 20, "few"),
        (9, 50, 90, "low"),
        (None, 50, 90, "low"),
        (None, 0, 20, "few"),
        (40, 50, 90, "low"),
        (50, 50, 90, "expected"),
        (90, 50, 90, "expected"),
        (91, 50, 90, "high"),
        (0, 0, 90, "expected"),
        (None, None, None, "few"),
        (91, None, None, "unknown"),
    ],
)
def test_a_status_is_how_rows_stand_to_their_range(
    value: float | None, lower: float | None, upper: float | None, status: str
) -> None:
    assert status_of(value, lower, upper) == status


def test_what_is_out_of_range_comes_first_beside_a_week_ago() -> None:
    stop, fine = ("stop", "operator", "stop"), ("note", "agency", "fine")
    now_figures = figures(
        (BEFORE, "count_added_rows", "day", "", None, 1000),
        (BEFORE, "n_rows_staged", "day", "", None, 990),
        (BEFORE, "latest_timestamp", "day", "", None, 1774220340),  # 23:59 local of that day
        (SPRING, "latest_timestamp", "day", "", None, 1774821540),  # 23:59 local, 23 hours on
        (SPRING, "n_cells", "day", "", None, 12),
    )
    now_judged = judged(
        (
            SPRING,
            "latest_timestamp",
            "day",
            "",
            None,
            82740,
            None,
            None,
            None,
            None,
            *fine[:2],
            "unknown",
        ),
        (SPRING, "n_rows_staged", "day", "", None, 980, 985, 900, 1100, 0.001, *fine),
        (SPRING, "count_added_rows", "day", "", None, 300, 1000, 900, 1100, -0.2, *stop),
        (
            SPRING,
            "warning_clean_rows",
            "day",
            "",
            None,
            980,
            985,
            981,
            1100,
            None,
            "note",
            "operator",
            "note",
        ),
        (SPRING, "error_share", "hour", "", 2, 0.5, 0.1, 0, 0.2, None, *stop),
        (SPRING, "error_share", "hour", "", 3, 0.1, 0.1, 0, 0.2, None, *fine),
    )
    now, before = (now_figures[now_figures["day"] == day] for day in (SPRING, BEFORE))
    checks = checks_of_day(now_judged, now, before, SPRING, "Europe/Amsterdam")["checks"]
    assert [(check.check, check.scope, check.verdict) for check in checks] == [
        ("count_added_rows", "day", "stop"),
        ("error_share", "hour", "stop"),
        ("warning_clean_rows", "day", "note"),
        ("latest_timestamp", "day", "unknown"),
        ("n_cells", "day", "unknown"),
        ("n_rows_staged", "day", "fine"),
    ]
    by_name = {check.check: check for check in checks}
    assert [by_name[name].then for name in ("count_added_rows", "warning_clean_rows")] == [
        1000,
        990,
    ]
    moment = by_name["latest_timestamp"]
    assert (moment.value, moment.then) == (22 * 3600 + 59 * 60, 23 * 3600 + 59 * 60)
    assert by_name["error_share"].hour == "2026-03-29T03:00:00+02:00"
    landed = by_name["count_added_rows"]
    assert (landed.value, landed.lower, landed.upper, landed.trend) == (300, 900, 1100, -0.2)
    assert (landed.severity, landed.owner) == ("stop", "operator")
    assert (by_name["n_cells"].owner, by_name["n_cells"].value) == ("agency", 12)


def test_single_cells_out_of_range_are_listed_farthest_first_and_the_rest_counted() -> None:
    rest = (None, "note", "operator", "note")
    cells = [
        (SPRING, "n_rows_staged", "cell", f"c{n:03d}", None, 200 + n, 100, 90, 110, *rest)
        for n in range(LISTED + 7)
    ]
    content = checks_of_day(judged(*cells), figures(), None, SPRING, "Europe/Amsterdam")
    assert len(content["checks"]) == LISTED and content["n_checks_left_out"] == 7
    assert content["checks"][0].place == f"c{LISTED + 6}"


@pytest.mark.parametrize(
    ("check", "scope", "value", "shown"),
    [
        ("count_imsis", "day", 14.0, None),
        ("count_imsis", "hour", 0.0, 0.0),
        ("count_onnet_msisdns_incoming", "day", 3.0, None),
        ("count_msisdns", "day", 15.0, 15.0),
        ("n_rows_staged", "cell", 14.0, None),
        ("count_null_imsis", "day", 3.0, 3.0),
        ("error_share", "cell", 0.2, 0.2),
        ("n_rows_staged", "region", float("nan"), None),
    ],
)
def test_a_small_count_of_devices_or_of_a_cells_rows_is_kept_back(
    check: str, scope: str, value: float, shown: float | None
) -> None:
    assert shown_value(check, scope, value) == shown


def test_a_range_tells_no_small_count_of_devices_either() -> None:
    rest = (0.01, "note", "operator", "fine")
    data = laid_out(
        figures(
            (SPRING, "count_imeis", "day", "", None, 20),
            (BEFORE, "count_imeis", "day", "", None, 9),
        ),
        judged((SPRING, "count_imeis", "day", "", None, 20, 14.2, 8, 21, *rest)),
    )
    (check,) = data.days[-1].checks
    assert (check.value, check.then, check.expected, check.lower, check.upper) == (
        20,
        None,
        None,
        None,
        21,
    )


def test_files_and_troubles_come_with_their_day() -> None:
    file = FileAccount(day=SPRING, file="a.csv", n_delivered=5, n_staged=5, n_opted_out=0)
    other = file.model_copy(update={"day": BEFORE})
    trouble = Trouble(
        "demo",
        "clock_off",
        "a.csv",
        SPRING,
        BEFORE,
        "note",
        "agency",
        "Early.",
        "Correct it.",
        observed={"share": 0.5},
    )
    counted = figures(
        (SPRING, "n_cells", "day", "", None, 3), (BEFORE, "n_cells", "day", "", None, 3)
    )
    data = laid_out(counted, judged(), accounts=[file, other], troubles=[trouble])
    assert [(day.day, day.files) for day in data.days] == [(BEFORE, [other]), (SPRING, [file])]
    assert data.problems[0].model_dump() == {
        "kind": "clock_off",
        "where": "a.csv",
        "day": SPRING,
        "since": BEFORE,
        "severity": "note",
        "owner": "agency",
        "what": "Early.",
        "what_to_do": "Correct it.",
    }
    assert content(reading.load("demo"), figures(), judged(), PLACES, {}, []) is None


@pytest.mark.parametrize("count", [1, 14])
def test_a_small_count_of_one_cell_and_hour_is_refused_at_the_door(count: int) -> None:
    good = {"day": SPRING, "hours": ["a", "b"], "rows_per_hour": [[15, None], [0, -1]]}
    assert Day.model_validate(good).rows_per_hour == [[15, None], [0, -1]]
    with pytest.raises(ValidationError, match="must be shown as few"):
        Day.model_validate({**good, "rows_per_hour": [[count, 15]]})
    with pytest.raises(ValidationError, match="not one count an hour"):
        Day.model_validate({**good, "hours": ["a"]})
