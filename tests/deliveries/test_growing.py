"""A file that is still being written is waited for, whatever a look at it says."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from kinds import HEADER, row, rows

from peil.alerts import inbox
from peil.alerts.trouble import Trouble
from peil.ingest import ingest as ingest_module
from peil.ingest import landing
from peil.ingest.file_check import look
from peil.ingest.ingest import ingest
from peil.ingest.readers.refusal import FileRefused
from peil.outcome import Waiting

DAY = date(2026, 3, 2)


def troubles(pilot: Any) -> list[Trouble]:
    return inbox.kept(pilot.store, "tiny", DAY, "ingest")


@pytest.mark.parametrize("change", ["grows", "shrinks", "vanishes", "becomes a folder"])
def test_a_file_that_changes_between_two_looks_is_waited_for(
    pilot: Any, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    monkeypatch.setenv("PEIL_SETTLE_S", "0.01")
    pilot.deliver("a.csv", HEADER + rows(1, 3, 1))
    file = pilot.deliver("b.csv", HEADER + rows(1, 3, 2))
    pilot.vouch()

    def changes(_: float) -> None:
        if change == "grows":
            file.write_bytes(file.read_bytes() + row(4, 2))
        elif change == "shrinks":
            file.write_bytes(HEADER)
        else:
            file.unlink()
            if change == "becomes a folder":
                file.mkdir()

    with monkeypatch.context() as patch:
        patch.setattr(ingest_module.time, "sleep", changes)
        with pytest.raises(Waiting, match=r"b.csv still grows"):
            ingest("tiny", str(DAY))
    assert not pilot.store.raw_file("tiny", DAY).exists()
    assert [(trouble.kind, trouble.severity) for trouble in troubles(pilot)] == [
        ("file_still_growing", "stop")
    ]
    pilot.ingest()
    assert "file_still_growing" not in [trouble.kind for trouble in troubles(pilot)]


@pytest.mark.parametrize(
    ("grows", "expected"), [(True, r"a.csv still grows"), (False, "half a list")]
)
def test_what_a_look_says_of_files_counts_where_none_of_them_grows(
    pilot: Any, monkeypatch: pytest.MonkeyPatch, grows: bool, expected: str
) -> None:
    file = pilot.deliver("a.csv", HEADER + rows(1, 3, 1))
    pilot.vouch()

    def looked_at(given: Path, *rest: Any) -> Any:
        if given == file:
            return look(given, *rest)
        if grows:
            file.write_bytes(file.read_bytes() + row(4, 1))
        raise FileRefused("unreadable", "half a list")

    monkeypatch.setenv("PEIL_SETTLE_S", "0.01")
    monkeypatch.setattr(ingest_module, "look", looked_at)
    with pytest.raises(Waiting if grows else FileRefused, match=expected):
        ingest("tiny", str(DAY))


def test_the_time_that_a_look_takes_is_part_of_the_time_between_two_looks(
    pilot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pilot.deliver("a.csv", HEADER + rows(1, 3, 1))
    pilot.vouch()
    slept: list[float] = []

    def slow(*given: Any) -> Any:
        began = time.monotonic()
        while time.monotonic() - began < 0.2:
            pass
        return look(*given)

    with monkeypatch.context() as patch:
        patch.setenv("PEIL_SETTLE_S", "0.5")
        patch.setattr(ingest_module, "look", slow)
        patch.setattr(ingest_module.time, "sleep", slept.append)
        ingest("tiny", str(DAY))
    (waited_s,) = slept
    assert 0 <= waited_s <= 0.3


def test_a_file_that_changes_while_it_is_read_is_not_taken(
    pilot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = pilot.deliver("a.csv", HEADER + rows(1, 3, 1))
    pilot.vouch()

    def grows(*_: Any) -> None:
        file.write_bytes(file.read_bytes() + row(4, 1))

    with monkeypatch.context() as patch:
        patch.setattr(landing, "write_batch", grows)
        with pytest.raises(Waiting, match=r"a.csv changed while it was read"):
            ingest("tiny", str(DAY))
    assert not list(pilot.store.raw_file("tiny", DAY).parent.glob("*"))
    assert pilot.ingest().facts["n_delivered"] == 4
