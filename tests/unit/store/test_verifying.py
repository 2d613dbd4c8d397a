"""Whatever is done to a bundle, a ledger or the register, the verifier names it."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from benchmarks.disturbed import bundles, tampering
from peil import cli
from peil.charter import public_register
from peil.charter.clock import now
from peil.release import bundle
from peil.store import checking, ledger, released_tables, verifying
from peil.store.atomic import read_json, write_json
from peil.store.signing import public_key, sign
from tests.stores import peil_here

DAY = date(2026, 3, 2)
TABLE = "rel_presence__by_zone_hour"


@pytest.fixture
def folder(tiny: Any) -> Path:
    """A released bundle in a store with register and ledger."""
    public_register.enter(tiny.charter, tiny.store)
    return bundles.release(tiny.store, tiny.charter, "presence", DAY, 120)


def answer(place: Path, public: str = "") -> str:
    exit_code, sentence = verifying.answer(place, public)
    assert exit_code == (not sentence.startswith("Verified"))
    return sentence


def test_random_tamperings_are_all_detected_and_an_untouched_store_never(tiny: Any) -> None:
    figures = tampering.measure(tiny.store, tiny.charter, 60, seed=5)
    assert {row["kind"] for row in figures["kinds"]} == set(tampering.KINDS)
    assert all(row["n_detected"] == row["n_tried"] for row in figures["kinds"]), figures
    assert figures["n_false_alarms"] == 0


def test_a_bundle_of_another_day_or_product_is_a_fault(tiny: Any, folder: Path) -> None:
    bundles.release(tiny.store, tiny.charter, "presence", date(2026, 3, 3), 121)
    assert answer(folder).startswith("Verified: bundle tiny presence 2026-03-02 agency, signed by")
    shutil.rmtree(folder)
    shutil.copytree(folder.with_name("2026-03-03"), folder)
    sentence = "The bundle in tiny/presence/2026-03-02 is that of tiny/presence/2026-03-03."
    assert answer(folder) == sentence
    assert answer(tiny.store.root) == f"tiny presence 2026-03-02: {sentence}"
    carried = shutil.copytree(folder, tiny.folder / "carried" / "2026-03-02")
    assert answer(carried) == "The bundle in 2026-03-02 is that of tiny/presence/2026-03-03."


def test_what_the_list_names_and_what_the_metadata_say_is_the_same(tiny: Any, folder: Path) -> None:
    names = verifying.manifest(folder).predicate
    for name in (*verifying.NAMES, "table_sha256"):
        bundle.seal(tiny.store, folder, {**names, name: "other"})
        with pytest.raises(verifying.Broken, match=rf"{name}|is that of"):
            verifying.bundle(folder)
    bundle.seal(tiny.store, folder, {**names, "table": "other"})
    with pytest.raises(verifying.Broken, match="names another table than the CSV"):
        verifying.bundle(folder)


def test_a_bundle_that_was_signed_again_is_not_the_ledgers(tiny: Any, folder: Path) -> None:
    (folder / "statement.en.md").write_text("nothing to see")
    names = verifying.manifest(folder).predicate
    bundle.seal(tiny.store, folder, names)
    assert verifying.bundle(folder)
    assert answer(folder) == "The ledger's release names another bundle."


def test_csv_and_parquet_are_one_table(tiny: Any, folder: Path) -> None:
    table = released_tables.read(folder, TABLE)
    aside = tiny.folder / "aside"
    for change, sentence in (
        ({"OBS_VALUE": pd.array([999_999, None], dtype="Int64")}, "differ in OBS_VALUE"),
        ({"OBS_VALUE": pd.array([120, 3], dtype="Int64")}, "differ in OBS_VALUE"),
        ({"MORE": 1}, "have other columns or numbers of rows"),
    ):
        released_tables.write(table.assign(**change), aside, TABLE)
        shutil.copy(folder / f"{TABLE}.csv", aside)
        with pytest.raises(verifying.Broken, match=sentence):
            verifying.same_table(aside, TABLE)
    table.to_parquet(aside / f"{TABLE}.parquet", index=False)
    with pytest.raises(verifying.Broken, match="carries metadata beside its table"):
        verifying.same_table(aside, TABLE)
    assert verifying.same_table(folder, TABLE)


def test_a_formula_in_a_name_is_text_in_the_csv_and_a_number_is_a_number(
    tiny: Any, folder: Path
) -> None:
    names = ["=HYPERLINK(1)", "+1-2", "-A", "@SUM(A1)", "\t=1", "-12", "Aa-en=Hunze"]
    table = pd.DataFrame({"REF_AREA": names, "OBS_VALUE": range(-4, 3)})
    text = released_tables.write(table, tiny.folder, TABLE)
    rows = list(csv.reader(io.StringIO(text, newline="")))[1:]
    dangerous, plain = names[:5], names[5:]
    assert [area for area, _ in rows] == [*(f"'{name}" for name in dangerous), *plain]
    assert [value for _, value in rows] == [str(value) for value in range(-4, 3)]
    assert list(released_tables.read(tiny.folder, TABLE)["REF_AREA"]) == names
    assert parquet.read_schema(tiny.folder / f"{TABLE}.parquet").metadata is None
    assert verifying.same_table(tiny.folder, TABLE)
    assert verifying.neutral("\r=1") == "'\r=1"
    with pytest.raises(ValueError, match="a text with a line end"):
        released_tables.write(table.assign(REF_AREA="A\r=1"), tiny.folder, TABLE)


def test_an_entry_dated_back_shows_even_when_signed(tiny: Any, folder: Path) -> None:
    for plane in (tiny.store.ledger("tiny"), tiny.store.agency_ledger("tiny")):
        lines = plane.read_bytes()
        last = lines.splitlines()[-1]
        body = {
            "sequence": lines.count(b"\n"),
            "previous": hashlib.sha256(last).hexdigest(),
            "at": "2001-01-01T00:00:00+00:00",
            "kind": "note",
            "facts": {"n": 1},
        }
        signature = sign(tiny.store, verifying.canonical(body))
        plane.write_bytes(lines + verifying.canonical({**body, "signature": signature}) + b"\n")
    assert "Ledger entry 2 is dated before the one before it." in answer(tiny.store.root)


def test_a_simulated_pilot_whose_period_was_shortened_is_no_fault(tiny: Any, folder: Path) -> None:
    for end in ("2026-03-03", "2026-03-08", "2026-03-03"):
        tiny.write_charter(period={"start": "2026-03-02", "end": end})
        public_register.enter(tiny.charter, tiny.store)
        ledger.append(tiny.store, "tiny", "note", now(tiny.charter), {"end": end}, once=False)
        assert answer(tiny.store.root).startswith("Verified: 2 ledgers and bundles of ")
    older = tiny.store.public_entry("tiny").read_bytes()
    tiny.write_charter(recipients=["Agency", "a data broker"])
    public_register.enter(tiny.charter, tiny.store)
    tiny.store.public_entry("tiny").write_bytes(older)
    assert "tiny.json of the register is not the ledger's newest charter" in answer(tiny.store.root)


def test_a_register_that_names_another_key_shows(tiny: Any, folder: Path) -> None:
    path = tiny.store.public_entry("tiny")
    write_json(path, {**read_json(path), "operator_public_key": "00" * 32})
    assert "is not the ledger's newest charter" in answer(folder)
    assert answer(folder, "00" * 32) == "The bundle does not carry the operator's signature."


def test_the_copy_in_a_bundle_runs_by_itself(tiny: Any, folder: Path) -> None:
    """Isolated: without the project, as an agency or a journalist would run it."""
    carried = shutil.copytree(folder, tiny.folder / "carried")
    key = public_key(tiny.store)

    def run(*words: str) -> tuple[int, str]:
        command = [sys.executable, "-I", str(carried / "verify.py"), *words]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
        return done.returncode, done.stdout + done.stderr

    exit_code, sentence = run("--key", key)
    assert exit_code == 0
    assert sentence.startswith("Verified: bundle tiny presence 2026-03-02 agency, signed by the gi")
    assert "; no ledger of a store to look it up in." in sentence
    (carried / f"{TABLE}.csv").write_bytes(b"REF_AREA\n")
    assert run("--key", key) == (1, f"{TABLE}.csv was changed after it was signed.\n")


def test_the_command_names_the_first_wrong_thing(tiny: Any, folder: Path) -> None:
    data = tiny.store.root
    done = peil_here(data, "verify", str(data))
    assert (done.returncode, done.stdout) == (0, f"Verified: 2 ledgers and bundles of {data}.\n")
    log = tiny.store.ledger("tiny")
    assert peil_here(data, "verify", str(log)).stdout.startswith("Verified: ledger of tiny, 2 entr")
    log.write_bytes(log.read_bytes()[:-9])
    done = peil_here(data, "verify")
    differs = "tiny: The agency's copy of the ledger differs from the operator's."
    way_out = "Find out who changed it, then restore it from a copy."
    assert (done.returncode, done.stderr.strip()) == (1, f"{differs} {way_out}")


def test_a_path_that_is_not_there_is_a_wrong_input_and_accuses_nobody(tiny: Any) -> None:
    place = tiny.folder / "mistyped"
    done = CliRunner().invoke(cli.app, ["verify", str(place)])
    sentence = f"{place} is not there: name a bundle, ledger, view or store."
    assert (done.exit_code, done.output.replace("\n", "")) == (2, sentence)


def test_a_ledger_of_refusals_before_any_charter_accuses_nobody(tiny: Any) -> None:
    store, at = tiny.store, now(tiny.charter)
    for why in ("No such day.", "No such pilot."):
        ledger.append(store, "tiny", "refused", at, {"why": why})
    assert answer(store.root) == "Verified: ledger of tiny."
    both = [store.ledger("tiny"), store.root / "agency" / "ledger" / "tiny.jsonl"]
    whole = both[0].read_bytes()
    for changed in (whole.replace(b"such day", b"such bay"), whole.split(b"\n")[0] + b"\n"):
        for file in both:
            file.write_bytes(changed)
        assert "tiny: " in answer(store.root)
    for file in both:
        file.write_bytes(whole)
    public_register.enter(tiny.charter, store)
    assert answer(store.root) == "Verified: ledger of tiny."
    # once a charter is named, its entry in the register is what must be there
    (store.root / "agency" / "register" / "tiny.json").unlink()
    assert answer(store.root) == "tiny: tiny.json is missing."


def test_who_looks_while_an_entry_is_added_is_told_of_no_fault(
    tiny: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outlook of a running pilot took sixteen hours of seventeen for broken in that moment."""
    store, between, done = tiny.store, threading.Event(), threading.Event()
    witness = ledger.witness

    def slowly(*words: Any) -> None:
        between.set()
        done.wait(3)  # the ledger has the entry, the agency's copy does not
        witness(*words)

    monkeypatch.setattr(ledger, "witness", slowly)
    words = (store, "tiny", "refused", now(tiny.charter), {"why": "No such day."})
    adding = threading.Thread(target=ledger.append, args=words)
    adding.start()
    assert between.wait(60)
    assert verifying.answer(store.root)[0] == 1
    assert checking.fault_of(store, "tiny", "presence", DAY) == ""
    adding.join()
    store.ledger("tiny").write_bytes(store.ledger("tiny").read_bytes()[:-9])
    assert "differs from the operator's" in checking.fault_of(store, "tiny", "presence", DAY)


def test_a_file_of_other_lines_is_a_ledger_that_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "tiny.jsonl"
    file.write_text('{"at":"2026-03-02"}\n')
    assert answer(file) == "The ledger of tiny cannot be read: restore it from a copy."
