"""A real pilot of two machines: an operator's store, an agency's, and the outbox between them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from benchmarks.disturbed import bundles
from peil.outcome import Outcome
from peil.release import approvals, release
from peil.release.crossing import receive
from peil.store import verifying
from peil.store.store import Store

DAYS = ("2026-03-02", "2026-03-03")


@dataclass
class Sides:
    """Both sides of the crossing; the process is of one or the other at a time."""

    tiny: Any
    patch: pytest.MonkeyPatch

    def operator(self) -> Store:
        """Be the operator from here on."""
        self.patch.setenv("PEIL_PLANE", "operator")
        self.patch.setenv("PEIL_DATA", str(self.tiny.folder / "operators"))
        return Store()

    def agency(self) -> Store:
        """Be the agency from here on."""
        self.patch.setenv("PEIL_PLANE", "agency")
        self.patch.setenv("PEIL_DATA", str(self.tiny.folder / "agencys"))
        return Store()

    def candidate(self, day: str = DAYS[0], value: int = 120) -> Path:
        """A signed candidate of a day, at the operator."""
        store = self.operator()
        columns = {"REF_AREA": ["A", "B"], "TIME_PERIOD": f"{day}T00:00:00+01:00"}
        table = pd.DataFrame({**columns, "OBS_VALUE": pd.array([value, None], dtype="Int64")})
        table = table.assign(OBS_STATUS=["A", "Q"])
        when = date.fromisoformat(day)
        bundles.candidate(store, self.tiny.charter, "presence", when, table)
        return store.candidate("tiny", "presence", when)

    def answer(self, day: str, *roles: str, rejects: str = "") -> None:
        store = self.operator()
        folder = store.candidate("tiny", "presence", date.fromisoformat(day))
        shown = approvals.candidate_hash(folder)
        for role in roles:
            approvals.answer("tiny", day, self.tiny.signers[role], shown, rejects=rejects)

    def publish(self, day: str = DAYS[0], value: int = 120) -> Outcome:
        """Make a candidate, have it approved by both, and let it leave."""
        self.candidate(day, value)
        self.answer(day, "operator", "agency")
        return release.publish("tiny", day)

    def outbound(self, day: str = DAYS[0]) -> Path:
        return Store().outbound("tiny", "presence", date.fromisoformat(day))

    def receive(self) -> Outcome:
        """Be the agency and take in what lies in the outbox."""
        self.agency()
        return receive.receive("tiny")

    def received(self, day: str = DAYS[0]) -> Path:
        return self.agency().released("tiny", "presence", date.fromisoformat(day))


@pytest.fixture
def sides(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> Sides:
    """The pilot, signed, with gates that open for whatever they look at."""

    def opens(state: str, pilot: str, day: str) -> Any:
        folder = Store().candidate(pilot, "presence", date.fromisoformat(day))
        return SimpleNamespace(judged=verifying.manifest(folder).sha256)

    monkeypatch.setattr(release, "require_open", opens)
    monkeypatch.setattr(release, "_check_together", lambda *_: None)
    for name in ("release_of", "keep"):
        monkeypatch.setattr(release.disclosure, name, lambda *_: None)
    monkeypatch.setenv("PEIL_OUTBOX", str(tiny.folder / "outbox"))
    both = Sides(tiny, monkeypatch)
    both.operator()
    tiny.write_charter(legal_basis="statute", threshold=15, expires="2028-03-08")
    tiny.signers = tiny.sign()
    return both
