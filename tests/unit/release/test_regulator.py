"""What a regulator is handed: complete, signed, the same bytes, and nothing of a device."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import people_who_sign
import pytest
from typer.testing import CliRunner

from benchmarks.disturbed import forging, tampering
from peil import cli
from peil.charter import public_register
from peil.outcome import Refused
from peil.release import bundle, processing, regulator
from peil.settings import Settings
from peil.store import ledger, verifying
from peil.store.atomic import sha256, write_json
from peil.store.signing import agency_public_key, public_key
from peil.store.store import Store
from peil.store.verifying import views
from peil.store.witnessing import merkle
from tests.unit.conftest import Tiny

AT = datetime(2026, 3, 9, tzinfo=UTC)
FACTS = {"product": "presence", "period": "2026-03-02", "tier": "agency", "table_sha256": "0"}
READ = {"verb": "stage", "what": "raw", "period": "2026-03-02", "purpose": "p", "n_rows": 7}
NAMES = {
    "access.json",
    "charter.yml",
    "charter_signatures.json",
    "charter_history.json",
    "agency.pub",
    "deletions.json",
    "heads.jsonl",
    "impact_assessment.md",
    "ledger.jsonl",
    "ledger_check.json",
    "ledger_of_the_agency.jsonl",
    "methods.toml",
    "proofs.json",
    "record_of_processing.md",
    "register.json",
    "releases.json",
    bundle.VERIFIER,
    verifying.NAME,
}


@pytest.fixture
def eventful(tiny: Tiny) -> Tiny:
    """A pilot whose charter grew, that released and deleted."""
    public_register.enter(tiny.charter, tiny.store)
    tiny.write_charter(recipients=["Agency", "A | third party"])
    public_register.enter(tiny.charter, tiny.store)
    ledger.append(tiny.store, "tiny", "release", AT, FACTS)
    ledger.append(tiny.store, "tiny", "approval", AT, {"by": "A. Name", "period": "2026-03-02"})
    ledger.append(tiny.store, "tiny", "raw_deleted", AT, {"period": "2026-03-02"})
    folder = tiny.store.agency / "released/tiny/presence/2026-03-02"
    folder.mkdir(parents=True)
    (folder / "table.csv").write_text("a\n1\n")
    names = {"pilot": "tiny", "product": "presence", "period": "2026-03-02", "tier": "agency"}
    names["table_sha256"] = sha256(folder / "table.csv")
    write_json(folder / "metadata.json", names)
    bundle.seal(tiny.store, folder, {**names, "table": "table"})
    ledger.append(tiny.store, "tiny", "read", AT, READ)
    people_who_sign.people(tiny.store, tiny.folder / "keys")
    (tiny.folder / "pilots" / "tiny.signatures.json").write_text('{"signatures": []}')
    sealed = tiny.store.raw_file("tiny", tiny.charter.period.start)
    sealed.parent.mkdir(parents=True)
    sealed.write_bytes(b"")
    return tiny


def content(folder: Path) -> dict[str, Any]:
    return {file.stem: json.loads(file.read_text()) for file in folder.glob("*.json")}


def test_it_is_complete_signed_and_the_same_bytes(eventful: Tiny, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    done = CliRunner().invoke(cli.app, ["export", "regulator", "tiny", str(folder)])
    assert done.exit_code == 0, done.output
    assert "n releases 1" in done.output
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    people = {f"party_{file.name}" for file in eventful.store.parties.iterdir()}
    assert set(before) == NAMES | people and len(people) == 3
    exit_code, sentence = verifying.answer(folder)
    assert exit_code == 0 and sentence == (
        f"Verified: regulator view of tiny, signed by its own key {public_key(eventful.store)}, "
        f"6 entries under the agency's head by key {agency_public_key(eventful.store)}."
    )
    regulator.export("tiny", folder)
    assert before == {file.name: file.read_bytes() for file in folder.iterdir()}
    (folder / "access.json").write_text("{}")
    assert verifying.answer(folder) == (1, "access.json was changed after it was signed.")


def test_it_says_what_was_allowed_released_deleted_and_who_did_it(
    eventful: Tiny, tmp_path: Path
) -> None:
    regulator.export("tiny", tmp_path / "export")
    lists = content(tmp_path / "export")
    first, second = lists["charter_history"]
    assert (first["changed"], second["changed"]) == ([], ["recipients"])
    (released,) = lists["releases"]
    assert (released["period"], released["faults"]) == ("2026-03-02", [])
    assert [entry["kind"] for entry in lists["deletions"]["entries"]] == ["raw_deleted"]
    assert lists["deletions"]["kept"]["raw"] == ["2026-03-02"]
    assert [act["by"] for act in lists["access"]["acts"]] == ["A. Name"]
    assert [read["n_rows"] for read in lists["access"]["reads"]] == [7]
    who = [(person["name"], person["role"]) for person in lists["access"]["may_sign"]]
    assert sorted(who) == sorted((name, role) for role, name in people_who_sign.NAMES.items())
    assert lists["access"]["recipients"] == ["Agency", "A | third party"]
    assert lists["ledger_check"] == {"faults": []}


def test_a_released_figure_that_was_set_in_place_is_told(eventful: Tiny, tmp_path: Path) -> None:
    (eventful.store.agency / "released/tiny/presence/2026-03-02/table.csv").write_text("a\n2\n")
    eventful.store.agency_ledger("tiny").write_text("")
    regulator.export("tiny", tmp_path / "export")
    lists = content(tmp_path / "export")
    assert lists["releases"][0]["faults"] == ["table.csv was changed after it was signed."]
    assert lists["ledger_check"]["faults"]
    assert verifying.answer(tmp_path / "export") == (
        1,
        "The agency's copy of the ledger differs from the operator's.",
    )


def resealed(tiny: Tiny, folder: Path) -> str:
    """What the verifier says of a folder that the operator changed, and signed again."""
    bundle.seal(tiny.store, folder, {"pilot": "tiny", "view": "regulator"})
    exit_code, sentence = verifying.answer(folder)
    assert exit_code == 1
    return sentence


@pytest.mark.parametrize("name", ["charter_history", "releases", "deletions", "access", "proofs"])
def test_a_list_that_the_operator_shortened_and_signed_again_is_named(
    eventful: Tiny, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "export"
    regulator.export("tiny", folder)
    rows = json.loads((folder / f"{name}.json").read_text())
    key = {"deletions": "entries", "access": "reads", "proofs": "entries"}.get(name)
    (rows[key] if key else rows).pop()
    write_json(folder / f"{name}.json", rows)
    says = "does not prove what is in the lists" if key and name == "proofs" else "is not what the"
    assert resealed(eventful, folder).startswith(f"{name}.json {says}")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("releases.json", "no list", "releases.json cannot be read: ask the operator"),
        ("proofs.json", '{"head": {}}', "proofs.json does not prove what is in the lists"),
        ("proofs.json", "[]", "proofs.json does not prove what is in the lists"),
    ],
)
def test_a_list_of_another_form_that_is_signed_all_the_same_is_named(
    eventful: Tiny, tmp_path: Path, name: str, content: str, says: str
) -> None:
    folder = tmp_path / "export"
    regulator.export("tiny", folder)
    (folder / name).write_text(content)
    assert resealed(eventful, folder).startswith(says)


def test_a_folder_that_another_key_signed_than_its_ledger_is_named(
    eventful: Tiny, tmp_path: Path
) -> None:
    folder = tmp_path / "export"
    regulator.export("tiny", folder)
    another = Store(Settings(data=tmp_path / "another"))  # type: ignore[call-arg]
    bundle.seal(another, folder, {"pilot": "tiny", "view": "regulator"})
    assert verifying.answer(folder) == (
        1,
        "The folder is signed by another key than the ledger.",
    )


def test_a_ledger_that_the_operator_rewrote_for_the_regulator_is_named(
    eventful: Tiny, tmp_path: Path
) -> None:
    """Both copies, and all lists made of it, chained and signed by the operator."""
    folder = tmp_path / "export"
    files = tampering.content(eventful.store)
    forged = forging.forged("rewritten", eventful.store, files, [], random.Random(4))
    tampering.write(forged, eventful.store.root)
    regulator.export("tiny", folder)
    exit_code, sentence = verifying.answer(folder)
    assert exit_code == 1 and "are not those that the agency signed" in sentence


def test_each_proof_leads_from_its_entry_to_the_agencys_newest_head(
    eventful: Tiny, tmp_path: Path
) -> None:
    folder = tmp_path / "export"
    regulator.export("tiny", folder)
    proofs = content(folder)["proofs"]
    lines = (folder / views.LOG).read_bytes().splitlines()
    heads = [json.loads(line) for line in (folder / views.HEADS).read_bytes().splitlines()]
    assert proofs["head"] == heads[-1] and len(proofs["entries"]) == len(lines) == 6
    root = bytes.fromhex(heads[-1]["root"])
    for proof in proofs["entries"]:
        way = [bytes.fromhex(step) for step in proof["inclusion"]]
        leaf = merkle.leaf_hash(lines[proof["sequence"]])
        assert merkle.is_included(leaf, proof["sequence"], len(lines), way, root)
    for name, wrong in (("inclusion", "00" * 32), ("consistency", "00" * 32)):
        changed = json.loads(json.dumps(proofs))
        changed["entries"][1][name][0] = wrong
        write_json(folder / "proofs.json", changed)
        assert resealed(eventful, folder) == "proofs.json does not prove ledger entry 1."
    changed = json.loads(json.dumps(proofs))
    changed["entries"][1]["size_then"] = 1  # a head of before the entry
    write_json(folder / "proofs.json", changed)
    assert resealed(eventful, folder) == "proofs.json does not prove ledger entry 1."


def test_a_folder_of_another_operator_is_named(eventful: Tiny, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    regulator.export("tiny", folder)
    given = "00" * 32
    assert verifying.answer(folder, given)[1].endswith("does not carry the operator's signature.")
    assert verifying.answer(folder, "", given) == (
        1,
        "The newest head of the ledger does not carry the agency's signature.",
    )


def test_the_documents_say_what_the_charter_says_and_mark_what_it_does_not(
    eventful: Tiny,
) -> None:
    choices = {"zone_threshold": 15}
    roles = {"data_protection_officer": "A. Name, signed 2026-01-01"}
    record = processing.record_of_processing(eventful.charter, choices, roles)
    assessment = processing.impact_assessment(eventful.charter, choices, roles)
    for words in ("Agency; A / third party", "24 hours after staging", "tiny/opt_out.csv"):
        assert words in record
    assert "A. Name, signed 2026-01-01" in record and "zone_threshold: 15" in assessment
    assert "{" not in record + assessment and assessment.count(processing.ASK) >= 5
    rows = [line for line in record.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {3}


def test_a_folder_that_holds_something_else_is_left_alone(eventful: Tiny, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(Refused, match="no earlier export"):
        regulator.export("tiny", tmp_path / "mine")
    assert [file.name for file in (tmp_path / "mine").iterdir()] == ["letter.txt"]
