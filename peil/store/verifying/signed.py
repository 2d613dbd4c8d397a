"""Check a signed folder: its list, each file by its hash, its names, its two tables.

A part of the verifier, which is carried as one file (`carried`): nothing of Peil belongs in here.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

NAME = "bundle.dsse.json"
KIND = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://peil.invalid/release/v1"
NAMES = ("pilot", "product", "period", "tier")
DAY = r"\d{4}-\d\d-\d\d"
PERIOD = rf"{DAY}(?:T\d\d(?:[+-]\d{{4}})?)?"  # a day, or an hour of one


class Broken(Exception):
    """What is wrong, in one sentence."""


@dataclass(frozen=True)
class Manifest:
    """The signed list of a bundle: hash of the list, what it names, files by hash, whose key."""

    sha256: str
    predicate: dict[str, Any]
    files: dict[str, str]
    key: str


def canonical(content: Any) -> bytes:
    """One way to write a JSON value: sorted keys, no spaces, UTF-8."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def encoded(payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: what is really signed."""
    return b"DSSEv1 %d %s %d %s" % (len(KIND), KIND.encode(), len(payload), payload)


def neutral(text: str) -> str:
    """Put an apostrophe before a cell that a spreadsheet would compute; a number stays a number."""
    is_number = re.fullmatch(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", text)
    return f"'{text}" if text.startswith(tuple("=+-@\t\r\n")) and not is_number else text


def is_signed(content: bytes, signature: str, public: str) -> bool:
    """Whether a signature (base64, in its one spelling) is that of a key (hex) over these bytes."""
    with suppress(InvalidSignature, ValueError):
        raw = base64.b64decode(signature, validate=True)
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(raw, content)
        return base64.b64encode(raw).decode() == signature
    return False


def parsed(content: bytes, name: str) -> dict[str, Any]:
    """Read a JSON object; `name` is what a complaint calls it."""
    with suppress(ValueError):
        if isinstance(value := json.loads(content), dict):
            return value
    raise Broken(f"{name} cannot be read: ask the operator for it again.")


def content_of(file: Path) -> bytes:
    """Read a file that must be there and be no link."""
    if file.is_symlink() or not file.is_file():
        raise Broken(f"{file.name} is missing.")
    return file.read_bytes()


def manifest(folder: Path, public: str = "") -> Manifest:
    """Check form and signature of a bundle's list, by `public` (hex) or by the key it names."""
    if not folder.is_dir() or not (folder / NAME).is_file():
        raise Broken(f"{folder.name} holds no {NAME}: it is no bundle of Peil.")
    envelope = parsed(content := content_of(folder / NAME), NAME)
    try:
        (signature,) = envelope["signatures"]
        key, signed = str(signature["keyid"]), str(signature["sig"])
        payload = base64.b64decode(envelope["payload"], validate=True)
        statement = json.loads(payload)
        files = {s["name"]: s["digest"]["sha256"] for s in statement["subject"]}
        predicate = dict(statement["predicate"])
    except (ValueError, KeyError, TypeError):
        raise Broken(f"{NAME} cannot be read: ask the operator for it again.") from None
    if key != (public or key) or not is_signed(encoded(payload), signed, key):
        raise Broken("The bundle does not carry the operator's signature.")
    forms = (envelope.get("payloadType"), statement.get("_type"), statement.get("predicateType"))
    if forms != (KIND, STATEMENT, PREDICATE) or canonical(envelope) + b"\n" != content:
        raise Broken(f"{NAME} is not in the form in which Peil writes it.")
    return Manifest(hashlib.sha256(payload).hexdigest(), predicate, files, key)


def whole(folder: Path, public: str = "") -> Manifest:
    """Check every byte of a signed folder: its list's signature, and each file on it."""
    signed = manifest(folder, public)
    there = {file.name for file in folder.iterdir()} - {NAME}
    for name in sorted(set(signed.files) ^ there):
        what = name if name.isprintable() and len(name) < 80 else "A file with an odd name"
        raise Broken(f"{what} is {('not in the signed list', 'missing')[name in signed.files]}.")
    for name in sorted(there):
        if hashlib.sha256(content_of(folder / name)).hexdigest() != signed.files[name]:
            raise Broken(f"{name} was changed after it was signed.")
    return signed


def bundle(folder: Path, public: str = "") -> Manifest:
    """Check every byte of a bundle, its names, its place in a store, its metadata."""
    signed = whole(folder, public)
    place = tuple(re.sub(rf"\.({PERIOD})\.part", r"\1", p) for p in folder.absolute().parts[-4:])
    names = tuple(str(signed.predicate.get(name)) for name in NAMES[:3])
    depth = 3 if place[0] == "released" else 1 if re.fullmatch(PERIOD, place[-1]) else 0
    if names[3 - depth :] != place[len(place) - depth :]:
        raise Broken(f"The bundle in {'/'.join(place[-depth:])} is that of {'/'.join(names)}.")
    metadata = parsed(content_of(folder / "metadata.json"), "metadata.json")
    for name in (*NAMES, "table_sha256"):
        if metadata.get(name) != signed.predicate.get(name) or not metadata.get(name):
            raise Broken(f"metadata.json and the signed list name another {name}.")
    if signed.files.get(f"{signed.predicate.get('table')}.csv") != metadata["table_sha256"]:
        raise Broken("metadata.json names another table than the CSV.")
    return signed


def same_entries(folder: Path, signed: Manifest, released: Path) -> None:
    """Compare a day with the hours that it is a bundle of: the same entries, each of them once.

    Parameters
    ----------
    folder : Path
        The bundle, whose files are as signed; one that is of no hours is left alone.
    released : Path
        Where the bundles of its hours lie.
    """
    table, lines = f"{signed.predicate.get('table')}.csv", []
    hours: dict[str, str] = signed.predicate.get("hours", {})
    for hour, digest in hours.items():
        content = content_of(released / hour / table)
        if hashlib.sha256(content).hexdigest() != digest:
            raise Broken(f"The day is no bundle of what is released of {hour}.")
        lines += content.splitlines()[1:]
    own = content_of(folder / table).splitlines()[1:]
    if hours and sorted(lines) != sorted(own):
        raise Broken("The day has other entries than its hours.")


def same_table(folder: Path, table: str) -> bool:
    """Compare a CSV with its Parquet, cell by cell; False where pyarrow is not installed."""
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        return False
    text, columns = folder / f"{table}.csv", folder / f"{table}.parquet"
    try:
        wide = parquet.read_table(columns)
    except (ArrowException, OSError):
        raise Broken(f"{columns.name} cannot be read as Parquet.") from None
    if wide.schema.metadata:
        raise Broken(f"{columns.name} carries metadata beside its table.")
    try:  # as bytes: a line end within a cell stays the one that it is
        cells = io.StringIO(content_of(text).decode(), newline="")
        head, *rows = csv.reader(cells)
    except (ValueError, csv.Error):
        raise Broken(f"{text.name} cannot be read as CSV.") from None
    if head != wide.column_names or len(rows) != wide.num_rows:
        raise Broken(f"{text.name} and {columns.name} have other columns or numbers of rows.")
    if any(len(row) != len(head) for row in rows):
        raise Broken(f"{text.name} has a row of more or fewer cells than its head.")
    for number, name in enumerate(head):
        values = ("" if v is None else neutral(str(v)) for v in wide.column(name).to_pylist())
        if any(row[number] != v for row, v in zip(rows, values, strict=True)):
            raise Broken(f"{text.name} and {columns.name} differ in {name}.")
    return True
