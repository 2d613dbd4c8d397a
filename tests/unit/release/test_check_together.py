"""A refusal by the disclosure ledger leaves an entry that says that, and not what was narrow."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from peil.charter.period import Period
from peil.outcome import Refused
from peil.release import disclosure, release
from peil.store import ledger
from tests.unit.conftest import DAY, Tiny


def test_a_refusal_is_entered_once_without_its_area(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(store: Any, figures: Any) -> None:
        raise Refused("the people who are in Z0 of first and in Z1 of second")

    monkeypatch.setattr(disclosure, "check", refuse)
    figures: Any = SimpleNamespace(product="presence", period=str(DAY))
    period = Period.open("tiny", DAY)
    for _ in range(2):
        with pytest.raises(Refused, match="Z0 of first"):
            release._check_together(period, figures)
    entries = ledger.entries(tiny.store.ledger("tiny"))
    facts = {"product": "presence", "period": str(DAY), "why": "disclosure"}
    refused = [entry["facts"] for entry in entries if entry["kind"] == "release_refused"]
    assert refused == [facts]
