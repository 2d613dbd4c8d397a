"""The real page of a real run: what stands on the screen is what was released."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from screen import written

from peil.settings import Settings
from tests.stores import Linked

DAYS = ("2026-03-02", "2026-03-03")


def rows_of(data: Path) -> list[dict[str, str]]:
    folder = data / "agency/released/demo/presence"
    return [
        row
        for day in DAYS
        for row in csv.DictReader(
            (folder / day / "rel_presence__by_zone_hour.csv").read_text().splitlines()
        )
    ]


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_numbers_on_screen_are_the_released_ones(
    small_pilot: Settings, browser: Any, language: str
) -> None:
    page = small_pilot.data / "agency/portal/demo/index.html"
    rows = rows_of(small_pilot.data)
    rows = [row for row in rows if len(row["REF_AREA"]) == len("PL0101")]  # municipalities
    free = [row for row in rows if row["CONF_STATUS"] == "F"]
    withheld = [row for row in rows if row["CONF_STATUS"] == "C"]
    assert len(free) > 20 and len(withheld) > 20
    shown = free[:: len(free) // 6] + withheld[:: len(withheld) // 3]
    for row in shown:
        hour = row["TIME_PERIOD"].replace("+", "%2B")
        browser.open(page, f"#lang={language}&tab=map&hour={hour}&zone={row['REF_AREA']}")
        number = browser.text("#number")
        if row["CONF_STATUS"] == "F":
            assert number == written(int(row["OBS_VALUE"]), language)
            interval = browser.text("#interval")
            assert written(int(row["OBS_LOWER"]), language) in interval
            assert written(int(row["OBS_UPPER"]), language) in interval
        else:
            assert ("withheld" if language == "en" else "achtergehouden") in number


def linked_rows(data: Path, product: str, table: str) -> list[dict[str, str]]:
    folder = data / "agency/released/demo" / product
    return [
        row
        for day in DAYS
        for row in csv.DictReader((folder / day / f"{table}.csv").read_text().splitlines())
    ]


def look_at(browser: Any, data: Path, row: dict[str, str], zone: str, more: str = "") -> None:
    hour = row["TIME_PERIOD"].replace("+", "%2B")
    page = data / "agency/portal/demo/index.html"
    browser.open(page, f"#lang=en&tab=map&hour={hour}&zone={zone}{more}")


def cells_of(browser: Any, table: str, name: str, code: str) -> list[str]:
    """Number and interval of a row of that table, or nothing where it has no such row."""
    row = f"#{table} tr[data-{name}='{code}']"
    labels: list[str] = browser.run(
        "const row = document.querySelector(arguments[0]);"
        "return row ? [...row.children].slice(-2).map(cell => cell.innerText) : []",
        row,
    )
    return labels


def sample(rows: list[dict[str, str]], status: str, n: int) -> list[dict[str, str]]:
    chosen = [row for row in rows if row["CONF_STATUS"] == status]
    assert len(chosen) >= n, (status, len(chosen))
    return chosen[:: len(chosen) // n][:n]


def wanted(row: dict[str, str]) -> list[str]:
    if row["CONF_STATUS"] == "C":
        return []
    value, lower, upper = (
        written(int(row[name]), "en") for name in ("OBS_VALUE", "OBS_LOWER", "OBS_UPPER")
    )
    return [value, f"{lower} to {upper}"]


@pytest.mark.slow
def test_the_flows_on_screen_are_the_released_ones(linked: Linked, browser: Any) -> None:
    rows = linked_rows(linked.settings.data, "flows", "rel_flows__by_pair_period")
    for row in sample([row for row in rows if "_" not in row["REF_AREA_TO"]], "F", 6):
        way, origin, there = ("from", row["REF_AREA_FROM"], row["REF_AREA_TO"])
        if "_" in origin:  # the others of a region are no zone to choose
            continue
        look_at(browser, linked.settings.data, row, origin, f"&shows=flows&way={way}")
        assert cells_of(browser, "flows-table", "flow", there) == wanted(row)
        look_at(browser, linked.settings.data, row, there, "&shows=flows&way=to")
        assert cells_of(browser, "flows-table", "flow", origin) == wanted(row)
    assert browser.errors() == []


@pytest.mark.slow
def test_who_is_here_on_screen_is_what_was_released(linked: Linked, browser: Any) -> None:
    rows = linked_rows(linked.settings.data, "visitors", "rel_visitors__by_zone_hour")
    for row in sample(rows, "F", 10):
        look_at(browser, linked.settings.data, row, row["REF_AREA"])
        origin = "RES" if row["ORIGIN"] == row["REF_AREA"] else row["ORIGIN"]
        assert cells_of(browser, "crowd-table", "origin", origin) == wanted(row)
    assert browser.errors() == []


@pytest.mark.slow
def test_the_page_says_what_protects_people_whose_devices_were_followed(
    linked: Linked, browser: Any
) -> None:
    browser.open(linked.settings.data / "agency/portal/demo/index.html", "#lang=en&tab=privacy")
    text = browser.text("main")
    for product in ("Presence", "Flows", "Who is here"):
        assert f"{product}: how people are protected" in text
    assert text.count("one pseudonym stood for one device during 2 days") == 2
