"""Deeds against the release of a real pilot: each tried on a candidate, and refused."""

from __future__ import annotations

import json
from datetime import date
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from benchmarks.disturbed.bundles import certified
from peil import cli
from peil.charter import public_register
from peil.outcome import Refused, Waiting
from peil.release import approvals, bundle, release
from peil.store import ledger, parties, released_tables, verifying
from peil.store.atomic import sha256

DAY, NEXT = "2026-03-02", "2026-03-03"
REAL: dict[str, Any] = {"legal_basis": "statute", "threshold": 15, "expires": "2028-03-08"}
TABLE = """REF_AREA,TIME_PERIOD,OBS_VALUE,OBS_STATUS,UNIT_MEASURE
A,2026-03-02T12:00,120,A,PS
B,2026-03-02T12:00,,Q,PS
"""


@pytest.fixture
def real(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A real pilot, signed, with a candidate of one day whose gate is open."""
    tiny.write_charter(**REAL)
    tiny.signers = tiny.sign()
    open_doors(tiny, monkeypatch)
    candidate(tiny)
    return tiny


def open_doors(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gate that opens for what lies there, and no other pilot: neither is asked about here."""
    folder = tiny.store.candidate("tiny", "presence", date(2026, 3, 2))

    def opens(*_: Any) -> Any:
        return SimpleNamespace(judged=verifying.manifest(folder).sha256)

    monkeypatch.setattr(release, "require_open", opens)
    monkeypatch.setattr(release, "_check_together", lambda *_: None)
    for name in ("release_of", "keep"):
        monkeypatch.setattr(release.disclosure, name, lambda *_: None)


def candidate(tiny: Any, value: int = 120, day: str = DAY) -> Path:
    folder: Path = tiny.store.candidate("tiny", "presence", date.fromisoformat(day))
    folder.mkdir(parents=True, exist_ok=True)
    rows = pd.read_csv(StringIO(TABLE.replace("120", str(value))), dtype=str)
    released_tables.write(rows, folder, "rel_presence__by_zone_hour")
    counts = {"n_entries": 2, "n_withheld": 1, "n_unobserved": 0, "withheld_share": 0.5}
    table = folder / "rel_presence__by_zone_hour.csv"
    names = {"pilot": "tiny", "product": "presence", "period": day, "tier": "agency"}
    names["table_sha256"] = sha256(table)
    made_by = certified(tiny.store, tiny.charter, "presence", date(2026, 3, 2))
    rest = {**counts, "threshold": tiny.charter.threshold, **made_by}
    (folder / "metadata.json").write_text(json.dumps({**names, **rest}))
    bundle.seal(tiny.store, folder, {**names, "table": table.stem})
    return folder


def shown() -> str:
    return approvals.show("tiny", DAY).candidate


def answered(tiny: Any, *roles: str, rejects: str = "") -> None:
    for role in roles:
        approvals.answer("tiny", DAY, tiny.signers[role], shown(), rejects=rejects)


def crossed(tiny: Any) -> bool:
    return bool(tiny.store.released("tiny", "presence", date(2026, 3, 2)).exists())


def test_a_release_crosses_when_operator_and_agency_approved_this_very_candidate(real: Any) -> None:
    way_out = real.store.outbound("tiny", "presence", date(2026, 3, 2)).parent
    with pytest.raises(Waiting, match="approval by the operator and the agency: `peil approve"):
        release.publish("tiny", DAY)
    answered(real, "operator")
    with pytest.raises(Waiting, match="approval by the agency"):
        release.publish("tiny", DAY)
    assert not way_out.exists()  # nothing of it was copied where it leaves
    answered(real, "agency", "agency")  # answered twice is answered
    assert release.publish("tiny", DAY).status == "done" and crossed(real)
    entries = ledger.entries(real.store.ledger("tiny"))
    kinds = [entry["kind"] for entry in entries]
    assert kinds.count("approval") == 2 and kinds[-1] == "release"
    facts = [entry["facts"] for entry in entries if entry["kind"] == "approval"]
    assert [(fact["name"], fact["role"]) for fact in facts] == [
        ("Anna", "operator"),
        ("Carla", "agency"),
    ]
    assert {fact["candidate_sha256"] for fact in facts} == {
        entries[-1]["facts"]["candidate_sha256"]
    }


@pytest.mark.parametrize("place", ["released", "candidate"])
def test_nobody_is_shown_a_change_from_or_to_figures_that_are_not_as_signed(
    real: Any, place: str
) -> None:
    answered(real, "operator", "agency")
    release.publish("tiny", DAY)
    candidate(real, 150, NEXT)
    (line,) = [line for line in approvals.show("tiny", NEXT).lines if "change since" in line]
    assert line.startswith(f"change since {DAY}: ") and "ps 120 → 150" in line
    of = {"released": (real.store.released, DAY), "candidate": (real.store.candidate, NEXT)}
    folder, day = of[place][0]("tiny", "presence", date.fromisoformat(of[place][1])), of[place][1]
    file = folder / "rel_presence__by_zone_hour.parquet"
    file.write_bytes(file.read_bytes().replace(b"A", b"B", 1))
    with pytest.raises(Refused, match=rf"of tiny presence {day} .*: {file.name} was changed"):
        approvals.show("tiny", NEXT)


@pytest.mark.parametrize("deed", ["another figure", "a file more", "an edited statement"])
def test_an_approval_binds_the_files_and_no_others(real: Any, deed: str) -> None:
    answered(real, "operator", "agency")
    folder = candidate(real, 121 if deed == "another figure" else 120)
    if deed == "a file more":
        (folder / "extra.csv").write_text("imsi\n")
    if deed == "an edited statement":
        (folder / "metadata.json").write_text((folder / "metadata.json").read_text() + "\n")
    with pytest.raises((Waiting, Refused), match=r"waits for approval by the op|does not cross"):
        release.publish("tiny", DAY)
    assert not crossed(real)


def test_people_are_told_where_to_look_before_they_answer(real: Any) -> None:
    page = real.store.operator_page("tiny")
    table = real.store.candidate("tiny", "presence", date(2026, 3, 2)) / (
        "rel_presence__by_zone_hour.csv"
    )
    before = approvals.show("tiny", DAY).places
    assert table in before and page not in before
    page.parent.mkdir(parents=True)
    page.write_text("")
    assert approvals.show("tiny", DAY).places == [*before, page]


def test_nobody_approves_what_they_were_not_shown(real: Any) -> None:
    before = shown()
    candidate(real, 121)
    with pytest.raises(Refused, match="not what you name: look at it with"):
        approvals.answer("tiny", DAY, real.signers["operator"], before)
    with pytest.raises(Refused, match="not what you name"):
        approvals.answer("tiny", DAY, real.signers["operator"], "")


def test_one_person_does_not_approve_for_both_parties(real: Any) -> None:
    key = real.folder / "keys" / "again.key"
    parties.enroll(real.store, "agency", "anna", key, (date(2026, 1, 1), date(2099, 1, 1)))
    twice = parties.signer_of(real.store, "agency", key, date(2026, 3, 2))
    answered(real, "operator")
    with pytest.raises(Refused, match="Anna answered as operator already"):
        approvals.answer("tiny", DAY, twice, shown())
    with pytest.raises(Refused, match="approved by operator and agency"):
        approvals.answer("tiny", DAY, real.signers["data_protection_officer"], shown())


def test_two_answers_by_one_person_are_no_approval_whoever_wrote_them_down(
    real: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = real.folder / "keys" / "again.key"
    parties.enroll(real.store, "agency", "anna", key, (date(2026, 1, 1), date(2099, 1, 1)))
    twice = parties.signer_of(real.store, "agency", key, date(2026, 3, 2))
    answered(real, "operator")
    period = release.Period.open("tiny", DAY)
    with monkeypatch.context() as patch:
        patch.setattr(parties.Signatory, "is_same_person", lambda *_: False)
        approvals._record(period, "presence", shown(), twice.party, "", twice)
    with pytest.raises(Refused, match="one person, Anna, approved in two roles"):
        release.publish("tiny", DAY)
    assert not crossed(real)


def test_an_answer_that_is_missing_is_no_approval(real: Any) -> None:
    answered(real, "operator")
    entry = ledger.find(real.store, "tiny", "approval", role="operator")
    assert entry is not None
    people = parties.of_pilot(real.store, False)
    with pytest.raises(Refused, match="it: the agency has not approved this candidate"):
        approvals.check("it", [entry["facts"]], people)


def test_without_a_candidate_there_is_nothing_to_approve(real: Any) -> None:
    folder = real.store.candidate("tiny", "presence", date(2026, 3, 2))
    (folder / bundle.NAME).unlink()
    with pytest.raises(Waiting, match="has no candidate of presence: there is nothing to approve"):
        approvals.show("tiny", DAY)


def test_an_entry_that_no_enrolled_key_signed_is_no_approval(real: Any) -> None:
    answered(real, "operator", "agency")
    (file,) = real.store.parties.glob("agency.*.json")
    party = file.read_bytes()
    file.unlink()
    with pytest.raises(Refused, match="approval by the agency does not hold"):
        release.publish("tiny", DAY)
    file.write_bytes(party)
    forged = ledger.find(real.store, "tiny", "approval", role="agency")
    assert forged is not None
    facts = forged["facts"] | {"answered_on": "2026-03-03"}
    ledger.append(real.store, "tiny", "approval", approvals.now(real.charter), facts, once=False)
    with pytest.raises(Refused, match="approval by the agency does not hold"):
        release.publish("tiny", DAY)
    assert not crossed(real)


def test_a_rejection_leaves_a_reason_and_nothing_crosses(real: Any) -> None:
    answered(real, "operator")
    answered(real, "agency", rejects="A feast is missing")
    with pytest.raises(Refused, match="Carla, rejected this candidate: A feast is missing"):
        release.publish("tiny", DAY)
    # the operator refuses by itself: nothing lies where the agency would refuse it again
    assert not real.store.outbound("tiny", "presence", date(2026, 3, 2)).exists()
    entry = ledger.find(real.store, "tiny", "rejection")
    assert entry is not None and entry["facts"]["reason"] == "A feast is missing"
    answered(real, "agency")
    assert release.publish("tiny", DAY).status == "done"


def test_an_account_of_airflow_answers_in_its_own_role_only(real: Any) -> None:
    valid = (date(2026, 1, 1), date(2099, 1, 1))
    key = real.folder / "keys" / "dirk.key"
    parties.enroll(real.store, "agency", "Dirk", key, valid, "dirk")
    answered(real, "operator")
    for account in ("peil", "", "dirk"):
        with pytest.raises(Refused, match="is no account of the operator"):
            approvals.answer_by_account("tiny", DAY, "operator", account, shown())
    approvals.answer_by_account("tiny", DAY, "agency", "dirk", shown())
    assert release.publish("tiny", DAY).status == "done"


def test_the_shell_shows_then_asks_for_key_and_candidate(real: Any) -> None:
    def typed(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli.app, ["approve", "tiny", DAY, *words])
        return done.exit_code, " ".join(done.output.split())

    code, text = typed()
    digits = shown()[: approvals.SHORTEST]
    assert code == 0 and f"candidate {digits}" in text
    for words in (
        "2 entries, 1 withheld (50.0%)",
        "audit: the published entries give no withheld one away",
        "gate released: not asked yet",
        "this is the first",
        "recipients: Agency",
        "not answered by the agency yet",
    ):
        assert words in text
    key = ("--as", "agency", "--key", str(real.folder / "keys" / "agency.key"))
    assert typed(*key)[0] == 2  # not without the candidate
    assert "a rejection leaves a reason" in typed(*key, "--candidate", digits, "--reject")[1]
    assert "Carla, agency, approves" in typed(*key, "--candidate", digits)[1]
    assert "approved by the agency, Carla" in typed()[1]
    done = CliRunner().invoke(cli.app, ["release", "tiny", DAY, "--approved-by", "Nobody At All"])
    assert done.exit_code == 2 and "A typed name approves nothing" in done.output


def test_of_a_simulated_pilot_the_simulated_parties_approve_and_the_ledger_says_so(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_doors(tiny, monkeypatch)
    candidate(tiny)
    assert release.publish("tiny", DAY).status == "done"
    approved = [e for e in ledger.entries(tiny.store.ledger("tiny")) if e["kind"] == "approval"]
    assert [entry["facts"]["simulated"] for entry in approved] == [True, True]
    assert all("simulated" in entry["facts"]["name"] for entry in approved)


def test_under_an_expired_charter_nobody_approves_scores_trains_or_compares(
    real: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from peil import train
    from peil.commands import comparison
    from peil.score import score

    candidate_shown = shown()
    monkeypatch.setattr(public_register, "today", lambda charter: date(2029, 1, 1))
    deeds = (
        lambda: approvals.answer("tiny", DAY, real.signers["agency"], candidate_shown),
        lambda: score.score("tiny"),
        lambda: train.train("tiny"),
        lambda: comparison.tables("tiny"),
    )
    for deed in deeds:
        with pytest.raises(Refused, match="expired on 2028-03-08"):
            deed()


def test_a_threshold_that_was_lowered_after_all_rows_were_read_releases_nothing(tiny: Any) -> None:
    estimated = tiny.store.estimated_record("tiny", date(2026, 3, 2))
    estimated.parent.mkdir(parents=True)
    estimated.write_text('{"run_ids": {}}')
    tiny.deliver("a.csv", "imsi\n")
    from peil.ingest import deliveries

    deliveries.vouch(tiny.store, tiny.charter, tiny.deliveries / "tiny", tiny.sign()["operator"])
    period = release.Period.open("tiny", DAY)
    with pytest.raises(Refused, match="threshold: 2 is for deliveries that `peil simulate` wrote"):
        release._candidate(period, period.product("presence", to="release"))
