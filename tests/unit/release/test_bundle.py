"""A release folder is checked without asking anybody: whole, unaltered, signed by the operator."""

from __future__ import annotations

import base64
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

from benchmarks.disturbed import bundles
from peil.release import bundle
from peil.store import signing, verifying
from peil.store.atomic import sha256

DAY = date(2026, 3, 2)
TABLE = "rel_presence__by_zone_hour.csv"


@pytest.fixture
def release(tiny: Any) -> Path:
    folder = bundles.release(tiny.store, tiny.charter, "presence", DAY, 120)
    assert fault(tiny, folder) == ""
    return folder


def fault(tiny: Any, folder: Path) -> str:
    try:
        verifying.bundle(folder, signing.public_key(tiny.store))
    except verifying.Broken as wrong:
        return str(wrong)
    return ""


def test_another_implementation_reads_and_verifies_the_envelope(tiny: Any, release: Path) -> None:
    """securesystemslib, of in-toto and TUF; the key goes to it as the register prints it."""
    public = signing.public_key(tiny.store)
    key = SSlibKey(public, "ed25519", "ed25519", {"public": public})
    envelope = Envelope.from_dict(json.loads((release / verifying.NAME).read_bytes()))
    assert set(envelope.verify([key], threshold=1)) == {public}
    statement = json.loads(envelope.payload)
    assert envelope.payload_type == "application/vnd.in-toto+json"
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert {part["name"] for part in statement["subject"]} == {
        file.name for file in release.iterdir() if file.name != verifying.NAME
    }
    names = {"pilot": "tiny", "product": "presence", "period": "2026-03-02", "tier": "agency"}
    assert names.items() <= statement["predicate"].items()
    envelope.payload = envelope.payload.replace(b"2026-03-02", b"2026-03-03")
    with pytest.raises(VerificationError):
        envelope.verify([key], threshold=1)


def test_an_altered_byte_is_noticed(tiny: Any, release: Path) -> None:
    file = release / TABLE
    file.write_bytes(file.read_bytes().replace(b"120", b"121"))
    assert fault(tiny, release) == f"{TABLE} was changed after it was signed."


@pytest.mark.parametrize("name", ["extra.csv", ".hidden"])
def test_an_added_file_is_noticed(tiny: Any, release: Path, name: str) -> None:
    (release / name).write_text("A,1\n")
    assert fault(tiny, release) == f"{name} is not in the signed list."


def test_an_added_folder_and_a_link_are_noticed(tiny: Any, release: Path) -> None:
    (release / "folder").mkdir()
    assert fault(tiny, release) == "folder is not in the signed list."
    (release / "folder").rmdir()
    (release / TABLE).rename(tiny.folder / TABLE)
    (release / TABLE).symlink_to(tiny.folder / TABLE)
    assert fault(tiny, release) == f"{TABLE} is missing."


def test_a_removed_file_is_noticed(tiny: Any, release: Path) -> None:
    (release / "metadata.json").unlink()
    assert fault(tiny, release) == "metadata.json is missing."


def test_a_list_that_was_made_to_fit_is_not_signed(tiny: Any, release: Path) -> None:
    file, envelope = release / TABLE, release / verifying.NAME
    old = sha256(file)
    file.write_text("REF_AREA,OBS_VALUE\nA,121\n")
    content = json.loads(envelope.read_text())
    payload = base64.b64decode(content["payload"]).replace(old.encode(), sha256(file).encode())
    content["payload"] = base64.b64encode(payload).decode()
    envelope.write_text(json.dumps(content))
    assert fault(tiny, release) == "The bundle does not carry the operator's signature."


def test_another_signer_is_noticed(
    tiny: Any, release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public, names = signing.public_key(tiny.store), verifying.manifest(release).predicate
    monkeypatch.setenv("PEIL_DATA", str(tiny.folder / "other"))
    bundle.seal(tiny.store, release, names)
    with pytest.raises(verifying.Broken, match="does not carry the operator's signature"):
        verifying.bundle(release, public)


def test_a_folder_without_a_list_is_no_bundle(tiny: Any, release: Path) -> None:
    (release / verifying.NAME).write_text("[]")
    unread = f"{verifying.NAME} cannot be read: ask the operator for it again."
    assert fault(tiny, release) == unread
    (release / verifying.NAME).unlink()
    assert "it is no bundle of Peil" in fault(tiny, release)


def test_sealing_again_gives_the_same_bytes(tiny: Any, release: Path) -> None:
    before = (release / verifying.NAME).read_bytes()
    bundle.seal(tiny.store, release, verifying.manifest(release).predicate)
    assert (release / verifying.NAME).read_bytes() == before
