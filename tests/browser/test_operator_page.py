"""The operator's page in a browser: the accounting on screen is the accounting given."""

from __future__ import annotations

from pathlib import Path

import pytest
from chromium import Browser
from small_judgements import operator_data

from peil.pages.operator_page import build
from peil.stage.accounting import FileAccount


@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_file_shows_its_rows_and_whether_they_add_up(
    browser: Browser, tmp_path: Path, language: str
) -> None:
    data = operator_data()
    file = build(data, tmp_path)
    browser.open(file, f"#lang={language}")
    rows = browser.run(
        "return [...document.querySelectorAll('#files tbody tr')]"
        ".map(r => [...r.children].map(c => c.innerText))"
    )
    point = "," if language == "en" else "."
    assert len(rows) == len(data.files) + 1
    for row, account in zip(rows[1:], data.files, strict=True):
        numbers = [
            account.n_delivered,
            account.n_staged,
            sum(account.quarantined.values()),
            account.n_opted_out,
        ]
        assert row[2:6] == [f"{n:,}".replace(",", point) for n in numbers]
        assert ("✓" in row[6]) == (account.n_missing == 0)
    assert "2" in rows[-1][6] and "✕" in rows[-1][6]
    assert browser.errors() == []
    assert [u.split("#")[0] for u in browser.requests() if not u.startswith("data:")] == [
        file.as_uri()
    ]


def test_every_day_shows_its_four_gates_with_the_reason(browser: Browser, tmp_path: Path) -> None:
    data = operator_data()
    browser.open(build(data, tmp_path))
    rows = browser.run(
        "return [...document.querySelectorAll('#states tbody tr')]"
        ".map(r => [...r.children].map(c => c.innerText))"
    )
    assert len(rows) == 7
    for row, day in zip(rows, data.days, strict=True):
        for cell, state in zip(row[1:5], ("raw", "staged", "estimated", "released"), strict=True):
            assert day.states[state].gate in cell  # type: ignore[index]
            assert day.states[state].reason in cell  # type: ignore[index]


def test_the_operators_page_needs_no_sideways_scroll_on_a_phone(
    browser: Browser, tmp_path: Path
) -> None:
    browser.open(build(operator_data(), tmp_path), width=360, height=740)
    assert browser.run("return document.querySelectorAll('.card').length") == 3
    assert not browser.has_sideways_scroll()


def test_reasons_of_rows_set_aside_stand_side_by_side_on_a_phone(
    browser: Browser, tmp_path: Path
) -> None:
    browser.open(build(operator_data(), tmp_path), width=360, height=740)
    width = "return document.querySelector('#files .reasons').getBoundingClientRect().width"
    assert browser.run(width) >= 230


def test_missing_rows_are_counted_in_both_directions() -> None:
    account = {"day": "2026-03-02", "file": "a", "n_delivered": 10, "n_opted_out": 1}
    assert FileAccount(**account, n_staged=7, quarantined={"late": 2}).n_missing == 0
    assert FileAccount(**account, n_staged=5, quarantined={"late": 2}).n_missing == 2
    assert FileAccount(**account, n_staged=9, quarantined={"late": 2}).n_missing == -2
