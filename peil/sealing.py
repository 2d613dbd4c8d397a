"""Keys and encrypted DuckDB files: what makes raw and staged a sealed state.

Encryption is DuckDB's AES-256-GCM with OpenSSL, which its `httpfs` extension brings. The
extension comes as a wheel from the package index and is loaded from there by its path (DuckDB
verifies its signature), so that nothing is downloaded when a pilot runs.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import duckdb

from peil.outcome import Refused

KEY_BYTES = 32
WHEEL = "duckdb-extension-httpfs"


def new_key(path: Path) -> Path:
    """Make a key of 32 random bytes, mode 0400 in a folder of mode 0700, unless there is one.

    Written aside and linked, so that a kill leaves no half key and a race leaves one key.
    """
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    for folder in (path.parent, path.parent.parent):
        if folder.name == "keys" or folder.parent.name == "keys":
            folder.chmod(0o700)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        os.link(aside, path)
    except FileExistsError:  # another process or thread was first: its key is the key
        pass
    finally:
        aside.unlink()
    return path


def read_key(path: Path) -> bytes:
    """Read a key.

    Raises
    ------
    Refused
        The key is gone (shredded, or never made), or its mode is wider than 0400.
    """
    if not path.is_file():
        raise Refused(f"The key {path.name} is not there: what it sealed cannot be read any more.")
    if path.stat().st_mode & 0o777 & ~0o400:
        raise Refused(f"The key {path} is open wider than its owner's reading: chmod it to 0400.")
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise Refused(f"The key {path.name} has not {KEY_BYTES} bytes: restore it from backup.")
    return key


@cache
def extension() -> Path:
    """Find the extension in the installed wheel; DuckDB checks its signature when it loads."""
    try:
        found = [f for f in files(WHEEL) or [] if f.name == "httpfs.duckdb_extension"]
    except PackageNotFoundError:
        found = []
    if not found:
        raise Refused(f"The package {WHEEL} holds no extension: install it again (`make install`).")
    return Path(str(found[0].locate())).resolve()


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
        place = str(extension()).replace("'", "''")
        connection.execute(f"LOAD '{place}'")
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
    found = connection.execute(query).fetchone()
    weak = connection.execute("SELECT current_setting('force_mbedtls_unsafe')").fetchone()
    return bool(found and found[0]) and not bool(weak and weak[0])


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
    connection.execute("SET temp_directory = ?", [str(spill)])
    connection.execute("SET temp_file_encryption = true")
    connection.execute("SET TimeZone = 'UTC'")


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
    folders = [str(folder.resolve()) for folder in (*allowed_directories, temp_directory)]
    connection.execute("SET allowed_directories = ?", [folders])
    for setting in (
        "enable_external_access = false",
        "allow_community_extensions = false",
        "allow_persistent_secrets = false",
        "python_enable_replacements = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")
