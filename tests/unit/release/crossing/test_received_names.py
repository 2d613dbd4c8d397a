"""What the agency asks besides signatures: the charter's threshold, room, its own copy."""

from __future__ import annotations

import json
import shutil
from collections import namedtuple
from typing import Any

import pytest

from peil.charter import public_register
from peil.charter.clock import now
from peil.outcome import Refused
from peil.release import bundle, release
from peil.release.crossing import receive
from peil.store import ledger, verifying
from peil.store.faults import disk

DAY = "2026-03-02"
Usage = namedtuple("Usage", "free")


def test_a_bundle_made_with_another_threshold_stays_though_its_operator_vouches_for_it(
    sides: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = sides.candidate()
    described = json.loads((folder / "metadata.json").read_text())
    (folder / "metadata.json").write_text(json.dumps({**described, "threshold": 3}))
    bundle.seal(sides.operator(), folder, verifying.manifest(folder).predicate)
    sides.answer(DAY, "operator", "agency")
    with monkeypatch.context() as patch:
        patch.setattr(bundle, "check_names", lambda *_: None)  # an operator that does not ask
        release.publish("tiny", DAY)
    with pytest.raises(Refused, match="stays in the outbox: The bundle was made with another thre"):
        sides.receive()
    assert not sides.received().exists()


def test_nothing_is_taken_in_where_the_disk_has_no_room(
    sides: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sides.publish()
    sides.agency()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(disk.FLOOR - 1))
    with pytest.raises(disk.DiskFull):
        receive.receive("tiny")


def test_on_one_machine_a_copy_that_was_changed_is_told_as_the_agencys_and_laid_anew(
    tiny: Any,
) -> None:
    for why in ("No such day.", "No such pilot."):
        ledger.append(tiny.store, "tiny", "refused", now(tiny.charter), {"why": why})
    public_register.enter(tiny.charter, tiny.store)
    receive.receive("tiny")
    copy = tiny.store.agency_ledger("tiny")
    copy.write_bytes(copy.read_bytes().replace(b"such day", b"such bay"))
    with pytest.raises(Refused, match=r"copy") as refusal:
        receive.receive("tiny")
    assert "lacks or changes entries" not in str(refusal.value)
    assert not tiny.store.outbound_ledger("tiny").exists()
