"""Count the rooms of `peil/` that a pilot's way through `release` enters, and the moves between.

Counted while the release of a day is made again, in a copy of the store: a room is a folder or
module directly in `peil/`, a move is a call from one room into another. No figure is written.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any
from unittest.mock import patch

from peil.outcome import Refused
from peil.settings import PROJECT
from peil.store.store import Store

ROOT = str(PROJECT / "peil") + "/"


@dataclass
class Way:
    """Rooms in the order in which they were entered first, and pairs of rooms moved between."""

    rooms: list[str] = field(default_factory=list)
    moves: set[tuple[str, str]] = field(default_factory=set)


def room_of(file: str) -> str:
    """The room that a source file lies in; empty outside `peil/`.

    >>> room_of(ROOT + "store/ledger.py"), room_of(ROOT + "outcome.py"), room_of("/usr/x.py")
    ('store', 'outcome', '')
    """
    return file.removeprefix(ROOT).split("/")[0].removesuffix(".py") if ROOT in file else ""


def walked(call: Callable[[], Any]) -> Way:
    """Call a function and note which rooms it enters."""
    way = Way()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event != "call" or frame.f_code.co_name == "<module>":
            return
        room = room_of(frame.f_code.co_filename)
        if not room:
            return
        if room not in way.rooms:
            way.rooms.append(room)
        before = room_of(frame.f_back.f_code.co_filename) if frame.f_back else ""
        if before and before != room:
            way.moves.add((before, room))

    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(None)
    return way


def release_again(pilot: str, day: str) -> Way:
    """Release a day that is released, in a copy of the store from which it was taken away.

    Raises
    ------
    Refused
        The day is not released in this store.
    """
    from peil.release import release

    whole = Store()
    released = whole.agency / "released" / pilot / "presence" / day
    if not released.exists():
        raise Refused(f"{pilot} {day} is not released in {whole.root}: run `peil run {pilot}`.")
    with tempfile.TemporaryDirectory(prefix="peil-rooms-") as folder:
        copy = Path(folder) / "data"
        ignored = shutil.ignore_patterns("*.duckdb", "deliveries", "truth", "airflow", "work")
        shutil.copytree(whole.root, copy, ignore=ignored)
        shutil.rmtree(copy / released.relative_to(whole.root))
        places = {
            "PEIL_DATA": str(copy),
            "PEIL_DELIVERIES": str(whole.settings.deliveries_folder),
            "PEIL_TRUTH": str(whole.settings.truth_folder),
        }
        with patch.dict(os.environ, places):
            return walked(lambda: [release.release(pilot, day), release.publish(pilot, day)])


def report(pilot: str, day: str) -> str:
    """Say which rooms the release of a day enters."""
    way = release_again(pilot, day)
    return (
        f"release of {pilot} {day} enters {len(way.rooms)} rooms with {len(way.moves)} moves "
        f"between them: {', '.join(way.rooms)}"
    )
