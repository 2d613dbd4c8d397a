"""The page says what is unusual: first sentence, colours, bands, marks and list, for everybody."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import pytest
from chromium import Browser
from screen import fragment, look
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait
from small_country import page_data

from peil.pages.outlook.replayed import until
from peil.pages.portal import PortalData, build
from tests.browser.outlook.small_outlook import MATCH, SURGES, TIMES, outlook, outlook_data, surge

Wait = Callable[[Callable[[], Any]], Any]
Page = tuple[PortalData, Path]
NOW = surge("M04", 165, None, 3, observed=7843, expected=5900, event="Fair")


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """A week with three episodes, all over."""
    data = outlook_data()
    return data, build(data, tmp_path_factory.mktemp("usual"))


@pytest.fixture(scope="module")
def loud(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """A week whose newest hour is unusual in one zone."""
    data = outlook_data([NOW, *SURGES])
    return data, build(data, tmp_path_factory.mktemp("loud"))


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_first_sentence_says_that_all_is_as_usual(
    browser: Browser, usual: Page, language: str
) -> None:
    look(browser, usual, "M01", 12, language=language)
    first = browser.run("return document.querySelector('main .unusual').innerText")
    assert first.startswith(
        {"en": "Everything as usual at 23:00, Sun", "nl": "Alles zoals gewoonlijk om 23:00, zo"}[
            language
        ]
    )
    assert "3" in first and browser.errors() == []


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_first_sentence_names_what_is_unusual_now(
    browser: Browser, loud: Page, wait: Wait, language: str
) -> None:
    look(browser, loud, "M01", 12, language=language)
    said = browser.text("#unusual")
    wanted = {
        "en": "Oosterhaven since 21:00, Sun 8 Mar, at most 7,843 persons "
        "where 5,900 were expected (+33%) (Fair)",
        "nl": "Oosterhaven sinds 21:00, zo 8 mrt, hoogstens 7.843 personen "
        "waar er 5.900 werden verwacht (+33%) (Fair)",
    }
    assert wanted[language] in said
    browser.driver.find_element("css selector", "#unusual button").send_keys(Keys.ENTER)
    wait(lambda: browser.run("return document.getElementById('zone').value") == "M04")
    assert browser.run("return document.getElementById('hour').value") == "165"


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "Nothing is published of 23:00, Sun"), ("nl", "Van 23:00, zo 8 mrt is niets gepubli")],
)
def test_of_an_hour_in_which_all_is_withheld_it_says_that_nothing_is_known(
    browser: Browser, tmp_path: Path, language: str, sentence: str
) -> None:
    data = outlook_data([])
    table = data.released
    for values, lower, upper, status in zip(
        table.values, table.lower, table.upper, table.conf_status, strict=True
    ):
        values[-1], lower[-1], upper[-1], status[-1] = None, None, None, "C"
    look(browser, (data, build(data, tmp_path)), "M01", 12, language=language)
    assert browser.text("#unusual").startswith(sentence) and browser.errors() == []


@pytest.mark.parametrize(
    ("language", "n", "sentence"),
    [
        ("en", 1, "one day or hour are not as they were signed: they are left out here."),
        (
            "nl",
            16,
            "16 dagen of uren zijn niet zoals ze ondertekend zijn: ze zijn hier weggelaten.",
        ),
    ],
)
def test_of_figures_that_do_not_verify_it_says_that_they_are_left_out(
    browser: Browser, tmp_path: Path, language: str, n: int, sentence: str
) -> None:
    data = page_data(outlook=outlook().model_copy(update={"n_broken": n}))
    look(browser, (data, build(data, tmp_path)), "M01", 12, language=language)
    assert browser.text("#unusual .left-out").endswith(sentence) and browser.errors() == []


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Weather stops (rain_mm, sun): what was to be expected rests on what there is."),
        ("nl", "Het weer houdt op (rain_mm, sun): wat te verwachten was, rust op wat er is."),
    ],
)
def test_where_weather_stops_it_says_so(
    browser: Browser, tmp_path: Path, language: str, sentence: str
) -> None:
    stopped = outlook().model_copy(update={"weather_stops": ["rain_mm", "sun"]})
    data = page_data(outlook=stopped)
    look(browser, (data, build(data, tmp_path)), "M01", 12, language=language)
    assert browser.text("#unusual .weather-stops").endswith(sentence) and browser.errors() == []


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (
            "en",
            "antenna sectors that serve 31% of it were silent, neighbours stood in; "
            "of the hour before nothing is published",
        ),
        (
            "nl",
            "antennesectoren die er 31% van bedienen zwegen, buren namen het over; "
            "van het uur ervoor is niets gepubliceerd",
        ),
    ],
)
def test_what_makes_an_alarm_less_sure_is_said_where_it_is_and_in_the_list(
    browser: Browser, tmp_path: Path, language: str, sentence: str
) -> None:
    last = len(TIMES) - 1
    data = outlook_data([surge("M07", last, None, 2, silent_share=0.31, is_after_gap=True)])
    look(browser, (data, build(data, tmp_path)), "M07", last, language=language)
    assert f"({sentence})" in browser.text("#unusual")
    assert browser.text("#surges .doubt") == sentence and browser.errors() == []


def test_the_map_shows_what_differs_from_normal_and_says_it(browser: Browser, usual: Page) -> None:
    look(browser, usual, "M07", MATCH, "&measure=normal")
    label = browser.run("return document.querySelector('[data-zone=M07]').ariaLabel")
    value = usual[0].released.values[usual[0].released.zone_ids.index("M07")][MATCH]
    content = outlook()
    row = content.zone_ids.index("M07")
    middle = content.bands["q500"][row][MATCH]
    assert value is not None and middle is not None
    assert f"{value / middle - 1:+.0%} against normal: {value:,} persons" in label
    fills = browser.run(
        "return Object.fromEntries([...document.querySelectorAll('[data-zone]')]"
        ".map(e => [e.dataset.zone, e.getAttribute('fill')]))"
    )
    assert fills["M07"] == "#b01f31"  # the class of the most
    assert sum(fill == "#f3f1ee" for fill in fills.values()) > 12  # as usual
    assert browser.text("#normal").startswith(f"{value / middle - 1:+.0%} against normal")


def test_the_line_has_the_bands_and_the_next_day(browser: Browser, usual: Page) -> None:
    look(browser, usual, "M07", MATCH)
    count = "return document.querySelectorAll(arguments[0]).length"
    assert browser.run(count, "#line .normal-95") == 1 == browser.run(count, "#line .normal-80")
    assert len(browser.run("return document.querySelector('#line .ahead').getAttribute('d')")) > 99
    assert "normal, 80 and 95%" in browser.text(".line-key")
    assert "expected, next 24 hours" in browser.text(".line-key")
    browser.run("[...document.querySelectorAll('.panel details')].forEach(d => { d.open = true })")
    rows = "return [...document.querySelectorAll('.panel details tbody tr')].map(r => r.innerText)"
    lines = browser.run(rows)
    assert len(lines) == len(TIMES) + 24
    assert "not yet" in lines[-1] and " to " in lines[-1].replace("–", " to ")


def test_the_list_is_largest_first_and_leads_to_zone_and_hour(
    browser: Browser, usual: Page, wait: Wait
) -> None:
    look(browser, usual, "M01", 12)
    names = browser.run(
        "return [...document.querySelectorAll('#surges .surge button')].map(e => e.innerText)"
    )
    assert [name.split(",")[0] for name in names] == ["Wolfsdal", "Zeemonde", "Noordkerke"]
    assert "known event: Cup final" in browser.text("#surges")
    assert "by chance once in 100 years" in browser.text("#surges")
    browser.driver.find_element("css selector", "#surges .surge button").send_keys(Keys.ENTER)
    wait(lambda: browser.run("return document.getElementById('zone').value") == "M07")
    assert browser.run("return document.getElementById('hour').value") == str(MATCH)


def test_each_episode_has_a_mark_on_the_slider(browser: Browser, usual: Page) -> None:
    look(browser, usual, "M01", 12)
    lefts = browser.run(
        "return [...document.querySelectorAll('.surge-marks i')].map(e => parseFloat(e.style.left))"
    )
    wanted = [100 * TIMES.index(each.began) / (len(TIMES) - 1) for each in SURGES]
    assert sorted(lefts) == pytest.approx(sorted(wanted), abs=0.01)


def test_it_opens_at_the_newest_hour_against_normal_where_it_is_loud(
    browser: Browser, loud: Page
) -> None:
    browser.open(loud[1])
    assert browser.run("return document.getElementById('hour').value") == str(len(TIMES) - 1)
    assert browser.run("return document.querySelector('[name=measure]:checked').value") == "normal"
    assert browser.run("return document.getElementById('zone').value") == "M04"


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_accuracy_tab_says_errors_beside_both_bars_alarms_and_calibration(
    browser: Browser, usual: Page, language: str
) -> None:
    address = fragment(usual[0], "M01", 12, language, "accuracy")
    browser.open(usual[1], address, width=390, height=844)
    said = browser.text("#foresight")
    for figure in ("41", "55", "62", "79%", "3,360" if language == "en" else "3.360"):
        assert figure in said, figure
    # three episodes, one with a known event: two in four zone-months
    assert "1 of them with a known event" in said or "1 met een bekend evenement" in said
    assert ("0.5 per zone" if language == "en" else "0,5 per zone") in said
    assert "+30%" in said and "41%" in said
    words = browser.run(
        "return document.querySelector('.calibration svg').getAttribute('aria-label')"
    )
    assert "10%: 11%" in words and "90%: 88%" in words
    assert not browser.has_sideways_scroll() and browser.errors() == []


def test_a_served_page_shows_the_next_hour_by_itself_and_one_from_disk_does_not(
    browser: Browser, tmp_path: Path
) -> None:
    data = page_data(outlook=outlook(reload_s=1))
    file = build(data, tmp_path)
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        browser.driver.get(f"http://127.0.0.1:{server.server_port}/index.html#tab=map")
        first = "return document.querySelector('main .unusual')?.innerText ?? ''"
        # a busy machine takes seconds to draw a page, and this one is drawn again each second
        patience = WebDriverWait(browser.driver, 60, 0.2)
        patience.until(lambda _: browser.run(first).startswith("Everything as usual"))
        later = file.stat().st_mtime + 2  # a server tells changes by whole seconds
        build(page_data(outlook=outlook([NOW, *SURGES], reload_s=1)), tmp_path)
        os.utime(file, (later, later))
        patience.until(lambda _: browser.run(first).startswith("Unusual at 23:00"))
        server.shutdown()
    browser.open(file)
    browser.run("window.isTheSame = true")
    sleep(1.5)
    assert browser.run("return window.isTheSame === true")


@pytest.mark.parametrize("language", ["en", "nl"])
def test_it_fits_a_phone(browser: Browser, loud: Page, language: str) -> None:
    look(browser, loud, "M07", MATCH, "&measure=normal", language, width=390, height=844)
    assert browser.text("#surges") and not browser.has_sideways_scroll()
    assert browser.errors() == []


def test_a_pilot_without_an_outlook_says_nothing_of_it(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = page_data()
    look(browser, (data, build(data, tmp_path_factory.mktemp("none"))), "M01", 12)
    count = "return document.querySelectorAll(arguments[0]).length"
    assert browser.run(count, ".zone") == 20
    for selector in (".unusual", "#surges", ".surge-marks i", "input[value=normal]", ".normal-95"):
        assert browser.run(count, selector) == 0, selector


def test_a_band_of_a_zone_without_a_shape_is_refused() -> None:
    content = outlook()
    content.zone_ids[0] = "M99"
    with pytest.raises(ValueError, match="the outlook has a zone without a shape"):
        page_data(outlook=content)


def test_a_page_as_at_an_hour_has_nothing_of_later_ones() -> None:
    content = outlook().model_copy(update={"newest": TIMES[68]})
    page = until(outlook_data(), content)
    assert page.released.times == TIMES[:69]
    assert {len(row) for row in page.released.values + page.released.conf_status} == {69}
    later = {time[:10] for time in TIMES[69:]}
    standing = {release.day: release.status for release in page.releases}
    assert {standing[day] for day in later & set(standing)} <= {"waiting"}
    assert not {gate.day for gate in page.quality} & later
    assert page.flows is None and page.visitors is None
