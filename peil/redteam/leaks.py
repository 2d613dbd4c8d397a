"""The leak scan (attack A13): where does a planted identifier or key lie in the open?

Given markers and places, it looks into every file of a place, through the containers that hide
bytes from a plain search (`peil.redteam.unpacking`), for every form in which a marker is likely to
be written. A finding says where and in which form, and never repeats the marker itself.
"""

from __future__ import annotations

import base64
import json
import stat
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from peil.redteam.unpacking import NotDecodedError, unpack
from peil.settings import KEPT
from peil.store.store import Store

SHORTEST = 8  # bytes; a shorter marker would be found by chance
NOT_DECODED = "not decoded"
HIDDEN = "(a name that is left out)"
# identifiers of one operator begin alike, so most files need a search for few shared bytes only
HEAD = 6  # first bytes of a form that are searched for before the whole form is
LITTLE_END = 5  # of a number in little endian it is the last bytes that are shared
LITTLE = "int64 little endian"

Marker = bytes | str
Place = bytes | Path | Iterable[Path]


@dataclass(frozen=True, order=True)
class Leak:
    """One marker in one file, in one form; or a file that could not be looked into.

    Attributes
    ----------
    place : str
        As the caller named it.
    file : str
        The file, and behind ``!`` what was unpacked from it: a member, a table, a column.
    marker : str
        The marker's name, never its value; empty where the file could not be decoded.
    encoding : str
        Such as ``text``, ``hex``, ``base64``, ``int64 little endian``; or ``not decoded``.
    """

    place: str
    file: str
    marker: str
    encoding: str

    def sentence(self) -> str:
        """Say it in one line.

        >>> Leak("ledger and register", "demo.jsonl", "key", "hex").sentence()
        'ledger and register: demo.jsonl holds key as hex.'
        """
        if self.encoding == NOT_DECODED:
            return f"{self.place}: {self.file} could not be decoded, so it may hold anything."
        return f"{self.place}: {self.file} holds {self.marker} as {self.encoding}."


def forms(marker: Marker) -> dict[bytes, str]:
    """Every byte string that would give a marker away, with the name of its encoding.

    Text, and the raw bytes of a key; both as hex (upper and lower), base64 (standard and
    URL-safe, at its three alignments) and as escaped in JSON or Python; all these in UTF-8 and
    UTF-16; and digits as a whole number of 8 bytes, little and big endian.

    Raises
    ------
    ValueError
        The marker is so short that it would be found by chance.

    Examples
    --------
    >>> forms("204080123456789")[b"323034303830313233343536373839"]
    'hex'
    >>> b64 = base64.b64encode(b"x204080123456789")
    >>> any(form in b64 and name == "base64" for form, name in forms("204080123456789").items())
    True
    """
    content = marker.encode() if isinstance(marker, str) else marker
    if len(content) < SHORTEST:
        raise ValueError(f"a marker has at least {SHORTEST} bytes")
    encodings = {content: "text" if isinstance(marker, str) else "raw bytes"}
    written = {content.hex(): "hex", content.hex().upper(): "hex"}
    for shift in range(3):
        # the characters that depend on the marker alone, whatever stands before and after it; so
        # a neighbour that differs in the last bits only is found too: it is no less a leak
        first, last = -(-8 * shift // 6), 8 * (shift + len(content)) // 6
        padded = b"\0" * shift + content
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            written[encode(padded).decode()[first:last]] = "base64"
    if isinstance(marker, str):
        encodings[marker.encode("utf-16-le")] = encodings[marker.encode("utf-16-be")] = (
            "text in UTF-16"
        )
        if marker.isdecimal() and int(marker) < 1 << 63:
            encodings[int(marker).to_bytes(8, "little")] = LITTLE
            encodings[int(marker).to_bytes(8, "big")] = "int64 big endian"
    else:
        as_text = content.decode("latin-1")
        written[repr(content)[2:-1]] = "escaped bytes"
        written[json.dumps(as_text)[1:-1]] = "escaped bytes"
        encodings[as_text.encode()] = "raw bytes read as Latin-1"
    for text, name in written.items():
        encodings[text.encode()] = name
        encodings[text.encode("utf-16-le")] = encodings[text.encode("utf-16-be")] = (
            f"{name} in UTF-16"
        )
    return encodings


def scan(
    markers: Mapping[str, Marker],
    places: Mapping[str, Place],
    on_file: Callable[[str], None] | None = None,
) -> list[Leak]:
    """Look for every marker in every file of every place, in every form, and in files' names.

    Parameters
    ----------
    markers : mapping of str to bytes or str
        By a name that may be told: planted identifiers as str, keys as bytes.
    places : mapping of str to path, paths or bytes
        By name: a folder (all files below it), a file, several of them, or captured output.
    on_file : callable, optional
        Called with the place's name before each file is looked into.

    Returns
    -------
    list of Finding
        Sorted; empty when nothing leaks. A container that is not sealed and cannot be decoded
        is a finding too, since nobody looked into it.

    Raises
    ------
    FileNotFoundError
        A place is not there: what was not looked at must not pass for clean.

    Examples
    --------
    >>> findings = scan({"subscriber": "204080123456789"},
    ...                 {"log": b"no row 204080123456789 in table"})
    >>> [finding.encoding for finding in findings]
    ['text']
    """
    sought = _by_head(markers)
    findings: set[Leak] = set()
    for place, where in places.items():
        for name, content, file in _files(place, where):
            if on_file is not None:
                on_file(place)
            findings |= {
                Leak(place, f"{HIDDEN}!its name", marker, encoding)
                for marker, encoding in _held(_bytes_of(name), sought)
            }
            try:
                for inside, piece in unpack(content, file):
                    findings |= {
                        Leak(place, _label(name, inside, sought), marker, encoding)
                        for marker, encoding in _held(piece, sought)
                    }
            except NotDecodedError as error:
                findings.add(Leak(place, _label(name, error.inside, sought), "", NOT_DECODED))
    return sorted(findings)


def _bytes_of(name: str) -> bytes:
    return name.encode(errors="surrogateescape")


def _label(name: str, inside: str, sought: Mapping[bytes, list[tuple[str, bytes, str]]]) -> str:
    """Where a finding lies; a name of a file, table or column that holds a marker is left out."""
    parts = [name, inside] if inside else [name]
    return "!".join(HIDDEN if any(_held(_bytes_of(part), sought)) else part for part in parts)


def _by_head(markers: Mapping[str, Marker]) -> dict[bytes, list[tuple[str, bytes, str]]]:
    """Name, form and encoding of all that is sought, by the bytes that many forms share."""
    sought = defaultdict(list)
    for name, marker in markers.items():
        for form, encoding in forms(marker).items():
            shared = form[-LITTLE_END:] if encoding == LITTLE else form[:HEAD]
            sought[shared].append((name, form, encoding))
    return dict(sought)


def _held(
    piece: bytes, sought: Mapping[bytes, list[tuple[str, bytes, str]]]
) -> Iterator[tuple[str, str]]:
    """Marker and encoding of every form that lies in these bytes."""
    for shared, group in sought.items():
        if shared in piece:
            for name, form, encoding in group:
                if form in piece:
                    yield name, encoding


def _files(place: str, where: Place) -> Iterator[tuple[str, bytes, Path | None]]:
    """Name, content and path of every file of a place; a link is not followed."""
    if isinstance(where, bytes):
        yield "captured output", where, None
        return
    for root in [where] if isinstance(where, Path) else where:
        if not root.exists():
            raise FileNotFoundError(f"The place {place} is not there: {root}")
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            try:
                if not stat.S_ISREG(path.lstat().st_mode):
                    continue
                content = path.read_bytes()
            except FileNotFoundError:  # gone since it was listed
                continue
            yield str(path.relative_to(root) if path != root else path.name), content, path


def places_of(store: Store, pilot: str) -> dict[str, list[Path]]:
    """The places of attack A13 (docs/privacy.md) that are files, by name: of the store, or `KEPT`.

    Spill is empty unless a run is under way, and standard output is not a file of the store:
    the caller adds what it captured of them. Together with the sealed files and the keys these
    are all of the store's files.
    """
    operator, agency = store.operator, store.agency
    airflow = store.airflow_home
    listed: dict[str, Iterable[Path]] = {
        "estimated": [operator / "estimated"],
        "released bundles": [agency / "released", agency / "portal", store.outbox],
        "peil logs": [operator / "page", operator / "locks"],
        "dbt target and logs": [operator / "work", KEPT],
        "expectation results": [
            operator / "quality",
            *(operator / "estimated").glob("*/quality"),
            *(operator / "estimated").glob("*/candidate"),
        ],
        "MLflow": [operator / "mlflow.db", store.mlflow_artifacts],
        "Airflow database": airflow.glob("airflow.db*"),
        "Airflow logs and templates": [
            path for path in airflow.glob("*") if not path.name.startswith("airflow.db")
        ],
        "spill": operator.glob("work/**/spill"),
        "write-ahead files": [
            path
            for end in ("*.wal", "*-wal", "*-journal", "*.part")
            for path in store.root.rglob(end)
        ],
        "quarantine": [store.quarantine(pilot)],
        "ledger and register": [
            operator / "ledger",
            operator / "retained",
            store.disclosure,
            agency / "ledger",
            agency / "register",
        ],
        "manifests of sealed files": (operator / "sealed").rglob("*.json"),
    }
    return {name: [path for path in paths if path.exists()] for name, paths in listed.items()}
