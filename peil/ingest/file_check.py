"""Check a delivered file before it is read: its kind, its content's hash, whether it is whole.

The look is one streaming pass that also hashes the content, so that nothing is read for it alone.
"""

from __future__ import annotations

import hashlib
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from peil.ingest.readers.refusal import FileRefused, shown

PIECE = 1 << 20  # bytes read, and at most unpacked, at a time
LONGEST_LINE = 2_000_000  # bytes; DuckDB's own limit
SMALL = 64 << 20  # bytes; what unpacks to less is no bomb
PACKED = {
    b"PK\x03\x04": "a zip archive",
    b"\x28\xb5\x2f\xfd": "packed with zstd",
    b"BZh": "packed with bzip2",
    b"\xfd7zXZ": "packed with xz",
    b"7z\xbc\xaf": "a 7z archive",
}
WIDE = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\x00\x00\xfe\xff": "UTF-32"}


@dataclass(frozen=True)
class FileCheck:
    """What the check of a file says: kind, hash, lines.

    Attributes
    ----------
    sha256 : str
        Of the bytes as delivered.
    kind : {"text", "gzip", "parquet"}
        By content, whatever the name ends with.
    n_lines : int
        Lines of the (unpacked) text, the header included, blank lines at its end not.
    is_odd : bool
        A NUL byte, or a line too long to be read at once: lines are to be read one by one.
    state : tuple of int
        Size and time of change, to see whether it changed since.
    """

    sha256: str
    kind: Literal["text", "gzip", "parquet"]
    n_lines: int
    is_odd: bool
    state: tuple[int, int]


def state_of(file: Path) -> tuple[int, int]:
    """Size and time of change of a file.

    Raises
    ------
    FileRefused
        A folder, a pipe, a device, a link that leads nowhere; or it may not be looked at.
    """
    try:
        status = file.stat()
    except PermissionError:
        raise _unreadable(file) from None
    except OSError:
        raise FileRefused(
            "not_a_file", f"{shown(file)} is gone, or a link that leads nowhere: deliver the file."
        ) from None
    if not stat.S_ISREG(status.st_mode):
        raise FileRefused(
            "not_a_file", f"{shown(file)} is a folder, pipe or device: deliver a file in its place."
        )
    return status.st_size, status.st_mtime_ns


def is_still(file: Path, state: tuple[int, int]) -> bool:
    """Whether a file is there and has not changed since it was in this state."""
    try:
        return state_of(file) == state
    except FileRefused:
        return False


def has_records(file: Path, checked: FileCheck) -> bool:
    """Whether a file holds more than a header; one of which that cannot be told may."""
    if checked.kind != "parquet":
        return checked.n_lines > 1
    from pyarrow import ArrowException, parquet  # asked of few files, and slow to import

    try:
        return bool(parquet.read_metadata(file).num_rows)
    except (ArrowException, OSError):
        return True


def look(file: Path, unpacked_ratio: int) -> FileCheck:
    """Check a file in one pass, from its first byte to its last.

    Parameters
    ----------
    unpacked_ratio : int
        A gzip that unpacks to more times its own size is not unpacked further.

    Raises
    ------
    FileRefused
        Not a file, unreadable, empty, broken off, or text in another encoding than UTF-8.
    """
    state = state_of(file)
    digest = hashlib.sha256()
    lines = _Lines()
    try:
        with file.open("rb") as stream:
            first = stream.read(PIECE)
            if not first:
                raise FileRefused("empty", f"{shown(file)} is empty: have it delivered again.")
            kind = _kind(file, first)
            last = first
            pieces = _read(stream.read, first, digest)
            if kind == "gzip":
                pieces = _unpack(file, pieces, state[0] * unpacked_ratio)
            for number, piece in enumerate(pieces):
                last = piece if len(piece) >= 4 else last[-4:] + piece
                if kind != "parquet":
                    if number == 0:
                        _require_utf8(file, piece)
                    lines.add(piece)
    except OSError:
        raise _unreadable(file) from None
    if kind == "parquet" and (last[-4:] != b"PAR1" or state[0] < 12):
        raise FileRefused(
            "truncated",
            f"{shown(file)} breaks off: it lacks the end of a Parquet file; "
            "have it delivered again.",
        )
    if kind == "gzip" and not lines.n_bytes:
        raise FileRefused("empty", f"{shown(file)} unpacks to nothing: have it delivered again.")
    is_odd = lines.has_nul or lines.is_long
    return FileCheck(digest.hexdigest(), kind, lines.n_lines, is_odd, state)


def _unreadable(file: Path) -> FileRefused:
    return FileRefused(
        "unreadable",
        f"{shown(file)} cannot be opened: give the user that runs Peil the right to "
        "read it, or have the disk looked at.",
    )


def _kind(file: Path, first: bytes) -> Literal["text", "gzip", "parquet"]:
    for start, name in PACKED.items():
        if first.startswith(start):
            raise FileRefused(
                "unreadable",
                f"{shown(file)} is {name}: deliver plain CSV, CSV packed with gzip, or Parquet.",
            )
    if first.startswith(b"PAR1"):
        return "parquet"
    return "gzip" if first.startswith(b"\x1f\x8b") else "text"


def _require_utf8(file: Path, first: bytes) -> None:
    """Refuse what is certainly no UTF-8. A wrong byte further on spoils its own line only."""
    encoding = next((name for start, name in WIDE.items() if first.startswith(start)), None)
    head = first[:4096]
    if not encoding and head.count(0) * 8 > len(head):
        encoding = "UTF-16 or no text at all"
    if encoding:
        raise FileRefused(
            "wrong_encoding",
            f"{shown(file)}, line 1 is {encoding}: deliver it as UTF-8, or convert it first.",
        )


def _read(read: object, first: bytes, digest: object) -> Iterator[bytes]:
    piece = first
    while piece:
        digest.update(piece)  # type: ignore[attr-defined]
        yield piece
        piece = read(PIECE)  # type: ignore[operator]


def _unpack(file: Path, pieces: Iterator[bytes], most: int) -> Iterator[bytes]:
    """The content of all members of a gzip, in pieces."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    size = 0
    try:
        for piece in pieces:
            rest = piece
            while rest:
                if unpacker.eof:  # another member follows, or bytes that nobody can read
                    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
                    if not b"\x1f\x8b".startswith(rest[:2]):
                        raise FileRefused(
                            "unreadable",
                            f"{shown(file)} holds bytes behind the end of its gzip: "
                            "have it delivered again.",
                        )
                out = unpacker.decompress(rest, PIECE)
                size += len(out)
                if size > max(most, SMALL):
                    raise FileRefused(
                        "unreadable",
                        f"{shown(file)} unpacks to more than PEIL_UNPACKED_RATIO "
                        "times its size: have it delivered again, or raise that variable.",
                    )
                if out:
                    yield out
                rest = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
        if not unpacker.eof:
            raise zlib.error
    except zlib.error:
        raise FileRefused(
            "truncated", f"{shown(file)} breaks off or is damaged: have it delivered again."
        ) from None


class _Lines:
    """Counts lines of text that comes in pieces; a line ends with LF, CR LF or CR."""

    def __init__(self) -> None:
        self.n_bytes = 0
        self.n_lines = 0
        self.has_nul = False
        self.is_long = False
        self._n_ends = 0
        self._open = 0  # bytes of the line that is not at its end
        self._after_cr = False

    def add(self, piece: bytes) -> None:
        self.n_bytes += len(piece)
        self.has_nul = self.has_nul or b"\0" in piece
        before = self._n_ends - (self._after_cr and piece.startswith(b"\n"))
        body = piece.rstrip(b"\r\n")
        n_ends = _ends(body)
        if body:
            self.n_lines = before + n_ends + 1
        # whatever stands behind the body is line ends only
        self._n_ends = before + n_ends + _ends(piece[len(body) :])
        self._after_cr = piece.endswith(b"\r")
        last = max(piece.rfind(b"\n"), piece.rfind(b"\r"))
        first = min((at for at in (piece.find(b"\n"), piece.find(b"\r")) if at >= 0), default=-1)
        self.is_long = self.is_long or self._open + max(first, 0) > LONGEST_LINE
        self._open = self._open + len(piece) if last < 0 else len(piece) - last - 1
        self.is_long = self.is_long or self._open > LONGEST_LINE


def _ends(text: bytes) -> int:
    # bytes are compared four to five times as fast as they are counted one by one
    n_lf = int(np.count_nonzero(np.frombuffer(text, np.uint8) == ord("\n")))
    if b"\r" not in text:
        return n_lf
    return n_lf + text.count(b"\r") - text.count(b"\r\n")
