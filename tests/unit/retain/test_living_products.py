"""Nothing dies under a living estimate, release or publish of what follows devices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from kept_day import DAY, MACHINE, STAGED_END
from test_windows_die import LINKED

from peil.outcome import Outcome, Refused
from peil.release import release
from peil.store import ledger, lock
from peil.store.atomic import write_text
from peil.watch.retain.retain import retain
from peil.watch.retain.stop import shred, stop
from tests.unit.release.test_publish import candidate as candidate
from tests.unit.release.test_publish import publish

VERBS: dict[str, Callable[[Any], Outcome]] = {
    "retain": lambda tiny: retain("tiny", STAGED_END + timedelta(days=3), MACHINE),
    "shred": lambda tiny: shred("tiny", str(DAY)),
    "stop": lambda tiny: stop("tiny"),
}


def there(tiny: Any) -> set[str]:
    """What of the day is there that a release or an estimate of flows needs, or writes."""
    store = tiny.store
    places = {
        "rows": store.staged_file("tiny", DAY),
        "key": store.key("tiny", DAY, "staged"),
        "pseudonym key": store.key("tiny", DAY, "pseudonym"),
        "sums": store.linked("tiny", DAY) / "s",
        "candidate": store.candidate("tiny", "flows", DAY) / "table.csv",
    }
    return {name for name, place in places.items() if place.exists()}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("holds", ["flows", lock.LINKED])
def test_a_day_is_left_that_a_process_works_on_beside_it(full: Any, verb: str, holds: str) -> None:
    tiny = full.tiny
    tiny.write_charter(**LINKED, period={"start": "2026-03-02", "end": "2026-03-02"})
    write_text(tiny.store.candidate("tiny", "flows", DAY) / "table.csv", "1")
    before = there(tiny)
    assert len(before) == 5
    with lock.held(tiny.store, "tiny", f"{DAY}.{holds}", f"publish {holds}"):
        outcome = VERBS[verb](tiny)
        assert f"tiny {DAY}.{holds} is held by publish {holds}" in str(outcome.facts["left"])
        left = before if holds == lock.LINKED else before - {"pseudonym key", "sums"}
        assert left <= there(tiny)
    assert "left" not in VERBS[verb](tiny).facts
    assert there(tiny) == set()


def test_a_release_does_not_cross_once_its_pilot_was_stopped_meanwhile(
    tiny: Any, candidate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stops: list[Outcome] = []
    monkeypatch.setattr(release.disclosure, "keep", lambda *_: stops.append(stop("tiny")))
    with pytest.raises(Refused, match=r"^tiny was stopped for good by `peil stop`: "):
        publish()
    assert "held by publish flows" in str(stops[0].facts["left"]) and candidate.exists()
    assert ledger.find(tiny.store, "tiny", "release") is None
    for place in (tiny.store.released, tiny.store.outbound):
        assert not place("tiny", "flows", date(2026, 3, 2)).exists()
    stop("tiny")
    assert not candidate.exists()
