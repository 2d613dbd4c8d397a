"""The quality store: what was counted of each day, and what was thought of it.

Two Parquet files per pilot and day below `operator/quality/<pilot>/`. Counts only; a small count
of rows of one cell is not in them (`peil.quality.checks`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from peil.charter.hour import unit_of
from peil.store.atomic import write_bytes
from peil.store.faults.written import refusing_damage
from peil.store.store import Store

Kind = Literal["figures", "judged"]

KEY = ("scope", "check", "place", "hour_at")
_NAMED = {
    "check": pa.string(),
    "scope": pa.string(),
    "place": pa.string(),
    "hour_at": pa.timestamp("us", tz="UTC"),
}
_WORDS = {"severity": pa.string(), "owner": pa.string(), "verdict": pa.string()}
_NUMBERS = ("value", "expected", "lower", "upper", "trend")
SCHEMAS: dict[Kind, pa.Schema] = {
    "figures": pa.schema({**_NAMED, "value": pa.float64()}),
    "judged": pa.schema({**_NAMED, **dict.fromkeys(_NUMBERS, pa.float64()), **_WORDS}),
}
SCOPES = ("day", "delivery", "hour", "region", "cell", "cell_hour")


def folder(store: Store, pilot: str) -> Path:
    """Where a pilot's quality lies."""
    return store.operator / "quality" / pilot


def file_of(store: Store, pilot: str, day: date | str, kind: Kind) -> Path:
    """The file of one day, whether it is there or not."""
    return folder(store, pilot) / f"{day}.{kind}.parquet"


def write(
    store: Store, pilot: str, day: date | str, kind: Kind, rows: pa.Table, fingerprint: str
) -> Path:
    """Write a day's rows in one order, aside and renamed; the same rows give the same bytes.

    Parameters
    ----------
    rows : pyarrow.Table
        Columns of `SCHEMAS[kind]`, in any order of columns and rows.
    fingerprint : str
        Of all that the rows were made from; read back by `fingerprint_of`.
    """
    schema = SCHEMAS[kind]
    ordered = rows.select(schema.names).cast(schema)
    ordered = ordered.sort_by([(name, "ascending") for name in KEY])
    named = ordered.replace_schema_metadata({"fingerprint": fingerprint})
    sink = pa.BufferOutputStream()
    pq.write_table(named, sink, compression="zstd")
    return write_bytes(file_of(store, pilot, day, kind), sink.getvalue().to_pybytes(), mode=0o600)


def fingerprint_of(store: Store, pilot: str, day: date | str, kind: Kind) -> str:
    """What a day's file was made from; empty when there is none, or none that can be read."""
    try:
        metadata = pq.read_schema(file_of(store, pilot, day, kind)).metadata or {}
    except (OSError, pa.ArrowException):
        return ""
    return str(metadata.get(b"fingerprint", b"").decode())


def figures(
    store: Store, pilot: str, days: Iterable[date | str], scopes: Sequence[str] = SCOPES
) -> pd.DataFrame:
    """What was counted of some days.

    Parameters
    ----------
    days : iterable of date or str
        Local calendar days; a day without figures is left out.
    scopes : sequence of str
        Read these only: ``cell_hour`` holds a thousand times more rows than ``day``.

    Returns
    -------
    DataFrame
        One row per day, check, scope, place and hour: `day` (as 2026-03-02), `check`, `scope`,
        `place`, `hour_at` (UTC), `value` (null: too few rows to tell).
    """
    return _read(store, pilot, days, "figures", scopes)


def judged(
    store: Store, pilot: str, days: Iterable[date | str], scopes: Sequence[str] = SCOPES
) -> pd.DataFrame:
    """What was thought of some days' figures.

    Returns
    -------
    DataFrame
        As `figures`, with `expected`, `lower`, `upper`, `trend` (share a day), `severity` (stop
        or note), `owner` (operator, agency or maintainers), `verdict` (fine, note, stop,
        unknown).
    """
    return _read(store, pilot, days, "judged", scopes)


def cells(store: Store, pilot: str, day: date | str) -> set[str]:
    """Cells of a day's plan; none where the day was not counted."""
    file = file_of(store, pilot, day, "figures")
    if not file.is_file():
        return set()
    of_cells = (pc.field("scope") == "cell") & (pc.field("check") == "n_rows_staged")
    rows = _table(file, columns=["place"], filters=of_cells)
    return set(rows["place"].to_pylist())


def verdicts(store: Store, pilot: str, day: date | str) -> dict[str, int]:
    """How many figures of a day got which verdict; empty when it was not judged."""
    file = file_of(store, pilot, day, "judged")
    if not file.is_file():
        return {}
    counted = pc.value_counts(_table(file, columns=["verdict"])["verdict"])
    return {pair["values"]: pair["counts"] for pair in counted.to_pylist()}


def _table(file: Path, **chosen: Any) -> pa.Table:
    """Read a part of a file.

    Raises
    ------
    Damaged
        It is not what was written.
    """
    with refusing_damage(file):
        return pq.read_table(file, partitioning=None, **chosen)


def _read(
    store: Store, pilot: str, days: Iterable[date | str], kind: Kind, scopes: Sequence[str]
) -> pd.DataFrame:
    tables = []
    wanted = pa.array(list(scopes), pa.string())
    for day in sorted({str(day) for day in days}):
        file = file_of(store, pilot, day, kind)
        if not file.is_file():
            continue
        rows = _table(file, filters=pc.field("scope").isin(wanted))
        named = pa.array([day] * len(rows), pa.string())
        tables.append(rows.replace_schema_metadata(None).add_column(0, "day", named))
    empty = pa.schema([("day", pa.string()), *SCHEMAS[kind]]).empty_table()
    frame: pd.DataFrame = pa.concat_tables(tables or [empty]).to_pandas()
    return frame


def last_days(store: Store, pilot: str, before: date | str, n_days: int) -> list[str]:
    """Days with figures among the `n_days` calendar days before a day, the oldest first.

    Of an hour the same hour of those days.
    """
    end = unit_of(str(before))
    wanted = [str(end - timedelta(days=back)) for back in range(n_days, 0, -1)]
    return [day for day in wanted if file_of(store, pilot, day, "figures").is_file()]


def forget(store: Store, pilot: str, days: Iterable[date | str]) -> None:
    """Take back what was counted and thought of some days, for `--fresh`."""
    for day in days:
        for kind in SCHEMAS:
            file_of(store, pilot, day, kind).unlink(missing_ok=True)
