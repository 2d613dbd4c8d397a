"""Which plane a process is of: what it opens, what it refuses, how open the outbox is."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from peil.charter import public_register
from peil.charter.clock import now
from peil.outcome import Refused
from peil.release.crossing import receive
from peil.store import ledger, verifying
from peil.store.keys import new_key
from peil.store.store import Store
from peil.store.witnessing import witness
from tests.stores import peil_here

DAY, NEXT = "2026-03-02", "2026-03-03"
CSV = "rel_presence__by_zone_hour.csv"


def files(folder: Path) -> dict[str, bytes]:
    there = {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}
    assert there
    return there


def test_the_outbox_is_as_open_as_its_folder_and_nothing_else_is(sides: Any) -> None:
    outbox = sides.operator().outbox
    outbox.mkdir(mode=0o770)
    outbox.chmod(0o770)
    sides.publish()
    modes = {p: p.stat().st_mode & 0o777 for p in outbox.rglob("*")}
    assert len(modes) > 8
    assert {mode for p, mode in modes.items() if p.is_dir()} == {0o770}
    assert {mode for p, mode in modes.items() if p.is_file()} == {0o660}
    own = [p for p in sides.operator().root.rglob("*") if p.stat().st_mode & 0o077]
    assert own == []


def test_on_one_machine_a_release_is_taken_in_by_the_same_command(
    sides: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sides, "operator", lambda: Store())
    for name, value in (("PEIL_PLANE", "both"), ("PEIL_DATA", str(sides.tiny.folder / "one"))):
        monkeypatch.setenv(name, value)
    sides.publish()
    store = Store()
    assert files(store.released("tiny", "presence", sides.tiny.charter.days()[0]))
    assert not sides.outbound().exists()
    assert ledger.check(store, "tiny") == [] and verifying.answer(store.root)[0] == 0
    assert receive.receive("tiny").status == "unchanged"
    public_register.enter(sides.tiny.charter, store)  # the ledger goes on, the outbox lies behind
    assert receive.receive("tiny").status == "unchanged"


def test_a_store_of_one_machine_becomes_two_by_moving_a_folder(
    sides: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the operator's guide says: a copy to the agency, the rest to `operator/agency/`."""
    one = sides.tiny.folder / "operators"
    with monkeypatch.context() as patch:
        patch.setattr(sides, "operator", lambda: Store())
        patch.setenv("PEIL_PLANE", "both")
        patch.setenv("PEIL_DATA", str(one))
        sides.publish()
    shutil.copytree(one / "agency", sides.tiny.folder / "agencys" / "agency")
    shutil.move(one / "agency", one / "operator" / "agency")
    shutil.rmtree(one / "operator" / "agency" / "keys")
    operator = sides.operator()
    assert ledger.check(operator, "tiny") == [] and verifying.answer(operator.verifiable)[0] == 0
    sides.publish(NEXT, 121)
    assert sides.receive().facts == {"n_received": 1}
    assert sides.received().exists() and sides.received(NEXT).exists()
    assert verifying.answer(sides.agency().root)[0] == 0
    assert ledger.check(sides.operator(), "tiny") == []


def test_the_command_takes_in_all_pilots_and_names_what_stays(sides: Any) -> None:
    data = sides.tiny.folder / "agencys"
    environment = {
        "PEIL_PLANE": "agency",
        "PEIL_OUTBOX": str(sides.operator().outbox),
        "PEIL_PILOTS": str(sides.tiny.charter_file.parent),
    }
    done = peil_here(data, "receive", **environment)
    assert (done.returncode, done.stdout) == (0, "The outbox is empty: nothing is taken in.\n")
    sides.publish()
    done = peil_here(data, "receive", **environment)
    assert done.returncode == 0 and "done (1 bundle taken in)" in done.stdout
    sides.publish(NEXT, 121)
    (sides.outbound(NEXT) / CSV).write_bytes(b"REF_AREA\n")
    done = peil_here(data, "receive", **environment)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and f"{NEXT} stays in the outbox" in done.stderr


def test_heads_that_are_gone_at_an_operator_apart_are_told_once_the_agency_took_a_release_in(
    sides: Any,
) -> None:
    sides.publish()
    operator = sides.operator()
    assert ledger.check(operator, "tiny") == []  # none were signed yet
    sides.receive()
    operator = sides.operator()
    for file in (operator.heads("tiny"), operator.agency_public_key):
        file.unlink()
    assert ledger.check(operator, "tiny") == ["The agency's heads of the ledger are gone."]
    exit_code, sentence = verifying.answer(operator.verifiable)
    assert exit_code == 0 and "without heads of the agency, which do not lie here" in sentence
    assert verifying.answer(operator.verifiable, "", "00" * 32)[0] == 1
    copy = operator.agency_ledger("tiny")
    copy.write_bytes(copy.read_bytes() + b"\n")
    assert "differs from the operator's" in verifying.answer(operator.verifiable)[1]


@pytest.mark.parametrize(
    "words",
    [
        ("ingest", "tiny", DAY),
        ("release", "tiny", DAY),
        ("run", "tiny"),
        ("train", "tiny"),
        ("score", "tiny"),
        ("compare", "tiny"),
        ("status", "tiny"),
        ("watch", "tiny"),
        ("approve", "tiny", DAY),
        ("retain", "tiny"),
        ("stop", "tiny", "--yes"),
        ("export", "regulator", "tiny", "view"),
    ],
)
def test_a_process_of_the_agency_opens_nothing_of_the_operators(
    sides: Any, words: tuple[str, ...]
) -> None:
    sides.operator()
    public_register.enter(sides.tiny.charter, Store())
    data = sides.tiny.folder / "operators"  # the operator's own store lies there to be opened
    before = files(data)
    done = peil_here(
        data, *words, PEIL_PLANE="agency", PEIL_PILOTS=str(sides.tiny.charter_file.parent)
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.count("\n") == 1 and "is the operator's, and this process" in done.stderr
    assert files(data) == before


def test_a_process_of_the_operator_takes_nothing_in_and_signs_no_head(sides: Any) -> None:
    sides.publish()
    store = sides.operator()
    with pytest.raises(Refused, match=r"is the agency's to take in"):
        receive.receive("tiny")
    with pytest.raises(Refused, match="The agency's key is not the operator's to use"):
        witness.sign_head(store, "tiny", now(sides.tiny.charter))
    new_key(store.root / "agency" / "keys" / "agency.ed25519")  # even where one lies there
    with pytest.raises(Refused, match="The agency's key is not the operator's to use"):
        _ = store.agency_key
