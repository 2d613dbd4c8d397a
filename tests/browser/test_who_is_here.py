"""Who is in a zone: residents, visitors by home zone, foreign SIMs; bars, tables, words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from chromium import Browser
from screen import look, names, written
from small_flows import BEACH, LONELY, N_HOURS, QUIET
from test_flows_section import WITHHELD
from test_portal_access import CONTRAST

from peil.portal import PortalData

ZONE, NOON = "M08", 13
ROWS = """return [...document.querySelectorAll('#crowd-table tbody tr')].map(row =>
  [row.dataset.origin, row.dataset.status, [...row.children].map(cell => cell.innerText)])"""
COUNTRY = {
    "en": {"DE": "Germany", "BE": "Belgium", "GB": "United Kingdom", "FR": "France"},
    "nl": {"DE": "Duitsland", "BE": "België", "GB": "Verenigd Koninkrijk", "FR": "Frankrijk"},
}


def groups_of(data: PortalData, zone: str, t: int) -> dict[str, Any]:
    """The entries of that hour by origin: numbers, or None where withheld."""
    table = data.visitors
    assert table is not None
    found: dict[str, Any] = {}
    for p, (z, o) in enumerate(table.pairs):
        if table.zone_ids[z] == zone and t in table.hours[p]:
            i = table.hours[p].index(t)
            value = table.values[p][i]
            bounds = (table.lower[p][i], table.upper[p][i])
            found[table.origins[o].code] = None if value is None else (value, *bounds)
    return found


@pytest.mark.parametrize(("zone", "language"), [(ZONE, "en"), (ZONE, "nl"), (BEACH, "en")])
def test_the_table_holds_the_released_groups_of_the_hour(
    browser: Browser, moving: tuple[PortalData, Path], zone: str, language: str
) -> None:
    data, _ = moving
    look(browser, moving, zone, NOON, language=language)
    given = groups_of(data, zone, NOON)
    shown = browser.run(ROWS)
    assert shown[0][0] == zone
    assert {code for code, _, _ in shown} == set(given) and len(given) > 9
    called = {**names(data), **COUNTRY[language]}
    called[zone] = {"en": "Residents", "nl": "Bewoners"}[language]
    called["_O"] = {"en": "Other origins", "nl": "Andere herkomst"}[language]
    for code, status, cells in shown:
        assert cells[0].split("\n")[0] == called[code]
        if given[code] is None:
            assert status == "C" and cells[1:] == [WITHHELD[language]]
        else:
            value, lower, upper = (written(number, language) for number in given[code])
            word = {"en": "to", "nl": "tot"}[language]
            assert status == "F" and cells[1:] == [value, f"{lower} {word} {upper}"]
    values = [given[code][0] for code, status, _ in shown[1:] if status == "F"]
    assert values == sorted(values, reverse=True)
    visitors = sum(
        entry[0] for code, entry in given.items() if entry and code[0] == "M" and code != zone
    )
    foreign = sum(entry[0] for code, entry in given.items() if entry and code in COUNTRY["en"])
    said = browser.text("#crowd-sum")
    for number in (given[zone][0], visitors, foreign):
        assert re.search(rf"\b{re.escape(written(number, language))}\b", said)
    n_withheld = sum(entry is None for entry in given.values())
    assert said.endswith(f"{n_withheld} {'of' if language == 'en' else 'van'} {len(given)}.")


@pytest.mark.parametrize("crowd", ["all", "visitors"])
@pytest.mark.parametrize("zone", [ZONE, BEACH])
def test_the_bars_are_as_high_as_what_is_released(
    browser: Browser, moving: tuple[PortalData, Path], zone: str, crowd: str
) -> None:
    data, _ = moving
    look(browser, moving, zone, NOON, f"&crowd={crowd}")
    heights = browser.run(
        "return [...document.querySelectorAll('#crowd .hour')].map(hour => "
        "[...hour.querySelectorAll('.part')]"
        ".reduce((sum, r) => sum + Number(r.getAttribute('height')), 0))"
    )
    given = [groups_of(data, zone, t) for t in range(24)]
    sums = [
        sum(e[0] for code, e in hour.items() if e and (crowd == "all" or code != zone))
        for hour in given
    ]
    assert len(heights) == 24 and max(sums) > 1.15 * min(sums)
    per_person = heights[NOON] / sums[NOON]
    assert heights == pytest.approx([per_person * value for value in sums], rel=0.02)
    marks = browser.run(
        "return [...document.querySelectorAll('#crowd .hour')]"
        ".map(h => h.querySelectorAll('.silent').length)"
    )
    silent = [
        int(any(e is None for code, e in hour.items() if crowd == "all" or code != zone))
        for hour in given
    ]
    assert marks == silent and sum(marks) > 0


def test_the_table_of_the_day_adds_up_to_the_released_groups(
    browser: Browser, moving: tuple[PortalData, Path]
) -> None:
    data, _ = moving
    look(browser, moving, ZONE, 24 + NOON)
    browser.driver.find_element("css selector", "#who details summary").click()
    rows = browser.run(
        "return [...document.querySelectorAll('#who details tbody tr')]"
        ".map(row => [...row.children].map(c => c.innerText))"
    )
    assert len(rows) == 24
    n_withheld = 0
    for t, cells in enumerate(rows, 24):
        given = groups_of(data, ZONE, t)
        free = sum(entry[0] for entry in given.values() if entry)
        said = [re.match(r"[\d,]+", cell) for cell in cells[1:]]
        assert sum(int(m[0].replace(",", "")) for m in said if m) == free
        n_withheld += sum("withheld" in cell for cell in cells[1:])
    assert n_withheld > 24


def test_a_bar_chooses_its_hour_and_keys_name_every_colour(
    browser: Browser, moving: tuple[PortalData, Path]
) -> None:
    look(browser, moving, ZONE, NOON)
    browser.driver.find_element("css selector", "#crowd .hour[data-hour='17']").click()
    assert browser.run("return document.getElementById('hour').value") == "17"
    assert browser.text("#moment").startswith("17:00")
    drawn = browser.run(
        "return [...new Set([...document.querySelectorAll('#crowd .part')]"
        ".map(r => r.getAttribute('fill')))]"
    )
    named = browser.run(
        "return [...document.querySelectorAll('#crowd-key li svg > rect:first-of-type')]"
        ".map(r => r.getAttribute('fill'))"
    )
    assert len(drawn) >= 6 and set(drawn) <= set(named) and len(named) == len(set(named))
    assert (
        browser.text("#crowd .unit") == "persons (estimated)"
        or browser.run("return document.querySelector('#crowd .unit').textContent")
        == "persons (estimated)"
    )


@pytest.mark.parametrize(
    ("zone", "t", "where", "said"),
    [
        (QUIET, NOON, "#crowd-sum", "is withheld to protect people"),
        (LONELY, NOON, "#crowd-sum", "Nobody was counted"),
        ("R2", NOON, "#crowd-sum", "choose a zone of the map"),
        (ZONE, N_HOURS + 5, "#crowd-empty", "not released by origin"),
    ],
)
def test_where_there_is_no_number_the_page_says_why(
    browser: Browser, moving: tuple[PortalData, Path], zone: str, t: int, where: str, said: str
) -> None:
    look(browser, moving, zone, t)
    assert said in browser.text(where)
    assert browser.errors() == []
    if zone == QUIET:
        assert not re.search(r"\d", browser.text("#crowd-table tbody") + browser.text("#crowd-sum"))
        assert browser.driver.find_elements("css selector", "#crowd .part") == []


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("span", ["hour", "day"])
def test_a_phone_needs_no_sideways_scroll_and_no_text_is_cut(
    browser: Browser, moving: tuple[PortalData, Path], language: str, span: str
) -> None:
    more = f"&shows=flows&span={span}&crowd=visitors"
    look(browser, moving, ZONE, NOON, more, language, width=360, height=740)
    for box in browser.driver.find_elements("css selector", "details:not([hidden]) summary"):
        browser.run("arguments[0].click()", box)
    assert not browser.has_sideways_scroll()
    cut = """const all = '#flows .scroll, #who .scroll, .card-head, fieldset';
      return [...document.querySelectorAll(all)]
      .filter(e => e.offsetParent && !e.closest('details') && e.scrollWidth > e.clientWidth + 1)
      .map(e => [e.className, e.scrollWidth, e.clientWidth])"""
    assert browser.run(cut) == []
    assert browser.errors() == []


def test_every_text_has_enough_contrast(browser: Browser, moving: tuple[PortalData, Path]) -> None:
    look(browser, moving, ZONE, NOON, "&shows=flows&span=day")
    looked, poor = browser.run(CONTRAST)
    assert looked > 80
    assert poor == []


def test_the_page_asks_the_network_for_nothing(
    browser: Browser, moving: tuple[PortalData, Path]
) -> None:
    _, file = moving
    look(browser, moving, ZONE, NOON, "&shows=flows")
    assert browser.errors() == []
    asked = [url.split("#")[0] for url in browser.requests()]
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]


def test_on_paper_the_controls_go_and_the_whole_table_stays(
    browser: Browser, moving: tuple[PortalData, Path]
) -> None:
    look(browser, moving, ZONE, 8, "&shows=flows")
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        hidden = """return [...document.querySelectorAll('.measures, .track, .buttons')]
          .filter(e => e.offsetParent).length"""
        assert browser.run(hidden) == 0
        whole = """return [...document.querySelectorAll('#flows .scroll, #who .scroll')]
          .filter(e => e.offsetParent && e.scrollHeight > e.clientHeight + 1).length"""
        assert browser.run(whole) == 0
        assert browser.run("return document.querySelectorAll('path[data-flow]').length") > 5
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
