"""Stays, flows and visitors in the registry: what is released is the champion's, and stays so."""

from __future__ import annotations

from typing import Any

import pytest

from peil import methods, train
from peil.adapters import tracking, version_rows, versions
from peil.adapters.versions import STAYS
from peil.commands.reproducing import again, differences
from peil.estimate.linked import versions as followed
from peil.outcome import Refused

pytestmark = pytest.mark.usefixtures("with_registry")

LONGER = {"stays.min_stay_s": 1200.0}
WIDER = {"trips.model_error_share": 0.5}


@pytest.fixture
def charter(tiny: Any) -> Any:
    return tiny.charter.model_copy(update={"products": ["presence", "flows", "visitors"]})


def test_what_is_released_becomes_version_1_of_each_that_the_charter_needs(
    tiny: Any, charter: Any
) -> None:
    store = tiny.store
    followed.first_versions(tiny.charter, store)  # of presence alone: nobody is followed
    assert all(versions.champion(store, "tiny", name) is None for name in followed.DECIDE)
    before = {name: followed.standing_of(store, "tiny", name) for name in followed.DECIDE}
    for _ in range(2):
        followed.first_versions(charter, store)
    after = {name: followed.standing_of(store, "tiny", name) for name in followed.DECIDE}
    for name, version in after.items():
        assert (before[name].number, version.number) == (0, 1)
        first, second = (followed.described(name, each[name]) for each in (before, after))
        assert first["sha256"] == second["sha256"] and second["choices"] == {}
    width = methods.section("trips", "tiny")
    assert after["flows"].model.model_error_share == width["model_error_share"]
    assert after[STAYS].model.segmentation == methods.section("stays", "tiny")
    assert after["visitors"].model.stays == "version 1"
    rows = version_rows.compare(store, "tiny")["followed"]
    assert [(row["quantity"], row["aliases"]) for row in rows] == [
        (name, ["champion"]) for name in followed.DECIDE
    ]
    flow = tracking.client(store)
    version = flow.get_model_version_by_alias("stays__tiny", "champion")
    run = flow.get_run(version.run_id)
    complete = {f"{part}.{key}" for part in followed.DECIDE[STAYS] for key in section(part)}
    assert complete <= set(run.data.params)
    assert {"peil.commit", "peil.lock", "peil.pilot", "peil.footprint"} <= set(version.tags)
    for words in ("Purpose", "Data", "Accuracy", "Privacy", "Licence"):
        assert f"**{words}" in version.description, words


def section(name: str) -> dict[str, Any]:
    return methods.section(name, "tiny")


def test_a_champions_choices_hold_for_its_quantity_until_one_goes_back(
    tiny: Any, charter: Any
) -> None:
    store = tiny.store
    followed.first_versions(charter, store)
    for name, choices in ((STAYS, LONGER), ("flows", WIDER)):
        followed.stand_in(charter, store, name, choices)
    standing = {name: followed.standing_of(store, "tiny", name) for name in followed.DECIDE}
    with followed.chosen("tiny", standing[STAYS], standing["flows"]):
        assert section("stays")["min_stay_s"] == 1200.0
        assert section("trips")["model_error_share"] == 0.5
    with followed.chosen("tiny", standing[STAYS], standing["visitors"]):
        assert section("trips")["model_error_share"] != 0.5
    assert standing[STAYS].model.segmentation["min_stay_s"] == 1200.0
    assert standing["flows"].model.model_error_share == 0.5
    outcome = train.rollback("tiny", "flows")
    assert "version 1 again, in place of 2" in outcome.sentence()
    assert followed.standing_of(store, "tiny", "flows").number == 1
    assert followed.standing_of(store, "tiny", STAYS).number == 2


def test_a_version_may_not_differ_in_what_others_read(tiny: Any) -> None:
    with pytest.raises(Refused, match=r"^flows differs in grain\.margin, which decides more than"):
        followed.register(tiny.store, "tiny", "flows", {"grain.margin": 9.0})
    with pytest.raises(Refused, match=r"^visitors differs in linked_interval\.level"):  # published
        followed.register(tiny.store, "tiny", "visitors", {"linked_interval.level": 0.5})


def test_another_version_is_made_again_by_its_choices_and_told() -> None:
    certificate: dict[str, Any] = {
        "product": "flows",
        "period": "2026-03-02",
        "night": "2026-03-02",
        "trained": {},
        "staged": {},
        "footprint": {"run_id": "r", "label": "defaults", "parameters": {}},
        "run_ids": {},
        "table_sha256": "t",
        "stays": {"label": "version 2", "choices": LONGER, "sha256": "a"},
        "flows": {"label": "version 1", "choices": {}, "sha256": "b"},
    }
    days = {**certificate, "staged": {"2026-03-02": {}}}
    promoted = [task for task in again.tasks_of([days]) if task.verb == "promote"]
    assert [(task.product, task.choices) for task in promoted] == [
        ("stays", '{"stays.min_stay_s":1200.0}')
    ]
    other = {**certificate, "flows": {**certificate["flows"], "sha256": "c", "label": "version 3"}}
    assert differences.of_results(certificate, other) == [
        "Flows: version 1 when it was made, version 3 here, another model."
    ]
