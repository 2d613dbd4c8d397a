"""Write and read the tables of an outlook: the same bytes for the same rows, in the same order.

What stands in them belongs to `peil.watch.outlook`; pages and alerts read them here.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from peil.outcome import Refused

PRESENCE = "out_presence__by_zone_hour"
SURGES = "out_surges__by_zone_episode"
QUANTILES = ("q025", "q100", "q250", "q500", "q750", "q900", "q975")
MOMENT = pa.timestamp("s", tz="UTC")
# one row per zone and hour: what is normal there, or will be, in persons
PRESENCE_SCHEMA = pa.schema(
    [
        ("zone_id", pa.string()),
        ("hour_at", MOMENT),
        ("issued_at", MOMENT),
        *((name, pa.float64()) for name in QUANTILES),
        ("model_version", pa.string()),
    ]
)
# one row per zone and episode: an episode is a run of hours that are busier than normal
SURGES_SCHEMA = pa.schema(
    [
        ("zone_id", pa.string()),
        ("began_at", MOMENT),
        ("ended_at", MOMENT),
        ("is_over", pa.bool_()),
        ("level", pa.int64()),
        ("observed", pa.float64()),
        ("expected", pa.float64()),
        ("excess", pa.float64()),
        ("excess_low", pa.float64()),
        ("excess_high", pa.float64()),
        ("times_a_year", pa.float64()),
        ("known_event", pa.string()),
        ("silent_share", pa.float64()),
        ("is_after_gap", pa.bool_()),
        ("model_version", pa.string()),
    ]
)
SCHEMAS = {PRESENCE: PRESENCE_SCHEMA, SURGES: SURGES_SCHEMA}
KEYS = {PRESENCE: ["zone_id", "hour_at"], SURGES: ["zone_id", "began_at"]}


def write(folder: Path, name: str, table: pd.DataFrame) -> None:
    """Write a table into a folder, ordered by its key; moments in UTC."""
    rows = table.sort_values(KEYS[name], ignore_index=True)
    columns = pa.Table.from_pandas(rows, SCHEMAS[name], preserve_index=False)
    parquet.write_table(
        columns.replace_schema_metadata(None), folder / f"{name}.parquet", store_schema=False
    )


def read(folder: Path, name: str) -> pd.DataFrame | None:
    """Read a table of an outlook; None where there is none.

    Raises
    ------
    Refused
        It is there, and not as it was written.
    """
    file = folder / f"{name}.parquet"
    if not file.is_file():
        return None
    try:
        table: pd.DataFrame = parquet.read_table(file).cast(SCHEMAS[name]).to_pandas()
    except (pa.ArrowInvalid, pa.ArrowTypeError, OSError, ValueError):
        raise Refused(
            f"{file} is not the table of an outlook: delete its folder, then run "
            f"`peil outlook {folder.name}` again."
        ) from None
    return table
