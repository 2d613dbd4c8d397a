"""The operator's signature (Ed25519): on bundles, on ledger entries, on lists of deliveries."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from peil.outcome import Refused
from peil.store import Store


def _private_key(path: Path) -> Ed25519PrivateKey:
    """The store's own key, made once: written aside and linked, so that a race keeps one."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.chmod(path.parent, 0o700)
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        aside.unlink(missing_ok=True)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        with os.fdopen(descriptor, "wb") as file:
            file.write(Ed25519PrivateKey.generate().private_bytes_raw())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(aside, path)
        except FileExistsError:  # another process was first: its key is the store's key
            pass
        finally:
            aside.unlink()
    if path.stat().st_mode & 0o077:
        raise Refused(f"The key {path} can be read by others: chmod it to 0400.")
    return Ed25519PrivateKey.from_private_bytes(path.read_bytes())


def sign(store: Store, content: bytes) -> str:
    """Sign bytes with the store's key; base64."""
    return base64.b64encode(_private_key(store.signing_key).sign(content)).decode()


def public_key(store: Store) -> str:
    """The public half, hex: printed in the register so that a signature can be checked."""
    return _private_key(store.signing_key).public_key().public_bytes_raw().hex()


def is_signed(content: bytes, signature: str, public: str) -> bool:
    """Whether `signature` (base64) was made over `content` by the key `public` (hex)."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(
            base64.b64decode(signature, validate=True), content
        )
    except (InvalidSignature, ValueError):
        return False
    return True
