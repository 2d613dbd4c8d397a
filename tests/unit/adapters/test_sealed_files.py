"""Sealed files: nothing of a row or a key can be read from disk, and no weak way in exists."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from peil.adapters import sealing
from peil.outcome import Refused
from peil.store import keys

MARKER = "204080123456789"
ROWS = f"SELECT '{MARKER}' || (range % 10) AS subscriber_id, range AS line FROM range(20000)"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(":memory:")
    sealing.load_crypto(connection)
    sealing.bound(connection, "500MB", 2, tmp_path / "spill")
    yield connection
    connection.close()


@pytest.fixture
def key(tmp_path: Path) -> bytes:
    return keys.read_key(keys.new_key(tmp_path / "keys" / "a.key"))


def hits(folder: Path, marker: bytes = MARKER.encode()) -> int:
    """How often a marker stands in the files of a folder."""
    return sum(file.read_bytes().count(marker) for file in folder.rglob("*") if file.is_file())


def test_rows_cannot_be_read_from_a_sealed_file_nor_from_its_write_ahead_log(
    opened: duckdb.DuckDBPyConnection, tmp_path: Path, key: bytes
) -> None:
    plain, sealed = tmp_path / "plain", tmp_path / "sealed"
    for folder in (plain, sealed):
        folder.mkdir()
    opened.execute(f"ATTACH '{plain / 'a.duckdb'}' AS plain")
    sealing.attach(opened, sealed / "a.duckdb", "raw", key, False)
    for name in ("plain", "raw"):
        opened.execute(f"CREATE TABLE {name}.main.events AS {ROWS}")
        opened.execute(f"CHECKPOINT {name}")
        opened.execute(f"INSERT INTO {name}.main.events VALUES ('{MARKER}', -1)")
    assert (sealed / "a.duckdb.wal").stat().st_size > 0
    assert hits(plain) > 0  # the search finds what is there
    assert hits(sealed) == 0
    assert hits(sealed, key) == hits(sealed, key.hex().encode()) == 0


def test_a_file_opens_with_its_own_key_only(
    opened: duckdb.DuckDBPyConnection, tmp_path: Path, key: bytes
) -> None:
    file = tmp_path / "a.duckdb"
    sealing.attach(opened, file, "raw", key, False)
    opened.execute(f"CREATE TABLE raw.main.events AS {ROWS}")
    opened.execute("DETACH raw")
    other = bytes(reversed(key))
    with pytest.raises(Refused, match="does not open with its key") as refused:
        sealing.attach(opened, file, "raw", other, True)
    sentence = repr(refused.value) + repr(refused.value.__context__) + repr(refused.value.__cause__)
    assert other.hex() not in sentence
    sealing.attach(opened, file, "raw", key, True)
    assert opened.execute("SELECT count(*) FROM raw.events").fetchall() == [(20000,)]


def test_a_changed_byte_is_noticed(
    opened: duckdb.DuckDBPyConnection, tmp_path: Path, key: bytes
) -> None:
    file = tmp_path / "a.duckdb"
    sealing.attach(opened, file, "raw", key, False)
    opened.execute(f"CREATE TABLE raw.main.events AS {ROWS}")
    opened.execute("DETACH raw")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises((Refused, duckdb.Error)):
        sealing.attach(opened, file, "raw", key, True)
        opened.execute("SELECT max(subscriber_id), max(line) FROM raw.events").fetchall()


def test_a_key_shows_in_no_catalogue_of_the_database(
    opened: duckdb.DuckDBPyConnection, tmp_path: Path, key: bytes
) -> None:
    opened.execute("CALL enable_logging(level = 'trace')")
    sealing.attach(opened, tmp_path / "a.duckdb", "raw", key, False)
    text = ""
    for table in ("databases()", "settings()", "variables()", "secrets()", "logs"):
        text += repr(opened.execute(f"SELECT * FROM duckdb_{table}").fetchall())
    assert "a.duckdb" in text  # something was told
    assert key.hex() not in text
    assert repr(key) not in text


def test_nothing_is_attached_without_openssl_or_with_plain_spill(
    tmp_path: Path, key: bytes
) -> None:
    file = tmp_path / "a.duckdb"
    weak = duckdb.connect(":memory:")
    weak.execute("SET temp_file_encryption = true")
    weak.execute("SET force_mbedtls_unsafe = true")
    with pytest.raises(Refused, match="OpenSSL"):
        sealing.attach(weak, file, "raw", key, False)
    spilling = duckdb.connect(":memory:")
    sealing.load_crypto(spilling)
    with pytest.raises(Refused, match="encrypted spill"):
        sealing.attach(spilling, file, "raw", key, False)
    assert not file.exists()


def test_an_extension_that_was_tampered_with_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = bytearray(sealing.extension().read_bytes())
    content[len(content) // 2] ^= 1
    changed = tmp_path / "httpfs.duckdb_extension"
    changed.write_bytes(content)
    monkeypatch.setattr(sealing, "extension", lambda: changed)
    with pytest.raises(Refused, match="httpfs"):
        sealing.load_crypto(duckdb.connect(":memory:"))
    with pytest.raises(Refused, match="httpfs"):
        sealing.in_memory()
    unasked = duckdb.connect(":memory:", config={"allow_unsigned_extensions": "true"})
    with pytest.raises(Refused, match="httpfs"):
        sealing.load_crypto(unasked)


def test_a_signature_is_checked_once_for_a_file_and_again_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "httpfs.duckdb_extension"
    own.write_bytes(sealing.extension().read_bytes())
    monkeypatch.setattr(sealing, "extension", lambda: own)
    opening, checks = duckdb.connect, []

    def connect(place: str, config: dict[str, Any] | None = None) -> duckdb.DuckDBPyConnection:
        checks.append(config is None)
        return opening(place, config=config or {})

    monkeypatch.setattr(duckdb, "connect", connect)
    for _ in range(2):
        with sealing.in_memory() as opened:
            sealing.load_crypto(opened)
            assert sealing.has_crypto(opened)
            with pytest.raises(duckdb.Error, match="allow_unsigned_extensions"):
                opened.execute("SET allow_unsigned_extensions = true")
    assert checks == [True, False, False]
    opened = sealing.in_memory()
    content = bytearray(own.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "other").write_bytes(content)
    (tmp_path / "other").replace(own)
    with pytest.raises(Refused, match="httpfs"):  # between the check and the loading
        sealing.load_crypto(opened)
    with pytest.raises(Refused, match="httpfs"):
        sealing.in_memory()


@pytest.mark.parametrize("is_encrypted", [False, True])
def test_spill_is_unreadable_and_was_readable_without_the_setting(
    tmp_path: Path, is_encrypted: bool
) -> None:
    spill = tmp_path / "spill"
    opened = duckdb.connect(":memory:")
    sealing.load_crypto(opened)
    sealing.bound(opened, "60MB", 1, spill)
    opened.execute(f"SET temp_file_encryption = {str(is_encrypted).lower()}")
    opened.execute(
        f"CREATE TABLE events AS SELECT '{MARKER}' || range AS subscriber_id FROM range(4000000)"
    )
    spilled = sum(file.stat().st_size for file in spill.iterdir())
    assert spilled > 10_000_000
    assert (hits(spill) == 0) == is_encrypted
    opened.close()


def test_a_hardened_connection_reaches_its_folders_and_nothing_else(
    tmp_path: Path, key: bytes
) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "a.csv").write_text("a\n1\n")
    (inside / "link.csv").symlink_to(outside / "a.csv")
    opened = duckdb.connect(":memory:")
    sealing.load_crypto(opened)
    sealing.harden(opened, [inside], "500MB", 2, tmp_path / "spill")
    sealing.attach(opened, inside / "a.duckdb", "raw", key, False)
    opened.execute(f"CREATE TABLE raw.main.t AS FROM read_csv('{inside / 'a.csv'}')")
    refused = 0
    for escape in (
        "SELECT * FROM read_text('/etc/passwd')",
        f"COPY (SELECT 1) TO '{outside / 'b.csv'}'",
        f"SELECT * FROM read_csv('{inside / '..' / 'outside' / 'a.csv'}')",
        f"ATTACH '{outside / 'b.duckdb'}'",
        "SET memory_limit = '9GB'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "LOAD '/tmp/other.duckdb_extension'",
        f"SELECT * FROM read_csv('{inside / 'link.csv'}')",
        "SELECT * FROM read_text('http://127.0.0.1:9/')",
    ):
        with pytest.raises(duckdb.Error):
            opened.execute(escape).fetchall()
        refused += 1
    assert refused == 10
    assert not list(outside.glob("b.*"))
    opened.close()
