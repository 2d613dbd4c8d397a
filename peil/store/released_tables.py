"""Write a released table as CSV and Parquet, and read one back: the same types for every reader.

What stands in the table belongs to `release`.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from peil.store.atomic import write_bytes, write_text
from peil.store.faults.written import read_parquet
from peil.store.verifying import neutral

FIGURES = ("OBS_VALUE", "OBS_LOWER", "OBS_UPPER")


def write(table: pd.DataFrame, folder: Path, name: str) -> str:
    """Write both forms of a released table; returns the text of the CSV.

    A text that a spreadsheet would compute gets an apostrophe in the CSV. The Parquet carries
    columns and no metadata.
    """
    texts = table.select_dtypes(exclude="number").columns
    plain = table.assign(
        **{
            column: [neutral(value) if isinstance(value, str) else value for value in table[column]]
            for column in texts
        }
    )
    if any(plain[column].astype(str).str.contains(r"[\r\n]").any() for column in texts):
        raise ValueError(f"{name}: a text with a line end would break the CSV's rows")
    csv = plain.to_csv(index=False, lineterminator="\n")
    write_text(folder / f"{name}.csv", csv)
    columns = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    sink = pa.BufferOutputStream()
    parquet.write_table(columns, sink, store_schema=False)
    write_bytes(folder / f"{name}.parquet", sink.getvalue().to_pybytes())
    return csv


def read(folder: Path, name: str) -> pd.DataFrame:
    """Read a released table: figures are whole numbers, withheld ones missing."""
    table = read_parquet(folder / f"{name}.parquet")
    return table.astype({name: "Int64" for name in FIGURES if name in table})
