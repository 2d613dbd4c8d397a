"""The real page of a real run: what stands on the screen is what was released."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from screen import written

from peil.settings import Settings

DAYS = ("2026-03-02", "2026-03-03", "2026-03-04")


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
