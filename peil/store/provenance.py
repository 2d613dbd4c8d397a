"""What made a number: code, parameters, inputs, environment, and the run id made of them."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from peil.settings import PROJECT
from peil.store.atomic import canonical, sha256

# the rooms that can change a number; what only shows, tells, watches or measures is left out
ROOMS = ("adapters", "area", "charter", "estimate", "ingest", "release", "stage", "store")
CODE = (
    "dbt_project",
    "models/peil_models",
    *(f"peil/{room}" for room in ROOMS),
    "peil/methods.py",
)
ENVIRONMENT = ("duckdb", "numpy", "pandas", "scikit-learn", "scipy")


JUDGING = ("expectations", "peil/gates", "peil/quality")  # what says whether a number is believed


def _sources(places: tuple[str, ...] = CODE) -> Iterator[Path]:
    for place in places:
        path = PROJECT / place
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.suffix in {".py", ".sql", ".yml"} and file.is_file():
                yield file


@cache
def code_hash(places: tuple[str, ...] = CODE) -> str:
    """Hash of every source file that can change a number: the same in a clone and an image.

    Parameters
    ----------
    places : tuple of str
        Other files and folders of the project: `JUDGING`, of what judges a number.
    """
    digest = hashlib.sha256()
    for file in _sources(places):
        digest.update(str(file.relative_to(PROJECT)).encode() + b"\0")
        digest.update(file.read_bytes() + b"\0")
    return digest.hexdigest()


def code_files() -> dict[str, str]:
    """The hash of each source file that can change a number, by its path in the project."""
    return {str(file.relative_to(PROJECT)): sha256(file) for file in _sources()}


def lock_hash() -> str:
    """Hash of the list of every library's version; ``none`` where it was not brought along."""
    lock = PROJECT / "uv.lock"
    return sha256(lock) if lock.is_file() else "none"


@cache
def git_commit() -> str:
    """The commit of the checkout, with ``+`` when files differ from it; ``none`` outside git."""
    try:
        head = _git("rev-parse", "HEAD")
        return head + ("+" if _git("status", "--porcelain", "--", *CODE, "methods.toml") else "")
    except (OSError, subprocess.CalledProcessError):
        return "none"


def _git(*words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(PROJECT), *words], capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout.strip()


@cache
def environment() -> dict[str, str]:
    """Versions of Python and of what computes."""
    return {"python": platform.python_version(), **{name: version(name) for name in ENVIRONMENT}}


def run_id(inputs: dict[str, Any], parameters: dict[str, Any]) -> str:
    """Name of a run: 32 hex digits of the hash of inputs, code, parameters and environment."""
    everything = {
        "inputs": inputs,
        "code": code_hash(),
        "parameters": parameters,
        "environment": environment(),
    }
    return hashlib.sha256(canonical(everything)).hexdigest()[:32]
