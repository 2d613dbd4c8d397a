"""Approve and publish, ended at each step and done again, leave what an undisturbed one leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from peil.charter import clock, public_register
from peil.release import release
from peil.store import ledger, verifying
from tests.unit.release.test_approvals import DAY, answered, candidate, open_doors
from tests.unit.retain import dying

REAL: dict[str, Any] = {"legal_basis": "statute", "threshold": 15, "expires": "2028-03-08"}
LEAST = 10  # moments at which each is ended


class Still(datetime):
    """A clock that stands: what is done again is done at the same moment."""

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return datetime(2026, 11, 2, 12, tzinfo=UTC).astimezone(tz)


@pytest.fixture
def real(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A real pilot, signed and entered, with a candidate whose gate is open."""
    monkeypatch.setattr(clock, "datetime", Still)
    tiny.write_charter(**REAL)
    tiny.signers = tiny.sign()
    open_doors(tiny, monkeypatch)
    candidate(tiny)
    public_register.enter(tiny.charter, tiny.store)  # draws both keys: these are random
    return tiny


def same_after_every_death(
    tiny: Any, monkeypatch: pytest.MonkeyPatch, deed: Callable[[], Any]
) -> list[str]:
    """End the deed at each step, do it again, and compare all files of the store."""
    root = tiny.store.root
    restore = dying.saved(root, tiny.folder / "start")
    deed()
    end = dying.content(root)
    moments = []
    for moment in dying.deaths(monkeypatch, deed, restore):
        deed()
        after = dying.content(root)
        assert after.keys() == end.keys(), moment
        assert [name for name in end if after[name] != end[name]] == [], moment
        assert ledger.check(tiny.store, "tiny") == [], moment
        moments.append(moment)
    assert deed() is not None and dying.content(root) == end  # and once more changes nothing
    return moments


def test_both_parties_approve_however_often_they_are_killed(
    real: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def approve() -> bool:
        answered(real, "operator", "agency")
        return True

    moments = same_after_every_death(real, monkeypatch, approve)
    assert len(moments) >= LEAST
    assert sum("half of tiny.jsonl" in moment for moment in moments) >= 4  # both sides of each
    kinds = [entry["kind"] for entry in ledger.entries(real.store.ledger("tiny"))]
    assert kinds.count("approval") == 2


def test_a_release_crosses_once_however_often_it_is_killed(
    real: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(real, "operator", "agency")
    moments = same_after_every_death(real, monkeypatch, lambda: release.publish("tiny", DAY))
    assert len(moments) >= LEAST
    reached = " ".join(moments)
    assert "extend tiny.heads.jsonl" in reached and f"replace {DAY}" in reached
    kinds = [entry["kind"] for entry in ledger.entries(real.store.ledger("tiny"))]
    assert kinds.count("release") == 1
    assert verifying.answer(real.store.root)[0] == 0
