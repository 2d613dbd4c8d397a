"""The page of a pilot, as a reader meets it: opened from disk in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chromium import Browser
from screen import TABS, entry, fragment, look, withheld_hour, written
from selenium.webdriver.common.keys import Keys
from small_country import country, grid_data, hours, page_data, released

from peil.charter import reading
from peil.charter.schema import Words
from peil.pages.algorithms import algorithms
from peil.pages.portal import PortalData, Score, build
from peil.pages.portal_tables import Interval
from peil.settings import PROJECT

Wait = Callable[[Callable[[], Any]], Any]
UNOBSERVED = (10, 11)  # hours of a day


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_page_says_no_error_and_asks_the_network_for_nothing(
    browser: Browser, demo: tuple[PortalData, Path], tab: str, language: str
) -> None:
    _, file = demo
    browser.open(file, f"#lang={language}&tab={tab}")
    assert browser.run("return document.querySelectorAll('main .card').length") > 0
    browser.unfold()
    assert browser.errors() == []
    urls = [url.split("#")[0] for url in browser.requests()]
    assert [url for url in urls if not url.startswith("data:")] == [file.as_uri()]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Antenna sectors that serve 31% of this zone were silent in this hour; "),
        ("nl", "Antennesectoren die 31% van dit gebied bedienen zwegen in dit uur; "),
    ],
)
def test_a_figure_that_rests_on_neighbours_of_silent_sectors_says_so(
    browser: Browser, tmp_path: Path, language: str, sentence: str
) -> None:
    data = page_data()
    silent = {"M01": {data.released.times[15]: 0.31}}
    table = data.released.model_copy(update={"silent": silent})
    data = data.model_copy(update={"released": table})
    file = build(data, tmp_path)
    browser.open(file, fragment(data, "M01", 15, language))
    assert browser.text("#silent").startswith(sentence) and browser.errors() == []
    browser.open(file, fragment(data, "M01", 16, language))
    assert browser.run("return document.querySelector('#silent')") is None


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize(
    ("zone", "t"), [("M01", 15), ("M07", 69), ("M12", 100), ("R2", 40), ("L", 167)]
)
def test_the_numbers_on_screen_are_the_released_ones(
    browser: Browser, demo: tuple[PortalData, Path], zone: str, t: int, language: str
) -> None:
    data, file = demo
    browser.open(file, fragment(data, zone, t, language))
    value, lower, upper = entry(data, zone, t)
    assert value is not None and lower is not None and upper is not None
    assert browser.text("#number") == written(value, language)
    sentence = {
        "en": f"between {written(lower, 'en')} and {written(upper, 'en')}, meant for 90 of 100 "
        "cases; provisional",
        "nl": f"tussen {written(lower, 'nl')} en {written(upper, 'nl')}, bedoeld voor 90 van de "
        "100 gevallen; voorlopig",
    }
    assert browser.text("#interval") == sentence[language]


def test_every_zone_on_the_map_says_its_released_number(
    browser: Browser, demo: tuple[PortalData, Path]
) -> None:
    data, file = demo
    t = 2
    browser.open(file, fragment(data, "M01", t))
    labels = browser.run(
        "return Object.fromEntries([...document.querySelectorAll('[data-zone]')]"
        ".map(e => [e.dataset.zone, e.getAttribute('aria-label')]))"
    )
    assert len(labels) == 20
    for zone, label in labels.items():
        value, _, _ = entry(data, zone, t)
        words = label.split(": ", 1)[1]
        if value is None:
            assert words == "withheld to protect people"
        else:
            assert words == f"{written(value, 'en')} persons (estimated)"


def test_the_tables_behind_the_graphics_hold_the_released_numbers(
    browser: Browser, demo: tuple[PortalData, Path], wait: Wait
) -> None:
    data, file = demo
    browser.open(file, fragment(data, "M05", 30))
    browser.unfold("details.behind summary")
    column = """return [...document.querySelectorAll(arguments[0] + ' details tbody tr')]
                .map(row => row.children[arguments[1]].innerText)"""
    line = wait(lambda: browser.run(column, ".panel", 2))
    values = data.released.values[data.released.zone_ids.index("M05")]
    assert line == [written(v, "en") if v else "withheld to protect people" for v in values]
    of_map = wait(lambda: browser.run(column, ".map-card", 1))
    now = [entry(data, f"M{i:02d}", 30)[0] for i in range(1, 21)]
    assert of_map == [written(v, "en") if v else "withheld to protect people" for v in now]


def test_play_advances_and_pause_stops(
    browser: Browser, demo: tuple[PortalData, Path], wait: Wait
) -> None:
    data, file = demo
    browser.open(file, fragment(data, "M08", 12))
    at = "return Number(document.getElementById('hour').value)"
    play = browser.driver.find_element("id", "play")
    play.click()
    t = wait(lambda: browser.run(at) >= 14 and browser.run(at))
    play.click()
    stopped = browser.run(at)
    assert stopped >= t
    browser.driver.execute_async_script("setTimeout(arguments[0], 900)")
    assert browser.run(at) == stopped
    value, _, _ = entry(data, "M08", stopped)
    assert value is not None and browser.text("#number") == written(value, "en")


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "withheld to protect people"), ("nl", "achtergehouden om mensen te beschermen")],
)
@pytest.mark.parametrize("measure", ["persons", "density", "change"])
def test_withheld_shows_words_and_no_number(
    browser: Browser, demo: tuple[PortalData, Path], language: str, sentence: str, measure: str
) -> None:
    data, file = demo
    zone, t = withheld_hour(data)
    browser.open(file, fragment(data, zone, t, language) + f"&measure={measure}")
    assert browser.text("#number") == sentence
    shown = browser.text("#figure").replace(browser.text("#figure .at"), "")
    assert re.findall(r"\d+", shown) == [str(data.threshold)]
    shape = browser.driver.find_element("css selector", f"[data-zone='{zone}']")
    assert shape.get_attribute("fill") == "url(#map-hatch)"
    assert (shape.get_attribute("aria-label") or "").endswith(sentence)


def test_a_pilot_with_everything_withheld_says_so(
    browser: Browser, hush: tuple[PortalData, Path]
) -> None:
    data, file = hush
    browser.open(file, "#lang=en")
    assert browser.text("#all-withheld h2") == "Everything is withheld"
    assert str(data.threshold) in browser.text("#all-withheld p")
    fills = browser.run(
        "return [...document.querySelectorAll('[data-zone]')].map(e => e.getAttribute('fill'))"
    )
    assert len(fills) == 48 and set(fills) == {"url(#map-hatch)"}
    assert browser.errors() == []


def test_a_grid_of_devices_without_names_works(browser: Browser, tmp_path: Path) -> None:
    data = grid_data()
    file = build(data, tmp_path)
    z = max(range(48), key=lambda i: data.released.values[i][12] or 0)
    zone = data.released.zone_ids[z]
    browser.open(file, fragment(data, zone, 12))
    value, _, _ = entry(data, zone, 12)
    assert value is not None
    assert browser.text("#number") == written(value, "en")
    assert browser.text("#figure .big").endswith("devices (estimated)")
    assert "persons" not in browser.text("main").lower()
    assert browser.errors() == []


def test_the_address_keeps_hour_zone_and_language(
    browser: Browser, demo: tuple[PortalData, Path], wait: Wait
) -> None:
    data, file = demo
    browser.open(file, fragment(data, "M08", 12))
    browser.driver.find_element("css selector", "[data-zone='M06']").click()
    browser.driver.find_element("id", "hour").send_keys(Keys.ARROW_RIGHT)
    browser.driver.find_element("id", "lang-nl").click()
    wait(lambda: "lang=nl" in browser.driver.current_url)
    address = browser.driver.current_url
    browser.open(file, "#" + address.split("#")[1])
    value, _, _ = entry(data, "M06", 13)
    assert value is not None and browser.text("#number") == written(value, "nl")
    assert browser.run("return document.documentElement.lang") == "nl"


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_scores_on_screen_are_the_scores_given(
    browser: Browser, demo: tuple[PortalData, Path], language: str
) -> None:
    data, file = demo
    browser.open(file, f"#lang={language}&tab=accuracy")
    shown = browser.run(
        "return [...document.querySelector('.scores').querySelectorAll('.score')]"
        ".map(e => e.lastChild.innerText)"
    )
    given = [f"{s.value:.1%}" for s in data.scores if s.measure == "mape"]
    assert shown == [text if language == "en" else text.replace(".", ",") for text in given]
    assert len(browser.driver.find_elements("css selector", ".score.champion")) == 4


def test_a_bias_below_zero_has_a_bar_as_long_as_it_is_large(
    browser: Browser, tmp_path: Path
) -> None:
    sizes = {"sb": -0.001, "em": -0.002}
    scores = [Score(estimator=name, measure="bias", value=size) for name, size in sizes.items()]
    browser.open(build(page_data(scores=scores), tmp_path), "#tab=accuracy")
    bars = """return [...document.querySelectorAll('.score .rail')].map(rail =>
      rail.querySelector('i').getBoundingClientRect().width / rail.getBoundingClientRect().width)"""
    assert browser.run(bars) == pytest.approx([0.5, 1.0], abs=0.02)


def test_a_closed_gate_shows_and_exact_counts_of_raw_do_not(
    browser: Browser, demo: tuple[PortalData, Path]
) -> None:
    data, file = demo
    closed = [gate for gate in data.quality if not gate.is_open]
    browser.open(file, "#tab=quality")
    shown = browser.driver.find_elements("css selector", ".matrix .badge.closed")
    assert len(shown) == len(closed) == 1
    page = file.read_text(encoding="utf-8")
    content = page.split('id="data">')[1].split("</script>")[0]
    noted = sum(g.state in ("estimated", "released") for g in data.quality)
    assert content.count("987654") == noted > 0


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_privacy_section_says_threshold_limits_recipients_and_contact(
    browser: Browser, demo: tuple[PortalData, Path], language: str
) -> None:
    data, file = demo
    browser.open(file, f"#lang={language}&tab=privacy")
    assert browser.text(".fact dd b") == str(data.threshold)
    text = browser.text("main")
    block = getattr(data.statement[1], language)
    heading, point = block.split("\n")
    assert browser.text(".prose h3") == heading.removeprefix("## ")
    assert browser.text(".prose li") == point.removeprefix("- ")
    assert getattr(data.limits[0], language) in text
    assert all(name in text for name in (*data.recipients, data.contact))
    assert {"en": "What is not claimed", "nl": "Wat niet wordt beweerd"}[language] in text


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_algorithm_register_stands_on_the_page_and_beside_it(
    browser: Browser, tmp_path: Path, language: str
) -> None:
    charter = reading.load(PROJECT / "pilots" / "demo.yml")
    data = page_data(algorithms=algorithms(charter, [], "presence, version 3", {"level": 90}))
    file = build(data, tmp_path)
    browser.open(file, f"#lang={language}&tab=about", width=390)
    browser.driver.find_element("css selector", ".algorithm summary").send_keys(Keys.ENTER)
    terms = browser.text(".algorithm dl")
    (each,) = data.algorithms
    for name in ("goal", "human_intervention", "risk_management", "impact_assessments", "supplier"):
        assert getattr(getattr(each, name), language) in terms
    assert {"en": "Human intervention", "nl": "Menselijke tussenkomst"}[language] in terms
    assert not browser.has_sideways_scroll() and browser.errors() == []
    link = browser.run("return document.querySelector('a[href=\"algorithms.json\"]').href")
    assert link == (tmp_path / "algorithms.json").as_uri()
    assert json.loads((tmp_path / "algorithms.json").read_text())[0]["lang"] == "ENG"


@pytest.fixture(scope="module")
def gap(tmp_path_factory: pytest.TempPathFactory) -> tuple[PortalData, Path]:
    """A day of the demonstration country of which two hours were not observed."""
    zones, times = country(), hours("2026-03-02T00:00:00", 24)
    table = released(zones, times)
    for columns in (table.values, table.lower, table.upper, table.conf_status):
        for row in columns:
            for t in UNOBSERVED:
                row[t] = "L" if columns is table.conf_status else None  # type: ignore[index, assignment]
    data = page_data(zones=zones, released=table)
    return data, build(data, tmp_path_factory.mktemp("gap"))


@pytest.mark.parametrize(
    ("language", "words", "why"),
    [
        ("en", "not observed", "neither zero nor withheld"),
        ("nl", "niet waargenomen", "niet nul en niet achtergehouden"),
    ],
)
def test_an_unobserved_hour_says_so_on_map_panel_and_key(
    browser: Browser, gap: tuple[PortalData, Path], language: str, words: str, why: str
) -> None:
    look(browser, gap, "M05", UNOBSERVED[0], language=language)
    assert browser.text("#number") == words
    assert why in browser.text("#interval")
    shape = browser.driver.find_element("css selector", "[data-zone='M05']")
    assert shape.get_attribute("fill") == "url(#map-crosses)"
    assert (shape.get_attribute("aria-label") or "").endswith(words)
    assert words in browser.text(".legend-none") and words in browser.text(".panel")
    assert browser.run("return document.querySelectorAll('.panel rect.unobserved').length") == 1
    assert browser.errors() == []


def test_why_the_estimator_is_the_one_is_said_where_nothing_is_known_to_score_too(
    browser: Browser, tmp_path: Path
) -> None:
    why = Words(en="It erred least on every make.", nl="Zij had op elke makelij de kleinste fout.")
    page = build(page_data(scores=[], evidence=why), tmp_path)
    browser.open(page, "#lang=en&tab=accuracy")
    assert browser.text("#evidence") == why.en
    browser.open(page, "#lang=nl&tab=accuracy")
    assert browser.text("#evidence") == why.nl


def test_the_part_that_held_least_stands_beside_the_number(
    browser: Browser, tmp_path: Path
) -> None:
    interval = Interval(measured=95, measured_least=94, measured_part=76)
    data = page_data(interval=interval)
    browser.open(build(data, tmp_path), fragment(data, "M01", 15, "en"))
    held = "95 held on simulated countries by municipality, 76 in the worst part"
    assert browser.text("#interval").endswith(held)
