"""Keep what an outlook computed of hours that are over, in files named after what it rests on."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from peil.store.atomic import write_bytes


def table(file: Path, compute: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """Read a kept table; where there is none, compute and keep it.

    It is read in either case, so that whoever takes it gets the same whether it was there or not.
    """
    if (there := kept(file)) is not None:
        return there
    keep(file, compute())
    return _read(file)


def keep(file: Path, computed: pd.DataFrame) -> None:
    """Keep a table."""
    content = io.BytesIO()
    computed.to_parquet(content, index=False)
    write_bytes(file, content.getvalue())


def kept(file: Path) -> pd.DataFrame | None:
    """Read a kept table; None where there is none."""
    try:
        return _read(file)
    except (OSError, pa.ArrowInvalid):
        return None


def _read(file: Path) -> pd.DataFrame:
    table: pd.DataFrame = parquet.read_table(file, use_threads=False).to_pandas()
    return table
