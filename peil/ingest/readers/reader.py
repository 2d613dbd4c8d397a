"""What every reader of a delivery format offers: how it lands, recognises and describes its files.

A new format is a subclass of `Reader` in a module of its own and a row in `READERS`. Nothing here
knows any one format.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, Protocol

import duckdb

from peil.charter.schema import Delivery
from peil.outcome import Refused

Role = Literal["events", "cells"]


class Sample(Protocol):
    """The first rows of a delivered file, by which its format is recognised."""

    @property
    def file(self) -> Path: ...

    @property
    def container(self) -> str:
        """csv, parquet, xml, vector, raster or other, by content."""
        ...

    @property
    def has_header(self) -> bool: ...

    @property
    def names(self) -> list[str]:
        """Delivered column names, in order."""
        ...

    @property
    def columns(self) -> Mapping[str, Sequence[str | None]]:
        """Delivered name → values of the sample as text, null where empty."""
        ...


@dataclass(frozen=True)
class Match:
    """A reader that recognised a file.

    Attributes
    ----------
    role : str
        What the file holds: events or cells.
    score : int
        Number of the format's own columns that the file has; the reader with the most reads it.
    why : str
        What it was recognised by, for people.
    """

    role: Role
    score: int
    why: str


class Reader:
    """One delivery format. Subclasses set `name` and `files`, and land what they can read.

    Attributes
    ----------
    name : str
        As the charter writes it in `reader:`.
    files : str
        The files it reads, for the table in docs/your-own-data.md.
    settings : str
        What the charter must or may say beside `reader:`, for the same table; may be empty.
    roles : tuple of str
        What it reads: events, cells or both.
    is_mapped : bool
        Whether the charter names every column; else the format itself does.
    field_names : tuple of str
        Column names, in order, of a format whose files may come without a header.
    has_kinds : bool
        Whether files of one delivery may have different columns (calls beside messages).
    counts_steps : bool
        Whether time is a number of steps from the charter's epoch.
    position : str
        Where its cells lie: ``degrees``; ``local``, a plane of nowhere; or ``mapped``, as its
        columns say.
    has_validity : bool
        Whether its cells say from when to when they serve, in local time.
    is_boxed : bool
        Whether of its cells only those in and near the charter's area are landed.
    drops_of_cells : bool
        Whether columns of a cell plan that are not mapped are left out.
    has_truth : bool
        Whether its events hold the simulated positions, which scoring may read.
    attribution : str
        Licence line that a page or a charter must show; empty where there is none.
    """

    name: ClassVar[str]
    files: ClassVar[str]
    settings: ClassVar[str] = ""
    roles: ClassVar[tuple[Role, ...]] = ("events", "cells")
    is_mapped: ClassVar[bool] = False
    field_names: ClassVar[tuple[str, ...]] = ()
    has_kinds: ClassVar[bool] = False
    counts_steps: ClassVar[bool] = False
    position: ClassVar[Literal["degrees", "local", "mapped"]] = "mapped"
    has_validity: ClassVar[bool] = False
    is_boxed: ClassVar[bool] = False
    drops_of_cells: ClassVar[bool] = True
    has_truth: ClassVar[bool] = False
    attribution: ClassVar[str] = ""

    @classmethod
    def recognises(cls, sample: Sample) -> Match | None:
        """Whether a file is of this format, by its container, header or first rows."""
        return None

    @classmethod
    def columns_of(cls, role: Role, sample: Sample) -> dict[str, str]:
        """Canonical → delivered columns that the format itself names, of those the file has."""
        return {}

    @classmethod
    def land_events(
        cls, connection: duckdb.DuckDBPyConnection, file: Path, file_id: int, delivery: Delivery
    ) -> list[str]:
        """Make the temporary view or table `incoming` (canonical event columns of one file).

        Returns
        -------
        list of str
            Names of the delivered columns that are not landed.

        Raises
        ------
        Refused
            The file is not of this format, is damaged, or the format has no events.
        """
        raise Refused(
            f"inputs.events.reader: {cls.name} knows cell plans only; name another reader."
        )

    @classmethod
    def land_cells(
        cls, connection: duckdb.DuckDBPyConnection, file: Path, delivery: Delivery
    ) -> list[str]:
        """Make `incoming` with the canonical cell columns that the format has; as `land_events`."""
        raise Refused(f"inputs.cells.reader: {cls.name} knows events only; name another reader.")
