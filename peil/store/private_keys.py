"""Private keys that sign (Ed25519): in a file of their holder's, or in a token, never to leave it.

A token is whatever speaks PKCS#11: a card, a hardware security module, SoftHSM. Its key is named by
a URI of RFC 7512, ``pkcs11:token=NAME;object=NAME``; the module that speaks to it, and the PIN, are
settings. Signatures of both kinds are the same and are verified in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from peil.outcome import Refused
from peil.settings import Settings
from peil.store.keys import new_key, read_key

SCHEME = "pkcs11:"
ED25519 = bytes.fromhex("06032b6570")  # DER of the object identifier 1.3.101.112
POINT = bytes.fromhex("0420")  # before the 32 bytes of a public key: DER of their length


class PrivateKey(Protocol):
    """What signs."""

    @property
    def public(self) -> str:
        """The public half, hex."""

    def sign(self, content: bytes) -> bytes:
        """The signature over these bytes."""


@dataclass(frozen=True)
class InFile:
    """A key that lies in a file, as 32 bytes."""

    raw: bytes = field(repr=False)

    @property
    def public(self) -> str:
        """The public half, hex."""
        return self._key().public_key().public_bytes_raw().hex()

    def sign(self, content: bytes) -> bytes:
        """The signature over these bytes."""
        return self._key().sign(content)

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.raw)


@dataclass(frozen=True)
class InToken:
    """A key in a token, by the names of both; each signature is made inside the token."""

    token: str
    name: str
    module: str
    pin: str = field(repr=False)

    @property
    def public(self) -> str:
        """The public half, hex."""
        return _public_of(self)

    def sign(self, content: bytes) -> bytes:
        """The signature over these bytes."""
        from pkcs11 import Mechanism, ObjectClass

        with _opened(self) as session:
            key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=self.name)
            return bytes(key.sign(content, mechanism=Mechanism.EDDSA))


def is_in_token(place: Path | str) -> bool:
    """Whether a place names a key in a token, and no file."""
    return str(place).startswith(SCHEME)


def at(settings: Settings, place: Path | str) -> PrivateKey:
    """The private key that lies at a place.

    Parameters
    ----------
    place : Path or str
        A file of 32 bytes that its owner alone reads, or the URI of a key in a token.

    Raises
    ------
    Refused
        It is not there, not readable, or open to others; or the token cannot be asked.
    """
    return _named(settings, str(place)) if is_in_token(place) else InFile(read_key(Path(place)))


def drawn(settings: Settings, place: Path | str) -> PrivateKey:
    """The same, drawn where it is not there yet; in a token it is drawn inside.

    Raises
    ------
    Refused
        As of `at`.
    """
    if not is_in_token(place):
        return InFile(read_key(new_key(Path(place))))
    key = _named(settings, str(place))
    if not _is_there(key):
        _draw(key)
    return key


def _named(settings: Settings, uri: str) -> InToken:
    parts = dict(part.partition("=")[::2] for part in uri.removeprefix(SCHEME).split(";"))
    names = {name: unquote(value) for name, value in parts.items()}
    if set(names) != {"token", "object"} or not all(names.values()):
        raise Refused(f"{uri} names no key in a token: write pkcs11:token=NAME;object=NAME.")
    module, pin = settings.pkcs11_module, settings.secret("pkcs11_pin")
    if module is None or not module.is_file() or not pin:
        raise Refused(
            f"The key {names['object']} lies in a token: say with PEIL_PKCS11_MODULE which library "
            "speaks to it, and with PEIL_PKCS11_PIN_FILE where its PIN lies."
        )
    return InToken(names["token"], names["object"], str(module), pin)


@contextmanager
def _opened(key: InToken, is_writing: bool = False) -> Iterator[Any]:
    """A session with a token, logged in; what the token answers becomes a sentence."""
    try:
        import pkcs11
    except ImportError:
        raise Refused(
            "Keys in tokens need the library python-pkcs11: install Peil with its extra pkcs11."
        ) from None
    try:
        token = pkcs11.lib(key.module).get_token(token_label=key.token)
        with token.open(rw=is_writing, user_pin=key.pin) as session:
            yield session
    except (pkcs11.PKCS11Error, OSError) as error:
        answer = " ".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]+", type(error).__name__)).lower()
        raise Refused(
            f"The token {key.token} does not sign with its key {key.name} ({answer}): look at its "
            "name, its PIN and the key with the token's own tool."
        ) from None


def _is_there(key: InToken) -> bool:
    from pkcs11 import Attribute, ObjectClass

    with _opened(key) as session:
        template = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: key.name}
        return any(True for _ in session.get_objects(template))


def _draw(key: InToken) -> None:
    from pkcs11 import Attribute, KeyType, Mechanism

    with _opened(key, is_writing=True) as session:
        curve = session.create_domain_parameters(
            KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: ED25519}, local=True
        )
        never = {Attribute.EXTRACTABLE: False, Attribute.SENSITIVE: True}
        curve.generate_keypair(
            mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
            label=key.name,
            store=True,
            private_template=never,
        )


@cache
def _public_of(key: InToken) -> str:
    from pkcs11 import Attribute, ObjectClass

    with _opened(key) as session:
        half = session.get_key(object_class=ObjectClass.PUBLIC_KEY, label=key.name)
        point = bytes(half[Attribute.EC_POINT])
    if len(raw := point.removeprefix(POINT) if len(point) == 34 else point) != 32:
        raise Refused(f"The key {key.name} of the token {key.token} is no Ed25519 key.")
    return raw.hex()
