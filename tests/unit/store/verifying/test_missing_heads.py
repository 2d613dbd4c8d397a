"""Whoever rewrites a ledger and takes away what the agency signed of it is named all the same."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from benchmarks.disturbed import bundles, forging, tampering
from peil.charter import public_register
from peil.charter.clock import now
from peil.outcome import Refused
from peil.store import ledger, verifying
from peil.store.signing import agency_public_key, public_key
from peil.store.verifying import carried
from tests.stores import peil_here

DAY = date(2026, 3, 2)
BARE = "without heads of the agency, which do not lie here"


@pytest.fixture
def rewritten(tiny: Any) -> Any:
    """A released pilot whose ledger says something else on both sides, signed by the operator."""
    public_register.enter(tiny.charter, tiny.store)
    tiny.bundle = bundles.release(tiny.store, tiny.charter, "presence", DAY, 120)
    assert verifying.answer(tiny.store.root)[0] == 0
    tiny.agency = agency_public_key(tiny.store)
    files = tampering.content(tiny.store)
    after = forging.forged("rewritten", tiny.store, files, [], random.Random(1))
    tampering.write(after, tiny.store.root)
    return tiny


def without_heads(tiny: Any) -> None:
    """Take away all that the agency signed, and lay out an empty folder as of an operator apart."""
    for file in (tiny.store.heads("tiny"), tiny.store.agency_public_key):
        file.unlink()
    (tiny.store.root / "ledger").mkdir()


@pytest.mark.parametrize("is_given", [False, True])
def test_a_rewritten_store_without_heads_is_not_vouched_for(rewritten: Any, is_given: bool) -> None:
    without_heads(rewritten)
    root, key = rewritten.store.root, rewritten.agency if is_given else ""
    said = "agency.pub is missing."
    if is_given:
        said = (
            "tiny.heads.jsonl is missing, so that the given key of the agency vouches for nothing: "
            "get the heads of the ledger from the agency."
        )
    assert verifying.answer(root, "", key) == (1, f"tiny: {said}")
    done = peil_here(root, "verify", *(["--agency-key", key] if key else []))
    assert (done.returncode, done.stdout) == (1, "") and said in done.stderr
    file = rewritten.folder / "verify.py"
    file.write_bytes(carried.one_file())
    command = [sys.executable, "-I", str(file), *(["--agency-key", key] if key else []), str(root)]
    alone = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (alone.returncode, alone.stderr) == (1, f"tiny: {said}\n")
    # nor with the ledger laid where an operator apart has it, and that side moved out of the way
    shutil.copy(rewritten.store.ledger("tiny"), root / "ledger")
    assert verifying.answer(root, "", key) == (1, f"tiny: {said}")
    shutil.move(root / "operator", rewritten.folder / "elsewhere")
    assert verifying.answer(root, "", key) == (1, f"tiny: {said}")


@pytest.mark.parametrize("plane", ["agency", "operator"])
def test_a_ledger_file_without_its_register_entry_is_held_against_the_stores_heads(
    rewritten: Any, plane: str
) -> None:
    root = rewritten.store.root
    rewritten.store.public_entry("tiny").unlink()
    place = root / plane / "ledger" / "tiny.jsonl"
    for key in ("", rewritten.agency):
        assert verifying.answer(place, "", key) == (1, "tiny.json is missing.")
        assert verifying.answer(rewritten.bundle, "", key) == (1, "tiny.json is missing.")


def test_a_ledger_alone_is_held_against_the_heads_beside_it(rewritten: Any) -> None:
    alone = rewritten.folder / "alone"
    shutil.copytree(rewritten.store.agency / "ledger", alone)
    place, heads = alone / "tiny.jsonl", alone / "tiny.heads.jsonl"
    for key in ("", rewritten.agency):
        exit_code, sentence = verifying.answer(place, "", key)
        assert exit_code == 1 and "not those that the agency signed" in sentence
    heads.rename(alone / "heads.jsonl")  # its name in a regulator's view
    assert "not those that the agency signed" in verifying.answer(place)[1]
    (alone / "heads.jsonl").unlink()
    assert verifying.answer(place) == (1, "tiny.heads.jsonl is missing.")
    (alone / "agency.pub").unlink()
    exit_code, sentence = verifying.answer(place, "", rewritten.agency)
    assert exit_code == 1 and "the given key of the agency vouches for nothing" in sentence
    # with none of them, and no key, nothing can be held against it: that is said
    exit_code, sentence = verifying.answer(place, public_key(rewritten.store))
    assert exit_code == 0 and sentence.endswith(f", {BARE}.")


def test_a_bundle_without_a_ledger_is_not_vouched_for_by_the_agencys_key(rewritten: Any) -> None:
    carried = shutil.copytree(rewritten.bundle, rewritten.folder / "carried" / str(DAY))
    assert verifying.answer(carried)[0] == 0
    exit_code, sentence = verifying.answer(carried, "", rewritten.agency)
    assert exit_code == 1 and "the given key of the agency vouches for nothing" in sentence


def test_status_and_the_next_entry_name_heads_that_are_gone(rewritten: Any) -> None:
    """An entry more would have the agency's key sign the rewritten ledger as a new one."""
    without_heads(rewritten)
    store, gone = rewritten.store, "The agency's heads of the ledger are gone."
    assert ledger.check(store, "tiny") == [gone]
    shown = peil_here(store.root, "status", "tiny", PEIL_PILOTS=str(rewritten.folder / "pilots"))
    assert f"✗ {gone}" in shown.stdout
    before = store.ledger("tiny").read_bytes()
    with pytest.raises(Refused, match=r"heads of the ledger of tiny are gone .*: restore them"):
        ledger.append(store, "tiny", "note", now(rewritten.charter), {"n": 1})
    assert store.ledger("tiny").read_bytes() == before and not store.heads("tiny").exists()


def test_a_fresh_store_and_one_that_was_killed_at_its_first_entry_accuse_nobody(tiny: Any) -> None:
    assert ledger.check(tiny.store, "tiny") == []
    at = now(tiny.charter)
    ledger.append(tiny.store, "tiny", "refused", at, {"why": "No such day."})
    assert verifying.answer(tiny.store.root) == (0, "Verified: ledger of tiny.")
    for file in (tiny.store.heads("tiny"), tiny.store.agency_public_key, tiny.store.agency_key):
        file.unlink()
    assert ledger.check(tiny.store, "tiny") == []
    ledger.append(tiny.store, "tiny", "refused", at, {"why": "No such pilot."})
    assert ledger.check(tiny.store, "tiny") == []
    assert verifying.answer(tiny.store.root, "", agency_public_key(tiny.store))[0] == 0


def test_a_folder_of_bundles_only_is_verified_without_a_ledger(rewritten: Any) -> None:
    outbox = rewritten.folder / "outbox"
    shutil.copytree(rewritten.store.agency / "released", outbox / "released")
    place: Path = outbox / "released" / "tiny" / "presence" / str(DAY)
    exit_code, sentence = verifying.answer(place)
    assert exit_code == 0 and sentence.endswith("no ledger of a store to look it up in.")
