"""Signatures (Ed25519): the operator's on bundles, ledger entries and lists of deliveries; the
agency's on heads of the ledger's tree.

A key is drawn once. Where something rests on a key that is not there any more, none is drawn in
its place: a store that quietly signs with another key could be a rewritten one.
"""

from __future__ import annotations

import base64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from peil.outcome import Refused
from peil.store import private_keys
from peil.store.atomic import write_text
from peil.store.faults import stopping
from peil.store.private_keys import PrivateKey
from peil.store.store import Store


def _private_key(store: Store) -> PrivateKey:
    """The store's own key: any 32 random bytes are one, made on first use; or one in a token."""
    file, named = store.signing_key, store.settings.operator_key
    if named:
        if file.exists():
            raise Refused(
                f"PEIL_OPERATOR_KEY names a key in a token, and this store rests on {file.name}: "
                "unset it, or begin with an empty store."
            )
        return private_keys.at(store.settings, named)
    if not file.exists() and _rests_on_operator(store):
        raise Refused(
            f"The operator's signing key {file.name} is gone, and the ledger and the register rest "
            "on it: restore it from its backup; none is drawn in its place."
        )
    return private_keys.drawn(store.settings, file)


def _rests_on_operator(store: Store) -> bool:
    ledgers = [*(store.operator / "ledger").glob("*.jsonl"), *(store.agency / "ledger").glob("*")]
    entries = (store.agency / "register").glob("*.json")
    others = (".lock", ".synthetic.json")  # who vouches signs with a key of their own
    return any(f.stat().st_size for f in (*ledgers, *entries) if not f.name.endswith(others))


def _agency_key(store: Store) -> PrivateKey:
    """The agency's key: its file mode 0400, in a folder of the agency's own."""
    file, public = store.agency_key, store.agency_public_key
    if not file.exists() and (public.exists() or any(public.parent.glob("*.heads.jsonl"))):
        raise Refused(
            f"The agency's signing key {file.name} is gone, and heads of the ledger rest on it: "
            "restore it from the agency's backup; none is drawn in its place."
        )
    private = private_keys.drawn(store.settings, file)
    if not public.exists():
        write_text(public, private.public + "\n")
    elif private.public != public.read_text(encoding="utf-8").strip():
        raise Refused(
            f"The agency's signing key {file.name} is not the one of {public.name}, by which heads "
            "of the ledger are checked: restore both from the agency's backup; nothing was signed."
        )
    return private


def sign(store: Store, content: bytes) -> str:
    """Sign bytes with the store's key; base64. Nothing is signed once the process shall stop."""
    stopping.check()
    return base64.b64encode(_private_key(store).sign(content)).decode()


def sign_as_agency(store: Store, content: bytes) -> str:
    """Sign bytes with the agency's key; base64."""
    return base64.b64encode(_agency_key(store).sign(content)).decode()


def public_key(store: Store) -> str:
    """The public half, hex: printed in the register so that a signature can be checked."""
    return _private_key(store).public


def agency_public_key(store: Store) -> str:
    """The public half of the agency's key, hex; empty where the agency signed nothing yet."""
    file = store.agency_public_key
    return file.read_text(encoding="utf-8").strip() if file.exists() else ""


def is_signed(content: bytes, signature: str, public: str) -> bool:
    """Whether `signature` (base64) was made over `content` by the key `public` (hex)."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(
            base64.b64decode(signature, validate=True), content
        )
    except (InvalidSignature, ValueError):
        return False
    return True
