"""Check a ledger: chain, dates, the operator's signatures, and heads that the agency signed.

The operator's key cannot make a head (RFC 6962, a root over all entries), so that a ledger which
its holder rewrote or cut off, on both sides alike, is not the one of the heads.
A part of the verifier, which is carried as one file (`carried`).
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from peil.store.verifying.signed import (
    DAY,
    Broken,
    Manifest,
    bundle,
    canonical,
    content_of,
    is_signed,
    parsed,
)
from peil.store.witnessing.merkle import Frontier, leaf_hash

START = "0" * 64
WITNESS, HEADS_OF = "agency.pub", "{}.heads.jsonl"  # beside the agency's copy of a ledger


@dataclass(frozen=True)
class Ledger:
    """A ledger that was checked.

    Attributes
    ----------
    entries : list of dict
    key : str
        The operator's public key, hex.
    standing : dict
        Product and period → the release that holds.
    heads : list of dict
        The agency's heads, oldest first; none where they were not asked for.
    agency_key : str
        The key that signed them, hex.
    """

    entries: list[dict[str, Any]]
    key: str
    standing: dict[tuple[str, str], dict[str, Any]]
    heads: list[dict[str, Any]]
    agency_key: str


def ledger(
    root: Path, pilot: str, public: str = "", agency: str = "", *, is_quick: bool = False
) -> Ledger:
    """Check the ledger of a pilot, in both planes of a store where the operator's is there too.

    Parameters
    ----------
    public, agency : str
        Public keys (hex) of operator and agency, from whoever gave them; those that lie in the
        store where they are empty.
    is_quick : bool
        Whether the newest signature may stand for those before it: each entry names the hash of
        the one before, so that nobody without the key can have changed one of them.

    Raises
    ------
    Broken
        The first thing that is wrong.
    """
    own = root if (is_apart := is_operator_apart(root)) else root / "operator"
    planes = [plane for plane in (root / "agency", own) if plane.is_dir()]
    contents = {content_of(plane / "ledger" / f"{pilot}.jsonl") for plane in planes}
    if len(contents) > 1:
        raise Broken("The agency's copy of the ledger differs from the operator's.")
    content, entry = contents.pop(), root / "agency" / "register" / f"{pilot}.json"
    is_named = b'"kind":"charter"' in content or (root / "agency" / "released" / pilot).exists()
    register = content_of(entry) if is_named or entry.exists() else None
    witness = root / "agency" / "ledger"
    files = (witness / WITNESS, witness / HEADS_OF.format(pilot))
    if is_apart and not agency and not any(file.exists() for file in files):
        return checked(content, register, pilot, public, is_quick=is_quick)
    _require_heads(files[1], agency)
    key, heads = map(content_of, files)
    given = agency or written_key(key)
    return checked(content, register, pilot, public, heads, given, is_quick)


def is_operator_apart(root: Path) -> bool:
    """Whether a folder is the side of an operator on a machine of its own.

    There alone a ledger can be without heads: they come back from the agency through the outbox,
    and lie in no folder of this side. Peil calls it so, and nothing that is put into a store beside
    the agency's side makes it one.
    """
    is_called = root.absolute().name == "operator" and (root / "ledger").is_dir()
    return is_called and not (root / "operator").exists()


def lone(place: Path, public: str = "", agency: str = "") -> Ledger:
    """Check a ledger that lies in no store, under the heads that lie beside it.

    Raises
    ------
    Broken
        The first thing that is wrong; or a key of the agency is given or lies there, and no heads.
    """
    names = (HEADS_OF.format(place.stem), "heads.jsonl")  # as in a store, or a regulator's view
    files = [place.with_name(name) for name in names]
    heads = next((file for file in files if file.exists()), files[0])
    key, content = place.with_name(WITNESS), content_of(place)
    if not (agency or heads.exists() or key.exists()):
        return checked(content, None, place.stem, public)
    _require_heads(heads, agency)
    given = agency or written_key(content_of(key))
    return checked(content, None, place.stem, public, content_of(heads), given)


def _require_heads(heads: Path, agency: str) -> None:
    """Refuse a key of the agency that somebody gave, where nothing lies that it signed."""
    if agency and not heads.exists():
        raise Broken(
            f"{heads.name} is missing, so that the given key of the agency vouches for nothing: "
            "get the heads of the ledger from the agency."
        )


def written_key(content: bytes) -> str:
    """Read a public key as it is written in a file: 64 digits and a line end."""
    if not re.fullmatch(rb"[0-9a-f]{64}\n", content):
        raise Broken("The agency's public key cannot be read: ask the agency for it.")
    return content.decode().strip()


@lru_cache(maxsize=8)
def checked(
    content: bytes,
    register: bytes | None,
    pilot: str,
    public: str = "",
    heads: bytes | None = None,
    agency: str = "",
    is_quick: bool = False,
) -> Ledger:
    """Check the bytes of a ledger, and of register's entry and heads where there are any.

    Raises
    ------
    Broken
        The first thing that is wrong.
    """
    lines = content.split(b"\n")
    if lines.pop():
        raise Broken("The ledger ends in the middle of an entry.")
    entries = [parsed(line, f"Ledger entry {number}") for number, line in enumerate(lines)]
    try:
        charters = [e["facts"]["register"] for e in entries if e["kind"] == "charter"]
        key = public or (charters[-1]["operator_public_key"] if charters else "")
        # refusals can come before the first charter names a key: the agency's heads vouch for them
        is_early = not charters and not key and register is None and heads is not None
        first_asked = len(lines) if is_early else len(lines) - 1 if is_quick else 0
        standing = _chained(entries, lines, key, first_asked)
    except (KeyError, TypeError):
        raise Broken(f"The ledger of {pilot} cannot be read: restore it from a copy.") from None
    if register is not None:
        entry = parsed(register, f"{pilot}.json of the register")
        text = json.dumps(entry, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        if text.encode() != register or charters[-1:] != [entry] or entry["pilot"] != pilot:
            raise Broken(f"{pilot}.json of the register is not the ledger's newest charter.")
    signed = [] if heads is None else witnessed(lines, heads, agency, is_quick=is_quick)
    return Ledger(entries, key, standing, signed, agency)


def _chained(
    entries: list[dict[str, Any]], lines: list[bytes], key: str, first_asked: int
) -> dict[tuple[str, str], dict[str, Any]]:
    """Check each entry against the one before it, from one on the signatures; what stands."""
    previous, floor = START, ""
    standing: dict[tuple[str, str], dict[str, Any]] = {}
    for number, entry in enumerate(entries):
        body = {name: value for name, value in entry.items() if name != "signature"}
        if entry.get("sequence") != number or entry.get("previous") != previous:
            raise Broken(f"Ledger entry {number} does not follow the one before it.")
        # entries that were added together are covered by the signature of the last of them
        by = entry.get("signed_by", 0)
        is_covered = isinstance(by, int) and number < by < len(entries) and "signature" not in entry
        is_wrong = number >= first_asked and (
            canonical(entry) != lines[number]
            or not (is_covered or is_signed(canonical(body), str(entry.get("signature")), key))
        )
        if is_wrong:
            raise Broken(f"Ledger entry {number} does not carry the operator's signature.")
        floor = _dated(entry, floor)
        facts = entry["facts"]
        if entry["kind"] in {"release", "withdrawn"}:
            standing[facts["product"], facts["period"]] = entry
        previous = hashlib.sha256(lines[number]).hexdigest()
    return {key: entry for key, entry in standing.items() if entry["kind"] == "release"}


def _dated(entry: dict[str, Any], floor: str) -> str:
    """Refuse a date before the last; a simulated pilot's clock is the end of its own period."""
    at, charter = str(entry["at"]), entry["facts"].get("register")
    if charter and entry["kind"] == "charter" and charter["legal_basis"] == "synthetic":
        floor = charter["period"]["start"]
    if not re.fullmatch(rf"{DAY}T\d\d:\d\d:\d\d\+00:00", at) or at < floor:
        raise Broken(f"Ledger entry {entry['sequence']} is dated before the one before it.")
    return at


def witnessed(
    lines: list[bytes], heads: bytes, agency: str, *, is_quick: bool = False
) -> list[dict[str, Any]]:
    """Check heads of a ledger's tree, one a line, against its lines and the agency's key.

    Each head names the one before it, so that the newest signature stands for all of them.

    Parameters
    ----------
    is_quick : bool
        Whether only the newest head is looked at, which is over all entries.

    Returns
    -------
    list of dict
        The heads that were looked at, oldest first.

    Raises
    ------
    Broken
        The ledger was rewritten, cut off or extended since they were signed, or they are forged.
    """
    *signed, rest = heads.split(b"\n")
    if rest or not signed:
        raise Broken("The agency's heads of the ledger are cut off, or gone.")
    grown, previous, floor, listed = Frontier(), "", "", []
    first = len(signed) - 1 if is_quick else 0
    for number, line in enumerate(signed[first:], start=first):
        head = parsed(line, f"Head {number} of the ledger")
        size, at = head.get("size"), str(head.get("at"))
        size = size if isinstance(size, int) else 0
        is_next = size > grown.size and (is_quick or head.get("previous") == previous)
        if not is_next or canonical(head) != line:
            raise Broken(f"Head {number} of the ledger does not follow the one before it.")
        if size > len(lines):
            raise Broken(
                f"The agency signed a ledger of {size} entries or more, but there are "
                f"{len(lines)}: it was cut off."
            )
        for entry in lines[grown.size : size]:
            grown.add(leaf_hash(entry))
        roots = [root.hex() for root in grown.roots]
        if (head.get("root"), head.get("roots")) != (grown.root().hex(), roots):
            raise Broken(
                f"The first {size} entries are not those that the agency signed: the ledger was "
                "rewritten."
            )
        if at < floor:
            raise Broken(f"Head {number} of the ledger is dated before the one before it.")
        previous, floor = hashlib.sha256(line).hexdigest(), at
        listed.append(head)
    body = {name: value for name, value in listed[-1].items() if name != "signature"}
    if not is_signed(canonical(body), str(listed[-1].get("signature")), agency):
        raise Broken("The newest head of the ledger does not carry the agency's signature.")
    if len(lines) > grown.size:
        raise Broken(f"{len(lines) - grown.size} entries of the ledger have no head yet.")
    return listed


def released(folder: Path, log: Ledger) -> Manifest:
    """Check a released bundle, and that the ledger's release names it."""
    signed = bundle(folder, log.key)
    entry = log.standing.get((signed.predicate["product"], signed.predicate["period"]))
    if not entry:
        raise Broken("No release of the ledger stands for this bundle.")
    if entry["facts"].get("bundle_sha256") != signed.sha256:
        raise Broken("The ledger's release names another bundle.")
    return signed
