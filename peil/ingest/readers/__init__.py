"""One module a delivery format: each lands the same two canonical tables.

A reader knows its format and nothing else: it gives SQL that reads one file into the
canonical columns. A new operator is a mapping in the charter, never new code.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import duckdb

from peil.charter.schema import Delivery
from peil.ingest.readers import essnet, flowkit, generic, mobloc, multimno, opencellid
from peil.store.raw_tables import CELL_COLUMNS, EVENT_COLUMNS

__all__ = ["CELL_COLUMNS", "EVENT_COLUMNS", "READERS", "Reader"]


class Reader(Protocol):
    """What a module of this package offers."""

    @staticmethod
    def land_events(
        connection: duckdb.DuckDBPyConnection, file: Path, file_id: int, delivery: Delivery
    ) -> list[str]:
        """Make the temporary view or table `incoming` (canonical event columns of one file).

        Returns the names of the columns that nobody needs and that are not landed.
        """
        ...

    @staticmethod
    def land_cells(
        connection: duckdb.DuckDBPyConnection, file: Path, delivery: Delivery
    ) -> list[str]:
        """Make `incoming` with canonical cell columns (those the format has)."""
        ...


READERS: dict[str, type[Reader]] = {
    "generic": generic.Generic,
    "multimno": multimno.Multimno,
    "essnet": essnet.Essnet,
    "flowkit": flowkit.Flowkit,
    "mobloc": mobloc.Mobloc,
    "opencellid": opencellid.Opencellid,
}
