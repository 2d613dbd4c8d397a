"""A day in parts has the rows of one that was staged at once, in the same order; each is sealed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from peil.adapters import database, sealing, transform
from peil.charter.period import Period
from peil.ingest.ingest import ingest
from peil.outcome import Refused, Waiting
from peil.settings import PROJECT, Settings
from peil.stage import parts, ready_day
from peil.stage.stage import stage
from peil.store import keys, lock
from peil.store.atomic import read_json, write_json
from peil.store.store import Store
from peil.watch.retain.retain import retain
from tests.stores import new_store

DAY = date(2026, 3, 2)
ORDERED = "int_events_classified"
Tables = dict[str, list[tuple[object, ...]]]


@pytest.fixture(scope="module")
def landed(small_deliveries: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store in which a small day is landed behind an open gate."""
    from peil.gates import check

    settings = new_store(small_deliveries, tmp_path_factory.mktemp("parts") / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEIL_DATA", str(settings.data))
        patch.setenv("PEIL_DELIVERIES", str(settings.deliveries_folder))
        patch.setenv("PEIL_KEEP_DELIVERIES", "true")
        patch.setenv("PEIL_PILOTS", str(PROJECT / "pilots"))
        ingest("demo", str(DAY))
        check("raw", "demo", str(DAY))
        yield Store()


@pytest.fixture(autouse=True)
def _store_of_its_own(landed: Store) -> None:
    """In place of the one that tests of the SQL alone are given."""


def tables(store: Store) -> tuple[Tables, dict[str, str]]:
    """The rows of every staged table, in their order where it means something; and its columns."""
    with database.connection(store, store.work("demo", DAY, "test")) as opened:
        database.attach_staged(opened, store, "demo", DAY)
        made = opened.execute(
            "SELECT table_name, sql FROM duckdb_tables() WHERE database_name = 'staged'"
        ).fetchall()
        rows = {name: opened.execute(f"FROM staged.main.{name}").fetchall() for name, _ in made}
    ordered = {
        name: own if name == ORDERED else sorted(own, key=repr) for name, own in rows.items()
    }
    return ordered, dict(made)


def staged_in(store: Store, monkeypatch: pytest.MonkeyPatch, n_parts: int) -> tuple[Tables, object]:
    store.staged_file("demo", DAY).unlink(missing_ok=True)
    store.staged_manifest("demo", DAY).unlink(missing_ok=True)
    monkeypatch.setenv("PEIL_PARTS", str(n_parts))
    assert stage("demo", str(DAY)).status == "done"
    assert parts.stage_part("demo", str(DAY), 1, 2).status == "unchanged"
    assert not parts.folder_of(Period.open("demo", DAY)).exists()
    assert stage("demo", str(DAY)).status == "unchanged"
    record = read_json(store.staged_manifest("demo", DAY))
    told = {name: record[name] for name in ("content_sha256", "accounting", "facts", "fingerprint")}
    return tables(store), told


@pytest.fixture(scope="module")
def whole(landed: Store) -> tuple[Tables, object]:
    """The day as it is staged at once."""
    with pytest.MonkeyPatch.context() as patch:
        return staged_in(landed, patch, 1)


@pytest.mark.parametrize("n_parts", [2, pytest.param(7, marks=pytest.mark.slow)])
def test_the_joined_day_is_the_day_that_is_staged_at_once(
    landed: Store, whole: tuple[Tables, object], monkeypatch: pytest.MonkeyPatch, n_parts: int
) -> None:
    rows, columns = whole[0]
    (joined, same_columns), told = staged_in(landed, monkeypatch, n_parts)
    assert joined.keys() == rows.keys() and columns == same_columns
    for name, own in rows.items():
        assert joined[name] == own, name
    assert told == whole[1]
    reasons = {row[2] for row in rows[ORDERED]}
    assert len(reasons) > 4  # rows are set aside in their place, and at the end


def test_a_day_that_memory_does_not_hold_passes_through_a_sealed_file(
    landed: Store, whole: tuple[Tables, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, str]] = []
    close = transform._close

    def look_first(run: transform._Run) -> None:
        file, opened = run.session.passing_file, run.connection
        if file is not None and opened is not None:
            rows = opened.execute("SELECT count(*) FROM passing.main.int_events_ordered").fetchone()
            copy = file.with_name("copy.duckdb")
            copy.write_bytes(file.read_bytes())
            with pytest.raises(duckdb.Error, match="encrypted"):
                duckdb.connect(str(copy))
            seen.append((0 if rows is None else rows[0], file.parent.name))
        close(run)
        assert file is None or not file.exists()

    monkeypatch.setattr(transform, "_close", look_first)
    monkeypatch.setattr(ready_day, "BYTES_ORDERED", 10**7)
    (tables_made, columns), told = staged_in(landed, monkeypatch, 1)
    assert seen == [(len(tables_made[ORDERED]), "spill")]
    assert (tables_made, columns) == whole[0] and told == whole[1]


def test_a_line_that_is_lost_in_joining_is_told(
    landed: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined = parts.joined

    def loses_a_line(ready: ready_day.ReadyDay, file: Path, n_parts: int, work: Path) -> None:
        joined(ready, file, n_parts, work)
        with database.connection(landed, work / "lost", [file.parent]) as opened:
            sealing.attach(opened, file, "staged", keys.read_key(ready.staged_key), False)
            every = f"FROM staged.main.{ORDERED}"
            opened.execute(f"DELETE {every} WHERE line = (SELECT max(line) {every})")
            opened.execute("DETACH staged")

    monkeypatch.setattr(parts, "joined", loses_a_line)
    with pytest.raises(Refused, match="landed lines are classified once does not hold"):
        staged_in(landed, monkeypatch, 2)
    shutil.rmtree(parts.folder_of(Period.open("demo", DAY)))  # sound, and kept for another try


def test_a_part_is_sealed_under_a_key_of_its_own_and_made_once(
    landed: Store, whole: tuple[Tables, object]
) -> None:
    landed.staged_manifest("demo", DAY).unlink(missing_ok=True)
    assert parts.stage_part("demo", str(DAY), 2, 2).facts == {"part": "2 of 2"}
    folder = parts.folder_of(Period.open("demo", DAY))
    (file,) = folder.glob("*.duckdb")
    assert parts.stage_part("demo", str(DAY), 2, 2).status == "unchanged"
    staged_key = landed.key("demo", DAY, "staged")
    with duckdb.connect(":memory:") as opened:
        sealing.load_crypto(opened)
        sealing.bound(opened, "500MB", 1, folder / "spill")
        with pytest.raises(Refused, match="does not open with its key"):
            sealing.attach(opened, file, "part", keys.read_key(staged_key), True)
        own = transform.part_key(staged_key, (1, 2))
        sealing.attach(opened, file, "part", own, True)
        found = opened.execute(f"SELECT count(*) FROM part.main.{ORDERED}").fetchone()
    assert found is not None and 0.3 < found[0] / len(whole[0][0][ORDERED]) < 0.7
    # a part of what was landed before, or damaged, is no part of it now
    record = file.with_suffix(".json")
    write_json(record, {**read_json(record), "fingerprint": "of another delivery"})
    assert parts.stage_part("demo", str(DAY), 2, 2).status == "done"
    with file.open("r+b") as opened_file:
        opened_file.seek(20_000)
        opened_file.write(b"\0" * 64)
    assert parts.stage_part("demo", str(DAY), 2, 2).status == "done"


def test_what_is_no_part_is_refused_and_one_that_is_held_is_waited_for(landed: Store) -> None:
    for number, n_parts in ((0, 2), (3, 2), (1, 1), (1, 65)):
        with pytest.raises(Refused, match=r"There is no part .* 2 to 64"):
            parts.stage_part("demo", str(DAY), number, n_parts)
    for written in ("2", "2/", "a/b", "1/2/3"):
        with pytest.raises(Refused, match=r"write it as 2/4"):
            parts.as_written(written)
    landed.staged_manifest("demo", DAY).unlink(missing_ok=True)
    name = lock.part(str(DAY), 0)
    with lock.held(landed, "demo", name, "stage"), pytest.raises(Waiting, match="is held by stage"):
        parts.stage_part("demo", str(DAY), 1, 2)


def test_a_part_of_rows_that_changed_meanwhile_is_not_kept(
    landed: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    landed.staged_manifest("demo", DAY).unlink(missing_ok=True)
    raw = landed.raw_manifest("demo", DAY)
    content = raw.read_bytes()

    def purged(*_: object, **__: object) -> None:
        write_json(raw, {**read_json(raw), "fingerprint": "without who opted out"})

    monkeypatch.setattr(parts, "build", purged)
    with pytest.raises(Waiting, match="was landed anew meanwhile"):
        parts.stage_part("demo", str(DAY), 3, 3)
    raw.write_bytes(content)
    assert not list(parts.folder_of(Period.open("demo", DAY)).glob("*_of_3*"))


def test_parts_die_with_the_raw_rows_and_none_is_being_made_then(
    landed: Store, whole: tuple[Tables, object]
) -> None:
    manifest = landed.staged_manifest("demo", DAY)
    manifest.unlink(missing_ok=True)
    parts.stage_part("demo", str(DAY), 1, 2)
    folder = parts.folder_of(Period.open("demo", DAY))
    assert list(folder.glob("*.duckdb"))
    later = datetime(2027, 1, 1, tzinfo=UTC)
    with lock.held(landed, "demo", lock.part(str(DAY), 0), "stage"):
        answer = retain("demo", at=later)
    assert "is held by stage" in str(answer.facts["left"]) and folder.exists()
    retain("demo", at=later)
    assert not folder.exists() and not landed.raw_file("demo", DAY).exists()
    with pytest.raises(Refused, match="were deleted"):
        parts.stage_part("demo", str(DAY), 1, 2)
    write_json(manifest, {})
    assert parts.stage_part("demo", str(DAY), 1, 2).facts["why"] == "the day is done"
