"""Check a regulator's view: each list in it against the ledger, each proof against the heads.

What the lists say is worked out here from the entries, for whoever writes a view and for whoever
checks one. A part of the verifier, which is carried as one file (`carried`).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from peil.store.verifying.logs import Ledger, checked, written_key
from peil.store.verifying.signed import Broken, Manifest, canonical, content_of
from peil.store.witnessing.merkle import Tree, is_consistent, is_included, leaf_hash

DELETIONS = re.compile("delet|shred|purg|destroy|stop|withdrawn|retention|erase|opted_out")
PEOPLE = ("by", "vouched_by", "name", "role")
LOG, COPY, HEADS, KEY = "ledger.jsonl", "ledger_of_the_agency.jsonl", "heads.jsonl", "agency.pub"
REGISTER, PROOFS = "register.json", "proofs.json"
Entries = list[dict[str, Any]]


def history_of(entries: Entries) -> Entries:
    """Every charter that was entered, with the keys that differ from the one before it."""
    history: Entries = []
    before: dict[str, Any] = {}
    for entry in entries:
        if entry["kind"] != "charter":
            continue
        register = entry["facts"]["register"]
        changed = sorted(
            key for key in {*before, *register} if before.get(key) != register.get(key)
        )
        history.append({**_when(entry), "changed": changed if before else [], "charter": register})
        before = register
    return history


def releases_of(entries: Entries) -> Entries:
    """Every release that was entered."""
    return [{**_when(e), **e["facts"]} for e in entries if e["kind"] == "release"]


def deletions_of(entries: Entries) -> Entries:
    """Every entry that something was deleted, shredded, stopped or withdrawn."""
    return [entry for entry in entries if DELETIONS.search(entry["kind"])]


def reads_of(entries: Entries) -> Entries:
    """Every entry that rows of devices were read: which verb, of which day, why, and how many."""
    return [{**_when(e), **e["facts"]} for e in entries if e["kind"] == "read"]


def acts_of(entries: Entries) -> Entries:
    """Everything that somebody did by name."""
    return [
        {
            "sequence": entry["sequence"],
            "kind": entry["kind"],
            **{name: entry["facts"][name] for name in PEOPLE if name in entry["facts"]},
        }
        for entry in entries
        if set(PEOPLE) & set(entry["facts"])
    ]


def _when(entry: dict[str, Any]) -> dict[str, Any]:
    return {"sequence": entry["sequence"], "at": entry["at"]}


def _lists(entries: Entries) -> dict[str, dict[str, Entries]]:
    """What each list of a view must hold, by file and key."""
    return {
        "charter_history.json": {"": history_of(entries)},
        "releases.json": {"": releases_of(entries)},
        "deletions.json": {"entries": deletions_of(entries)},
        "access.json": {"acts": acts_of(entries), "reads": reads_of(entries)},
    }


def proofs_of(lines: list[bytes], heads: list[dict[str, Any]]) -> dict[str, Any]:
    """Prove releases, deletions, accesses and charters of a ledger to be under the agency's heads.

    Parameters
    ----------
    lines : list of bytes
        The ledger's entries.
    heads : list of dict
        The agency's, oldest first; the newest is of all entries.

    Returns
    -------
    dict
        The newest head, and of each entry: its number, the hash of its leaf, the proof that it is
        in the tree, the head that was signed over it, and the proof that the tree only grew since.
    """
    entries = [json.loads(line) for line in lines]
    leaves = [leaf_hash(line) for line in lines]
    tree, proofs, later = Tree(leaves), [], iter(heads)
    then = next(later)
    for sequence in _proved(entries):
        while then["size"] <= sequence:
            then = next(later)
        proofs.append(
            {
                "sequence": sequence,
                "leaf": leaves[sequence].hex(),
                "inclusion": [step.hex() for step in tree.inclusion(sequence)],
                "size_then": then["size"],
                "root_then": then["root"],
                "consistency": [step.hex() for step in tree.consistency(then["size"])],
            }
        )
    return {"head": heads[-1], "entries": proofs}


def _proved(entries: Entries) -> list[int]:
    """Numbers of the entries that stand in a list of a view."""
    listed = [row for parts in _lists(entries).values() for rows in parts.values() for row in rows]
    return sorted({int(row["sequence"]) for row in listed})


def view(folder: Path, signed: Manifest, public: str = "", agency: str = "") -> str:
    """Check a regulator's view, whose files are those of its signed list; what was verified.

    Parameters
    ----------
    public, agency : str
        Public keys (hex) of operator and agency; by default those in the folder.

    Raises
    ------
    Broken
        The first thing that is wrong: in the ledger, under its heads, in a list, or in a proof.
    """
    pilot = str(signed.predicate.get("pilot"))
    content, heads = content_of(folder / LOG), content_of(folder / HEADS)
    if content != content_of(folder / COPY):
        raise Broken("The agency's copy of the ledger differs from the operator's.")
    key = agency or written_key(content_of(folder / KEY))
    log = checked(content, content_of(folder / REGISTER), pilot, public, heads, key)
    if signed.key != log.key:
        raise Broken("The folder is signed by another key than the ledger.")
    for name, parts in _lists(log.entries).items():
        given = _json(folder / name)
        for part, rows in parts.items():
            listed = given.get(part) if isinstance(given, dict) else given
            if name == "releases.json" and isinstance(listed, list):  # with what is wrong now
                listed = [{k: v for k, v in row.items() if k != "faults"} for row in listed]
            if listed != rows:
                raise Broken(f"{name} is not what the ledger says.")
    _proven(_json(folder / PROOFS), content.split(b"\n")[:-1], log)
    whose = "the given" if public else "its own"
    return (
        f"{signed.predicate['view']} view of {pilot}, signed by {whose} key {signed.key}, "
        f"{len(log.entries)} entries under the agency's head by key {log.agency_key}"
    )


def _json(file: Path) -> Any:
    try:
        return json.loads(content_of(file))
    except ValueError:
        raise Broken(f"{file.name} cannot be read: ask the operator for it again.") from None


def _proven(proofs: Any, lines: list[bytes], log: Ledger) -> None:
    """Refuse proofs that do not lead from their entries to the newest head, or that are missing."""
    wrong = Broken(f"{PROOFS} does not prove what is in the lists: ask the operator for it again.")
    try:
        head, listed = proofs["head"], proofs["entries"]
        root, size = bytes.fromhex(head["root"]), head["size"]
        given = [int(proof["sequence"]) for proof in listed]
        if canonical(head) != canonical(log.heads[-1]) or given != _proved(log.entries):
            raise wrong
        signed = {(head["size"], head["root"]) for head in log.heads}
        for proof in listed:
            leaf, number = leaf_hash(lines[proof["sequence"]]), proof["sequence"]
            way, growth = (
                [bytes.fromhex(step) for step in proof[name]]
                for name in ("inclusion", "consistency")
            )
            then, root_then = proof["size_then"], proof["root_then"]
            is_right = (
                leaf.hex() == proof["leaf"]
                and is_included(leaf, number, size, way, root)
                and (then, root_then) in signed
                and number < then
                and is_consistent(then, size, bytes.fromhex(root_then), root, growth)
            )
            if not is_right:
                raise Broken(f"{PROOFS} does not prove ledger entry {number}.")
    except (KeyError, TypeError, ValueError, IndexError):
        raise wrong from None
