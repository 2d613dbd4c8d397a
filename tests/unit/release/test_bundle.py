"""A release folder is checked without asking anybody: whole, unaltered, signed by the operator."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from peil.release import bundle
from peil.store import signing


@pytest.fixture
def release(tiny: Any) -> Path:
    folder: Path = tiny.folder / "release"
    folder.mkdir()
    (folder / "table.csv").write_text("REF_AREA,OBS_VALUE\nA,120\n")
    (folder / "metadata.json").write_text("{}")
    bundle.seal(tiny.store, folder)
    assert bundle.faults(folder, signing.public_key(tiny.store)) == []
    return folder


def faults(tiny: Any, folder: Path) -> list[str]:
    return bundle.faults(folder, signing.public_key(tiny.store))


def test_an_altered_byte_is_noticed(tiny: Any, release: Path) -> None:
    file = release / "table.csv"
    file.write_bytes(file.read_bytes().replace(b"120", b"121"))
    assert faults(tiny, release) == ["table.csv was changed after it was signed."]


def test_an_added_file_is_noticed(tiny: Any, release: Path) -> None:
    (release / "extra.csv").write_text("A,1\n")
    (release / "folder").mkdir()
    assert faults(tiny, release) == [
        "extra.csv is not in the signed list.",
        "folder is not in the signed list.",
    ]


def test_a_removed_file_is_noticed(tiny: Any, release: Path) -> None:
    (release / "metadata.json").unlink()
    assert faults(tiny, release) == ["metadata.json is missing."]


def test_a_list_that_was_made_to_fit_is_not_signed(tiny: Any, release: Path) -> None:
    file, envelope = release / "table.csv", release / bundle.NAME
    old = bundle.sha256(file)
    file.write_text("REF_AREA,OBS_VALUE\nA,121\n")
    content = json.loads(envelope.read_text())
    payload = base64.b64decode(content["payload"]).replace(
        old.encode(), bundle.sha256(file).encode()
    )
    content["payload"] = base64.b64encode(payload).decode()
    envelope.write_text(json.dumps(content))
    assert faults(tiny, release) == ["The bundle does not carry the operator's signature."]


def test_another_signer_is_noticed(
    tiny: Any, release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = signing.public_key(tiny.store)
    monkeypatch.setenv("PEIL_DATA", str(tiny.folder / "other"))
    bundle.seal(tiny.store, release)
    assert bundle.faults(release, public) == ["The bundle does not carry the operator's signature."]


def test_a_folder_without_a_list_is_no_bundle(tiny: Any, release: Path) -> None:
    (release / bundle.NAME).write_text("[]")
    assert faults(tiny, release) == [
        f"{bundle.NAME} cannot be read: ask the operator for the bundle again."
    ]
    (release / bundle.NAME).unlink()
    assert "it is no bundle of Peil" in faults(tiny, release)[0]


def test_sealing_again_gives_the_same_bytes(tiny: Any, release: Path) -> None:
    before = (release / bundle.NAME).read_bytes()
    bundle.seal(tiny.store, release)
    assert (release / bundle.NAME).read_bytes() == before
