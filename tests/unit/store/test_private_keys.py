"""Keys in a token sign inside it, and what they signed is verified as any other signature."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from benchmarks.disturbed import bundles
from peil import cli
from peil.charter import public_register, signatures
from peil.outcome import Refused
from peil.store import ledger, parties, private_keys, signing, verifying
from peil.store.atomic import read_json

DAY = date(2026, 3, 2)
REAL: dict[str, Any] = {"legal_basis": "statute", "threshold": 15, "expires": "2028-03-08"}
PIN = "271828"
MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so")


@pytest.fixture
def token(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A token of SoftHSM's, made on the spot, and the settings that say how it is asked."""
    module = next((file for file in MODULES if Path(file).exists()), "")
    if not module or not shutil.which("softhsm2-util"):
        pytest.skip("softhsm2 is not installed")
    place = tiny.folder / "tokens"
    place.mkdir()
    settings = tiny.folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {place}\nobjectstore.backend = file\n")
    (tiny.folder / "pin").write_text(f"{PIN}\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(settings))
    monkeypatch.setenv("PEIL_PKCS11_MODULE", module)
    monkeypatch.setenv("PEIL_PKCS11_PIN_FILE", str(tiny.folder / "pin"))
    words = ("--init-token", "--free", "--label", "peil", "--pin", PIN, "--so-pin", "314159")
    subprocess.run(["softhsm2-util", *words], check=True, capture_output=True)
    return tiny


@pytest.mark.slow
def test_a_charter_a_ledger_and_a_bundle_are_signed_in_a_token_and_verified_as_ever(
    token: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One test, since the module looks for tokens once a process."""
    named = {role: f"pkcs11:token=peil;object={role}" for role in signatures.REQUIRED}
    token.write_charter(**REAL)
    for role, name in zip(named, ("Anna", "Bert"), strict=True):
        words = ("--role", role, "--name", name, "--key", named[role], "--from", "2020-01-01")
        told = CliRunner().invoke(cli.app, ["party", "enroll", *words, "--to", "2099-01-01"])
        assert told.exit_code == 0, told.output
        assert f"lies in {named[role]}, its public half" in " ".join(told.output.split())
        words = ("--role", role, "--key", named[role])
        told = CliRunner().invoke(cli.app, ["charter", "sign", "tiny", *words])
        assert told.exit_code == 0, told.output
    assert [s["name"] for s in signatures.check(token.charter, token.store)] == ["Anna", "Bert"]
    # the operator's own key, over ledger and bundles
    private_keys.drawn(token.store.settings, "pkcs11:token=peil;object=store")
    monkeypatch.setenv("PEIL_OPERATOR_KEY", "pkcs11:token=peil;object=store")
    public_register.enter(token.charter, token.store)
    folder = bundles.release(token.store, token.charter, "presence", DAY, 120)
    assert not token.store.signing_key.exists()
    key = signing.public_key(token.store)
    assert read_json(token.store.public_entry("tiny"))["operator_public_key"] == key
    assert verifying.answer(token.store.root, key)[0] == 0
    assert verifying.answer(folder, key)[0] == 0 and ledger.check(token.store, "tiny") == []
    # drawn once; nothing of a private half is in any file, and the token gives none
    before = parties.enrolled(token.store.parties)
    CliRunner().invoke(cli.app, ["party", "enroll", *words, "--name", "Bert"])
    assert [party.public_key for party in before] == [
        party.public_key for party in parties.enrolled(token.store.parties)
    ]
    _no_private_half_comes_out(token.store.settings, named["operator"])
    for wrong, sentence in (
        ("pkcs11:token=peil;object=nobody", "does not sign with its key nobody \\(no such key\\)"),
        ("pkcs11:token=other;object=store", "The token other does not sign .* \\(no such token\\)"),
    ):
        with pytest.raises(Refused, match=sentence):
            parties.signer_of(token.store, "operator", Path(wrong), DAY)
    (token.folder / "pin").write_text("000000\n")
    with pytest.raises(Refused, match=r"does not sign with its key store \(pin incorrect\)") as no:
        signing.sign(token.store, b"content")
    assert "000000" not in str(no.value)


def _no_private_half_comes_out(settings: Any, named: str) -> None:
    from pkcs11 import Attribute, ObjectClass
    from pkcs11.exceptions import AttributeSensitive

    key = private_keys.at(settings, named)
    assert isinstance(key, private_keys.InToken)
    with private_keys._opened(key) as session:
        half = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=key.name)
        assert (half[Attribute.EXTRACTABLE], half[Attribute.SENSITIVE]) == (False, True)
        with pytest.raises(AttributeSensitive):
            half[Attribute.VALUE]


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("pkcs11:token=peil", "names no key in a token: write pkcs11:token=NAME;object=NAME"),
        ("pkcs11:token=;object=a", "names no key in a token"),
        ("pkcs11:token=peil;object=a", "lies in a token: say with PEIL_PKCS11_MODULE which"),
    ],
)
def test_a_token_that_cannot_be_asked_is_told_in_a_sentence(
    tiny: Any, place: str, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        parties.enroll(tiny.store, "operator", "Anna", Path(place), (DAY, DAY))


def test_a_store_that_rests_on_a_file_does_not_go_on_with_a_token(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    signing.public_key(tiny.store)
    monkeypatch.setenv("PEIL_OPERATOR_KEY", "pkcs11:token=peil;object=store")
    with pytest.raises(Refused, match=r"this store rests on operator.ed25519: unset it"):
        signing.sign(tiny.store, b"content")


def test_a_key_shows_neither_its_bytes_nor_the_pin() -> None:
    for key in (private_keys.InFile(b"7" * 32), private_keys.InToken("t", "n", "m", "7" * 32)):
        assert "7777" not in repr(key)


def stand_in(monkeypatch: pytest.MonkeyPatch, point: bytes) -> None:
    """The library of tokens as far as a public half is asked for; no bytes: the token fails."""

    class PinLocked(Exception):
        """As the library calls its errors."""

    @contextmanager
    def opened(**_: Any) -> Any:
        if not point:
            raise PinLocked
        yield SimpleNamespace(get_key=lambda **_: {"point": point})

    token = SimpleNamespace(open=opened)
    library = SimpleNamespace(
        PKCS11Error=PinLocked,
        Attribute=SimpleNamespace(EC_POINT="point"),
        ObjectClass=SimpleNamespace(PUBLIC_KEY="public"),
        lib=lambda _: SimpleNamespace(get_token=lambda **_: token),
    )
    monkeypatch.setitem(sys.modules, "pkcs11", library)
    private_keys._public_of.cache_clear()


def test_a_token_that_fails_or_holds_another_kind_of_key_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = private_keys.InToken("peil", "operator", "module", PIN)
    stand_in(monkeypatch, private_keys.POINT + bytes(32))
    assert private_keys._public_of(key) == "00" * 32
    stand_in(monkeypatch, bytes(33))
    with pytest.raises(Refused, match="The key operator of the token peil is no Ed25519 key"):
        private_keys._public_of(key)
    stand_in(monkeypatch, b"")
    with pytest.raises(Refused, match=r"does not sign with its key operator \(pin locked\)"):
        private_keys._public_of(key)
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(Refused, match="need the library python-pkcs11"), private_keys._opened(key):
        pass
