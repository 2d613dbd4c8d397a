"""The page shows a table that is as it was signed, and no other."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from peil.charter import reading
from peil.pages import released_tables

DAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("stands", "fault", "is_shown"),
    [(True, None, True), (True, "flows.csv is another file", False), (False, None, False)],
)
def test_a_table_is_shown_where_it_stands_and_every_byte_is_as_it_was_signed(
    tiny: Any, monkeypatch: pytest.MonkeyPatch, stands: bool, fault: str | None, is_shown: bool
) -> None:
    tiny.store.released("tiny", "flows", DAY).mkdir(parents=True)
    monkeypatch.setattr(released_tables.ledger, "is_released", lambda *_: stands)
    monkeypatch.setattr(released_tables.checking, "fault_of", lambda *_: fault)
    charter = reading.load("tiny")
    assert released_tables.is_released(charter, tiny.store, "flows", DAY) is is_shown
