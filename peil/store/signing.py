"""The operator's signature (Ed25519): on bundles, on ledger entries, on lists of deliveries."""

from __future__ import annotations

import base64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from peil.store import stopping
from peil.store.keys import new_key, read_key
from peil.store.store import Store


def _private_key(store: Store) -> Ed25519PrivateKey:
    """The store's own key: any 32 random bytes are one. Made on first use."""
    return Ed25519PrivateKey.from_private_bytes(read_key(new_key(store.signing_key)))


def sign(store: Store, content: bytes) -> str:
    """Sign bytes with the store's key; base64. Nothing is signed once the process shall stop."""
    stopping.check()
    return base64.b64encode(_private_key(store).sign(content)).decode()


def public_key(store: Store) -> str:
    """The public half, hex: printed in the register so that a signature can be checked."""
    return _private_key(store).public_key().public_bytes_raw().hex()


def is_signed(content: bytes, signature: str, public: str) -> bool:
    """Whether `signature` (base64) was made over `content` by the key `public` (hex)."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(
            base64.b64decode(signature, validate=True), content
        )
    except (InvalidSignature, ValueError):
        return False
    return True
