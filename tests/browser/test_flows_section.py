"""Flows on the page of a pilot: arrows, table, choices; and nothing of what is withheld."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from chromium import Browser
from screen import fragment, look, names, written
from selenium.webdriver.common.keys import Keys
from small_country import hours
from small_flows import LONELY, N_HOURS, QUIET, moving_data

from peil.pages.portal import PortalData, build
from peil.pages.portal_tables import Interval, ReleasedFlows

Wait = Callable[[Callable[[], Any]], Any]
ZONE, MORNING = "M08", 8
WITHHELD = {"en": "withheld to protect people", "nl": "achtergehouden om mensen te beschermen"}
ROWS = """return [...document.querySelectorAll('#flows-table tbody tr')].map(row =>
  [row.dataset.flow, [...row.children].map(cell => cell.innerText)])"""
SILENT = """return [...document.querySelectorAll('#flows-withheld li')].map(li => li.textContent)"""


def flows_of(data: PortalData, zone: str, way: str, t: int) -> dict[str, Any]:
    """The entries of that hour, by the zone at the other end: numbers, or None where withheld."""
    table = data.flows
    assert table is not None
    totals: dict[str, Any] = {}
    for p, pair in enumerate(table.pairs):
        ends = [table.zone_ids[end] for end in pair]
        own_end, there = ends if way == "from" else ends[::-1]
        if own_end == zone and table.conf_status[p][t] != "-":
            value = table.values[p][t]
            totals[there] = None if value is None else (value, table.lower[p][t], table.upper[p][t])
    return totals


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("way", ["from", "to"])
def test_the_table_holds_the_released_flows_largest_first(
    browser: Browser, moving: tuple[PortalData, Path], way: str, language: str
) -> None:
    data, _ = moving
    look(browser, moving, ZONE, MORNING, f"&way={way}", language)
    given = flows_of(data, ZONE, way, MORNING)
    open_ = {zone: entry for zone, entry in given.items() if entry}
    shown = browser.run(ROWS)
    assert [zone for zone, _ in shown] == sorted(open_, key=lambda zone: -open_[zone][0])
    word = {"en": "to", "nl": "tot"}[language]
    for zone, cells in shown:
        assert zone == ZONE or cells[0] == names(data)[zone]
        value, lower, upper = (written(number, language) for number in open_[zone])
        assert cells[2:] == [value, f"{lower} {word} {upper}"]
    silent = sorted(set(given) - set(open_))
    assert len(shown) > 4 and silent
    assert sorted(browser.run(SILENT)) == sorted(names(data)[zone] for zone in silent)
    summary = browser.text("#flows-withheld summary")
    assert summary.startswith(WITHHELD[language].capitalize())
    assert re.findall(r"\d+", summary) == [str(len(silent)), str(len(given))]
    sentence = browser.text("#flows-sum")
    assert written(sum(entry[0] for entry in open_.values()), language) in sentence
    assert {"en": "may be larger", "nl": "kan groter zijn"}[language] in sentence


def test_a_day_is_the_sum_of_its_released_hours_and_says_what_is_missing(
    browser: Browser, moving: tuple[PortalData, Path]
) -> None:
    data, _ = moving
    look(browser, moving, ZONE, 24 + MORNING, "&span=day")
    hours = [flows_of(data, ZONE, "from", t) for t in range(24, 48)]
    partly = 0
    shown = browser.run(ROWS)
    assert {zone for zone, _ in shown} == {
        z for hour in hours for z, entry in hour.items() if entry
    }
    for zone, cells in shown:
        entries = [hour[zone] for hour in hours if zone in hour]
        free = [entry for entry in entries if entry is not None]
        value, lower, upper = (written(sum(column), "en") for column in zip(*free, strict=True))
        bounds = [f"{lower} to {upper}"]
        if missing := len(entries) - len(free):
            partly += 1
            bounds.append(f"withheld hours: {missing}")
        assert [cells[2], *cells[3].split("\n")] == [value, *bounds]
    assert partly > 3


def test_every_free_flow_has_an_arrow_that_points_the_right_way_and_is_as_wide(
    browser: Browser, moving: tuple[PortalData, Path]
) -> None:
    data, _ = moving
    middles = """const at = (id) => {
      const b = document.querySelector(`[data-zone="${id}"]`).getBBox();
      return [b.x + b.width / 2, b.y + b.height / 2]; };
      return [...document.querySelectorAll('path[data-flow]')].map(path => [path.dataset.flow,
        path.getAttribute('d').slice(1, -1).split('L').map(p => p.split(',').map(Number)),
        at(path.dataset.flow), at(arguments[0])])"""
    for way in ("from", "to"):
        look(browser, moving, ZONE, MORNING, f"&shows=flows&way={way}")
        given = flows_of(data, ZONE, way, MORNING)
        free = {zone: entry for zone, entry in given.items() if entry and zone != ZONE}
        drawn = browser.run(middles, ZONE)
        assert {zone for zone, *_ in drawn} == set(free) and len(drawn) > 6
        widths = []
        for zone, points, there, own_end in drawn:
            tip = points[len(points) // 2]  # the outline is the same from either side of its tip
            tail = [(points[0][0] + points[-1][0]) / 2, (points[0][1] + points[-1][1]) / 2]
            start, goal = (own_end, there) if way == "from" else (there, own_end)
            assert _far(tip, goal) < _far(tip, start), (way, zone)
            assert _far(tail, start) < _far(tail, goal), (way, zone)
            widths.append((free[zone][0], _far(points[0], points[-1])))
        widths.sort()
        assert all(b >= a - 0.15 for (_, a), (_, b) in pairwise(widths))
        largest, smallest = widths[-1], next(pair for pair in widths if pair[1] > 2)
        assert largest[1] / smallest[1] == pytest.approx(largest[0] / smallest[0], rel=0.1)


def _far(a: list[float], b: list[float]) -> float:
    return float(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5)


@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_withheld_flow_is_hatched_and_has_no_arrow_and_no_number(
    browser: Browser, moving: tuple[PortalData, Path], language: str
) -> None:
    data, _ = moving
    look(browser, moving, ZONE, MORNING, "&shows=flows", language)
    given = flows_of(data, ZONE, "from", MORNING)
    silent = [zone for zone, entry in given.items() if entry is None]
    assert silent
    for zone in silent:
        shape = browser.driver.find_element("css selector", f"[data-zone='{zone}']")
        assert shape.get_attribute("fill") == "url(#map-hatch)"
        label = shape.get_attribute("aria-label") or ""
        assert label == f"{names(data)[zone]}: {WITHHELD[language]}"
        assert not browser.driver.find_elements("css selector", f"path[data-flow='{zone}']")
    (other,) = [zone for zone, entry in given.items() if entry and zone == "M06"]
    label = browser.driver.find_element("css selector", f"[data-zone='{other}']")
    words = (label.get_attribute("aria-label") or "").split(": ")[1]
    assert words.startswith(written(given[other][0], language))


@pytest.mark.parametrize("way", ["from", "to"])
def test_a_zone_of_which_all_is_withheld_says_so_without_a_number(
    browser: Browser, moving: tuple[PortalData, Path], way: str
) -> None:
    look(browser, moving, QUIET, MORNING, f"&shows=flows&way={way}")
    assert browser.text("#flows-sum").startswith("Every flow here is withheld")
    assert browser.driver.find_elements("id", "flows-table") == []
    assert len(browser.run(SILENT)) > 3
    assert not re.search(r"\d", browser.text("#flows-sum") + "".join(browser.run(SILENT)))
    assert browser.driver.find_elements("css selector", "path[data-flow]") == []


@pytest.mark.parametrize(
    ("zone", "t", "sentence"),
    [
        (LONELY, MORNING, "No trip from Zandvoerde was counted"),
        ("M08", N_HOURS + 5, "are not released"),
        ("R2", MORNING, "choose a zone of the map"),
    ],
)
def test_where_there_is_no_flow_the_page_says_why(
    browser: Browser, moving: tuple[PortalData, Path], zone: str, t: int, sentence: str
) -> None:
    look(browser, moving, zone, t, "&shows=flows")
    if zone == LONELY:
        sentence = sentence.replace("Zandvoerde", names(moving[0])[LONELY])
    assert sentence in browser.text("#flows-empty")
    assert browser.errors() == []


def test_no_number_of_a_withheld_entry_stands_in_the_page(tmp_path: Path) -> None:
    data = moving_data()
    page = build(data, tmp_path).read_text(encoding="utf-8")
    content = json.loads(page.split('id="data">')[1].split("</script>")[0])
    for name in ("flows", "visitors"):
        table = content[name]
        letters = "".join(table["conf_status"])
        assert letters.count("C") > 300 and letters.count("F") > 300
        for column in ("values", "lower", "upper"):
            numbers = [number for row in table[column] for number in row]
            assert len(numbers) == letters.count("F") and None not in numbers


@pytest.mark.parametrize("unlisted", ["-", "C"])
def test_the_privacy_section_says_how_much_of_each_product_is_withheld(
    browser: Browser, tmp_path: Path, unlisted: str
) -> None:
    data = moving_data()
    assert data.flows is not None and data.visitors is not None
    data = data.model_copy(update={"flows": data.flows.model_copy(update={"unlisted": unlisted})})
    browser.open(build(data, tmp_path), "#lang=en&tab=privacy")
    shares = []
    for table, n_pairs in ((data.flows, 20 * 20), (data.visitors, 0)):
        letters = "".join(table.conf_status)
        more = (n_pairs - len(table.pairs)) * N_HOURS if n_pairs and unlisted == "C" else 0
        all_ = len(letters) - letters.count("-") + more
        shares.append(100 * (letters.count("C") + more) / all_)
    facts = browser.text("dl.facts")
    shown = re.search(r"Of flows ([\d.]+)% is withheld, of who is here ([\d.]+)%", facts)
    assert shown and [float(part) for part in shown.groups()] == pytest.approx(shares, abs=0.06)


@pytest.mark.parametrize(
    ("measured", "said"),
    [
        ({}, "How many hold has not been measured."),
        ({"measured": 86, "measured_least": 66}, "86 of"),
    ],
)
def test_what_the_intervals_of_flows_held_stands_below_them(
    browser: Browser, tmp_path: Path, measured: dict[str, int], said: str
) -> None:
    data = moving_data()
    assert data.flows is not None and data.visitors is not None
    tables = {
        name: getattr(data, name).model_copy(update={"interval": Interval(**measured)})
        for name in ("flows", "visitors")
    }
    page = build(data.model_copy(update=tables), tmp_path)
    browser.open(page, fragment(data, ZONE, MORNING) + "&shows=flows")
    for note in ("#flows-held", "#crowd-held"):
        words = browser.text(note)
        assert words.startswith("Intervals are meant for 90 of 100 cases.") and said in words
        assert ("66 on the worst make" in words) == bool(measured)


def test_a_pilot_without_the_products_shows_nothing_of_them(
    browser: Browser, demo: tuple[PortalData, Path]
) -> None:
    data, file = demo
    browser.open(file, fragment(data, ZONE, MORNING) + "&shows=flows&way=to")
    assert browser.run("return document.querySelectorAll('#flows, #who, [data-part]').length") == 0
    assert browser.run("return document.querySelectorAll('.zone').length") == 20
    text = browser.text("#page")
    browser.driver.find_element("id", "tab-privacy").click()
    text += browser.text("#page")
    assert not re.search(r"\b(flows?|trips?|visitors?|who is here)\b", text, re.I)
    assert browser.errors() == []


def test_the_choices_walk_by_keyboard_and_stay_in_the_address(
    browser: Browser, moving: tuple[PortalData, Path], wait: Wait
) -> None:
    data, file = moving
    look(browser, moving, ZONE, MORNING)
    chosen = """return [...document.querySelectorAll(`.map-card [data-part]`)]
      .filter(input => input.checked && !input.closest('fieldset').hidden)
      .map(input => input.value)"""
    assert browser.run(chosen) == ["presence"]
    shows = browser.driver.find_element("css selector", ".map-card [value='presence']")
    shows.send_keys(Keys.ARROW_RIGHT)
    assert browser.run(chosen) == ["flows", "from", "hour"]
    browser.driver.switch_to.active_element.send_keys(Keys.TAB)
    assert browser.run("return document.activeElement.value") == "from"
    browser.driver.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    browser.driver.switch_to.active_element.send_keys(Keys.TAB)
    browser.driver.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    assert browser.run(chosen) == ["flows", "to", "day"]
    both = "return [...document.querySelectorAll('#flows [data-part]:checked')].map(i => i.value)"
    assert browser.run(both) == ["to", "day"]
    assert browser.text("#flows-title") == f"Trips to {names(data)[ZONE]}"
    browser.driver.find_element("css selector", "#flows [value='to']").send_keys(Keys.ARROW_LEFT)
    assert browser.run(chosen) == ["flows", "from", "day"]
    browser.driver.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    wait(lambda: "way=to&span=day" in browser.driver.current_url)
    address = browser.driver.current_url.split("#")[1]
    browser.open(file, "#" + address)
    assert browser.run(chosen) == ["flows", "to", "day"]
    legends = browser.run(
        "return [...document.querySelectorAll('.map-card legend')].map(l => l.textContent)"
    )
    assert legends[0] == "What the map shows" and "Direction" in legends


def test_the_table_leads_on_to_the_other_zone_and_the_map_leads_to_the_table(
    browser: Browser, moving: tuple[PortalData, Path]
) -> None:
    data, _ = moving
    look(browser, moving, ZONE, MORNING, "&shows=flows")
    browser.driver.find_element("id", "to-flows").click()
    assert browser.run("return document.activeElement.id") == "flows"
    browser.driver.find_element("css selector", "#flows-withheld summary").click()
    assert "fewer than 15 devices" in browser.text("#flows-withheld")
    browser.driver.find_element("css selector", "#flows-table [data-flow='M06'] button").click()
    assert browser.run("return document.getElementById('flows-withheld').open")
    assert browser.text("#flows-title") == f"Trips from {names(data)['M06']}"
    given = flows_of(data, "M06", "from", MORNING)
    assert {zone for zone, _ in browser.run(ROWS)} == {zone for zone, e in given.items() if e}


def test_where_the_data_say_so_a_pair_that_is_not_listed_is_withheld(
    browser: Browser, tmp_path: Path
) -> None:
    data = moving_data()
    assert data.flows is not None
    silent = data.flows.model_copy(update={"unlisted": "C"})
    data = data.model_copy(update={"flows": silent})
    look(browser, (data, build(data, tmp_path)), LONELY, MORNING, "&shows=flows")
    assert browser.text("#flows-sum").startswith("Every flow here is withheld")
    assert len(browser.run(SILENT)) == 20
    fills = browser.run(
        "return [...document.querySelectorAll('[data-zone]')].map(e => e.getAttribute('fill'))"
    )
    assert set(fills) == {"url(#map-hatch)"}
    look(browser, (data, build(data, tmp_path)), LONELY, N_HOURS, "&shows=flows")
    assert "are not released" in browser.text("#flows-empty")


def test_an_entry_of_several_hours_stands_in_each_of_them_and_counts_once(
    browser: Browser, tmp_path: Path
) -> None:
    parts, day = "CCCCCCF===F=CCCCCCCCCCCC", "F" + "=" * 23
    empty: list[int | None] = [None] * N_HOURS
    of_parts, of_day = empty.copy(), empty.copy()
    of_parts[6], of_parts[10], of_day[0] = 70, 40, 90
    table = ReleasedFlows(
        zone_ids=["M01", "M02", "R1_O"],
        times=hours("2026-03-02T00:00:00", N_HOURS),
        pairs=[(0, 1), (0, 2)],
        values=[of_parts, of_day],
        lower=[of_parts, of_day],
        upper=[of_parts, of_day],
        conf_status=[parts + "C" * 24, day + "C" * 24],
        n_withheld={"M01": 3},
        n_entries=6,
        unit="PS_TRIP",
    )
    data: PortalData = moving_data(flows=table)
    page = data, build(data, tmp_path)
    for t in (6, 8):  # the hour in which it begins, and one of the others
        look(browser, page, "M01", t, "&shows=flows&way=from")
        (others, day_cells), (other, part_cells) = browser.run(ROWS)
        assert (others, other) == ("R1_O", "M02")
        assert day_cells[0].startswith("others in ") and "whole day" in day_cells[0]
        assert (day_cells[2], part_cells[2]) == ("90", "70") and "6–10 h" in part_cells[0]
        assert browser.text("#flows-sum").startswith("These figures are of different periods")
    look(browser, page, "M01", 8, "&shows=flows&way=from&span=day")
    assert [(zone, cells[2]) for zone, cells in browser.run(ROWS)] == [
        ("M02", "110"),
        ("R1_O", "90"),
    ]
    assert "What is shown adds up to 200" in browser.text("#flows-sum")
