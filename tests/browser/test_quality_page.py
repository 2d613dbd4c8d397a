"""The quality page in a browser: what is on screen is what the store has, in both languages."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chromium import Browser
from screen import written
from selenium.webdriver.common.keys import Keys
from small_quality import NOWHERE, quality_data
from test_portal_access import CONTRAST

from peil.pages.quality_page import MISSING, QualityData, build
from peil.pages.self_contained import PORTAL
from peil.quality.catalogue import CHECKS
from peil.quality.causes import KINDS

Page = tuple[QualityData, Path]
Wait = Callable[[Callable[[], Any]], Any]
SHOWN = {
    "en": {None: "few (1 to 14)", 0: "zero", MISSING: "missing"},
    "nl": {None: "weinig (1 tot 14)", 0: "nul", MISSING: "ontbreekt"},
}
VERDICTS = {"stop": "stop", "note": "note", "fine": "fine", "unknown": "not judged"}


@pytest.fixture(scope="module")
def quality(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """Two weeks of the small coast's figures and their page."""
    data = quality_data()
    return data, build(data, tmp_path_factory.mktemp("quality") / "quality.html")


def count_words(count: int | None, language: str) -> str:
    """What the readout must say of a count."""
    if count in SHOWN[language]:
        return SHOWN[language][count]
    assert count is not None
    return f"{written(count, language)} {'rows' if language == 'en' else 'regels'}"


def cell_with(data: QualityData, day: int, count: int | None) -> tuple[int, int]:
    """A cell and hour of a day with that count; any number for 1."""
    for c, row in enumerate(data.days[day].rows_per_hour):
        for t, n in enumerate(row):
            if n == count or (count == 1 and n is not None and n > 14):
                return c, t
    raise AssertionError(count)


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("count", [1, 0, None, MISSING])
def test_the_heat_map_reads_each_count_as_the_store_has_it(
    browser: Browser, quality: Page, count: int | None, language: str
) -> None:
    data, file = quality
    cell, hour = cell_with(data, -1, count)
    name = data.cells[cell].cell_id
    browser.open(file, f"#lang={language}&day={data.days[-1].day}&cell={name}")
    heat = browser.driver.find_element("id", "heat")
    heat.send_keys(*[Keys.ARROW_RIGHT] * hour)
    readout = browser.text("#heat-readout")
    assert readout.startswith(name)
    assert data.days[-1].hours[hour][11:16] in readout
    expected = data.days[-1].rows_per_hour[cell][hour]
    assert browser.text("#heat-count") == count_words(expected, language)


def test_the_slider_moves_every_part_to_its_day(browser: Browser, quality: Page) -> None:
    data, file = quality
    browser.open(file, "#lang=en")
    slider = browser.driver.find_element("id", "day")
    for key, number in ((Keys.HOME, 0), (Keys.ARROW_RIGHT, 1), (Keys.END, len(data.days) - 1)):
        slider.send_keys(key)
        day = data.days[number]
        landed = sum(file.n_delivered for file in day.files)
        aside = sum(sum(file.quarantined.values()) for file in day.files)
        assert browser.text("#fact-rows b") == written(landed, "en")
        assert written(aside, "en") in browser.text("#fact-rows small")
        assert str(int(day.day[-2:])) in browser.text("#day-name")
        assert browser.text("#files tbody tr td:nth-child(3)") == written(landed, "en")
        for status in ("silent", "low", "high", "expected", "unknown", "few"):
            n = sum(
                cell_status == status and cell.x_m is not None
                for cell, cell_status in zip(data.cells, day.statuses, strict=True)
            )
            key_line = browser.text(f"#coverage-key [data-status={status}] b")
            assert key_line == written(n, "en"), status
        silent = sum(status == "silent" for status in day.statuses)
        assert browser.text("#fact-silent b") == str(silent)
    assert browser.text("#coverage-key [data-status=nowhere] b") == "1"
    assert NOWHERE in {cell.cell_id for cell in data.cells if cell.x_m is None}


def changed_rows(browser: Browser) -> list[list[str]]:
    """The rows of the table of what changed, as read."""
    cells: list[list[str]] = browser.run(
        "return [...document.querySelectorAll('#changed tbody tr')]"
        ".map(r => [...r.children].map(c => c.innerText))"
    )
    return cells


def test_what_changed_shows_then_now_range_verdict_and_owner(
    browser: Browser, quality: Page
) -> None:
    data, file = quality
    browser.open(file, "#lang=en")
    out = [check for check in data.days[-1].checks if check.verdict in ("stop", "note")]
    rows = changed_rows(browser)
    assert len(rows) == len(out) >= 3
    region = next(check for check in out if check.scope == "region")
    first = rows[0]
    assert "stop" in first[0] and "Middenland" in first[1] and first[7] == "operator"
    assert (region.then, region.value, region.lower, region.upper) != (None,) * 4
    assert first[2] == written(int(region.then or 0), "en")
    assert first[3] == written(int(region.value or 0), "en")
    assert first[4] == f"{(region.value or 0) / (region.then or 1) - 1:+.1%}".replace("-", "−")
    assert first[5] == " – ".join(
        written(round(end or 0), "en") for end in (region.lower, region.upper)
    )
    browser.driver.find_element("id", "only-out").click()
    rows = changed_rows(browser)
    assert len(rows) == len(data.days[-1].checks)
    assert sorted(row[0].split("\n")[-1].strip("✓✕!– \n") for row in rows) == sorted(
        VERDICTS[check.verdict] for check in data.days[-1].checks
    )


def test_a_column_sorts_both_ways_by_keyboard_and_unknown_stays_last(
    browser: Browser, quality: Page
) -> None:
    data, file = quality
    browser.open(file, "#lang=en")
    browser.driver.find_element("id", "only-out").click()
    checks = data.days[-1].checks
    names = [check.check for check in checks]
    values = {check.check: check.value for check in checks if names.count(check.check) == 1}
    n_known = sum(value is not None for value in values.values())
    assert 5 <= n_known < len(values), "nothing is unknown: the test shows nothing"
    button = browser.driver.find_element("id", "sort-now")
    for word in ("ascending", "descending"):
        button.send_keys(Keys.ENTER)
        head = "return document.querySelector('th[data-column=now]').getAttribute('aria-sort')"
        assert browser.run(head) == word
        shown = browser.run(
            "return [...document.querySelectorAll('#changed tbody tr')].map(r => r.dataset.check)"
        )
        shown_values = [values[name] for name in shown if name in values]
        numbers = [value for value in shown_values if value is not None]
        assert numbers == sorted(numbers, reverse=word == "descending")
        assert shown_values == [*numbers, *[None] * (len(values) - n_known)]


def test_a_small_count_of_devices_is_not_on_the_page(browser: Browser, quality: Page) -> None:
    data, file = quality
    few = next(check for check in data.days[-1].checks if check.check == "count_imeis")
    assert few.value is None
    browser.open(file, "#lang=en")
    browser.driver.find_element("id", "only-out").click()
    row = next(row for row in changed_rows(browser) if "count_imeis" in row[1])
    assert row[3] == "few (1 to 14)"


def test_rows_set_aside_are_shares_of_the_days_rows(browser: Browser, quality: Page) -> None:
    data, file = quality
    browser.open(file, "#lang=en")
    day = data.days[-1]
    landed = sum(file.n_delivered for file in day.files)
    n = sum(file.quarantined["unknown_cell"] for file in day.files)
    assert browser.text("[data-reason=unknown_cell] h3 b") == f"{100 * n / landed:.2g}%"
    assert browser.run("return document.querySelectorAll('.reason').length") == 4
    assert browser.run(
        "return document.querySelectorAll('[data-reason=duplicate] .bar-of-day').length"
    ) == len(data.days)
    browser.run(
        "document.querySelector('[data-reason=duplicate] .day-bar').dispatchEvent("
        "new MouseEvent('click', {bubbles: true}))"
    )
    assert browser.run("return document.getElementById('day').value") == "0"


def test_a_region_is_chosen_and_its_cells_alone_are_walked(browser: Browser, quality: Page) -> None:
    data, file = quality
    browser.open(file, "#lang=en")
    browser.driver.find_element("css selector", "#region option[value=R2]").click()
    own = [cell.cell_id for cell in data.cells if cell.region_id == "R2"]
    heat = browser.driver.find_element("id", "heat")
    heat.send_keys(Keys.ARROW_DOWN)
    assert browser.text("#heat-readout").startswith(own[0])
    heat.send_keys(Keys.END)
    assert browser.text("#heat-readout").startswith(own[-1])
    heat.send_keys(Keys.ARROW_UP)
    assert browser.text("#heat-readout").startswith(own[-2])


def test_open_troubles_say_what_to_do(browser: Browser, quality: Page) -> None:
    data, file = quality
    browser.open(file, "#lang=en")
    text = browser.text("#troubles")
    assert len(data.problems) == 2
    for problem in data.problems:
        assert problem.what in text and problem.what_to_do in text
    assert "Silent region, Middenland" in text


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_page_asks_nothing_of_the_network_and_says_all_in_its_language(
    browser: Browser, quality: Page, language: str, wait: Wait
) -> None:
    data, file = quality
    browser.open(file, f"#lang={language}")
    wait(lambda: browser.run("return document.querySelectorAll('.reason svg').length") == 4)
    for number in range(len(data.days)):
        browser.run(
            "const s = document.getElementById('day'); s.value = arguments[0];"
            "s.dispatchEvent(new Event('input'))",
            number,
        )
    assert browser.errors() == []  # a word that lacks is an error in the console
    urls = [u.split("#")[0] for u in browser.requests() if not u.startswith("data:")]
    assert urls == [file.as_uri()]
    assert browser.run("return document.documentElement.lang") == language


def test_the_operators_page_and_this_one_lead_to_each_other(
    browser: Browser, quality: Page, tmp_path: Path
) -> None:
    from small_judgements import operator_data

    from peil.pages import operator_page

    build(quality[0], tmp_path / "quality.html")
    operator_page.build(operator_data().model_copy(update={"has_quality": True}), tmp_path)
    browser.open(tmp_path / "index.html", "#lang=nl")
    browser.driver.find_element("id", "other-page").click()
    assert browser.run("return [location.pathname, document.documentElement.lang]") == [
        str(tmp_path / "quality.html"),
        "nl",
    ]
    browser.driver.find_element("id", "other-page").click()
    assert browser.run("return location.pathname") == str(tmp_path / "index.html")
    operator_page.build(operator_data(), tmp_path)
    browser.open(tmp_path / "index.html")
    assert browser.driver.find_elements("id", "other-page") == []


@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_phone_needs_no_sideways_scroll(browser: Browser, quality: Page, language: str) -> None:
    browser.open(quality[1], f"#lang={language}", width=360, height=740)
    browser.driver.find_element("id", "only-out").click()
    browser.unfold()
    assert browser.run("return document.querySelectorAll('details[open]').length") == 2
    for box in ("#heat", "#coverage", "#reasons"):  # one below the other
        assert browser.run("return document.querySelector(arguments[0]).offsetWidth", box) > 280
    assert not browser.has_sideways_scroll()


def test_the_tab_key_reaches_every_control_in_order_and_focus_shows(
    browser: Browser, quality: Page
) -> None:
    browser.open(quality[1], "#lang=en")
    focused = []
    for _ in range(12):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        name, outline = browser.run(
            "const e = document.activeElement;"
            "return [e.id || e.className || e.tagName, getComputedStyle(e).outlineStyle]"
        )
        assert outline != "none", name
        focused.append(name)
    assert focused == [
        "skip",
        "other-page",
        "lang-en",
        "lang-nl",
        "day-back",
        "day-forth",
        "day",
        "region",
        "heat",
        "SUMMARY",
        "SUMMARY",
        "only-out",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_enough_contrast(browser: Browser, quality: Page, scheme: str) -> None:
    media = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})
    try:
        browser.open(quality[1], "#lang=en")
        browser.driver.find_element("id", "only-out").click()
        looked, poor = browser.run(CONTRAST)
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert looked > 60
    assert poor == []


def has_words(check: str, words: dict[str, Any]) -> bool:
    """Whether checkwords.js can say a check: by name, as a warning, or by its reason."""
    if f"check_{check}" in words:
        return True
    if check.startswith("warning_"):
        return has_words(check.removeprefix("warning_"), words)
    reason = check.removeprefix("n_rows_").removesuffix("_share")
    return reason != check and f"reason_{reason}" in words


def test_every_check_and_trouble_has_words() -> None:
    words = json.loads((PORTAL / "src" / "words.json").read_text(encoding="utf-8"))
    assert len(CHECKS) > 60 and len(KINDS) > 8
    assert [check for check in CHECKS if not has_words(check, words)] == []
    assert [kind for kind in KINDS if f"trouble_{kind}" not in words] == []
    assert not has_words("warning_nothing", words)


def test_a_country_of_four_thousand_cells_stays_fast(browser: Browser, tmp_path: Path) -> None:
    data = quality_data(n_days=2, n_masts=1334)
    assert len(data.cells) > 4000
    browser.open(build(data, tmp_path / "quality.html"), "#lang=en")
    slowest = browser.run(
        """const heat = document.getElementById('heat'); let slowest = 0;
        for (let i = 0; i < 20; i += 1) {
          const start = performance.now();
          heat.scrollTop = i * 700;
          heat.dispatchEvent(new Event('scroll'));
          const canvas = heat.querySelector('canvas');
          canvas.getContext('2d').getImageData(0, 0, 1, 1);
          slowest = Math.max(slowest, performance.now() - start);
        }
        return slowest;"""
    )
    assert slowest < 400, f"{slowest:.0f} ms for one screen of the heat map"
    overview = browser.driver.find_element("css selector", ".overview")
    browser.run("document.getElementById('heat').scrollTop = 0")
    browser.run("arguments[0].scrollIntoView({block: 'center'})", overview)
    overview.click()  # in its middle
    middle = browser.run(
        "const h = document.getElementById('heat');"
        "return (h.scrollTop + h.clientHeight / 2) / h.scrollHeight"
    )
    assert abs(middle - 0.5) < 0.01
