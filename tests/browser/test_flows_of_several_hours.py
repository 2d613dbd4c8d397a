"""Entries that last several hours, and the others of a region, on the page: once, and named."""

from __future__ import annotations

from pathlib import Path

from chromium import Browser
from screen import look
from small_country import hours
from small_flows import N_HOURS, moving_data
from test_flows_section import ROWS

from peil.pages.portal import PortalData, build
from peil.pages.portal_tables import ReleasedFlows


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
