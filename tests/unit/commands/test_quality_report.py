"""`peil quality`: a day's figures in 80 columns, without colour, what is out of range first."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from peil import cli
from peil.alerts import telling
from peil.alerts.trouble import Trouble
from peil.area.area import area_of
from peil.charter.clock import now
from peil.pages import quality_reading
from peil.quality import store as quality
from peil.store.atomic import write_json

DAY = date(2026, 3, 4)
LANDED = {date(2026, 3, 2): 1000.0, date(2026, 3, 3): 1500.0, DAY: 400.0}
NAMES = (
    "check",
    "scope",
    "place",
    "hour_at",
    "value",
    "expected",
    "lower",
    "upper",
    "trend",
    "severity",
    "owner",
    "verdict",
)


def table(kind: quality.Kind, *rows: tuple[Any, ...]) -> pa.Table:
    """Rows as the store's schema has them."""
    names = quality.SCHEMAS[kind].names
    dicts = [dict(zip(NAMES, row, strict=False)) for row in rows]
    return pa.Table.from_pylist(dicts, schema=quality.SCHEMAS[kind]).select(names)


@pytest.fixture
def measured(tiny: Any) -> Any:
    """Three days of figures; the last landed 400 rows of an expected 1 200."""
    store = tiny.store
    hour = datetime(2026, 3, 4, 11, tzinfo=UTC)
    for day, landed in LANDED.items():
        figures = [
            ("count_added_rows", "day", "", None, landed),
            ("error_share", "day", "", None, 0.0056),
            ("count_imeis", "day", "", None, 9.0),
            (
                "earliest_timestamp",
                "day",
                "",
                None,
                datetime(2026, 3, day.day, tzinfo=UTC).timestamp() - 3600 + 90,
            ),
        ]
        quality.write(store, "tiny", day, "figures", table("figures", *figures), "f")
        fine = ("note", "operator", "fine")
        judged: list[tuple[Any, ...]] = [
            ("error_share", "day", "", None, 0.0056, 0.005, 0.0, 0.012, 0.001, *fine),
            ("earliest_timestamp", "day", "", None, 90.0, 60.0, 0.0, 600.0, None, *fine),
            ("duplicate_share", "day", "", None, 0.001, 0.001, 0.0, 0.01, None, *fine),
        ]
        if day == DAY:
            judged += [
                (
                    "count_added_rows",
                    "day",
                    "",
                    None,
                    400.0,
                    1200.0,
                    1080.0,
                    1320.0,
                    -0.304,
                    "stop",
                    "operator",
                    "stop",
                ),
                (
                    "n_rows_staged",
                    "cell_hour",
                    "c1",
                    hour,
                    0.0,
                    90.0,
                    50.0,
                    130.0,
                    None,
                    "note",
                    "operator",
                    "note",
                ),
                (
                    "n_rows_staged",
                    "cell_hour",
                    "c2",
                    hour,
                    90.0,
                    90.0,
                    50.0,
                    130.0,
                    None,
                    "note",
                    "operator",
                    "fine",
                ),
                (
                    "error_share",
                    "hour",
                    "",
                    hour,
                    0.5,
                    0.005,
                    0.0,
                    0.02,
                    None,
                    "stop",
                    "agency",
                    "note",
                ),
            ]
        quality.write(store, "tiny", day, "judged", table("judged", *judged), "j")
        files = [{"name": "a.csv", "n_rows": int(landed), "sha256": "x"}]
        write_json(store.raw_manifest("tiny", day), {"files": files})
        accounting = [
            {"file_name": "a.csv", "outcome": outcome, "reason": reason, "n_rows": n}
            for outcome, reason, n in (
                ("staged", "", int(landed) - 12),
                ("opted_out", "", 2),
                ("quarantined", "duplicate", 7),
                ("quarantined", "late", 3),
            )
        ]
        write_json(store.staged_manifest("tiny", day), {"accounting": accounting})
    return tiny


def told(*words: str) -> str:
    """What `peil quality tiny …` prints."""
    done = CliRunner().invoke(cli.app, ["quality", "tiny", *words])
    assert done.exit_code == 0, done.output
    return str(done.stdout)


@pytest.fixture(params=[80, 120])
def width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """The width of the window, without colour."""
    monkeypatch.setattr(cli.console, "width", request.param)
    return int(request.param)


def test_the_day_out_of_range_comes_first_with_all_that_is_known_of_it(
    measured: Any, width: int
) -> None:
    text = told()
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= width
    lines = [line for line in text.splitlines() if line[:1] in "✗!?✓" and line[1:2] == " "]
    assert lines[0].split()[:5] == ["✗", "count_added_rows", "400", "1,080–1,320", "−30%"]
    assert "▄█▁" in lines[0]  # 1000, 1500, 400
    assert lines[0].endswith("stop, operator" if width > 100 else "S op")
    assert [line.split()[0] for line in lines[1:4]] == ["?", "✓", "✓"]
    assert lines[1].split()[1:3] == ["count_imeis", "–"]  # 9 devices are not told
    assert lines[2].split()[1:4] == ["earliest_timestamp", "00:01", "00:00–00:10"]
    assert "error_share, hour 12:00" in text and "50%, expected 0%–2% (stop, agency)" in text
    assert "set aside: duplicate 7, late 3" in text
    assert "not counted: count_duplicated" in " ".join(text.split())
    assert "look next: peil quality tiny --check count_added_rows" in text


def test_every_day_has_its_rows(measured: Any, width: int) -> None:
    rows = {
        line.split()[0]: line.split()[1:]
        for line in told().splitlines()
        if line.startswith("2026-03-0") and len(line.split()) > 3
    }
    assert rows == {
        "2026-03-02": ["1,000", "988", "10", "2", "✓", "0", "0", "0"],
        "2026-03-03": ["1,500", "1,488", "10", "2", "✓", "0", "0", "0"],
        "2026-03-04": ["400", "388", "10", "2", "✗", "1", "0", "2"],
    }


def test_days_asked_for_are_each_told(measured: Any, width: int) -> None:
    text = told("--from", "2026-03-02", "--to", "2026-03-03")
    assert "2026-03-02 Monday" in text and "2026-03-03 Tuesday" in text
    assert "2026-03-04" not in text
    assert "Wednesday" in told() and "Monday" not in told()


def test_one_check_is_told_with_its_places(measured: Any, width: int) -> None:
    text = told("--check", "error_share")
    assert "count_added_rows" not in text
    assert "error_share, hour 12:00" in text
    assert text.count("0.56%") == 3


def test_a_program_gets_the_same(measured: Any, width: int) -> None:
    data = json.loads(told("--json", "--from", "2026-03-04"))
    (day,) = data["days"]
    assert (data["pilot"], day["day"]) == ("tiny", "2026-03-04")
    assert day["rows"] == {
        "n_delivered": 400,
        "n_staged": 388,
        "n_opted_out": 2,
        "n_missing": 0,
        "n_quarantined": 10,
        "quarantined": {"duplicate": 7, "late": 3},
    }
    first = day["checks"][0]
    assert (first["check"], first["value"], first["expected"]) == ("count_added_rows", 400, 1200)
    assert (first["verdict"], first["owner"], first["trend"]) == ("stop", "operator", -0.304)
    few = next(entry for entry in day["checks"] if entry["check"] == "count_imeis")
    assert few["value"] is None


def test_a_row_that_is_not_accounted_for_is_told(measured: Any, width: int) -> None:
    write_json(
        measured.store.raw_manifest("tiny", DAY),
        {"files": [{"name": "a.csv", "n_rows": 403, "sha256": "x"}]},
    )
    assert "✗ 3 rows are not accounted for" in told()


def test_what_is_wrong_is_told_with_what_to_do(
    measured: Any, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pilots = []

    def found(charter: Any, day: date, store: Any) -> list[Trouble]:
        pilots.append(day)
        told_of = ("tiny", "clock_off", "events", str(day), "2026-03-03", "note", "operator")
        return [Trouble(*told_of, "Events lie one hour early.", "Correct the time zone.")]  # type: ignore[arg-type]

    monkeypatch.setattr("peil.quality.drift.found", found)
    text = told()
    assert "! Events lie one hour early." in text
    assert "→ Correct the time zone. (operator, since 2026-03-03)" in text
    assert pilots == [DAY]
    late = Trouble(
        "tiny",
        "late_delivery",
        "events",
        "2026-03-05",
        "2026-03-05",
        "stop",
        "operator",
        "No events by 06:00.",
        "Ask for them.",
    )
    telling.tell(
        measured.store, measured.charter, [late, *found(None, DAY, None)], now(measured.charter)
    )
    text = told()
    assert "✗ No events by 06:00." in text and "→ Ask for them." in text
    assert text.count("Events lie one hour early.") == 1


def test_no_figures_yet_is_no_fault(tiny: Any, width: int) -> None:
    assert "No figures of tiny yet" in told()
    assert json.loads(told("--json")) == {"pilot": "tiny", "days": []}


def test_a_wrong_check_or_day_is_exit_2_with_what_to_do(tiny: Any) -> None:
    for words, hint in (
        ("--check eror_share", "did you mean error_share?"),
        ("--from 2026-04-01", "outside the period"),
        ("--from 2026-03-05 --to 2026-03-04", "lies before"),
    ):
        done = CliRunner().invoke(cli.app, ["quality", "tiny", *words.split()])
        assert done.exit_code == 2 and hint in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1


def test_the_page_is_collected_from_the_same_store(measured: Any) -> None:
    charter = measured.charter
    data = quality_reading.collected(charter, measured.store, area_of(charter, measured.store))
    assert data is not None
    assert [day.day for day in data.days] == [str(day) for day in LANDED]
    assert [day.files[0].n_delivered for day in data.days] == [1000, 1500, 400]
    assert data.days[-1].checks[0].check == "count_added_rows"
    assert [check.hour for check in data.days[-1].checks if check.scope == "hour"] == [
        "2026-03-04T12:00:00+01:00"
    ]
    fine = [
        (check.scope, check.place) for check in data.days[-1].checks if check.scope == "cell_hour"
    ]
    assert fine == [("cell_hour", "c1")]
    later = DAY + timedelta(days=1)
    assert quality_reading.days_with_figures(measured.store, "tiny")[-1] < str(later)


def test_the_page_is_made_again_when_asked(measured: Any, width: int) -> None:
    page = measured.store.quality_page("tiny")
    assert "the page:" not in told() and not page.exists()
    assert str(page) in told("--page") and page.exists()
    assert str(page) in told()


def test_pages_are_built_with_it_once_there_are_figures(tiny: Any, measured: Any) -> None:
    from peil.pages import build

    store = measured.store
    build.build(measured.charter, store)
    assert store.quality_page("tiny").exists()
    assert '"has_quality":true' in store.operator_page("tiny").read_text()
    first = store.quality_page("tiny").read_bytes()
    build.build(measured.charter, store)
    assert store.quality_page("tiny").read_bytes() == first
    store.quality_page("tiny").unlink()
    quality.forget(store, "tiny", LANDED)
    build.build(measured.charter, store)
    assert not store.quality_page("tiny").exists()
    assert '"has_quality":false' in store.operator_page("tiny").read_text()
