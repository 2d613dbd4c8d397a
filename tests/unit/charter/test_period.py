"""A period is opened for a verb: charter, day and public entry come before the first row."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from peil.charter.period import Period
from peil.charter.products import PRODUCTS, resolve
from peil.outcome import Refused, Waiting
from peil.settings import PROJECT
from peil.store import ledger

VERBS = (
    "peil/ingest/ingest.py",
    "peil/stage/stage.py",
    "peil/estimate/estimate.py",
    "peil/estimate/linked/estimate.py",
    "peil/release/release.py",
    "peil/train.py",
    "peil/score/score.py",
    "peil/tasks/windows.py",
)


def test_opening_makes_the_public_entry_and_nothing_else(tiny: Any) -> None:
    assert not tiny.store.public_entry("tiny").exists()
    period = Period.open("tiny", "2026-03-03")
    assert (period.pilot, period.day) == ("tiny", date(2026, 3, 3))
    assert tiny.store.public_entry("tiny").is_file()
    assert [line["kind"] for line in ledger.entries(tiny.store.ledger("tiny"))] == ["charter"]
    Period.open("tiny", "2026-03-03")
    assert len(ledger.entries(tiny.store.ledger("tiny"))) == 1
    assert not tiny.store.raw_file("tiny", period.day).parent.exists()


def test_without_a_day_it_is_the_last_of_the_pilot(tiny: Any) -> None:
    assert Period.open("tiny").day == tiny.charter.period.end


@pytest.mark.parametrize(
    ("changes", "day"),
    [({}, "2026-12-01"), ({}, "yesterday"), ({"expires": "2026-03-08"}, "2026-03-03")],
)
def test_what_the_charter_does_not_allow_makes_no_entry(
    tiny: Any, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], day: str
) -> None:
    if changes:
        tiny.write_charter(**changes)
        monkeypatch.setattr("peil.charter.public_register.today", lambda charter: date(2026, 3, 9))
    with pytest.raises(Refused):
        Period.open("tiny", day)
    assert not tiny.store.public_entry("tiny").exists()


def test_a_released_period_says_so_by_product(tiny: Any) -> None:
    period = Period.open("tiny", "2026-03-02")
    assert not period.is_released() and not period.has_crossed()
    facts = {"product": "presence", "period": "2026-03-02", "table_sha256": "a"}
    ledger.append(period.store, "tiny", "release", ledger_moment(period), facts, once=False)
    assert period.is_released() and not period.is_released("flows")
    assert not period.is_released(day=date(2026, 3, 3))
    assert not period.has_crossed()
    period.store.released("tiny", "presence", period.day).mkdir(parents=True)
    assert period.has_crossed()


def ledger_moment(period: Period) -> Any:
    from peil.charter.clock import now

    return now(period.charter)


def test_a_held_period_is_told_to_the_second_and_its_parts_are_apart(tiny: Any) -> None:
    period = Period.open("tiny", "2026-03-02")
    with (
        period.held("stage"),
        period.held("release flows", part="flows"),
        pytest.raises(Waiting, match="held by stage, process"),
        period.held("ingest"),
    ):
        pass
    with period.held("ingest"):
        pass


def test_a_product_is_refused_in_one_sentence_each(tiny: Any) -> None:
    period = Period.open("tiny", "2026-03-02")
    assert period.product("presence", to="release") is PRODUCTS["presence"]
    for name, words in (("trips", "There is no product trips"), ("flows", "does not name")):
        with pytest.raises(Refused, match=words):
            period.product(name)
    residence = Period(
        period.charter.model_copy(update={"products": ["presence", "residence"]}),
        period.day,
        period.store,
    )
    assert residence.product("residence").name == "residence"
    with pytest.raises(Refused, match="stay at the operator"):
        residence.product("residence", to="release")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_opens_through_it_and_by_no_other_way(verb: str) -> None:
    text = (PROJECT / verb).read_text()
    assert "Period.open(" in text
    assert "public_register.enter(" not in text and "ledger.is_released(" not in text


def test_nobody_else_enters_a_pilot_in_the_public_register() -> None:
    callers = {
        file.relative_to(PROJECT).as_posix()
        for file in Path(PROJECT / "peil").rglob("*.py")
        if "public_register.enter(" in file.read_text()
    }
    assert callers == {"peil/charter/period.py"}


def test_every_function_that_a_product_names_is_there() -> None:
    for product in PRODUCTS.values():
        for entry_point in (product.estimate, product.protect, product.score):
            assert not entry_point or callable(resolve(entry_point)), product.name
        assert product.is_releasable == bool(product.protect), product.name
        assert product.follows_devices == bool(product.tally and product.estimate), product.name
