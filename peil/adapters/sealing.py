"""Open and attach encrypted DuckDB files with their keys: the sealed states raw and staged."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

import duckdb

from peil.outcome import Refused

WHEEL = "duckdb-extension-httpfs"

_checked: list[tuple[int, ...]] = []  # the extension's file when DuckDB checked its signature


@cache
def extension() -> Path:
    """Find the extension in the installed wheel; DuckDB checks its signature when it loads."""
    try:
        extensions = [f for f in files(WHEEL) or [] if f.name == "httpfs.duckdb_extension"]
    except PackageNotFoundError:
        extensions = []
    if not extensions:
        raise Refused(f"The package {WHEEL} holds no extension: install it again (`make install`).")
    return Path(str(extensions[0].locate())).resolve()


def in_memory() -> duckdb.DuckDBPyConnection:
    """Open a database of its own in memory, for `load_crypto`; raises as that does."""
    return duckdb.connect(":memory:", config=once_checked())


def once_checked() -> dict[str, Any]:
    """Have the extension's signature checked, and return settings that ask for it no more.

    DuckDB hashes the file whenever it loads it, for an eighth of a second. Once in a process is
    enough, as long as it is the same file; `load_crypto` has the next database ask again.

    Raises
    ------
    Refused
        As `load_crypto`.
    """
    file = _identity()
    if file not in _checked:
        with duckdb.connect(":memory:") as opened:
            load_crypto(opened)
        _checked[:] = [file]
    return {"allow_unsigned_extensions": "true"}


def _identity() -> tuple[int, ...]:
    """Tell the extension's file from whatever is put in its place."""
    stat = extension().stat()
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def load_crypto(connection: duckdb.DuckDBPyConnection) -> None:
    """Load OpenSSL's encryption; nothing may be installed or loaded from the network.

    Raises
    ------
    Refused
        The extension cannot be loaded: without it DuckDB would encrypt with a weak generator.
    """
    try:
        connection.execute("SET autoinstall_known_extensions = false")
        connection.execute("SET autoload_known_extensions = false")
        if _identity() not in _checked:
            connection.execute("SET allow_unsigned_extensions = false")
        place = str(extension()).replace("'", "''")
        connection.execute(f"LOAD '{place}'")
        connection.execute("SET allow_unsigned_extensions = false")
        loaded = True
    except duckdb.Error:
        loaded = False
    if not loaded or not has_crypto(connection):
        raise Refused(
            "DuckDB's httpfs extension (OpenSSL) cannot be loaded, so nothing is written: "
            "install Peil again with the pinned versions (`make install`)."
        )


def has_crypto(connection: duckdb.DuckDBPyConnection) -> bool:
    """Say whether this connection encrypts with OpenSSL, not with the built-in mbedTLS."""
    # read off its own settings: listing extensions needs a folder that `harden` closes
    query = "SELECT count(*) FROM duckdb_settings() WHERE name = 'httpfs_client_implementation'"
    row = connection.execute(query).fetchone()
    weak = connection.execute("SELECT current_setting('force_mbedtls_unsafe')").fetchone()
    return bool(row and row[0]) and not bool(weak and weak[0])


def attach(
    connection: duckdb.DuckDBPyConnection, path: Path, alias: str, key: bytes, read_only: bool
) -> None:
    """Attach an encrypted file under `alias`. The key is a bound parameter, never SQL text.

    Raises
    ------
    Refused
        The key does not open the file, the file is damaged, or this connection would encrypt
        weakly or spill plain text (`load_crypto` and `bound` come first).
    """
    if not alias.isidentifier():
        raise ValueError("alias must be an identifier")
    if read_only and not path.exists():
        raise Refused(f"The sealed file {path.name} is not there.")
    setting = connection.execute("SELECT current_setting('temp_file_encryption')").fetchone()
    if not (setting and setting[0]) or not has_crypto(connection):
        raise Refused(
            f"The sealed file {path.name} is not opened by a connection without OpenSSL and "
            "encrypted spill: this is a fault of ours, tell the maintainers."
        )
    place = "'" + str(path).replace("'", "''") + "'"
    mode = ", READ_ONLY" if read_only else ""
    try:
        connection.execute(
            f"ATTACH IF NOT EXISTS {place} AS {alias} "
            f"(ENCRYPTION_KEY $key, ENCRYPTION_CIPHER 'GCM'{mode})",
            {"key": key.hex()},
        )
        return
    except duckdb.Error as error:
        busy = "lock" in str(error).lower()
    if busy:
        raise Refused(f"The sealed file {path.name} is in use: another run holds it.")
    raise Refused(
        f"The sealed file {path.name} does not open with its key: it was sealed with another "
        "key, or is damaged; restore both from the same backup, or ingest the day again."
    )


def bound(
    connection: duckdb.DuckDBPyConnection, memory_limit: str, threads: int, spill: Path
) -> None:
    """Bound memory and threads, and spill encrypted: without the setting spill is plain text."""
    spill.mkdir(parents=True, exist_ok=True)
    connection.execute("SET memory_limit = ?", [memory_limit])
    connection.execute("SET threads = ?", [threads])
    # what is let go of goes back to the machine sooner than after half a gigabyte
    connection.execute("SET allocator_flush_threshold = '16MB'")
    connection.execute("SET allocator_bulk_deallocation_flush_threshold = '64MB'")
    connection.execute("SET temp_directory = ?", [str(spill)])
    connection.execute("SET temp_file_encryption = true")
    connection.execute("SET GLOBAL TimeZone = 'UTC'")  # of its cursors too


def keep_order(connection: duckdb.DuckDBPyConnection) -> None:
    """Have rows stay in the order of their table, also behind a join: for this cursor alone.

    Else a join holds back what little is left of a piece of rows, and gives it after the next.
    """
    connection.execute("SET enable_caching_operators = false")


def harden(
    connection: duckdb.DuckDBPyConnection,
    allowed_directories: Sequence[Path],
    memory_limit: str,
    threads: int,
    temp_directory: Path,
) -> None:
    """Bound the connection, close it to everything but the allowed folders, and lock that.

    Call after `load_crypto`: no extension can be loaded afterwards. Files are attached before
    or after, from the allowed folders. The spill folder is always allowed.
    """
    bound(connection, memory_limit, threads, temp_directory)
    confine(connection, [*allowed_directories, temp_directory])


def confine(connection: duckdb.DuckDBPyConnection, allowed_directories: Sequence[Path]) -> None:
    """Close a connection to every file outside the allowed folders, and lock that."""
    folders = [str(folder.resolve()) for folder in allowed_directories]
    connection.execute("SET allowed_directories = ?", [folders])
    for setting in (
        "enable_external_access = false",
        "allow_community_extensions = false",
        "allow_persistent_secrets = false",
        "python_enable_replacements = false",
        "allowed_configs = ['enable_caching_operators']",  # each cursor has its own: `keep_order`
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")
