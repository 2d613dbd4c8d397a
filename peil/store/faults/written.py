"""Tables of the store beside the record that says what was written: read them, or say which differ.

Parquet has no sum of its own to tell a flipped byte by, so the record keeps one of each table.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from peil.store.atomic import read_whole, sha256
from peil.store.faults.damage import damaged

RECORDS = ("estimated.json", "linked.json")


def hashes(folder: Path) -> dict[str, str]:
    """Hash of each table of a folder, by its name: what its record keeps as `tables`."""
    return {file.name: sha256(file) for file in sorted(folder.glob("*.parquet"))}


def is_whole(folder: Path, record: dict[str, Any]) -> bool:
    """Whether every table is still what was written; a record of an older version names none."""
    tables: dict[str, str] = record.get("tables", {})
    return all(
        (folder / name).is_file() and sha256(folder / name) == digest
        for name, digest in tables.items()
    )


def require_written(file: Path) -> None:
    """Refuse a table that is not what the record beside it says.

    Raises
    ------
    Damaged
        With the verb that makes it again. A record that is damaged itself says nothing here: who
        reads the record refuses it.
    """
    for name in RECORDS:
        digest = read_whole(file.parent / name).get("tables", {}).get(file.name)
        if digest is not None and file.is_file() and sha256(file) != digest:
            raise damaged(file)


def read_parquet(file: Path) -> pd.DataFrame:
    """Read a table of the store.

    Raises
    ------
    Damaged
        It is not what was written.
    """
    require_written(file)
    with refusing_damage(file):
        return pd.read_parquet(file)


@contextmanager
def refusing_damage(file: Path) -> Iterator[None]:
    """Say of a Parquet file that it is damaged, where reading it fails and the disk does not.

    Raises
    ------
    Damaged
        It is no Parquet file any more.
    """
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the system's, not the file's
        raise damaged(file) from None
