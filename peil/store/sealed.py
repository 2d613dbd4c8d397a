"""Whether a sealed file is still what was sealed, and its key still the key: by their hashes.

The manifest beside a sealed file keeps both under ``sealed``. Opening a file is not here
(`peil.adapters.database`): a byte may be wrong where nobody reads today.
"""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from peil.store.atomic import read_json, sha256, write_json
from peil.store.keys import read_key

NEXT = "sealed_next"  # of a file that is about to take the place of the one that is there


def replaced(aside: Path, file: Path, key: Path, manifest: Path) -> None:
    """Let a file that was written again take its place; killed at any moment, one of both holds."""
    record = read_json(manifest) if manifest.exists() else {}
    if record:
        write_json(manifest, {**record, NEXT: seal_of(aside, key)})
    os.replace(aside, file)
    if record:
        write_json(manifest, {**record, "sealed": seal_of(file, key)})


def seal_of(file: Path, key: Path) -> dict[str, str]:
    """Hash a sealed file and which key it takes, for its manifest."""
    which = hashlib.sha256(b"which key|" + read_key(key)).hexdigest()
    return {"sha256": _content(file), "key": which}


def is_intact(file: Path, key: Path, manifest: dict[str, Any]) -> bool:
    """Whether file and key are there, and are those of the manifest.

    A manifest that an older version wrote says nothing of them: then it is enough that they are
    there.
    """
    if not (file.is_file() and key.is_file()):
        return False
    seals = [manifest[name] for name in ("sealed", NEXT) if name in manifest]
    return not seals or seal_of(file, key) in seals


def is_sound(file: Path, key: Path, manifest: Path) -> bool:
    """Whether file and key are those of the manifest, as far as one lies beside them."""
    return not manifest.is_file() or is_intact(file, key, read_json(manifest))


def _content(file: Path) -> str:
    state = file.stat()
    return _hash(file, state.st_ino, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=64)
def _hash(file: Path, *_state: int) -> str:
    """Hash a file once a process, as long as it lies untouched."""
    return sha256(file)
