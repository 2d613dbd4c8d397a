"""The page for everyone: by keyboard, on a phone, with weak eyes."""

from __future__ import annotations

from pathlib import Path

import pytest
from chromium import Browser
from screen import TABS, entry, fragment, written
from selenium.webdriver.common.keys import Keys
from small_country import grid_data

from peil.pages.portal import PortalData, build


def test_the_slider_walks_by_keyboard_and_the_number_follows(
    browser: Browser, demo: tuple[PortalData, Path]
) -> None:
    data, file = demo
    browser.open(file, fragment(data, "M08", 12))
    slider = browser.driver.find_element("id", "hour")
    for key, t in (
        (Keys.ARROW_RIGHT, 13),
        (Keys.ARROW_RIGHT, 14),
        (Keys.ARROW_LEFT, 13),
        (Keys.END, 167),
        (Keys.HOME, 0),
    ):
        slider.send_keys(key)
        value, _, _ = entry(data, "M08", t)
        assert value is not None
        assert browser.text("#number") == written(value, "en")
        hour = data.released.times[t][11:16]
        assert browser.text("#moment").startswith(hour)
        assert f", {hour}" in (slider.get_attribute("aria-valuetext") or "")


def test_arrow_keys_on_the_map_choose_the_neighbour(browser: Browser, tmp_path: Path) -> None:
    file = build(grid_data(), tmp_path)
    browser.open(file, "#zone=E3N2")
    for key, zone in (
        (Keys.ARROW_RIGHT, "E4N2"),
        (Keys.ARROW_UP, "E4N3"),
        (Keys.ARROW_LEFT, "E3N3"),
        (Keys.ARROW_DOWN, "E3N2"),
    ):
        shape = browser.driver.find_element("css selector", "[data-zone][tabindex='0']")
        browser.run("arguments[0].focus()", shape)
        shape.send_keys(key)
        assert browser.run("return document.getElementById('zone').value") == zone
        assert browser.run("return document.activeElement.dataset.zone") == zone


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("tab", TABS)
def test_a_phone_needs_no_sideways_scroll(
    browser: Browser, demo: tuple[PortalData, Path], tab: str, language: str
) -> None:
    _, file = demo
    browser.open(file, f"#lang={language}&tab={tab}", width=360, height=740)
    browser.unfold()
    assert not browser.has_sideways_scroll()


def test_the_tab_key_reaches_every_control_in_order_and_focus_shows(
    browser: Browser, demo: tuple[PortalData, Path]
) -> None:
    data, file = demo
    browser.open(file, fragment(data, "M08", 12))
    where = """const e = document.activeElement;
      return [e.id || e.name || e.dataset.zone || e.className || e.tagName,
              getComputedStyle(e.matches('[name=measure]') ? e.nextSibling : e).outlineStyle,
              getComputedStyle(e).stroke]"""
    focused = []
    for _ in range(14):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        name, outline, stroke = browser.run(where)
        focused.append(name)
        assert outline != "none" or stroke == "rgb(217, 72, 15)", name
    wanted = [
        "skip",
        "lang-en",
        "lang-nl",
        "tab-map",
        "measure",
        "step",
        "play",
        "step",
        "hour",
        "M08",
    ]
    assert focused[:10] == wanted
    assert "zone" in focused


def test_arrow_keys_walk_the_tabs(browser: Browser, demo: tuple[PortalData, Path]) -> None:
    _, file = demo
    browser.open(file, "#lang=en")
    browser.run("document.getElementById('tab-map').focus()")
    for name in (*TABS[1:], "map"):
        browser.driver.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
        assert browser.run("return document.activeElement.id") == f"tab-{name}"
        assert browser.run("return document.activeElement.getAttribute('aria-selected')") == "true"


CONTRAST = """
const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255;
  return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const parse = (text) => text.match(/[\\d.]+/g).map(Number);
const ground = (e) => { for (; e; e = e.parentElement) {
  const c = parse(getComputedStyle(e).backgroundColor);
  if (c.length === 3 || c[3] > 0.99) return c.slice(0, 3); } return [255, 255, 255]; };
const poor = []; let looked = 0;
for (const e of document.querySelectorAll('#page *')) {
  const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  if (!own || e.closest('svg') || !e.offsetParent) continue;
  looked += 1;
  const [a, b] = [light(parse(getComputedStyle(e).color).slice(0, 3)), light(ground(e))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < 4.5) poor.push(e.className + ' ' + e.innerText.slice(0, 30) + ' ' + ratio.toFixed(2));
}
return [looked, poor];
"""


@pytest.mark.parametrize("tab", TABS)
def test_every_text_has_enough_contrast(
    browser: Browser, demo: tuple[PortalData, Path], tab: str
) -> None:
    _, file = demo
    browser.open(file, f"#tab={tab}")
    looked, poor = browser.run(CONTRAST)
    assert looked > 15
    assert poor == []
