"""The operator's signature holds for the very bytes and the very key."""

from __future__ import annotations

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from peil.outcome import Refused
from peil.store import signing


def test_a_signature_holds_for_the_bytes_that_were_signed(tiny: Any) -> None:
    public, signature = signing.public_key(tiny.store), signing.sign(tiny.store, b"content")
    assert signing.is_signed(b"content", signature, public)
    assert not signing.is_signed(b"content.", signature, public)


def test_a_signature_of_another_key_does_not_hold(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    signature = signing.sign(tiny.store, b"content")
    monkeypatch.setenv("PEIL_DATA", str(tiny.folder / "other"))
    assert not signing.is_signed(b"content", signature, signing.public_key(tiny.store))


@pytest.mark.parametrize("signature", ["", "no base64!", base64.b64encode(b"short").decode()])
def test_what_is_no_signature_does_not_hold(tiny: Any, signature: str) -> None:
    assert not signing.is_signed(b"content", signature, signing.public_key(tiny.store))
    assert not signing.is_signed(b"content", signing.sign(tiny.store, b"content"), "no key")


def test_the_key_is_made_once_and_for_its_owner_only(tiny: Any) -> None:
    with ThreadPoolExecutor(8) as pool:
        seen = set(pool.map(lambda _: signing.public_key(tiny.store), range(24)))
    key = tiny.store.signing_key
    assert len(seen) == 1
    assert stat.S_IMODE(key.stat().st_mode) == 0o400
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    assert [file.name for file in key.parent.iterdir()] == [key.name]


def test_a_key_that_others_can_read_is_not_used(tiny: Any) -> None:
    signing.public_key(tiny.store)
    tiny.store.signing_key.chmod(0o440)
    with pytest.raises(Refused, match="chmod it to 0400"):
        signing.sign(tiny.store, b"content")


def test_another_key_in_the_place_of_the_agencys_signs_no_head(tiny: Any) -> None:
    signing.sign_as_agency(tiny.store, b"a head")
    key = tiny.store.agency_key
    content = bytearray(key.read_bytes())
    content[0] ^= 1
    key.chmod(0o600)
    key.write_bytes(content)
    key.chmod(0o400)
    with pytest.raises(Refused, match=r"is not the one of agency\.pub.*restore both from the ag"):
        signing.sign_as_agency(tiny.store, b"another head")
