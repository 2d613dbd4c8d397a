"""Who is in a zone: residents, visitors by home zone, foreign SIMs; bars, tables, words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from chromium import Browser
from screen import look, names, written
from small_country import hours
from small_flows import BEACH, LONELY, N_HOURS, QUIET, moving_data
from test_flows_section import WITHHELD, Wait
from test_portal_access import CONTRAST

from peil.pages.portal import PortalData, build
from peil.pages.portal_tables import Origin, ReleasedFlows, ReleasedVisitors

ZONE, NOON = "M08", 13
MIXED = "M03"  # has hours in which of the lesser countries one is shown and one withheld
ROWS = """return [...document.querySelectorAll('#crowd-table tbody tr')].map(row =>
  [row.dataset.origin, [...row.children].map(cell => cell.innerText)])"""
SILENT = """return [...document.querySelectorAll('#crowd-withheld li')].map(li => li.textContent)"""
CALLED = {
    "en": ["Residents", "Other origins", "Germany", "Belgium", "United Kingdom", "France"],
    "nl": [
        "Bewoners",
        "Andere herkomst",
        "Duitsland",
        "België",
        "Verenigd Koninkrijk",
        "Frankrijk",
    ],
}
CODES = ("RES", "OTHER", "SIM_DE", "SIM_BE", "SIM_GB", "SIM_FR")


def groups_of(data: PortalData, zone: str, t: int) -> dict[str, Any]:
    """The entries of that hour by origin: numbers, or None where withheld."""
    table = data.visitors
    assert table is not None
    totals: dict[str, Any] = {}
    for p, (z, o) in enumerate(table.pairs):
        if table.zone_ids[z] == zone and table.conf_status[p][t] != "-":
            value = table.values[p][t]
            entry = (value, table.lower[p][t], table.upper[p][t])
            totals[table.origins[o].code] = None if value is None else entry
    return totals


@pytest.mark.parametrize("t", [NOON, 3])
@pytest.mark.parametrize(("zone", "language"), [(ZONE, "en"), (ZONE, "nl"), (BEACH, "en")])
def test_the_table_holds_the_released_groups_of_the_hour(
    browser: Browser, moving: tuple[PortalData, Path], zone: str, language: str, t: int
) -> None:
    data, _ = moving
    look(browser, moving, zone, t, language=language)
    given = groups_of(data, zone, t)
    open_ = {code: entry for code, entry in given.items() if entry}
    shown = browser.run(ROWS)
    largest = sorted(open_, key=lambda code: (code != "RES", -open_[code][0]))
    assert [code for code, _ in shown] == largest and len(shown) >= 3
    called = {**names(data), **dict(zip(CODES, CALLED[language], strict=True))}
    word = {"en": "to", "nl": "tot"}[language]
    for code, cells in shown:
        value, lower, upper = (written(number, language) for number in open_[code])
        assert cells[0].split("\n")[0] == called[code]
        assert cells[1:] == [value, f"{lower} {word} {upper}"]
    silent = set(given) - set(open_)
    assert sorted(browser.run(SILENT)) == sorted(called[code] for code in silent)
    if silent:
        summary = browser.text("#crowd-withheld summary")
        assert summary.startswith(WITHHELD[language].capitalize())
        assert re.findall(r"\d+", summary) == [str(len(silent)), str(len(given))]
    sentence = browser.text("#crowd-sum")
    for start in ("RES", "R", "SIM_"):
        parts = [
            e[0]
            for c, e in open_.items()
            if c.startswith(start) and (c == "RES") == (start == "RES")
        ]
        assert not parts or re.search(rf"\b{re.escape(written(sum(parts), language))}\b", sentence)
    larger = {"en": "may be larger", "nl": "kan groter zijn"}[language]
    assert (larger in sentence) == bool(silent)


@pytest.mark.parametrize("crowd", ["all", "visitors"])
@pytest.mark.parametrize("zone", [ZONE, BEACH, MIXED])
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
        sum(e[0] for code, e in hour.items() if e and (crowd == "all" or code != "RES"))
        for hour in given
    ]
    assert len(heights) == 24 and len(set(sums)) > 5
    per_person = heights[NOON] / sums[NOON]
    assert heights == pytest.approx([per_person * value for value in sums], rel=0.02)
    marks = browser.run(
        "return [...document.querySelectorAll('#crowd .hour')]"
        ".map(h => h.querySelectorAll('.silent').length)"
    )
    silent = [
        int(any(e is None for code, e in hour.items() if crowd == "all" or code != "RES"))
        for hour in given
    ]
    assert marks == silent and sum(marks) > 0


@pytest.mark.parametrize("zone", [ZONE, MIXED])
def test_the_table_of_the_day_adds_up_to_the_released_groups(
    browser: Browser, moving: tuple[PortalData, Path], wait: Wait, zone: str
) -> None:
    data, _ = moving
    look(browser, moving, zone, 24 + NOON)
    browser.driver.find_element("css selector", "#who details:not(.withheld-names) summary").click()
    cells_of = """return [...document.querySelectorAll('#who details table tbody tr')]
      .map(row => [...row.children].map(c => c.innerText))"""
    rows = wait(lambda: browser.run(cells_of))
    assert len(rows) == 24
    n_withheld = 0
    for t, cells in enumerate(rows, 24):
        given = groups_of(data, zone, t)
        free = sum(entry[0] for entry in given.values() if entry)
        numbers = [re.match(r"[\d,]+", cell) for cell in cells[1:]]
        assert sum(int(m[0].replace(",", "")) for m in numbers if m) == free
        n_withheld += sum("and" in cell and "withheld" in cell for cell in cells[1:])
    assert n_withheld > 0 or zone != MIXED


def test_a_bar_chooses_its_hour_and_keys_name_every_colour(
    browser: Browser, moving: tuple[PortalData, Path]
) -> None:
    look(browser, moving, ZONE, NOON)
    browser.click("#crowd .hour[data-hour='17']")
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
    ("zone", "t", "where", "sentence"),
    [
        (QUIET, NOON, "#crowd-sum", "is withheld to protect people"),
        (LONELY, NOON, "#crowd-sum", "Nobody was counted"),
        ("R2", NOON, "#crowd-sum", "choose a zone of the map"),
        (ZONE, N_HOURS + 5, "#crowd-empty", "not released by origin"),
    ],
)
def test_where_there_is_no_number_the_page_says_why(
    browser: Browser, moving: tuple[PortalData, Path], zone: str, t: int, where: str, sentence: str
) -> None:
    look(browser, moving, zone, t)
    assert sentence in browser.text(where)
    assert browser.errors() == []
    if zone == QUIET:
        assert browser.driver.find_elements("id", "crowd-table") == []
        assert len(browser.run(SILENT)) > 3
        assert not re.search(r"\d", browser.text("#crowd-sum") + "".join(browser.run(SILENT)))
        assert browser.driver.find_elements("css selector", "#crowd .part") == []


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("span", ["hour", "day"])
def test_a_phone_needs_no_sideways_scroll_and_no_text_is_cut(
    browser: Browser, moving: tuple[PortalData, Path], language: str, span: str
) -> None:
    more = f"&shows=flows&span={span}&crowd=visitors"
    look(browser, moving, ZONE, NOON, more, language, width=360, height=740)
    browser.unfold("details:not([hidden]) summary")
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
    urls = [url.split("#")[0] for url in browser.requests()]
    assert [url for url in urls if not url.startswith("data:")] == [file.as_uri()]


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


def test_everybody_together_is_no_other_origin_and_no_visitor(
    browser: Browser, tmp_path: Path
) -> None:
    times = hours("2026-03-02T00:00:00", 24)
    numbers: list[int | None] = [900] * 6 + [None] * 18
    others: list[int | None] = [None] * 6 + [80] * 18
    table = ReleasedVisitors(
        zone_ids=["M01"],
        origins=[Origin(code="_T", kind="rest"), Origin(code="_O", kind="rest")],
        times=times,
        pairs=[(0, 0), (0, 1)],
        values=[numbers, others],
        lower=[numbers, others],
        upper=[numbers, others],
        conf_status=["F" * 6 + "-" * 18, "-" * 6 + "F" * 18],
        unit="PS",
    )
    data: PortalData = moving_data(visitors=table)
    page = data, build(data, tmp_path)
    key = "return [...document.querySelectorAll('#crowd-key li')].map(li => li.innerText)"
    bars = """return [...document.querySelectorAll('#crowd .hour')]
      .map(hour => [...hour.querySelectorAll('.part')].map(part => part.getAttribute('fill')))"""
    look(browser, page, "M01", 3)
    assert browser.run(key) == ["Other origins", "Everybody together"]
    everybody, later = browser.run(bars)[3], browser.run(bars)[12]
    assert len(everybody) == len(later) == 1 and everybody != later
    look(browser, page, "M01", 3, "&crowd=visitors")
    assert browser.run(key) == ["Other origins"]
    assert [len(parts) for parts in browser.run(bars)] == [0] * 6 + [1] * 18


def test_the_others_of_a_region_follow_the_language(browser: Browser, tmp_path: Path) -> None:
    times = hours("2026-03-02T00:00:00", 24)
    numbers: list[int | None] = [90] + [None] * 23
    table = ReleasedFlows(
        zone_ids=["M01", "R1_O"],
        times=times,
        pairs=[(0, 1)],
        values=[numbers],
        lower=[numbers],
        upper=[numbers],
        conf_status=["F" + "=" * 23],
        n_entries=1,
        unit="PS_TRIP",
    )
    data: PortalData = moving_data(flows=table)
    look(browser, (data, build(data, tmp_path)), "M01", 3, "&shows=flows&way=from")
    name = "#flows-table tbody th"
    assert browser.text(name).startswith("others in ")
    browser.click("#lang-nl")
    assert browser.text(name).startswith("overige in ")
