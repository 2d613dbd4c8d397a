"""Whose presence is released: the champion of the registry, or what is released before one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from peil import methods, train
from peil.adapters import version_rows, versions
from peil.adapters.versions import PRESENCE
from peil.estimate import champion, standing
from peil.estimate.estimators import ESTIMATORS, RELEASED_ESTIMATOR, Estimator
from peil.gates import tables
from peil.outcome import Refused
from peil.store import ledger
from peil.store.atomic import write_json

pytestmark = pytest.mark.usefixtures("with_registry")

FEW = {"presence.em_max_iter": 3}


def test_what_is_released_becomes_version_1_and_stays_the_same(tiny: Any) -> None:
    store = tiny.store
    before = champion.presence_of(store, "tiny")
    assert champion.first_presence(store, "tiny") == 1
    assert champion.first_presence(store, "tiny") is None
    after = champion.presence_of(store, "tiny")
    assert (before.number, after.number) == (0, 1)
    first, second = champion.described(before), champion.described(after)
    assert first["sha256"] == second["sha256"]
    assert (second["estimator"], second["choices"]) == (RELEASED_ESTIMATOR, {})
    assert after.model.parameters["max_iter"] == methods.section("presence", "tiny")["em_max_iter"]
    (row,) = version_rows.compare(store, "tiny")["presences"]
    assert row["aliases"] == ["champion"] and row["weighting.ratio_pooled_devices"]


def test_a_champions_choices_hold_where_its_figures_are_made(tiny: Any) -> None:
    number = champion.register_presence(tiny.store, "tiny", ESTIMATORS["em"], FEW)
    assert number == champion.register_presence(tiny.store, "tiny", ESTIMATORS["em"], FEW)
    versions.promote(tiny.store, "tiny", number, quantity=PRESENCE)
    presence = champion.presence_of(tiny.store, "tiny")
    assert presence.model.estimator == "em" and presence.model.parameters["max_iter"] == 3
    with champion.chosen(presence, "tiny"):
        assert methods.section("presence", "tiny")["em_max_iter"] == 3
    assert methods.section("presence", "tiny")["em_max_iter"] != 3


def test_release_and_gate_take_the_estimator_that_the_estimates_name(tmp_path: Path) -> None:
    assert champion.released_estimator(tmp_path) == RELEASED_ESTIMATOR
    assert list(tables.facts(tmp_path)["released_estimator"]) == [RELEASED_ESTIMATOR]
    record = {"facts": {}, "made_of": {"presence": {"estimator": "em"}}}
    write_json(tmp_path / "estimated.json", record)
    assert champion.released_estimator(tmp_path) == "em"
    assert list(tables.facts(tmp_path)["released_estimator"]) == ["em"]


def test_a_champion_that_is_no_estimator_of_peils_is_refused(tiny: Any) -> None:
    mine = Estimator("mine", ESTIMATORS["sb"].build, "Mine", "Van mij")
    number = champion.register_presence(tiny.store, "tiny", mine, {})
    versions.promote(tiny.store, "tiny", number, quantity=PRESENCE)
    with pytest.raises(Refused, match=r"^presence@1 of tiny is an estimator that Peil does not"):
        champion.presence_of(tiny.store, "tiny")


def test_the_presence_before_stands_again_and_the_footprint_is_untouched(tiny: Any) -> None:
    champion.first_presence(tiny.store, "tiny")
    with pytest.raises(Refused, match="no other presence was champion before"):
        train.rollback("tiny", PRESENCE)
    number = champion.register_presence(tiny.store, "tiny", ESTIMATORS["em"], FEW)
    versions.challenge(tiny.store, "tiny", number, PRESENCE)
    standing.enter(tiny.charter, tiny.store, PRESENCE, number, 1)
    versions.promote(tiny.store, "tiny", number, quantity=PRESENCE)
    assert versions.of_alias(tiny.store, "tiny", PRESENCE, versions.CHALLENGER) is None
    outcome = train.rollback("tiny", PRESENCE)
    assert "version 1 again, in place of 2" in outcome.sentence()
    assert champion.presence_of(tiny.store, "tiny").number == 1
    kinds = [entry["kind"] for entry in ledger.entries(tiny.store.ledger("tiny"))]
    assert kinds.count("presence_rolled_back") == 1 and "footprint_rolled_back" not in kinds
    with pytest.raises(Refused, match=r"outlook has no version to go back to .*anew each week"):
        train.rollback("tiny", "outlook")
