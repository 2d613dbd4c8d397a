"""What a process writes in a store is its owner's alone, whatever the machine's umask."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from peil.settings import Settings
from peil.store.atomic import write_text
from peil.store.store import Store


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(place: Path) -> int:
    return place.stat().st_mode & 0o777


def test_new_files_and_folders_are_closed(tmp_path: Path) -> None:
    store = Store(Settings(data=tmp_path / "data"))  # type: ignore[call-arg]
    for file in (store.ledger("p"), store.public_entry("p")):
        write_text(file, "")
        assert mode(file) == 0o600
        assert {mode(folder) for folder in file.parents if folder.is_relative_to(store.root)} == {
            0o700
        }


def test_the_planes_of_an_older_store_are_closed(tmp_path: Path) -> None:
    for plane in ("operator", "agency"):
        (tmp_path / plane).mkdir(mode=0o755)
    store = Store(Settings(data=tmp_path))  # type: ignore[call-arg]
    assert mode(store.operator) == 0o700
    assert mode(store.agency) == 0o750  # the agency's people may share a group
