"""One kind of broken delivery: what it writes, and what must become of it."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

HEADER = b"imsi,at,mcc,mnc,cell,type,ta,plmn,imei\n"
COLUMNS = {
    "subscriber_id": "imsi",
    "observed_at": "at",
    "mcc": "mcc",
    "mnc": "mnc",
    "cell_id": "cell",
    "event_type": "type",
    "timing_advance": "ta",
    "plmn": "plmn",
}
OPTED_OUT = "204080000000009"
Outcomes = dict[str, int]  # rows by `staged`, `opted_out`, or the reason they are set aside for


@dataclass(frozen=True)
class Kind:
    """A file and its fate.

    Attributes
    ----------
    name : str
        The file's name; distinct, for the file is found again by it.
    write : callable
        Puts the file where it is told to.
    rows : dict, optional
        Where every delivered row goes, when the file is landed.
    refused : tuple of str, optional
        The stable reason and a pattern of the sentence, when it is not.
    lines : dict of int to str or None, optional
        Line → defect found on the way in, of the lines that matter.
    """

    name: str
    write: Callable[[Path], object]
    rows: Outcomes | None = None
    refused: tuple[str, str] | None = None
    lines: dict[int, str | None] = field(default_factory=dict)


def row(number: int, batch: int = 0, **changed: str) -> bytes:
    """A sound record of a subscriber of its own; what is told differs."""
    fields = {
        "imsi": f"2040833{batch:04d}{number:04d}",
        "at": f"2026-03-02 10:{number // 60:02d}:{number % 60:02d}",
        "mcc": "204",
        "mnc": "08",
        "cell": "c1",
        "type": "attach",
        "ta": "3",
        "plmn": "",
        "imei": "3500000000",
    } | changed
    return ",".join(fields.values()).encode() + b"\n"


def rows(first: int, last: int, batch: int) -> bytes:
    """Sound records, the last included."""
    return b"".join(row(number, batch) for number in range(first, last + 1))


def landed(
    name: str, content: bytes, lines: dict[int, str | None] | None = None, **outcomes: int
) -> Kind:
    """A file that is landed, bad records and all."""
    return Kind(name, lambda at: at.write_bytes(content), dict(outcomes), None, lines or {})


def refused(name: str, content: bytes, reason: str, sentence: str) -> Kind:
    """A file that is refused as a whole."""
    return Kind(name, lambda at: at.write_bytes(content), None, (reason, sentence))


def packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)
