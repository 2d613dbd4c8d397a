"""What the pages say of hours: where clocks change, over months, by the hour, without a night."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from chromium import Browser
from screen import fragment, look
from small_country import country, hours, page_data, released
from small_judgements import operator_data

from peil.pages import operator_page
from peil.pages.portal import Gate, PortalData, Release, build
from peil.pages.portal_tables import ReleasedFlows

FIRST, SECOND = "2026-10-25T02", "2026-10-25T02+0100"  # of two hours of one name
COLUMN = "return [...document.querySelectorAll(arguments[0])].map(e => e.innerText)"


@pytest.mark.parametrize(("day", "n_hours", "night"), [("03-29", 23, 5), ("10-25", 25, 7)])
def test_a_part_of_a_day_is_said_by_local_clocks_where_they_change(
    browser: Browser, tmp_path: Path, day: str, n_hours: int, night: int
) -> None:
    times = hours(f"2026-{day}T00:00:00", n_hours)
    numbers: list[int | None] = [None] * n_hours
    numbers[0], numbers[-4] = 70, 50
    rest = n_hours - night - 4
    table = ReleasedFlows(
        zone_ids=["M01", "M02"],
        times=times,
        pairs=[(0, 1)],
        values=[numbers],
        lower=[numbers],
        upper=[numbers],
        conf_status=["F" + "=" * (night - 1) + "C" * rest + "F==="],
        n_withheld={"M01": rest},
        n_entries=rest + 2,
        unit="PS_TRIP",
    )
    zones = country()
    data = page_data(zones=zones, released=released(zones, times), flows=table)
    page = data, build(data, tmp_path)
    for t, part in ((night - 1, "0–6 h"), (n_hours - 1, "20–24 h")):
        look(browser, page, "M01", t, "&shows=flows&way=from")
        assert browser.text("#flows-table .period") == part


@pytest.mark.parametrize(
    ("n_days", "first", "fifth"), [(27, "Mon 2", "Tue 10"), (70, "2 Mar", "20 Mar")]
)
def test_days_on_the_slider_say_their_month_where_a_weekday_and_number_do_not_tell_them(
    browser: Browser, tmp_path: Path, n_days: int, first: str, fifth: str
) -> None:
    zones = country()
    times = hours("2026-03-02T00:00:00", 24 * n_days)
    file = build(page_data(zones=zones, released=released(zones, times)), tmp_path)
    browser.open(file)
    marks = browser.run(COLUMN, ".marks span")
    assert (marks[0], marks[2]) == (first, fifth) and len(set(marks)) == len(marks)


@pytest.mark.parametrize(
    ("language", "words", "lead"),
    [
        ("en", ["02:00–03:00", "02:00–03:00 (UTC+01:00)", "03:00–04:00"], "One release an hour."),
        ("nl", ["02:00–03:00", "02:00–03:00 (UTC+01:00)", "03:00–04:00"], "Eén publicatie per uur"),
    ],
)
def test_a_pilot_by_the_hour_names_the_hour_of_each_release_and_gate(
    browser: Browser, tmp_path: Path, language: str, words: list[str], lead: str
) -> None:
    periods = [FIRST, SECOND, "2026-10-25T03"]
    data = page_data(
        releases=[Release(day=period, status="broken", is_broken=True) for period in periods],
        quality=[Gate(state="raw", day=period, is_open=True) for period in periods],
    )
    file = build(data, tmp_path)
    browser.open(file, f"#lang={language}&tab=about")
    day = {"en": "Sun 25 Oct, ", "nl": "zo 25 okt, "}[language]
    named = [day + word for word in words]
    assert browser.run(COLUMN, ".releases tbody th") == named
    assert lead in browser.text("main")
    browser.open(file, f"#lang={language}&tab=quality")
    assert browser.run(COLUMN, ".matrix tbody th") == named
    browser.open(file, f"#lang={language}&tab=map")
    assert all(name in browser.text("#broken") for name in named)
    assert browser.errors() == []


def test_the_operators_page_of_a_pilot_by_the_hour_counts_and_names_hours(
    browser: Browser, tmp_path: Path
) -> None:
    given = operator_data()
    periods = [FIRST, SECOND]
    days = [
        of_day.model_copy(update={"day": period})
        for of_day, period in zip(given.days, periods, strict=False)
    ]
    browser.open(operator_page.build(given.model_copy(update={"days": days}), tmp_path))
    assert browser.run(COLUMN, "#states tbody th") == [
        "Sun 25 Oct, 02:00–03:00",
        "Sun 25 Oct, 02:00–03:00 (UTC+01:00)",
    ]
    assert "of 2 hours released" in browser.text(".facts")


def _with_a_night(letter: str | None, number: int | None = None) -> PortalData:
    """The first day, in which each hour of the night of M01 has that letter and number."""
    zones = country()
    times = hours("2026-03-02T00:00:00", 24)
    table = released(zones, times).model_dump()
    row = table["zone_ids"].index("M01")
    for t, time in enumerate(times):
        if int(time[11:13]) < 8:
            table["conf_status"][row][t] = letter
            for name in ("values", "lower", "upper"):
                table[name][row][t] = number
    return page_data(zones=zones, released=table)


@pytest.mark.parametrize(
    ("letter", "word", "sentence"),
    [
        ("C", "withheld to protect people", "is withheld to protect people."),
        ("L", "not observed", "No figure: the night or the day of this zone was not observed."),
        (None, "not released", "No figure: nothing is released of the night or the day"),
    ],
)
def test_a_night_without_a_number_is_said_to_be_withheld_only_where_it_is(
    browser: Browser, tmp_path: Path, letter: str | None, word: str, sentence: str
) -> None:
    data = _with_a_night(letter)
    browser.open(build(data, tmp_path), fragment(data, "M01", 12))
    assert sentence in browser.text("#daynight")
    rows: list[Any] = browser.run(COLUMN, "tr.chosen td")
    assert rows[-1] == word


def test_an_empty_night_is_not_said_to_be_withheld(browser: Browser, tmp_path: Path) -> None:
    data = _with_a_night("F", 0)
    browser.open(build(data, tmp_path), fragment(data, "M01", 12))
    assert browser.run(COLUMN, "tr.chosen td")[-1] == "–"
    assert "withheld" not in browser.text("#daynight")
