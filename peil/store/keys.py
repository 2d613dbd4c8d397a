"""Keys of sealed files: made once, readable by their owner only, refused when open wider."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from peil.outcome import Refused

KEY_BYTES = 32


def new_key(path: Path) -> Path:
    """Make a key of 32 random bytes, mode 0400 in a folder of mode 0700, unless there is one.

    Written aside and linked, so that a kill leaves no half key and a race leaves one key.
    """
    if path.exists():
        for left in path.parent.glob(f".{path.name}.*"):  # of a process that was cut off
            left.unlink(missing_ok=True)
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
    except (FileExistsError, FileNotFoundError):
        if not path.exists():
            raise
        # another process or thread was first: its key is the key
    finally:
        aside.unlink(missing_ok=True)
    return path


def derived(key: bytes, use: str) -> bytes:
    """Derive the key of another use, which dies with its own (HKDF, RFC 5869).

    >>> derived(bytes(32), "part 1 of 2") == derived(bytes(32), "part 2 of 2")
    False
    """
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=use.encode()).derive(key)


def key_id(key: bytes) -> str:
    """Name of a key that gives nothing of it away: a hash of its hash, as staging names it."""
    inner = hashlib.sha256(b"which key|" + key).digest()
    return hashlib.sha256(inner).hexdigest()


def shred(path: Path) -> None:
    """Write over a key, then take it away: what it sealed can be read by nobody from here on."""
    if not path.is_file():
        return
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.write(secrets.token_bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


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
