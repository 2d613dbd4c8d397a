"""The ledger says which version stands: an alias that was moved by hand is told, not followed."""

from __future__ import annotations

from typing import Any

import pytest

from peil import train
from peil.adapters import tracking, versions
from peil.adapters.versions import CHAMPION, PRESENCE
from peil.charter.clock import now
from peil.estimate import by_ledger, champion, standing
from peil.estimate.estimators import ESTIMATORS
from peil.outcome import Refused
from peil.store import ledger
from peil.store.store import Store

pytestmark = pytest.mark.usefixtures("with_registry")

FEW = {"presence.em_max_iter": 3}


@pytest.fixture
def store(tiny: Any) -> Store:
    """Version 1 stands; version 2 is registered, and nobody approved it."""
    champion.first_presence(tiny.store, "tiny")
    champion.register_presence(tiny.store, "tiny", ESTIMATORS["em"], FEW)
    own: Store = tiny.store
    return own


def by_hand(store: Store, number: int | str) -> None:
    flow = tracking.client(store)
    flow.set_registered_model_alias("presence__tiny", CHAMPION, str(number))


def test_an_alias_moved_by_hand_is_told_and_not_followed(store: Store) -> None:
    assert standing.disagreement(store, "tiny", PRESENCE) == ""
    by_hand(store, 2)
    stands = champion.presence_of(store, "tiny")
    assert (stands.number, stands.is_champion) == (1, True)
    assert stands.note.startswith(
        "MLflow calls presence@2 champion and the ledger says presence@1, which is followed: set"
    )
    assert standing.notes(stands) == {"note": stands.note}
    with pytest.raises(Refused, match=r"^tiny: MLflow calls presence@2 champion and the ledger"):
        train.rollback("tiny", PRESENCE)
    by_hand(store, 1)
    assert standing.notes(champion.presence_of(store, "tiny")) == {}


def test_one_goes_back_to_what_stood_only(store: Store) -> None:
    tracking.client(store).set_registered_model_alias("presence__tiny", versions.EARLIER, "2")
    with pytest.raises(Refused, match="no other presence was champion before"):
        train.rollback("tiny", PRESENCE)


def test_a_promotion_cut_off_after_its_entry_is_made_whole(tiny: Any, store: Store) -> None:
    standing.enter(tiny.charter, store, PRESENCE, 2, 1)
    standing.enter(tiny.charter, store, PRESENCE, 2, 1)
    kinds = [entry["kind"] for entry in ledger.entries(store.ledger("tiny"))]
    assert kinds.count("presence_promoted") == 1
    assert champion.presence_of(store, "tiny").number == 2  # the ledger has it
    assert standing.catch_up(store, "tiny", PRESENCE) == 2
    assert standing.catch_up(store, "tiny", PRESENCE) is None
    assert standing.disagreement(store, "tiny", PRESENCE) == ""
    assert "version 1 again, in place of 2" in train.rollback("tiny", PRESENCE).sentence()
    assert champion.presence_of(store, "tiny").number == 1
    by_hand(store, 2)  # it stood once, and does not now
    assert champion.presence_of(store, "tiny").number == 1


def test_another_version_than_was_approved_is_not_followed(tiny: Any, store: Store) -> None:
    approved = champion.described(versions.of_number(store, "tiny", PRESENCE, 2))
    for sha256 in (approved["sha256"], "0" * 64):
        facts = {"version": 2, "in_place_of": 1, "model_sha256": sha256}
        ledger.append(store, "tiny", "presence_promoted", now(tiny.charter), facts)
        if sha256 == approved["sha256"]:
            assert champion.presence_of(store, "tiny").number == 2
    with pytest.raises(Refused, match=r"^presence@2 of tiny is not what the ledger says was appr"):
        champion.presence_of(store, "tiny")


def test_a_registry_that_was_emptied_begins_anew(tiny: Any, store: Store) -> None:
    champion.stand_in(tiny.charter, store, "em", FEW)
    assert champion.presence_of(store, "tiny").number == 2
    standing.forget(tiny.charter, store)
    assert by_ledger.number_of(store, "tiny", PRESENCE) is None
    by_hand(store, 1)
    assert champion.presence_of(store, "tiny").number == 1


def test_what_the_ledger_says_and_the_registry_lacks_is_refused(tiny: Any, store: Store) -> None:
    facts = {"version": 7, "in_place_of": 1}
    ledger.append(store, "tiny", "presence_promoted", now(tiny.charter), facts)
    with pytest.raises(Refused, match=r"^tiny has no presence@7: there are presence@1, presence@2"):
        champion.presence_of(store, "tiny")
