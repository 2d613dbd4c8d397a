"""A release that was changed after it was signed: its figures are left out, and the reader told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from chromium import Browser
from selenium.webdriver.common.keys import Keys
from small_country import page_data
from small_flows import moving_data

from peil.charter.schema import Words
from peil.pages import build
from peil.pages.portal import PortalData, Release, ReleasedPresence
from peil.pages.portal import build as build_page
from peil.status import DayStatus

WHY = Words(
    en="Not shown, since it is not as it was signed. flows: a.csv was changed.",
    nl="Niet getoond, want het is niet zoals het ondertekend is. flows: a.csv was changed.",
)


def broken(release: Release, status: str) -> Release:
    return release.model_copy(update={"status": status, "reason": WHY, "is_broken": True})


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize(
    ("language", "title", "link"),
    [
        ("en", "Some figures are not shown", "See the list of releases"),
        ("nl", "Sommige cijfers worden niet getoond", "Zie de lijst van publicaties"),
    ],
)
def test_one_broken_product_of_a_day_is_told_above_the_map(
    browser: Browser, tmp_path: Path, language: str, title: str, link: str, width: int
) -> None:
    """Presence of that day is whole and shown; flows are not there, and nobody would notice."""
    data = moving_data()
    first, *rest = data.releases
    data = data.model_copy(update={"releases": [broken(first, "released"), *rest]})
    browser.open(build_page(data, tmp_path), f"#lang={language}", width=width, height=740)
    notice = browser.text("#broken")
    assert title in notice and ("ma 2 mrt" if language == "nl" else "Mon 2 Mar") in notice
    assert not browser.has_sideways_scroll() and browser.errors() == []
    way = browser.driver.find_element("link text", link)
    way.send_keys(Keys.ENTER)  # by keyboard
    assert "a.csv was changed" in browser.text("table.releases")
    assert browser.run("return document.documentElement.lang") == language
    assert not browser.has_sideways_scroll()


def test_where_nothing_is_whole_the_page_says_that_nothing_is_shown(
    browser: Browser, tmp_path: Path
) -> None:
    data = page_data()
    every = [broken(release, "broken") for release in data.releases]
    data = data.model_copy(update={"releases": every, "released": ReleasedPresence.nothing()})
    page = build_page(data, tmp_path)
    browser.open(page, "#lang=en", width=360, height=740)
    assert browser.text("#broken").startswith("No figures are shown")
    assert browser.run("return document.querySelectorAll('.zone').length") == 0
    browser.open(page, "#lang=nl")
    assert browser.text("#broken").startswith("Er worden geen cijfers getoond")
    assert browser.errors() == []


def test_a_whole_page_has_no_such_notice(browser: Browser, demo: tuple[PortalData, Path]) -> None:
    browser.open(demo[1], "#lang=en")
    assert browser.run("return document.getElementById('broken')") is None


@pytest.mark.parametrize("product", ["presence", "flows"])
def test_the_page_is_told_of_whichever_product_is_broken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, product: str
) -> None:
    metadata = {"n_withheld": 0, "n_entries": 9}
    monkeypatch.setattr(build, "read_json", lambda *_: metadata)
    monkeypatch.setattr(build.released_tables, "is_released", lambda *_: False)
    gates = dict.fromkeys(("raw", "staged", "estimated", "released"), "open")
    whole = DayStatus(date(2026, 3, 2), "released", gates, "abc", "")  # type: ignore[arg-type]

    class Anything:
        pilot = "demo"

        def released(self, *_: object) -> Path:
            return tmp_path

    told = [
        build._release(Anything(), Anything(), standing)  # type: ignore[arg-type]
        for standing in (whole, DayStatus(**{**whole.__dict__, "broken": {product: "changed."}}))
    ]
    assert [release.is_broken for release in told] == [False, True]
    assert told[1].status == ("broken" if product == "presence" else "released")
