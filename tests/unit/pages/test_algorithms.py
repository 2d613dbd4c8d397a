"""The algorithm register says what the charter and the released metadata say, in two languages."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from peil.charter import reading, retention
from peil.charter.schema import Charter
from peil.pages import algorithms
from peil.store.atomic import write_json

INTERVAL = {"level": 90, "measured": 93, "measured_least": 88}
# of the Dutch publication standard for algorithm registers
FIELDS = {
    "standard_version",
    "lang",
    "name",
    "organization",
    "contact_email",
    "begin_date",
    "end_date",
    "goal",
    "proportionality",
    "human_intervention",
    "risk_management",
    "lawful_basis",
    "impacttoetsen",
    "source_data",
    "methods_and_models",
    "provider",
}


def described(charter: Charter, **interval: Any) -> dict[str, dict[str, str]]:
    listed = algorithms.algorithms(charter, [], "presence, version 3", interval)
    return {entry["lang"]: entry for entry in algorithms.entries(listed)}


def test_every_field_is_filled_in_both_languages_and_no_gap_is_left(tiny: Any) -> None:
    for entry in described(reading.load("tiny"), **INTERVAL).values():
        assert set(entry) == FIELDS
        assert all(text.strip() and "{" not in text for text in entry.values())
    entry = described(reading.load("tiny"), **INTERVAL)
    assert entry["ENG"]["goal"] != entry["NLD"]["goal"]


def test_what_it_says_is_what_the_charter_says(tiny: Any) -> None:
    tiny.write_charter(use_limits={"en": "Not for {police}.", "nl": "Niet voor {politie}."})
    charter = reading.load("tiny")
    entry = described(charter, **INTERVAL)["ENG"]
    assert "Not for {police}." in entry["goal"]  # words of the charter are no template
    assert f"below {charter.threshold} distinct devices" in entry["proportionality"]
    assert all(name in entry["source_data"] for name in charter.inputs.events.columns)
    assert "93 of 100 intervals of 90 %" in entry["risk_management"]
    assert "has not been measured" in described(charter, level=90)["ENG"]["risk_management"]


def spans(pattern: str, text: str, unit: str) -> list[timedelta]:
    """How long things are kept, by a sentence."""
    return [timedelta(**{unit: int(number)}) for number in re.findall(pattern, text)]


def kept_for_a_while(tiny: Any) -> Charter:
    """Its charter with terms of retention that differ from each other and from the window."""
    tiny.write_charter(
        retention={"raw_hours": 30, "staged_days": 9},
        products=["presence", "flows"],
        linkage_days=2,
    )
    return reading.load("tiny")


LANDED, STAGED = (datetime(2026, 3, 3, hour, tzinfo=UTC) for hour in (1, 5))


def test_when_rows_and_keys_die_by_the_register_is_when_they_are_due(tiny: Any) -> None:
    charter, store = kept_for_a_while(tiny), tiny.store
    first, last = charter.days()[:2]
    entry = described(charter, **INTERVAL)
    write_json(store.raw_manifest("tiny", first), {"landed_at": LANDED.isoformat()})
    kept = retention.due(charter, store, first, "raw") - LANDED  # type: ignore[operator]
    assert spans(r"never staged (\d+) days after landing", entry["ENG"]["source_data"], "days") == [
        kept
    ]
    nl = entry["NLD"]["source_data"]
    assert spans(r"nooit wordt bewerkt (\d+) dagen na ontvangst", nl, "days") == [kept]

    for day in (first, last):
        write_json(store.staged_manifest("tiny", day), {"staged_at": STAGED.isoformat()})
    kept = retention.due(charter, store, first, "raw") - STAGED  # type: ignore[operator]
    assert spans(r"deleted (\d+) hours after staging", entry["ENG"]["source_data"], "hours") == [
        kept
    ]
    assert spans(r"verzegeld en worden (\d+) uur na bewerking", nl, "hours") == [kept]
    kept = retention.due(charter, store, first, "staged") - STAGED  # type: ignore[operator]
    assert spans(r"rows (\d+) days after staging", entry["ENG"]["source_data"], "days") == [kept]
    assert spans(r"rijen (\d+) dagen na bewerking", nl, "days") == [kept]


def test_when_the_key_of_a_pseudonym_dies_by_the_register_is_when_it_is_due(tiny: Any) -> None:
    charter, store = kept_for_a_while(tiny), tiny.store
    entry = described(charter, **INTERVAL)
    days = charter.days()[:2]
    for number, day in enumerate(days):
        at = STAGED + timedelta(days=number)
        write_json(store.staged_manifest("tiny", day), {"staged_at": at.isoformat()})
    kept = retention.due(charter, store, days[0], "linked") - at  # type: ignore[operator]
    said = r"destroyed (\d+) days after the last of these days is staged"
    assert spans(said, entry["ENG"]["proportionality"], "days") == [kept]
    said = r"vernietigd (\d+) dagen nadat de laatste van die dagen is bewerkt"
    assert spans(said, entry["NLD"]["proportionality"], "days") == [kept]


def test_who_decides_depends_on_whether_there_are_people(tiny: Any) -> None:
    simulated = described(reading.load("tiny"), **INTERVAL)["ENG"]["human_intervention"]
    tiny.write_charter(legal_basis="statute", threshold=15)
    real = described(reading.load("tiny"), **INTERVAL)["ENG"]["human_intervention"]
    assert "simulated" in simulated and "simulated" not in real


def test_the_impact_assessment_is_the_charters_and_its_lack_is_said(tiny: Any) -> None:
    assert "names no" in described(reading.load("tiny"))["ENG"]["impacttoetsen"]
    tiny.write_charter(dpia="register of the agency, 2026-014")
    assert "2026-014" in described(reading.load("tiny"))["NLD"]["impacttoetsen"]


def test_products_that_follow_devices_are_told(tiny: Any) -> None:
    alone = described(reading.load("tiny"), **INTERVAL)["ENG"]["proportionality"]
    charter = reading.load("tiny").model_copy(update={"products": ["presence", "flows"]})
    assert "follow a device" not in alone
    assert "flows follow a device" in described(charter)["ENG"]["proportionality"]


def test_the_same_algorithms_give_the_same_bytes(tiny: Any) -> None:
    listed = algorithms.algorithms(reading.load("tiny"), [], "presence, version 3", INTERVAL)
    first = algorithms.write(listed, tiny.folder / "a").read_bytes()
    assert first == algorithms.write(listed, tiny.folder / "b").read_bytes()
    assert [entry["lang"] for entry in json.loads(first)] == ["ENG", "NLD"]


def test_an_outlook_is_an_algorithm_of_its_own_where_there_is_one(tiny: Any) -> None:
    charter = reading.load("tiny")
    (presence,) = algorithms.algorithms(charter, [], "presence, version 3", INTERVAL)
    listed = algorithms.algorithms(charter, [], "presence, version 3", INTERVAL, "boosting 1a2b")
    assert listed[0] == presence and len(listed) == 2
    entry = algorithms.entries(listed)[-2]
    assert entry["name"] == "Unusual crowding" and "boosting 1a2b" in entry["methods_and_models"]
    assert f"under {charter.threshold} nothing is said" in entry["proportionality"]
    assert entry["contact_email"] == charter.contact
