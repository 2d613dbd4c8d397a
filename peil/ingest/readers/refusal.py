"""Why one file of a delivery is not landed: a stable reason and one sentence, never a value."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from peil.outcome import Refused

Reason = Literal[
    "truncated",
    "wrong_encoding",
    "wrong_columns",
    "empty",
    "still_growing",
    "delivered_twice",
    "late",
    "unreadable",
    "not_a_file",
]
LONGEST = 80  # characters of a name that are shown


class FileRefused(Refused):
    """A file that cannot be landed; the rest of its day can.

    Parameters
    ----------
    reason : str
        Stable name, shown to people and counted.
    sentence : str
        What is wrong, where (file, line, column) and what to do.
    is_passing : bool
        Whether it may be the fault of the moment, so that the same file is tried again.
    """

    def __init__(self, reason: Reason, sentence: str, is_passing: bool = False) -> None:
        super().__init__(sentence)
        self.reason: Reason = reason
        self.is_passing = is_passing


def shown(name: str | Path) -> str:
    """A file's name as a sentence may hold it: on one line, and not without end.

    >>> shown(Path("tiny/new\\nline.csv"))
    'new?line.csv'
    """
    text = name.name if isinstance(name, Path) else name
    text = text.encode("utf-8", "replace").decode()
    return "".join(c if c.isprintable() else "?" for c in text)[:LONGEST]


def shown_column(name: str, position: int) -> str:
    """A delivered column's name, or its place where the name may be a value.

    A file without a header has a record in its place.

    >>> shown_column("IMEI", 6), shown_column("204080000000001", 6), shown_column("", 7)
    ('IMEI', 'column 6', 'column 7')
    """
    is_name = bool(re.search(r"[^\W\d]", name)) and not re.search(r"\d{5}|@", name)
    return name if is_name and name.isprintable() and len(name) <= LONGEST else f"column {position}"
