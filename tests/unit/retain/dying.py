"""Processes that end at a step of a verb: at each rename, deletion and line of a ledger in turn."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from peil.store import keys
from peil.store.witnessing import lines


class Killed(BaseException):
    """A process that ends here."""


STEPS: list[tuple[Any, str]] = [
    (os, "replace"),
    (os, "link"),
    (shutil, "rmtree"),
    (shutil, "copytree"),
    (Path, "unlink"),
    (keys, "shred"),
    (lines, "extend"),
]


def deaths(
    monkeypatch: pytest.MonkeyPatch,
    deed: Callable[[], Any],
    restore: Callable[[], None],
    every: int = 1,
) -> Iterator[str]:
    """Do a deed in a restored store, ending it at its steps, or every so manyth; says at which.

    It ends before a line of a ledger is written, and once more with half of it on the disk. What a
    handler of the deed does while it ends is not done: a killed process runs none.
    """
    at = 1 - every
    while True:
        at += every
        restore()
        steps: list[str] = []
        with monkeypatch.context() as patch:
            for owner, name in STEPS:
                real = getattr(owner, name)
                patch.setattr(owner, name, _step(real, name, steps, at))
            try:
                deed()
            except Killed:
                pass
            else:
                return
        yield f"{at}: {steps[at - 1]}"


def _step(real: Any, name: str, steps: list[str], at: int) -> Any:
    def step(*words: Any, **named: Any) -> Any:
        if name == "extend" and not words[1]:
            return real(*words, **named)  # nothing to write
        place = Path(str(words[-1] if name == "replace" else words[0]))
        reach(f"{name} {place.name}")
        if name == "extend" and len(steps) == at - 1:
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("ab") as file:
                file.write(words[1][: len(words[1]) // 2])
        if name == "extend":
            reach(f"half of {place.name}")
        return real(*words, **named)

    def reach(moment: str) -> None:
        if len(steps) < at:
            steps.append(moment)
        if len(steps) >= at:
            raise Killed

    return step


def content(root: Path) -> dict[str, bytes]:
    """Every file of a store and what is in it; locks, which say who was last, left out."""
    return {
        str(file.relative_to(root)): file.read_bytes()
        for file in sorted(root.rglob("*"))
        if file.is_file() and "locks" not in file.parts and file.suffix != ".lock"
    }


def saved(root: Path, aside: Path) -> Callable[[], None]:
    """Copy a store aside; what puts it back."""
    shutil.copytree(root, aside, symlinks=True)

    def restore() -> None:
        shutil.rmtree(root)
        shutil.copytree(aside, root, symlinks=True)

    return restore
