"""The outbox between the two planes: what lies in it is as open as its folder, never wider.

Whoever keeps the machine makes that folder and says by its mode and group which two users share
it; umask 077 holds for all that a process writes elsewhere. Nothing in here knows what a bundle is.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from peil.store.atomic import removed_on_failure, replace_folder
from peil.store.store import Store


def make_folder(store: Store, path: Path) -> Path:
    """Make a folder of the outbox, and those between, open to the outbox's group."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        if folder != store.outbox and folder.is_relative_to(store.outbox):
            _open_to_group(store, folder)
    return path


def put_file(store: Store, path: Path, content: bytes) -> Path:
    """Write a file of the outbox aside, open it to the outbox's group, then rename it."""
    make_folder(store, path.parent)
    aside = path.with_name(f".{path.name}.part")
    with removed_on_failure(aside):
        aside.unlink(missing_ok=True)
        aside.write_bytes(content)
        with aside.open("rb") as file:
            os.fsync(file.fileno())
        _open_to_group(store, aside)
        os.replace(aside, path)
    return path


def put_folder(store: Store, aside: Path, path: Path) -> Path:
    """Open a finished folder to the outbox's group, then put it in its place."""
    make_folder(store, path.parent)
    for place in (aside, *aside.rglob("*")):
        _open_to_group(store, place)
    return replace_folder(aside, path)


def take_away(folder: Path, is_taken: Callable[[Path], bool]) -> None:
    """Remove what was taken in: a kill on the way leaves no half folder under its name.

    Parameters
    ----------
    is_taken : callable
        Asked once more about the folder that is to go: another may have been laid there meanwhile,
        which is put back.
    """
    going = folder.with_name(f".{folder.name}.taken")
    shutil.rmtree(going, ignore_errors=True)
    os.replace(folder, going)
    if is_taken(going):
        shutil.rmtree(going)
    elif not folder.exists():
        os.replace(going, folder)


def sweep(folder: Path) -> None:
    """Remove what a killed run was about to take away below a folder."""
    for going in sorted(folder.rglob(".*.taken")):
        shutil.rmtree(going, ignore_errors=True)


def _open_to_group(store: Store, place: Path) -> None:
    """Give a file or folder the group of the outbox, and what that group may do in it."""
    outbox = store.outbox.stat()
    group = outbox.st_mode & 0o070
    if not group:
        return
    os.chown(place, -1, outbox.st_gid)
    place.chmod(0o700 | group if place.is_dir() else 0o600 | group & 0o060)
