"""Shred, ended at each of its steps and done again, leaves what an undisturbed one leaves."""

from __future__ import annotations

from typing import Any

import pytest
from kept_day import DAY

from peil.store import ledger
from peil.watch.retain.stop import shred
from tests.unit.retain import dying


def test_a_shredded_day_is_as_dead_however_often_it_is_killed(
    full: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = full.tiny.store.root
    restore = dying.saved(root, full.tiny.folder / "start")
    shred("tiny", str(DAY))
    end, moments = full.state(), []
    assert not full.tiny.store.key("tiny", DAY, "raw").exists()
    for moment in dying.deaths(monkeypatch, lambda: shred("tiny", str(DAY)), restore, every=2):
        shred("tiny", str(DAY))
        assert full.state() == end, moment
        moments.append(moment)
    assert ledger.check(full.tiny.store, "tiny") == []
    assert len(moments) >= 10, moments
    reached = " ".join(moments)
    assert "2026-03-02.raw" in reached and "half of tiny" in reached
