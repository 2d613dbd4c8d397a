"""Somebody opts out while a candidate waits for people: the figures that cross are without them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from peil.outcome import Refused, Waiting
from peil.store import ledger
from peil.store.atomic import read_json
from tests.deliveries.test_unobserved_hours import DAY, rows
from tests.unit.conftest import Tiny

LEAVES = "204080000000101"


@pytest.fixture
def waits(tiny: Tiny) -> Tiny:
    """A day whose candidate was made, and that has not crossed."""
    from peil.estimate.estimate import estimate
    from peil.release.release import release
    from peil.stage.stage import stage

    tiny.write_charter(period={"start": str(DAY), "end": str(DAY + timedelta(days=6))})
    tiny.deliver("a.csv", rows(DAY, lambda hour: True))
    tiny.ingest()
    for verb in (stage, estimate, release):
        verb("tiny", str(DAY))
    return tiny


@pytest.mark.slow
def test_a_candidate_that_waits_crosses_without_who_opted_out_meanwhile(waits: Tiny) -> None:
    from peil.release.release import publish, release
    from peil.watch.retain.opt_out import opt_out

    store, candidate = waits.store, waits.store.candidate("tiny", "presence", DAY)
    before = read_json(candidate / "metadata.json")["table_sha256"]
    waits.put("opt_out.csv", f"imsi\n{LEAVES}\n")
    waits.vouch()
    assert opt_out("tiny").facts["n_candidates"] == 1
    with pytest.raises(Waiting, match="has no candidate"):
        publish("tiny", str(DAY))
    release("tiny", str(DAY))
    assert publish("tiny", str(DAY)).status == "done"
    entry = ledger.standing(store, "tiny", "presence", str(DAY))
    assert entry is not None and entry["facts"]["table_sha256"] != before


@pytest.mark.slow
def test_a_candidate_of_before_does_not_cross_once_its_day_is_made_again(waits: Tiny) -> None:
    from peil.estimate.estimate import estimate
    from peil.release.release import publish
    from peil.stage.stage import stage

    waits.put("opt_out.csv", f"imsi\n{LEAVES}\n")
    waits.ingest()
    stage("tiny", str(DAY))
    with pytest.raises(Refused, match="are others now"):
        publish("tiny", str(DAY))
    estimate("tiny", str(DAY))
    with pytest.raises(Refused, match="are others now"):
        publish("tiny", str(DAY))
