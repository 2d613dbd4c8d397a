"""Check a released bundle, a ledger or a whole store offline, and name the first thing wrong.

A copy lies in every bundle and runs by itself, `python verify.py [--key HEX] [PLACE]`: it needs
`cryptography` only, and with pyarrow also compares the tables. Nothing of Peil belongs in here.
"""

import argparse
import base64
import csv
import hashlib
import io
import json
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

NAME = "bundle.dsse.json"
KIND = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://peil.invalid/release/v1"
NAMES = ("pilot", "product", "period", "tier")
START, DAY = "0" * 64, r"\d{4}-\d\d-\d\d"


class Broken(Exception):
    """What is wrong, in one sentence."""


@dataclass(frozen=True)
class Manifest:
    """The signed list of a bundle: hash of the list, what it names, files by hash, whose key."""

    sha256: str
    predicate: dict[str, Any]
    files: dict[str, str]
    key: str


@dataclass(frozen=True)
class Ledger:
    """A ledger that was checked: its entries, the operator's key, the releases that stand."""

    entries: list[dict[str, Any]]
    key: str
    standing: dict[tuple[str, str], dict[str, Any]]


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


def _is_signed(content: bytes, signature: str, public: str) -> bool:
    with suppress(InvalidSignature, ValueError):
        raw = base64.b64decode(signature, validate=True)
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(raw, content)
        return base64.b64encode(raw).decode() == signature
    return False


def _parsed(content: bytes, name: str) -> dict[str, Any]:
    with suppress(ValueError):
        if isinstance(value := json.loads(content), dict):
            return value
    raise Broken(f"{name} cannot be read: ask the operator for it again.")


def _read(file: Path) -> bytes:
    if file.is_symlink() or not file.is_file():
        raise Broken(f"{file.name} is missing.")
    return file.read_bytes()


def manifest(folder: Path, public: str = "") -> Manifest:
    """Check form and signature of a bundle's list, by `public` (hex) or by the key it names."""
    if not folder.is_dir() or not (folder / NAME).is_file():
        raise Broken(f"{folder.name} holds no {NAME}: it is no bundle of Peil.")
    envelope = _parsed(content := _read(folder / NAME), NAME)
    try:
        (signature,) = envelope["signatures"]
        key, signed = str(signature["keyid"]), str(signature["sig"])
        payload = base64.b64decode(envelope["payload"], validate=True)
        statement = json.loads(payload)
        files = {s["name"]: s["digest"]["sha256"] for s in statement["subject"]}
        predicate = dict(statement["predicate"])
    except (ValueError, KeyError, TypeError):
        raise Broken(f"{NAME} cannot be read: ask the operator for it again.") from None
    if key != (public or key) or not _is_signed(encoded(payload), signed, key):
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
        if hashlib.sha256(_read(folder / name)).hexdigest() != signed.files[name]:
            raise Broken(f"{name} was changed after it was signed.")
    return signed


def bundle(folder: Path, public: str = "") -> Manifest:
    """Check every byte of a bundle, its names, its place in a store, its metadata."""
    signed = whole(folder, public)
    place = tuple(re.sub(rf"\.({DAY})\.part", r"\1", p) for p in folder.absolute().parts[-4:])
    names = tuple(str(signed.predicate.get(name)) for name in NAMES[:3])
    depth = 3 if place[0] == "released" else 1 if re.fullmatch(DAY, place[-1]) else 0
    if names[3 - depth :] != place[len(place) - depth :]:
        raise Broken(f"The bundle in {'/'.join(place[-depth:])} is that of {'/'.join(names)}.")
    metadata = _parsed(_read(folder / "metadata.json"), "metadata.json")
    for name in (*NAMES, "table_sha256"):
        if metadata.get(name) != signed.predicate.get(name) or not metadata.get(name):
            raise Broken(f"metadata.json and the signed list name another {name}.")
    if signed.files.get(f"{signed.predicate.get('table')}.csv") != metadata["table_sha256"]:
        raise Broken("metadata.json names another table than the CSV.")
    return signed


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
    head, *rows = csv.reader(io.StringIO(text.read_text(encoding="utf-8"), newline=""))
    if head != wide.column_names or len(rows) != wide.num_rows:
        raise Broken(f"{text.name} and {columns.name} have other columns or numbers of rows.")
    for number, name in enumerate(head):
        values = ("" if v is None else neutral(str(v)) for v in wide.column(name).to_pylist())
        if any(len(row) <= number or row[number] != v for row, v in zip(rows, values, strict=True)):
            raise Broken(f"{text.name} and {columns.name} differ in {name}.")
    return True


def ledger(root: Path, pilot: str, public: str = "") -> Ledger:
    """Check the ledger of a pilot, in both planes of a store where the operator's is there too."""
    planes = [plane for plane in (root / "agency", root / "operator") if plane.is_dir()]
    contents = {_read(plane / "ledger" / f"{pilot}.jsonl") for plane in planes}
    if len(contents) > 1:
        raise Broken("The agency's copy of the ledger differs from the operator's.")
    register = root / "agency" / "register" / f"{pilot}.json"
    return checked(contents.pop(), _read(register), pilot, public)


@lru_cache(maxsize=8)
def checked(content: bytes, register: bytes | None, pilot: str, public: str = "") -> Ledger:
    """Check the bytes of a ledger, and of the register's entry where there is one."""
    lines = content.split(b"\n")
    if lines.pop():
        raise Broken("The ledger ends in the middle of an entry.")
    entries = [_parsed(line, f"Ledger entry {number}") for number, line in enumerate(lines)]
    try:
        charters = [e["facts"]["register"] for e in entries if e["kind"] == "charter"]
        own = charters[-1]["operator_public_key"] if charters else ""
    except (KeyError, TypeError):
        raise Broken(f"The ledger of {pilot} cannot be read: restore it from a copy.") from None
    if register is not None:
        entry = _parsed(register, f"{pilot}.json of the register")
        text = json.dumps(entry, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        if text.encode() != register or charters[-1:] != [entry] or entry["pilot"] != pilot:
            raise Broken(f"{pilot}.json of the register is not the ledger's newest charter.")
    key, previous, floor = public or own, START, ""
    standing: dict[tuple[str, str], dict[str, Any]] = {}
    for number, entry in enumerate(entries):
        body = {name: value for name, value in entry.items() if name != "signature"}
        if entry.get("sequence") != number or entry.get("previous") != previous:
            raise Broken(f"Ledger entry {number} does not follow the one before it.")
        is_signed = _is_signed(canonical(body), str(entry.get("signature")), key)
        if not is_signed or canonical(entry) != lines[number]:
            raise Broken(f"Ledger entry {number} does not carry the operator's signature.")
        floor = _dated(entry, floor)
        facts = entry["facts"]
        if entry["kind"] in {"release", "withdrawn"}:
            standing[facts["product"], facts["period"]] = entry
        previous = hashlib.sha256(lines[number]).hexdigest()
    return Ledger(entries, key, {k: e for k, e in standing.items() if e["kind"] == "release"})


def _dated(entry: dict[str, Any], floor: str) -> str:
    """Refuse a date before the last; a simulated pilot's clock is the end of its own period."""
    at, charter = str(entry["at"]), entry["facts"].get("register")
    if charter and entry["kind"] == "charter" and charter["legal_basis"] == "synthetic":
        floor = charter["period"]["start"]
    if not re.fullmatch(rf"{DAY}T\d\d:\d\d:\d\d\+00:00", at) or at < floor:
        raise Broken(f"Ledger entry {entry['sequence']} is dated before the one before it.")
    return at


def released(folder: Path, log: Ledger) -> Manifest:
    """Check a released bundle, and that the ledger's release names it."""
    signed = bundle(folder, log.key)
    entry = log.standing.get((signed.predicate["product"], signed.predicate["period"]))
    if not entry:
        raise Broken("No release of the ledger stands for this bundle.")
    if entry["facts"].get("bundle_sha256") != signed.sha256:
        raise Broken("The ledger's release names another bundle.")
    return signed


def store(root: Path, public: str = "") -> Iterator[str]:
    """Check both ledgers of every pilot and every released bundle; yields what was verified."""
    agency, places = root / "agency", (root / "agency").glob
    files = [f for kind in ("ledger", "register") for f in root.glob(f"*/{kind}/*.json*")]
    pilots = {f.stem for f in files if "." not in f.stem and f.suffix in {".json", ".jsonl"}}
    for pilot in sorted(pilots | {f.name for f in places("released/*")}):
        where = pilot
        try:
            log = ledger(root, pilot, public)
            yield f"ledger of {pilot}"
            there = {(p.parent.name, p.name) for p in places(f"released/{pilot}/*/*")}
            there |= {(p.name, "") for p in places(f"released/{pilot}/*") if p.is_file()}
            for product, period in sorted(there | set(log.standing)):
                if re.fullmatch(rf"\.{DAY}\.(part|old)", period):
                    continue  # a killed run left it: nobody reads it
                where = f"{pilot} {product} {period}"
                folder = agency / "released" / pilot / product / period
                same_table(folder, released(folder, log).predicate["table"])
                yield f"bundle {where}"
        except Broken as fault:
            raise Broken(f"{where}: {fault}") from None


def alone(place: Path, public: str = "") -> Iterator[str]:
    """Check a bundle or a ledger, beside register and ledger of the store that it lies in."""
    is_ledger, parents = place.is_file(), list(place.absolute().parents)
    root = parents[min(2 if is_ledger else 4, len(parents) - 1)]
    pilot = place.stem if is_ledger else str(manifest(place, public).predicate.get("pilot"))
    log, whose = None, "the given" if public else "its own"
    if (root / "agency" / "register" / f"{pilot}.json").is_file():
        log, whose = ledger(root, pilot, public), whose if public else "the register's"
    if is_ledger:
        log = log or checked(place.read_bytes(), None, pilot, public)
        yield f"ledger of {pilot}, {len(log.entries)} entries, by {whose} key {log.key}"
        return
    if view := manifest(place, public).predicate.get("view"):
        signed = whole(place, public or (log.key if log else ""))
        yield f"{view} view of {pilot}, signed by {whose} key {signed.key}"
        return
    signed = released(place, log) if log else bundle(place, public)
    is_whole = same_table(place, signed.predicate["table"])
    names = " ".join(str(signed.predicate[name]) for name in NAMES)
    yield (
        f"bundle {names}, signed by {whose} key {signed.key}"
        + ("" if is_whole else "; Parquet not compared, pyarrow is not here")
        + ("" if log else "; no ledger of a store to look it up in")
    )


def answer(place: Path, public: str = "") -> tuple[int, str]:
    """Verify a bundle, a ledger or a store: exit code, and what was verified or is wrong first."""
    try:
        parts = list((store if (place / "agency").is_dir() else alone)(place, public))
    except Broken as fault:
        return 1, str(fault)
    return (
        0,
        f"Verified: {f'{len(parts)} ledgers and bundles of {place}' if parts[1:] else parts[0]}.",
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("place", nargs="?", type=Path, default=Path(__file__).parent)
    parser.add_argument("--key", default="", help="the operator's public key, from the register")
    exit_code, sentence = answer(*vars(parser.parse_args()).values())
    print(sentence, file=sys.stderr if exit_code else sys.stdout)
    sys.exit(exit_code)
