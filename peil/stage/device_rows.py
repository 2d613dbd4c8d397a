"""The one pass over the rows of devices: a window's sealed staged files, a bucket at a time.

A pseudonym is a keyed hash, so that its value is evenly spread: a bucket is a range of it. Staged
rows lie in the order of the pseudonym, hence a bucket reads its own part of each day's file and no
other. What a bucket holds is in memory (spilled encrypted) and is gone with the next; nothing of it
is written.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from peil.adapters import database
from peil.adapters.pseudonyms import pseudonym
from peil.charter import reading
from peil.charter.clock import hours_of
from peil.charter.schema import Charter
from peil.charter.windows import Window, pseudonym_key, require_key
from peil.ingest import opt_out
from peil.outcome import Refused
from peil.store import keys
from peil.store.atomic import read_json
from peil.store.store import Store

BYTES_SORTED = 400  # of memory for each row while a bucket is read and sorted, rounded up
BYTES_FOLLOWED = 4000  # while it is segmented, placed and summed: 45, or 730 if each row is a move
SPACE = 1 << 64  # a bucket is told by the first 64 bits of the pseudonym
UNLOCATED, OUTSIDE = -1, -2


@dataclass(frozen=True)
class Bucket:
    """All rows of some devices in the order of device, moment and cell.

    Attributes
    ----------
    device : ndarray of int64, shape (n_rows,)
        Number of the device within the bucket, ascending from 0. Not a pseudonym.
    at_s : ndarray of float64, shape (n_rows,)
        Unit: seconds since the start of the window.
    cell : ndarray of int32, shape (n_rows,)
        Row of `cells_of`, or `OUTSIDE` in a network of another country.
    timing : ndarray of int32, shape (n_rows,)
        Timing advance in steps, -1 where the record carries none.
    country : ndarray of int32, shape (n_devices,)
        Mobile country code of the SIM of a device that visits, 0 of one of ours.
    """

    device: NDArray[np.int64]
    at_s: NDArray[np.float64]
    cell: NDArray[np.int32]
    timing: NDArray[np.int32]
    country: NDArray[np.int32]

    def cut(self, n_rows: int) -> Iterator[Bucket]:
        """Part it into buckets of so many rows at most, or of one device that has more.

        >>> whole = Bucket(np.array([0, 0, 1, 2]), *[np.arange(4)] * 3, np.arange(3))
        >>> [part.country.tolist() for part in whole.cut(2)]
        [[0], [1, 2]]
        """
        n_devices = len(self.country)
        starts = np.searchsorted(self.device, np.arange(n_devices + 1))
        first = 0
        while first < n_devices:
            past = int(np.searchsorted(starts, starts[first] + n_rows, side="right")) - 1
            past = max(past, first + 1)
            rows = slice(starts[first], starts[past])
            yield Bucket(
                self.device[rows] - first,
                self.at_s[rows],
                self.cell[rows],
                self.timing[rows],
                self.country[first:past],
            )
            first = past


def hours_of_window(charter: Charter, window: Window) -> list[Any]:
    """Start of every hour of the window, UTC, in order."""
    return [hour for day in window.days() for hour in hours_of(day, charter.time_zone)]


def cells_of(charter: Charter, window: Window, store: Store) -> pd.DataFrame:
    """The cells of the window, one row each by `cell_id`: the version that held last.

    A cell that is rebuilt within a window is taken as it was at the end of it.
    """
    with database.connection(store, store.work(charter.pilot, window.first, "cells")) as opened:
        parts = _attach(opened, charter, window, store)
        # by name: a day staged by an older version may lack a column of the plan
        every = " UNION ALL BY NAME ".join(
            f"SELECT {number} AS day_no, * FROM {alias}.main.stg_operator__cells"
            for number, alias in enumerate(parts)
        )
        return opened.execute(
            f"SELECT * EXCLUDE (day_no) FROM ({every}) QUALIFY row_number() OVER ("
            "PARTITION BY cell_id ORDER BY day_no DESC, valid_from DESC NULLS LAST) = 1 "
            "ORDER BY cell_id"
        ).df()


def n_buckets(charter: Charter, window: Window, store: Store) -> int:
    """In how many parts the window is read, so that the machine's memory holds each sorted."""
    n_rows = sum(
        int(read_json(store.staged_manifest(charter.pilot, day))["facts"]["n_staged"])
        for day in window.days()
    )
    return max(1, math.ceil(n_rows * BYTES_SORTED / store.settings.memory_bytes))


def buckets(
    charter: Charter, window: Window, store: Store, cells: pd.DataFrame, n_parts: int | None = None
) -> Iterator[Bucket]:
    """Read a window once, all rows of some devices at a time; empty buckets are left out.

    Parameters
    ----------
    charter : Charter
    window : Window
        Every day of it staged.
    store : Store
    cells : DataFrame
        `cells_of` the window.
    n_parts : int, optional
        In how many parts the window is read; from the memory of the machine where it is not given.
        A part is given in buckets so small that little is held of what becomes of their rows. Which
        devices come together depends on both and on the key, so sums over them must be exact.
    """
    parts = n_parts or n_buckets(charter, window, store)
    spill = store.work(charter.pilot, window.first, "linked")
    listed = opt_out_list(charter, store)
    only = [listed.parent] if listed else []
    with database.connection(store, spill, only) as opened:
        aliases = _attach(opened, charter, window, store)
        leave_out(opened, charter, window, store, listed)
        _number_cells(opened, aliases, cells)
        for part in range(parts):
            low, high = part * SPACE // parts, (part + 1) * SPACE // parts - 1
            bucket = _bucket(opened, aliases, charter, window, low, high)
            if bucket is not None:
                yield from bucket.cut(store.settings.memory_bytes // BYTES_FOLLOWED)


def opt_out_list(charter: Charter, store: Store) -> Path | None:
    """The list of who is left out, as it is now; None where the charter names none.

    Raises
    ------
    Refused
        It is not there: without it nothing is read.
    """
    if charter.inputs.opt_out is None:
        return None
    file = reading.root(charter, store) / charter.inputs.opt_out.path
    if not file.is_file():
        raise Refused(f"The opt-out list {file.name} is missing: without it nothing is read.")
    return file


def leave_out(
    opened: duckdb.DuckDBPyConnection,
    charter: Charter,
    window: Window,
    store: Store,
    listed: Path | None,
) -> None:
    """Make the table `left_out`: pseudonyms of who opted out, also after a day was staged."""
    opt_out.make_list(opened)
    if listed is not None and charter.inputs.opt_out is not None:
        opt_out.read_list(opened, listed, charter.inputs.opt_out.column)
    require_key(store, charter, window.first)
    key = keys.read_key(pseudonym_key(store, charter, window.first))
    names = opened.execute("SELECT subscriber_id FROM opted_out ORDER BY 1").fetchnumpy()
    pseudonyms = [pseudonym(key, str(identifier)) for identifier in names["subscriber_id"]]
    left_out = pa.table({"device_id": pa.array(pseudonyms, pa.string())})
    opened.register("given", left_out)
    opened.execute("CREATE TEMP TABLE left_out AS SELECT device_id::UUID AS device_id FROM given")
    opened.unregister("given")
    opened.execute("DROP TABLE opted_out")


def _attach(
    opened: duckdb.DuckDBPyConnection, charter: Charter, window: Window, store: Store
) -> list[str]:
    aliases = [f"day_{number}" for number in range(len(window.days()))]
    for alias, day in zip(aliases, window.days(), strict=True):
        database.attach_staged(opened, store, charter.pilot, day, alias, verb="products")
    return aliases


def _number_cells(
    opened: duckdb.DuckDBPyConnection, aliases: list[str], cells: pd.DataFrame
) -> None:
    """Lay a table beside the files: a cell's number on each day, and its number in the window."""
    opened.execute("CREATE TEMP TABLE cells (cell_id VARCHAR, window_no INTEGER)")
    numbered = [(str(cell), number) for number, cell in enumerate(cells["cell_id"])]
    if numbered:
        opened.executemany("INSERT INTO cells VALUES (?, ?)", numbered)
    every = " UNION ALL ".join(
        f"SELECT {number} AS day_no, cell_no, cell_id FROM {alias}.main.int_cells_numbered"
        for number, alias in enumerate(aliases)
    )
    opened.execute(
        f"CREATE TEMP TABLE cells_of_day AS SELECT day_no, cell_no, window_no FROM ({every}) "
        "JOIN cells USING (cell_id)"
    )


def _bucket(
    opened: duckdb.DuckDBPyConnection,
    aliases: list[str],
    charter: Charter,
    window: Window,
    low: int,
    high: int,
) -> Bucket | None:
    """Read the devices whose pseudonym begins between two numbers, both included."""
    first, last = _bound(low, "0"), _bound(high, "f")
    devices = " UNION ALL ".join(
        f"SELECT {number} AS day_no, device_no, device_id FROM {alias}.main.int_devices_numbered "
        f"WHERE device_id BETWEEN '{first}'::UUID AND '{last}'::UUID"
        for number, alias in enumerate(aliases)
    )
    opened.execute(
        "CREATE OR REPLACE TEMP TABLE followed AS SELECT day_no, device_no, "
        f"dense_rank() OVER (ORDER BY device_id) - 1 AS window_no FROM ({devices}) "
        "ANTI JOIN left_out USING (device_id)"
    )
    bounds = opened.execute(
        "SELECT day_no, min(device_no), max(device_no) FROM followed GROUP BY day_no ORDER BY 1"
    ).fetchall()
    if not bounds:
        return None
    rows = " UNION ALL ".join(
        f"SELECT {day} AS day_no, events.device_no, events.observed_at, events.cell_no, "
        "events.timing_advance, kinds.is_outbound, "
        "CASE WHEN kinds.is_inbound THEN kinds.mcc END AS mcc "
        f"FROM {aliases[day]}.main.int_events_classified AS events "
        f"LEFT JOIN {aliases[day]}.main.int_kinds_kept AS kinds USING (kind_no) "
        f"WHERE events.reason IS NULL AND events.device_no BETWEEN {least} AND {most}"
        for day, least, most in bounds
    )
    start = hours_of_window(charter, window)[0]
    table = opened.execute(
        f"""SELECT followed.window_no::BIGINT AS device,
            (epoch_us(rows.observed_at) - epoch_us($start::TIMESTAMPTZ)) / 1e6 AS at_s,
            (CASE WHEN rows.is_outbound THEN {OUTSIDE}
                ELSE coalesce(cells_of_day.window_no, {UNLOCATED}) END)::INTEGER AS cell,
            coalesce(rows.timing_advance, -1)::INTEGER AS timing,
            coalesce(rows.mcc, 0)::INTEGER AS country
        FROM ({rows}) AS rows
        JOIN followed USING (day_no, device_no)
        LEFT JOIN cells_of_day USING (day_no, cell_no)
        ORDER BY device, at_s, cell, timing, country""",
        {"start": start},
    ).fetchnumpy()
    device = np.asarray(table["device"], dtype=np.int64)
    if not len(device):
        return None
    starts = np.flatnonzero(np.diff(device, prepend=-1))
    device = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(device)))
    return Bucket(
        device,
        np.asarray(table["at_s"], dtype=np.float64),
        np.asarray(table["cell"], dtype=np.int32),
        np.asarray(table["timing"], dtype=np.int32),
        np.maximum.reduceat(np.asarray(table["country"], dtype=np.int32), starts),
    )


def _bound(begins: int, fill: str) -> str:
    """A pseudonym that begins with 64 bits and goes on with one digit.

    >>> _bound(255, "f")
    '00000000-0000-00ff-ffff-ffffffffffff'
    """
    digits = f"{begins:016x}" + fill * 16
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
