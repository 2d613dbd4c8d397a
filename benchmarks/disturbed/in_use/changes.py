"""Draw a change to a file that verbs use; one that means nothing is not drawn.

Of no meaning are other white space or another spelling of the same JSON, and a charter that allows
no more than was signed: that needs no signature, and register and ledger say what it allows.
"""

from __future__ import annotations

import base64
import binascii
import json
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from benchmarks.disturbed import forging
from benchmarks.disturbed.in_use.pilot import NAME, PEOPLE, Files, SignedPilot
from peil.charter import reading, scope, signatures
from peil.charter.schema import Charter
from peil.outcome import Refused
from peil.release import bundle
from peil.store import parties, verifying

BYTES = ("bit flipped", "cut", "deleted")
CHECKED = ("peil verify", "peil charter check", "any verb", "peil release")
PUBLISHED = ("peil verify", "peil release")
# what is changed: in which ways, and which verbs use it, the first of them first
SUBJECTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "charter": ((*BYTES, "allows more", "replayed"), CHECKED),
    "signatures of the charter": ((*BYTES, "swapped", "left out", "replayed"), CHECKED),
    "party": ((*BYTES, "replaced"), CHECKED),
    "candidate": ((*BYTES, "added", "swapped", "replayed", "signed anew"), PUBLISHED),
    "approval": (("rewritten", "left out", "rewritten, head forged"), PUBLISHED),
    "operator's key": (BYTES, PUBLISHED),
    "agency's key": (BYTES, PUBLISHED),
    "key of raw rows": (BYTES, ("peil verify", "peil stage")),
    "key of pseudonyms": (BYTES, ("peil verify", "peil stage")),
    "key of staged rows": (BYTES, ("peil verify", "peil estimate")),
}
WIDER: tuple[tuple[str, Any], ...] = (
    ("recipients", ["Agency", "a data broker"]),
    ("purpose", "crowding"),
    ("threshold", 14),
    ("expires", timedelta(days=30)),
    ("retention", {"raw_hours": 48, "staged_days": 7}),
    ("products", ["presence", "flows", "visitors"]),
    ("legal_reference", "another act"),
    ("legal_basis", "synthetic"),
    ("use_limits", {"en": "For whatever.", "nl": "Voor wat dan ook."}),
)


def drawn(pilot: SignedPilot, files: Files, draw: random.Random) -> tuple[str, str, Files]:
    """What is changed, in which way, and the pilot's files afterwards."""
    while True:
        subject = draw.choice(sorted(SUBJECTS))
        kind = draw.choice(SUBJECTS[subject][0])
        after = changed(pilot, files, subject, kind, draw)
        if is_meant(pilot, files, after):
            return subject, kind, after


def _places(pilot: SignedPilot, subject: str) -> list[Path]:
    """The files that a subject is."""
    store, days = pilot.store, pilot.days
    places = {
        "charter": [pilot.charter_file],
        "signatures of the charter": [store.signatures(NAME, is_synthetic=False)],
        "party": sorted(store.parties.glob("*.json")),
        "candidate": sorted(pilot.candidate().iterdir()),
        "operator's key": [store.signing_key],
        "agency's key": [store.agency_key],
        "key of raw rows": [store.key(NAME, days[3], "raw")],
        "key of pseudonyms": [store.key(NAME, days[0], "pseudonym")],
        "key of staged rows": [store.key(NAME, days[4], "staged")],
    }
    return places[subject]


def changed(
    pilot: SignedPilot, files: Files, subject: str, kind: str, draw: random.Random
) -> Files:
    """The pilot's files after one subject was changed in one of its ways."""
    if subject == "approval":
        return _approvals(pilot, files, kind, draw)
    places = _places(pilot, subject)
    file = draw.choice(places)
    content, mode = files[file]
    if kind == "bit flipped":
        data = bytearray(content)
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        return {**files, file: (bytes(data), mode)}
    if kind == "cut":
        return {**files, file: (content[: draw.randrange(len(content))], mode)}
    if kind == "deleted":
        return {other: state for other, state in files.items() if other != file}
    if kind == "replayed":  # of a charter also with the signatures under it
        names = [*places, *(_places(pilot, "signatures of the charter") * draw.randrange(2))]
        names = names if subject == "charter" else places
        return {**files, **{name: pilot.before[name] for name in names if name in pilot.before}}
    if kind == "allows more":
        return {**files, file: (_wider(content, draw), mode)}
    if subject == "signatures of the charter":
        return {**files, file: (_signatures(content, kind, draw), mode)}
    if subject == "party":
        return _another_person(pilot, files, file)
    return _candidates(pilot, files, kind, draw)


def _wider(content: bytes, draw: random.Random) -> bytes:
    charter = yaml.safe_load(content)
    key, value = draw.choice(WIDER)
    if isinstance(value, timedelta):
        value = str(Charter.model_validate(charter).expires + value)
    return yaml.safe_dump({**charter, key: value}, sort_keys=False).encode()


def _signatures(content: bytes, kind: str, draw: random.Random) -> bytes:
    listed = json.loads(content)["signatures"]
    if kind == "left out":
        del listed[-1 - draw.randrange(2)]  # of those that stand
    else:  # each stands under the other's words
        listed[-1]["signature"], listed[-2]["signature"] = (
            listed[-2]["signature"],
            listed[-1]["signature"],
        )
    return json.dumps({"signatures": listed}).encode()


def _another_person(pilot: SignedPilot, files: Files, file: Path) -> Files:
    """Somebody with the same role and name, and a key of their own, in a party's place."""
    role = next(role for role in PEOPLE if file.name.startswith(f"{role}."))
    key = pilot.folder / "keys" / "stranger"
    key.unlink(missing_ok=True)
    parties.enroll(pilot.store, role, PEOPLE[role], key, parties.ALWAYS)
    (own,) = [other for other in pilot.store.parties.glob("*.json") if other not in files]
    content = own.read_bytes()
    own.unlink()
    return {**{f: state for f, state in files.items() if f != file}, own: (content, 0o600)}


def _candidates(pilot: SignedPilot, files: Files, kind: str, draw: random.Random) -> Files:
    folder, other = pilot.candidate(), pilot.candidate(2)
    if kind == "added":
        name = draw.choice(("devices.csv", ".hidden", "verify.pyc"))
        return {**files, folder / name: (b"A,1\n", 0o600)}
    if kind == "swapped":
        rest = {f: state for f, state in files.items() if f.parent not in {folder, other}}
        places = {folder: other, other: folder}
        moved = {places[f.parent] / f.name: files[f] for f in files if f.parent in places}
        return {**rest, **moved}
    # signed anew: by who holds the operator's key, so that the signed list agrees
    name = draw.choice(("statement.en.md", "metadata.json"))
    content = draw.randrange(1000)
    words = f"another statement {content}" if name.endswith("md") else ""
    metadata = json.loads((folder / "metadata.json").read_bytes())
    (folder / name).write_text(words or json.dumps({**metadata, "n_entries": content}))
    bundle.seal(pilot.store, folder, verifying.manifest(folder).predicate)
    after = {f: state for f, state in pilot.files().items() if f.parent == folder}
    pilot.put(files)
    return {**files, **after}


def _approvals(pilot: SignedPilot, files: Files, kind: str, draw: random.Random) -> Files:
    """Of both copies of the ledger, chained and signed again with the operator's key."""
    content = {file: state[0] for file, state in files.items()}
    own = pilot.store.ledger(NAME)
    entries = [json.loads(line) for line in content[own].splitlines()]
    entry = draw.choice([entry for entry in entries if entry["kind"] == "approval"])
    if kind == "left out":
        entries.remove(entry)
    else:
        changes = {
            "name": "Nobody At All",
            "key_id": f"{draw.randrange(16**16):016x}",
            "answered_on": "1999-12-31",
            "candidate_sha256": f"{draw.randrange(16**64):064x}",
            "answer": "rejected",
            "role": "agency" if entry["facts"]["role"] == "operator" else "operator",
        }
        name = draw.choice(sorted(changes))
        entry["facts"][name] = changes[name]
    after = forging.entered(pilot.store, content, entries, "forged" in kind)
    return {file: (data, files[file][1]) for file, data in after.items()}


def is_meant(pilot: SignedPilot, files: Files, after: Files) -> bool:
    """Whether any file says something else than before."""
    return any(_means(pilot, file, files, after) for file in files.keys() | after.keys())


def _means(pilot: SignedPilot, file: Path, files: Files, after: Files) -> bool:
    """Whether a file says something else than before."""
    old, new = files.get(file), after.get(file)
    if old is None or new is None or old == new:
        return old != new
    if file == pilot.charter_file:
        return _allows_more(pilot, old[0], new[0])
    if file.suffix == ".json":
        return bool(_parsed(old[0]) != _parsed(new[0]))
    return True


def _allows_more(pilot: SignedPilot, old: bytes, new: bytes) -> bool:
    """Whether a charter allows more than that which was signed; also one that cannot be read."""
    aside = pilot.folder / "aside" / f"{NAME}.yml"
    aside.parent.mkdir(exist_ok=True)
    texts = []
    for content in (old, new):
        aside.write_bytes(content)
        try:
            texts.append(signatures.text_of(reading.load(aside), pilot.store)["charter"])
        except Refused:
            return True
    return any(change.direction == "grew" for change in scope.changes(*texts))


def _parsed(content: bytes) -> Any:
    """What a JSON file says; a signature by its bytes, which may be spelled in several ways."""
    try:
        return json.loads(content, object_hook=_with_bytes)
    except ValueError:
        return content


def _with_bytes(fields: dict[str, Any]) -> dict[str, Any]:
    for name in {"signature", "sig"} & fields.keys():
        try:
            fields[name] = base64.b64decode(fields[name], validate=True)
        except (binascii.Error, ValueError, TypeError):
            continue
    return fields
