"""An identifier or a key of the raw state is in no file that staging leaves, and in no word."""

from __future__ import annotations

import base64
import hmac
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from staged_day import SELECT, START, Day, cell, event

from peil.adapters import dbt_parsed, transform
from peil.adapters.pseudonyms import pseudonym
from peil.store import keys
from peil.store.store import Store

MARKER = "204089876543210"
SPELLED = {2: MARKER, 3: f"+{MARKER}", 4: "20408 98765 43210", 5: f" {MARKER} "}


def spellings(key: bytes) -> list[bytes]:
    number = int(MARKER)
    return [
        MARKER.encode(),
        MARKER.encode("utf-16-le"),
        MARKER.encode().hex().encode(),
        base64.b64encode(MARKER.encode()).rstrip(b"="),
        number.to_bytes(8, "little"),
        key,
        key.hex().encode(),
        base64.b64encode(key).rstrip(b"="),
    ]


def hits(folder: Path, needles: list[bytes]) -> list[str]:
    """Files that hold one of the needles; the key files are left out."""
    return [
        file.name
        for file in sorted(folder.rglob("*"))
        if file.is_file()
        and file.suffix != ".key"
        and any(needle in file.read_bytes() for needle in needles)
    ]


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Day:
    """A day on which one subscriber is everywhere, spelled in four ways and misplaced in two."""
    rows = [event(n, subscriber_id=text) for n, text in SPELLED.items()]
    rows += [event(6, cell_id=MARKER), event(7, event_type=MARKER), event(8, mnc=MARKER)]
    rows += [event(n, event_type=f"to {MARKER}") for n in range(9, 12)]
    rows += [event(line) for line in range(20, 3000)]
    day = Day(tmp_path_factory.mktemp("marked"), rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEIL_DATA", str(tmp_path_factory.mktemp("store")))
        day.stage()
    return day


def test_a_pseudonym_is_the_reference_vector() -> None:
    # printf 'imsi|204080123456789' | openssl dgst -sha256 -mac HMAC -macopt hexkey:00…1f
    expected = "423d2bb3e5c4dae7c0e610aeb4ea72a0"
    assert pseudonym(bytes(range(32)), "204080123456789") == expected


def test_a_staged_device_is_the_keyed_hash_of_its_one_spelling(marked: Day) -> None:
    key = keys.read_key(marked.key("pseudonym"))
    expected = hmac.digest(key, b"imsi|" + MARKER.encode(), "sha256")[:16].hex()
    found = marked.read(
        "SELECT line, device_id FROM stg_operator__events WHERE line < 6 ORDER BY 1"
    )
    assert [line for line, _ in found] == list(SPELLED)
    assert {device.hex for _, device in found} == {expected}


def test_no_column_of_the_staged_file_holds_the_identifier(marked: Day) -> None:
    tables = [
        name
        for (name,) in marked.read(
            "SELECT table_name FROM duckdb_tables() UNION ALL "
            "SELECT view_name FROM duckdb_views() WHERE NOT internal"
        )
    ]
    assert len(tables) == 14
    told = "".join(repr(marked.read(f"FROM {name}")) for name in tables)
    assert "c1" in told
    assert MARKER not in told
    assert marked.reasons()[1, 7] == marked.reasons()[1, 8] == "identifier_in_wrong_column"


@pytest.mark.parametrize("kind", ["raw", "staged", "pseudonym"])
def test_no_file_that_staging_leaves_holds_an_identifier_or_a_key(
    marked: Day, kind: str, tmp_path: Path
) -> None:
    needles = spellings(keys.read_key(marked.key(kind)))
    # the search finds each needle where one is planted, also in a database
    for number, needle in enumerate(needles):
        (tmp_path / f"{number}.log").write_bytes(b"before" + needle + b"after")
    with duckdb.connect(str(tmp_path / "plain.duckdb")) as plain:
        plain.execute(f"CREATE TABLE t AS SELECT '{MARKER}' AS subscriber_id FROM range(10)")
    assert len(hits(tmp_path, needles)) == len(needles) + 1
    assert {file.suffix for file in marked.folder.rglob("*")} >= {".part", ".sql", ".duckdb"}
    assert hits(marked.folder, needles) == []


def test_a_run_says_nothing_and_a_failing_one_names_no_value(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = [
        event(n, subscriber_id=MARKER, observed_at=START + timedelta(seconds=n))
        for n in range(2, 40)
    ]
    day = Day(tmp_path, rows + rows[:1])  # a line landed twice: the key tests fail
    with pytest.raises(Exception, match="raw lines are landed once") as refused:
        day.stage()
    told = str(refused.value) + repr(refused.value.__context__) + "".join(capfd.readouterr())
    assert MARKER not in told
    assert hits(tmp_path, [MARKER.encode()]) == []


def test_an_error_of_the_database_is_told_by_its_kind_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def careless(key: bytes, canonical_id: str) -> str:
        return "not hexadecimal " + canonical_id

    monkeypatch.setattr("peil.adapters.pseudonyms.pseudonym", careless)
    day = Day(tmp_path, [event(n, subscriber_id=MARKER) for n in range(2, 40)])
    with pytest.raises(RuntimeError, match="Conversion Error") as broken:
        day.stage()
    told = str(broken.value) + repr(broken.value.__context__) + "".join(capfd.readouterr())
    assert MARKER not in told
    assert hits(tmp_path, [MARKER.encode()]) == []


def test_spill_of_a_run_in_little_memory_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"cell-marker-{n:08d}" for n in range(4)]
    day = Day(tmp_path, [event(2, cell_id=names[0])], [cell(name) for name in names])
    day.memory, n_more = "70MB", 400_000
    day.land()
    with day.opened("raw", tmp_path / "day.raw.duckdb", False) as connection:
        connection.execute(
            f"INSERT INTO raw.main.events SELECT 1, 100 + range, '{MARKER[:-6]}' || range + 100000,"
            f"'{START.isoformat()}'::TIMESTAMPTZ + to_seconds((range % 86400)::INTEGER), 204, '08',"
            f"NULL, 'cell-marker-0000000' || range % 4, 'attach', 3, NULL FROM range({n_more})"
        )
        connection.execute(f"UPDATE raw.main.files SET n_rows = n_rows + {n_more}")
    spilled: dict[str, int] = {}
    close = transform._close

    def look_first(run: transform._Run) -> None:
        files = list(run.session.temp_directory.rglob("*"))
        spilled["bytes"] = sum(file.stat().st_size for file in files)
        spilled["hits"] = len(hits(run.session.temp_directory, [MARKER[:-6].encode(), b"-marker-"]))
        close(run)

    monkeypatch.setattr(transform, "_close", look_first)
    transform.build(SELECT, day.session, tmp_path / "dbt")
    assert spilled["bytes"] > 1_000_000
    assert spilled["hits"] == 0
    assert not (tmp_path / "spill").exists()


@pytest.mark.slow
def test_dbt_by_hand_writes_aside_and_leaks_nothing(tmp_path: Path) -> None:
    day = Day(tmp_path / "made", [event(n, subscriber_id=MARKER) for n in range(2, 40)])
    day.land()
    environment = os.environ | {
        "PEIL_DATA": str(tmp_path / "data"),
        "PEIL_DBT_PILOT": "demo",
        "PEIL_DBT_DAY": "2026-03-02",
        "DO_NOT_TRACK": "true",
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEIL_DATA", str(tmp_path / "data"))
        store = Store()
    when = date(2026, 3, 2)
    for kind in ("raw", "staged", "pseudonym"):
        file = store.key("demo", when, kind)  # type: ignore[arg-type]
        file.parent.mkdir(parents=True, exist_ok=True)
        os.link(day.key(kind), file)
    store.raw_file("demo", when).parent.mkdir(parents=True)
    os.link(day.folder / "day.raw.duckdb", store.raw_file("demo", when))
    done = subprocess.run(
        [
            Path(sys.executable).with_name("dbt"),
            "build",
            "--select",
            *SELECT,
            "--exclude",
            "resource_type:unit_test",
            "--project-dir",
            dbt_parsed.DBT_PROJECT,
            "--profiles-dir",
            dbt_parsed.DBT_PROJECT,
            "--target-path",
            tmp_path / "target",
            "--log-path",
            tmp_path / "target",
        ],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert "OK created sql table model staged.main.int_events_classified" in done.stdout
    assert not store.staged_file("demo", when).exists()
    assert list(tmp_path.rglob("*.staged.duckdb.by_hand"))
    assert hits(tmp_path, spellings(keys.read_key(day.key("pseudonym")))) == []
    assert MARKER not in done.stdout + done.stderr
