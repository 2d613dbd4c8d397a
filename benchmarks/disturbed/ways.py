"""Take the way out that a sentence names, as a person who has read it would, and nothing more."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

from benchmarks.disturbed.warm import End
from benchmarks.disturbed.world import PILOT, World

AGENCYS, OPERATORS = (f"{plane}/ledger/{PILOT}.jsonl" for plane in ("agency", "operator"))
Commands = list[list[str]]


def take(end: End, world: World, verb: str, number: int) -> tuple[str, Commands]:
    """Take a way out; say which it was, and what is typed before the same again.

    Where two ways are named, an even number takes the first of them and an odd one the second.
    """
    words = end.words.splitlines()[-1] if end.words else ""  # a trace is no way out
    if end.code < 0:
        return "run again", []
    if end.code > 128:
        return ("run again" if "run the same again" in words else "no way out"), []
    if "is held by" in words:
        return "waited", []
    if "is full" in words and "make room" in words:
        world.ballast.unlink(missing_ok=True)
        return "made room", []
    if "mount it for writing" in words:
        return "mounted for writing", []
    if "restore the operator's from that copy" in words:
        shutil.copy2(world.store / AGENCYS, world.store / OPERATORS)
        return "restored from the agency", []
    # what is to be filled in nobody knows
    command = re.search(r"run `peil ([^`A-Z]+)`", words)
    can_restore = re.search(r"restore|backup|from a copy", words)
    if "move it away" in words and not (can_restore and number % 2 == 0):
        for file in named(words, world.store):
            file.unlink(missing_ok=True)
        return "moved away", []
    if can_restore and not (command and number % 2):
        return restored(words, world, verb), []
    if command:
        return "ran the verb", [_typed(command.group(1))]
    if "again" in words and re.search(r"run (?:it|the same|the day) again|try again", words):
        return "run again", []
    return "trace" if end.is_trace else "no way out", []


def _typed(command: str) -> list[str]:
    return shlex.split(command)


def named(words: str, folder: Path) -> list[Path]:
    """Paths below a folder that a sentence names."""
    paths = re.findall(rf"{re.escape(str(folder))}/[^\s,;:`)]+", words)
    return [Path(path.rstrip(".")) for path in paths]


def restored(words: str, world: World, verb: str) -> str:
    """Restore the files that a sentence names from the copy of the store, or all where it cannot.

    A file that is named by its last name alone is restored wherever it lies.
    """
    base, store = world.base(verb), world.store
    places = [path.relative_to(store) for path in named(words, store)]
    files = [
        file.relative_to(base)
        for place in places
        for file in (base / place).rglob("*")
        if file.is_file()
    ] + [place for place in places if not (base / place).is_dir()]
    if not files:
        names = set(re.findall(r"[\w.+-]*\w\.\w+", words))
        files = [file.relative_to(base) for file in base.rglob("*") if file.name in names]
    copied = [file for file in files if (base / file).is_file()]
    if files and not copied:  # what was still being written is in no copy
        return "nothing to restore"
    files = copied
    if not files:
        world.put(verb)
        return "restored all"
    for file in files:
        (store / file).parent.mkdir(parents=True, exist_ok=True)
        (store / file).unlink(missing_ok=True)
        shutil.copy2(base / file, store / file)
    return "restored"
