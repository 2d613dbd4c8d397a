"""Keep what an outlook computed of hours that are over, in files named after what it rests on."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa

from peil.store.atomic import write_bytes


def table(file: Path, compute: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """Read a kept table; where there is none, compute and keep it.

    It is read in either case, so that whoever takes it gets the same whether it was there or not.
    """
    try:
        return pd.read_parquet(file)
    except (OSError, pa.ArrowInvalid):
        content = io.BytesIO()
        compute().to_parquet(content, index=False)
        write_bytes(file, content.getvalue())
    return pd.read_parquet(file)
