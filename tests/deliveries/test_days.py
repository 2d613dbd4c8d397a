"""Days that come late, twice, again, in part or not at all: flagged, never silently replaced."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from kinds import HEADER, row, rows

from peil import status
from peil.alerts import inbox
from peil.alerts.trouble import Trouble
from peil.ingest import corrections as flagged
from peil.ingest import file_rows, landing, together
from peil.ingest import ingest as ingest_module
from peil.ingest.ingest import ingest
from peil.outcome import Refused, Waiting
from peil.store import ledger

DAY, NEXT = date(2026, 3, 2), date(2026, 3, 3)


def record(pilot: Any, day: date = DAY) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(pilot.store.raw_manifest("tiny", day).read_text())
    return manifest


def troubles(pilot: Any, day: date = DAY) -> list[Trouble]:
    return inbox.kept(pilot.store, "tiny", day, "ingest")


def release(pilot: Any, day: date = DAY) -> None:
    facts = {"product": "presence", "period": str(day)}
    ledger.append(pilot.store, "tiny", "release", datetime(2026, 3, 9, tzinfo=UTC), facts)


def test_a_day_of_which_no_file_can_be_read_is_refused_by_the_first_sentence(pilot: Any) -> None:
    pilot.deliver("a.csv", "")
    pilot.deliver("b.csv", "wrong\n")
    with pytest.raises(Refused, match=r"^a.csv is empty: have it delivered again.$"):
        pilot.ingest()
    assert not pilot.store.raw_file("tiny", DAY).exists()
    assert [(trouble.kind, trouble.where) for trouble in troubles(pilot)] == [
        ("file_empty", "a.csv"),
        ("file_wrong_columns", "b.csv"),
    ]


def test_the_trouble_with_a_file_ends_when_it_is_delivered_well(pilot: Any) -> None:
    pilot.deliver("a.csv", HEADER + rows(1, 3, 1))
    pilot.deliver("b.csv.gz", HEADER + rows(1, 3, 2))
    file = pilot.deliveries / "tiny" / "events" / str(DAY) / "b.csv.gz"
    whole = file.read_bytes()
    file.write_bytes(whole[:-9])
    pilot.ingest()
    (trouble,) = troubles(pilot)
    assert (trouble.kind, trouble.where, trouble.severity, trouble.owner) == (
        "file_truncated",
        "b.csv.gz",
        "note",
        "operator",
    )
    assert (
        trouble.what
        == "b.csv.gz breaks off or is damaged (delivery of 2026-03-02; it is not landed)."
    )
    assert trouble.what_to_do == "Have it delivered again."
    assert "file truncated: b.csv.gz" in status.of_day(pilot.charter, DAY, pilot.store).why
    file.write_bytes(whole)
    assert pilot.ingest().facts["n_delivered"] == 6
    assert troubles(pilot) == []
    assert "truncated" not in status.of_day(pilot.charter, DAY, pilot.store).why


def test_a_refused_file_is_not_looked_at_as_new_each_time(pilot: Any) -> None:
    pilot.deliver("a.csv", HEADER + rows(1, 3, 1))
    pilot.deliver("b.csv", "")
    assert pilot.ingest().status == "done"
    assert ingest("tiny", str(DAY)).status == "unchanged"
    assert [trouble.kind for trouble in troubles(pilot)] == ["file_empty"]


@pytest.mark.parametrize("error", [PermissionError(13, "no"), OSError(5, "input/output error")])
def test_a_file_that_may_not_be_read_is_refused_and_the_rest_goes_on(
    pilot: Any, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    pilot.deliver("a.csv", HEADER + rows(1, 3, 1))
    pilot.deliver("locked.csv", HEADER + rows(1, 3, 2)).chmod(0)
    pilot.vouch()
    real = Path.open

    def guarded(self: Path, *words: Any, **named: Any) -> Any:  # root reads everything
        if self.name == "locked.csv":
            raise error
        return real(self, *words, **named)

    monkeypatch.setattr(Path, "open", guarded)
    assert ingest("tiny", str(DAY)).facts["n_files"] == 1
    (refusal,) = record(pilot)["refused"]
    assert refusal["reason"] == "unreadable"
    assert refusal["why"].startswith("locked.csv cannot be opened: give the user that runs Peil")


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


def test_the_same_content_of_another_day_is_refused_and_the_rest_goes_on(pilot: Any) -> None:
    pilot.deliver("a.csv", HEADER + rows(1, 3, 1))
    pilot.ingest()
    pilot.deliver("again.csv", HEADER + rows(1, 3, 1), NEXT)
    pilot.deliver("new.csv", HEADER + row(1, 2, at="2026-03-03 10:00:00"), NEXT)
    assert pilot.ingest(NEXT).facts["n_delivered"] == 1
    (refusal,) = record(pilot, NEXT)["refused"]
    assert refusal["reason"] == "delivered_twice" and "(2026-03-02)" in refusal["why"]
    assert [trouble.kind for trouble in troubles(pilot, NEXT)] == ["file_delivered_twice"]


def test_a_correction_before_the_release_is_landed_and_said_so(pilot: Any) -> None:
    pilot.deliver("a.csv", HEADER + rows(1, 3, 1))
    pilot.ingest()
    assert record(pilot)["corrected"] == []
    pilot.deliver("a.csv", HEADER + rows(1, 4, 1))
    assert pilot.ingest().facts["n_delivered"] == 4
    (correction,) = record(pilot)["corrected"]
    assert correction["name"] == "a.csv" and correction["was"] != correction["is"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("a.csv", "a.csv came again with other content after 2026-03-02 was released"),
        ("b.csv", "b.csv came for the first time after 2026-03-02 was released"),
    ],
)
def test_a_correction_after_the_release_is_flagged_and_replaces_nothing(
    pilot: Any, name: str, sentence: str
) -> None:
    pilot.deliver("a.csv", HEADER + rows(1, 3, 1))
    pilot.ingest()
    release(pilot)
    before = pilot.store.raw_file("tiny", DAY).read_bytes(), record(pilot)
    assert ingest("tiny", str(DAY)).facts == {"why": "released"}
    pilot.deliver(name, HEADER + rows(1, 4, 1))
    outcome = ingest("tiny", str(DAY))
    assert outcome.status == "unchanged" and outcome.facts["n_corrections_flagged"] == 1
    assert (pilot.store.raw_file("tiny", DAY).read_bytes(), record(pilot)) == before
    (trouble,) = troubles(pilot)
    assert (trouble.kind, trouble.where, trouble.owner) == (
        "correction_after_release",
        name,
        "agency",
    )
    assert trouble.what.startswith(sentence)
    assert f"correction after release: {name}" in status.of_day(pilot.charter, DAY, pilot.store).why
    (pilot.deliveries / "tiny" / "events" / str(DAY) / name).unlink()
    ingest("tiny", str(DAY))
    assert troubles(pilot) == []


def test_a_released_day_is_not_hashed_again_while_its_files_lie_still(
    pilot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pilot.deliver("a.csv", HEADER + rows(1, 3, 1))
    pilot.ingest()
    release(pilot)
    monkeypatch.setattr(flagged, "look", lambda *_: pytest.fail("hashed"))
    assert ingest("tiny", str(DAY)).status == "unchanged"


@pytest.mark.parametrize("left", ["staged manifest", "ledger"])
def test_what_comes_for_a_shredded_day_is_late_and_never_landed(pilot: Any, left: str) -> None:
    pilot.deliver("a.csv", HEADER + rows(1, 3, 1))
    if left == "ledger":
        facts = {"period": str(DAY), "kinds": ["pseudonym"]}
        at = datetime(2026, 3, 9, tzinfo=UTC)
        ledger.append(pilot.store, "tiny", "shredded", at, facts)
    else:
        manifest = pilot.store.staged_manifest("tiny", DAY)
        manifest.parent.mkdir(parents=True, exist_ok=True)
        manifest.write_text("{}")
    with pytest.raises(Refused, match=r"comes after the key of its pseudonyms was destroyed"):
        pilot.ingest()
    assert not pilot.store.raw_file("tiny", DAY).exists()
    assert not pilot.store.key("tiny", DAY, "pseudonym").exists()
    assert [(trouble.kind, trouble.where) for trouble in troubles(pilot)] == [
        ("file_late", "a.csv")
    ]
    assert (pilot.deliveries / "tiny" / "events" / str(DAY) / "a.csv").exists()


def test_a_staged_day_whose_key_is_there_is_not_late(pilot: Any) -> None:
    from peil.store import keys

    pilot.deliver("a.csv", HEADER + rows(1, 3, 1))
    keys.new_key(pilot.store.key("tiny", DAY, "pseudonym"))
    manifest = pilot.store.staged_manifest("tiny", DAY)
    manifest.parent.mkdir(parents=True, exist_ok=True)
    manifest.write_text("{}")
    assert pilot.ingest().status == "done"


def test_an_error_in_the_depth_of_duckdb_costs_the_file_and_not_the_day(
    pilot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import duckdb

    for number, name in enumerate(("a.csv", "b.csv", "c.csv")):
        pilot.deliver(name, HEADER + rows(1, 3, number))
    real = file_rows._land_file

    def breaks(opened: Any, file: Path, *words: Any) -> Any:
        if file.name == "b.csv":
            opened.close()  # nothing goes on over this connection
            raise duckdb.InternalException("INTERNAL Error: 204080000000001")
        return real(opened, file, *words)

    monkeypatch.setattr(file_rows, "_land_file", breaks)
    assert pilot.ingest().facts["n_delivered"] == 6
    assert [(trouble["name"], trouble["reason"]) for trouble in record(pilot)["refused"]] == [
        ("b.csv", "unreadable")
    ]


def test_packed_files_are_read_several_at_a_time_and_one_that_breaks_duckdb_costs_itself_only(
    pilot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who reads at the same time loses the database too, and is not to blame."""
    import threading

    import duckdb

    names = [f"{letter}.csv.gz" for letter in "abcd"]
    for number, name in enumerate(names):
        pilot.deliver(name, HEADER + rows(1, 3, number))
    real, both, at_work = file_rows._land_file, threading.Barrier(2), set()

    def breaks(opened: Any, file: Path, *words: Any) -> Any:
        if file.name in names[:2] and threading.current_thread() is not threading.main_thread():
            at_work.add(file.name)
            both.wait(60)
            raise duckdb.FatalException("FATAL Error: invalidated")
        if file.name == "b.csv.gz":
            raise duckdb.InternalException("INTERNAL Error: 204080000000001")
        return real(opened, file, *words)

    monkeypatch.setenv("PEIL_THREADS", "2")
    monkeypatch.setattr(together, "MOST", 1)  # each file by itself
    monkeypatch.setattr(file_rows, "_land_file", breaks)
    assert pilot.ingest().facts["n_delivered"] == 9
    assert at_work == {"a.csv.gz", "b.csv.gz"}
    assert [(trouble["name"], trouble["reason"]) for trouble in record(pilot)["refused"]] == [
        ("b.csv.gz", "unreadable")
    ]


def test_several_at_a_time_land_what_one_after_the_other_lands(
    pilot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from peil.adapters import database

    for number in range(5):
        pilot.deliver(f"{number}.csv.gz", HEADER + rows(1, 40, number) + b"broken\n" * (number % 2))
    pilot.put("opt_out.csv", b"imsi\n204083300010003\n")
    landed = {}
    for threads, most in (("1", 1), ("3", 1), ("2", 1_000_000)):
        monkeypatch.setattr(together, "MOST", most)
        monkeypatch.setenv("PEIL_THREADS", threads)
        monkeypatch.setenv("TZ", "America/New_York" if threads == "3" else "UTC")
        pilot.store.raw_file("tiny", DAY).unlink(missing_ok=True)
        pilot.ingest()
        with database.connection(pilot.store, pilot.store.root / "look") as opened:
            database.attach_raw(opened, pilot.store, "tiny", DAY)
            rows_of = opened.execute("SELECT * FROM raw.main.events ORDER BY ALL").fetchall()
        files = [{**file, "state": 0} for file in record(pilot)["files"]]
        landed[threads] = rows_of, files
    assert landed["1"] == landed["3"] == landed["2"] and len(landed["1"][0]) > 150
    assert sum(file["n_opted_out"] for file in landed["1"][1]) > 0


def test_a_plan_that_cannot_be_read_stops_the_day(pilot: Any) -> None:
    pilot.deliver("a.csv", HEADER + rows(1, 3, 1))
    pilot.put("cells.csv", b"cell,x,y\nc1,100,one\n")
    with pytest.raises(Refused, match=r"cells.csv, line 2, y_m: cannot be read"):
        pilot.ingest()
    pilot.put("cells.csv", b"")
    with pytest.raises(Refused, match=r"cells.csv is empty"):
        pilot.ingest()
    assert not pilot.store.raw_file("tiny", DAY).exists()
