"""Sign a release folder as a bundle, and check one offline: a list of hashes and a signature.

The form is an in-toto statement in a DSSE envelope, as the supply-chain tools write it.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

from peil.store.atomic import canonical, sha256, write_bytes
from peil.store.signing import is_signed, public_key, sign
from peil.store.store import Store

NAME = "bundle.dsse.json"
KIND = "application/vnd.in-toto+json"
PREDICATE = "https://peil.invalid/release/v1"


def _encoded(payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: what is really signed."""
    return b"DSSEv1 %d %s %d %s" % (len(KIND), KIND.encode(), len(payload), payload)


def seal(store: Store, folder: Path) -> Path:
    """Sign the hashes of every file of a folder; the envelope is put beside them."""
    files = sorted(file for file in folder.iterdir() if file.is_file() and file.name != NAME)
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": file.name, "digest": {"sha256": sha256(file)}} for file in files],
        "predicateType": PREDICATE,
        "predicate": {"role": "operator"},
    }
    payload = canonical(statement)
    envelope = {
        "payloadType": KIND,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": public_key(store), "sig": sign(store, _encoded(payload))}],
    }
    return write_bytes(folder / NAME, canonical(envelope) + b"\n")


def faults(folder: Path, public: str) -> list[str]:
    """What is wrong with a bundle, in sentences; none when it is whole and signed by `public`."""
    file = folder / NAME
    if not file.is_file():
        return [f"{folder.name} holds no {NAME}: it is no bundle of Peil."]
    try:
        envelope = json.loads(file.read_bytes())
        payload = base64.b64decode(envelope["payload"], validate=True)
        listed = {s["name"]: s["digest"]["sha256"] for s in json.loads(payload)["subject"]}
        signatures = [signature["sig"] for signature in envelope["signatures"]]
    except (ValueError, KeyError, TypeError):
        return [f"{NAME} cannot be read: ask the operator for the bundle again."]
    faults_found = []
    if not any(is_signed(_encoded(payload), signature, public) for signature in signatures):
        faults_found.append("The bundle does not carry the operator's signature.")
    there = {file.name for file in folder.iterdir() if file.name != NAME}
    for name in sorted(set(listed) - there):
        faults_found.append(f"{name} is missing.")
    for name in sorted(there - set(listed)):
        faults_found.append(f"{name} is not in the signed list.")
    for name in sorted(there & set(listed)):
        if sha256(folder / name) != listed[name]:
            faults_found.append(f"{name} was changed after it was signed.")
    return faults_found
