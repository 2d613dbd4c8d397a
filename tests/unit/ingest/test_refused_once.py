"""What was refused is tried again where its cause may have passed, and only then."""

from __future__ import annotations

import errno
import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from peil.alerts import inbox
from peil.ingest import file_rows
from peil.ingest.ingest import ingest
from peil.outcome import Refused

DAY, NEXT = date(2026, 3, 2), date(2026, 3, 3)
HEADER = "imsi,at,mcc,mnc,cell,imei\n"


def row(number: int, day: date = DAY) -> str:
    return f"20408000000000{number},{day} 10:00:0{number},204,08,c1,3500000000\n"


def record(tiny: Any, day: date = DAY) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(tiny.store.raw_manifest("tiny", day).read_text())
    return read


def failing(patch: pytest.MonkeyPatch, name: str, error: Exception) -> list[str]:
    """Let the landing of one file fail; the files that are tried, in order."""
    land, tried = file_rows._land_file, []

    def fail(opened: Any, file: Path, *rest: Any) -> Any:
        tried.append(file.name)
        if file.name == name:
            raise error
        return land(opened, file, *rest)

    patch.setattr(file_rows, "_land_file", fail)
    return tried


def test_a_day_waits_for_the_memory_that_a_file_needs_and_goes_on_once_it_is_there(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.deliver("a.csv", HEADER + row(1))
    tiny.deliver("b.csv", HEADER + row(2))
    with monkeypatch.context() as patch:
        tried = failing(patch, "b.csv", duckdb.OutOfMemoryException("x"))
        with pytest.raises(Refused, match=r"^b.csv needs more memory .*: raise PEIL_MEMORY"):
            tiny.ingest()
    assert tried[-2:] == ["a.csv", "b.csv"]  # at last each by itself
    assert not tiny.store.raw_manifest("tiny", DAY).exists()
    assert ingest("tiny", str(DAY)).facts["n_files"] == 2


@pytest.mark.parametrize(
    "error", [OSError(errno.ESTALE, "x"), duckdb.IOException("x"), duckdb.InternalException("x")]
)
def test_a_file_that_could_not_be_read_for_the_moment_is_read_by_the_next_run(
    tiny: Any, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    tiny.deliver("a.csv", HEADER + row(1))
    tiny.deliver("b.csv", HEADER + row(2))
    fingerprints = []
    with monkeypatch.context() as patch:
        failing(patch, "b.csv", error)
        for _ in range(2):
            outcome = tiny.ingest()
            assert (outcome.status, outcome.facts["n_files_refused"]) == ("done", 1)
            fingerprints.append(record(tiny)["fingerprint"])
    outcome = ingest("tiny", str(DAY))
    assert (outcome.status, outcome.facts["n_files_refused"]) == ("done", 0)
    assert ingest("tiny", str(DAY)).status == "unchanged"
    # what is made of the rows is made again when they are others, and only then
    first, second = fingerprints
    assert first == second != record(tiny)["fingerprint"]


def test_a_file_that_its_content_spoils_is_read_once(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.deliver("a.csv", HEADER + row(1))
    tiny.deliver("b.csv", HEADER + row(2))
    failing(monkeypatch, "b.csv", duckdb.InvalidInputException("x"))
    assert tiny.ingest().facts["n_files_refused"] == 1
    assert ingest("tiny", str(DAY)).status == "unchanged"


def test_a_file_is_landed_once_the_day_that_it_was_taken_from_is_corrected(tiny: Any) -> None:
    tiny.deliver("x.csv", HEADER + row(1, NEXT))
    tiny.deliver("x.csv", HEADER + row(1, NEXT), NEXT)
    tiny.deliver("y.csv", HEADER + row(2, NEXT), NEXT)
    tiny.ingest()
    assert tiny.ingest(NEXT).facts["n_files_refused"] == 1
    assert tiny.ingest(NEXT).status == "unchanged"
    tiny.deliver("x.csv", HEADER + row(3))
    assert tiny.ingest().facts["n_delivered"] == 1
    outcome = tiny.ingest(NEXT)
    assert (outcome.status, outcome.facts["n_files_refused"]) == ("done", 0)
    assert outcome.facts["n_delivered"] == 2


def test_the_trouble_of_a_bad_redelivery_ends_when_the_good_file_is_back(tiny: Any) -> None:
    file = tiny.deliver("a.csv", HEADER + row(1))
    tiny.ingest()
    whole = file.read_bytes()
    file.write_bytes(b"")
    with pytest.raises(Refused, match="is empty"):
        tiny.ingest()
    assert [each.kind for each in inbox.kept(tiny.store, "tiny", DAY, "ingest")] == ["file_empty"]
    file.write_bytes(whole)
    assert tiny.ingest().status == "unchanged"
    assert inbox.kept(tiny.store, "tiny", DAY, "ingest") == []


def test_the_trouble_of_a_refused_file_lasts_while_nothing_changes(tiny: Any) -> None:
    tiny.deliver("a.csv", HEADER + row(1))
    tiny.deliver("b.csv", "wrong\n1\n")
    for status in ("done", "unchanged"):
        assert tiny.ingest().status == status
        (trouble,) = inbox.kept(tiny.store, "tiny", DAY, "ingest")
        assert (trouble.kind, trouble.where) == ("file_wrong_columns", "b.csv")
