"""Sign a release folder as a bundle, and refuse one that is not as it was signed.

The form is an in-toto statement in a DSSE envelope, as the supply-chain tools write it; checking it
is `peil.store.verifying`, a copy of which lies in every bundle.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from peil.charter.schema import Charter
from peil.outcome import Refused
from peil.store import verifying
from peil.store.atomic import canonical, read_json, sha256, write_bytes
from peil.store.checking import require_at_hand as require_at_hand
from peil.store.checking import require_whole as require_whole
from peil.store.signing import public_key, sign
from peil.store.store import Store
from peil.store.verifying import NAME as NAME
from peil.store.verifying import Broken, Manifest, carried

VERIFIER = "verify.py"


def seal(store: Store, folder: Path, names: Mapping[str, Any]) -> Path:
    """Sign the hashes of every file of a folder; the envelope is put beside them.

    Parameters
    ----------
    store : Store
        Whose key signs.
    folder : Path
        With table, metadata and statement; the verifier is added.
    names : mapping of str
        What it is a bundle of: pilot, product, period, tier, table and the hash of its CSV; of a
        day of hours also their hashes.
    """
    write_bytes(folder / VERIFIER, carried.one_file())
    files = sorted(file for file in folder.iterdir() if file.is_file() and file.name != NAME)
    statement = {
        "_type": verifying.STATEMENT,
        "subject": [{"name": file.name, "digest": {"sha256": sha256(file)}} for file in files],
        "predicateType": verifying.PREDICATE,
        "predicate": {"role": "operator", **names},
    }
    payload = canonical(statement)
    envelope = {
        "payloadType": verifying.KIND,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [
            {"keyid": public_key(store), "sig": sign(store, verifying.encoded(payload))}
        ],
    }
    return write_bytes(folder / NAME, canonical(envelope) + b"\n")


def require_candidate(
    store: Store, charter: Charter, product: str, day: str, folder: Path
) -> Manifest:
    """Refuse a candidate of which a byte is not as signed, or that another charter made.

    Raises
    ------
    Refused
        With what is wrong, and that nothing crossed.
    """
    try:
        signed = verifying.bundle(folder, public_key(store))
        verifying.same_table(folder, signed.predicate["table"])
        check_names(signed, folder, charter, product, day)
    except Broken as fault:
        raise Refused(
            f"The candidate of {charter.pilot} {product} {day} does not cross: {fault} "
            f"Run `peil release {charter.pilot} {day} --product {product}` again."
        ) from None
    return signed


def check_names(signed: Manifest, folder: Path, charter: Charter, product: str, day: str) -> None:
    """Raise `Broken` where a bundle is not of this charter, product and period."""
    names = {"pilot": charter.pilot, "product": product, "period": day, "tier": charter.tier}
    for name, value in names.items():
        if signed.predicate[name] != value:
            raise Broken(f"The bundle is of another {name} than {value}.")
    if read_json(folder / "metadata.json")["threshold"] != charter.threshold:
        raise Broken("The bundle was made with another threshold than the charter's.")
