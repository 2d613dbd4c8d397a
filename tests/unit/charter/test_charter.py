"""The charter is the legal gate: what it does not allow is refused, with file and key."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from peil.charter import public_register, reading
from peil.outcome import Refused
from peil.settings import PROJECT

LAWFUL = {"legal_basis": "statute", "threshold": 15}


def refusal(tiny: Any, **changes: Any) -> str:
    file = tiny.write_charter(**changes)
    with pytest.raises(Refused) as refused:
        reading.load("tiny")
    said = str(refused.value)
    assert str(file) in said and "\n" not in said
    return said


def test_the_charters_of_the_repository_are_valid() -> None:
    files = sorted((PROJECT / "pilots").glob("*.yml"))
    assert len(files) >= 3
    assert [reading.load(file).pilot for file in files] == [file.stem for file in files]


def test_without_a_charter_nothing_runs(tiny: Any) -> None:
    from peil.ingest.ingest import ingest

    tiny.charter_file.unlink()
    with pytest.raises(Refused, match=r"No charter at .*tiny.yml"):
        ingest("tiny", "2026-03-02")
    assert not (tiny.folder / "data" / "operator").exists()


def test_pseudonymised_is_no_legal_basis(tiny: Any) -> None:
    assert ", legal_basis: Input should be" in refusal(tiny, legal_basis="pseudonymised")


def test_typed_signatures_are_refused_and_the_refusal_says_what_to_do(tiny: Any) -> None:
    typed = [{"role": "operator", "name": "Mickey Mouse", "signed_on": "2026-01-01"}]
    refused = refusal(tiny, **{**LAWFUL, "signatures": typed})
    assert "no longer typed names" in refused and "peil charter sign PILOT --role" in refused


def test_only_a_simulated_pilot_may_leave_out_the_list_of_who_opted_out(tiny: Any) -> None:
    assert "inputs.opt_out: name the list" in refusal(tiny, **LAWFUL, inputs__opt_out=None)
    tiny.write_charter(inputs__opt_out=None)
    assert reading.load("tiny").is_synthetic


def test_a_threshold_under_15_is_for_simulated_sets_only(tiny: Any) -> None:
    assert "threshold: at least 15" in refusal(tiny, **{**LAWFUL, "threshold": 14})
    tiny.write_charter(threshold=1)
    assert reading.load("tiny").threshold == 1


def test_an_unknown_key_is_refused_by_its_name(tiny: Any) -> None:
    assert ", tresholds: Extra inputs are not permitted" in refusal(tiny, tresholds=15)
    said = refusal(tiny, inputs__events__colums={"cell_id": "cell"})
    assert ", inputs.events.colums: Extra inputs are not permitted" in said


@pytest.mark.parametrize("key", ["legal_basis", "recipients", "retention", "contact", "purpose"])
def test_a_duty_that_is_left_out_is_named(tiny: Any, key: str) -> None:
    assert f", {key}: Field required" in refusal(tiny, without=key)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"period": {"start": "2026-03-08", "end": "2026-03-02"}}, "period: end lies before start"),
        ({"expires": "2026-03-01"}, "expires: must not lie before the end of the period"),
        ({"expires": "2028-03-09"}, "expires: at most two years after the end of the period"),
        ({"retention__raw_hours": 999999}, "retention.raw_hours: Input should be less than"),
        ({"legal_reference": " "}, "legal_reference: must not be empty"),
        ({"operator__name": ""}, "operator.name: must not be empty"),
        ({"agency__contact": ""}, "agency.contact: must not be empty"),
        ({"contact": ""}, "contact: must not be empty"),
        ({"recipients": [""]}, "recipients.0: must not be empty"),
        ({"time_zone": "Europe/Nowhere"}, "time_zone: no such time zone"),
        ({"products": ["trips"]}, "products.0: no such product; there are presence"),
        ({"products": []}, "products: List should have at least 1 item"),
        ({"retention__staged_days": 31}, "retention.staged_days: Input should be less than"),
        ({"pilot": "other"}, "pilot: is other, but the file says tiny"),
        ({"pilot": "Tiny!"}, "pilot: String should match pattern"),
        ({"area": {"crs": "local"}}, "area: give either `grid`, or `zones`"),
        ({"area__crs": "EPSG:99999"}, "area.crs: no such coordinate reference system"),
        ({"area__crs": "EPSG:4326"}, "area.crs: is no plane in metres"),
        ({"area__crs": "EPSG:4978"}, "area.crs: is no plane in metres"),  # around the earth's core
        ({"area__crs": "EPSG:2263"}, "area.crs: is no plane in metres"),  # in feet
        ({"area__country": "XX"}, "area.country: no country whose holidays are known"),
        ({"area__country": "India"}, "area.country: no country whose holidays are known"),
        (
            {"area": {"crs": "EPSG:3035", "zones": {"path": "a.gpkg", "crs": "EPSG:1"}}},
            "area.zones.0.crs: no such coordinate reference system",
        ),
        ({"inputs__events__path": "tiny/{dya}/*"}, "inputs.events.path: knows {day}, {year}"),
        ({"inputs__events__path": "/etc/passwd"}, "inputs.events.path: must be relative"),
        ({"inputs__cells__path": "../elsewhere/*"}, "inputs.cells.path: must be relative"),
    ],
)
def test_a_wrong_value_is_told_with_its_key(tiny: Any, changes: dict[str, Any], said: str) -> None:
    assert said in refusal(tiny, **changes)


@pytest.mark.parametrize("named", ["\t", "tab", r"\t"])
def test_a_tab_may_be_named(tiny: Any, named: str) -> None:
    tiny.write_charter(inputs__events__separator=named)
    assert reading.load("tiny").inputs.events.separator == "\t"
    assert "inputs.events.separator: String should have at most 1" in refusal(
        tiny, inputs__events__separator="||"
    )


def test_what_is_not_yaml_is_told_with_its_line(tiny: Any) -> None:
    tiny.charter_file.write_text("pilot: tiny\ntitle: {en: [\n")
    with pytest.raises(Refused, match=r"tiny.yml is not YAML at line 3"):
        reading.load("tiny")
    tiny.charter_file.write_text("- a list\n")
    with pytest.raises(Refused, match="holds no charter"):
        reading.load("tiny")
    tiny.charter_file.write_bytes(b"pilot: \xff\n")
    with pytest.raises(Refused, match="is not YAML"):
        reading.load("tiny")


def test_an_expired_charter_stops_every_verb(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from peil.estimate import estimate
    from peil.ingest import ingest
    from peil.release import release
    from peil.stage import stage

    monkeypatch.setattr(public_register, "today", lambda charter: date(2027, 1, 1))
    for verb in (ingest.ingest, stage.stage, estimate.estimate, release.release):
        with pytest.raises(Refused, match="expired on 2026-12-31"):
            verb("tiny", "2026-03-02")
    assert not tiny.store.public_entry("tiny").exists()


def test_a_charter_holds_to_its_last_day(tiny: Any) -> None:
    reading.check_valid(tiny.charter, date(2026, 12, 31))
    with pytest.raises(Refused, match="expired"):
        reading.check_valid(tiny.charter, date(2027, 1, 1))


def test_a_day_outside_the_period_is_refused(tiny: Any) -> None:
    assert reading.day_of(tiny.charter, "2026-03-08") == date(2026, 3, 8)
    for day in ("2026-03-01", "2026-03-09"):
        with pytest.raises(Refused, match="a new period needs a new charter"):
            reading.day_of(tiny.charter, day)
    with pytest.raises(Refused, match="not a day: write it as 2026-03-02"):
        reading.day_of(tiny.charter, "2 March")


def test_the_days_of_a_period_are_all_of_them_once(tiny: Any) -> None:
    assert [str(day) for day in tiny.charter.days()] == [f"2026-03-0{n}" for n in range(2, 9)]


def test_pilots_are_the_charters_that_lie_in_the_folder(tiny: Any) -> None:
    assert reading.pilots() == ["tiny"]
    assert reading.load(Path(tiny.charter_file)) == reading.load("tiny")


def test_a_simulated_delivery_that_nobody_signed_for_is_refused(tiny: Any) -> None:
    from peil.ingest.ingest import ingest

    tiny.deliver("a.csv", "imsi,at,mcc,mnc,cell,imei\n")
    with pytest.raises(Refused, match="no signed list of simulated deliveries"):
        ingest("tiny", "2026-03-02")
    tiny.vouch()
    tiny.deliver("b.csv", "imsi,at,mcc,mnc,cell,imei\n1,2026-03-02 10:00:00,204,08,c1,\n")
    with pytest.raises(Refused, match=r"b.csv is not in the signed list"):
        ingest("tiny", "2026-03-02")
    assert not tiny.store.raw_file("tiny", date(2026, 3, 2)).exists()
