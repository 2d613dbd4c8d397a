"""The files that git tracks, or would: what the conventions speak of."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

from peil.settings import PROJECT

MADE_ELSEWHERE = ("uv.lock", "requirements.txt", "LICENSE")  # not written by hand


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of the checkout that is tracked or new and not ignored.

    A copy without git (an image, an archive) is walked instead, without what tools leave there.
    """
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=PROJECT,
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
        found = [PROJECT / name for name in listed.decode().split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        hidden = {"data", "target", "logs", "node_modules", "__pycache__"}
        found = [
            file
            for file in PROJECT.rglob("*")
            if not any(
                part in hidden or part.startswith(".")
                for part in file.relative_to(PROJECT).parts[:-1]
            )
        ]
    return tuple(sorted(file for file in found if file.is_file()))


def named(*suffixes: str) -> list[Path]:
    """Tracked files by suffix, vendored and generated ones left out."""
    return [
        file
        for file in tracked()
        if file.suffix in suffixes
        and "vendor" not in file.parts
        and file.name not in MADE_ELSEWHERE
    ]


def texts() -> dict[str, str]:
    """Every tracked text that people wrote, by its name relative to the checkout."""
    found = {}
    for file in tracked():
        if "vendor" in file.parts or file.name in MADE_ELSEWHERE:
            continue
        try:
            found[str(file.relative_to(PROJECT))] = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:  # a picture
            continue
    return found
