"""The agency's side of the crossing: take in what lies in the outbox, once everything holds.

Ledger and bundles are verified by the code that `peil verify` runs, in the agency's own copy of
them. What does not hold stays in the outbox, and is named. Nothing of the operator's is opened.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock

from peil.charter import reading
from peil.charter.hour import unit_of
from peil.charter.schema import Charter
from peil.outcome import Fact, Outcome, Refused, Waiting
from peil.release import approvals, bundle
from peil.store import ledger, outbound, parties, verifying
from peil.store.atomic import aside_of, read_json, removed_on_failure, replace_folder, write_json
from peil.store.faults import disk, stopping
from peil.store.store import Store
from peil.store.verifying import Broken, Ledger
from peil.store.witnessing import lines, posting, witness
from peil.store.witnessing.merkle import leaf_hash, root_of

AS_SIGNED = ("legal_basis", "purpose", "tier", "threshold")  # of a charter, alike on both sides


def receive(pilot: str) -> Outcome:
    """Take in the ledger of a pilot and its bundles that lie in the outbox; the rest stays there.

    Raises
    ------
    Waiting
        The ledger is on its way still.
    Refused
        This process is the operator's; the ledger does not hold, or does not go on from the
        agency's copy; or a bundle does not hold: the others are taken in all the same.
    """
    store = Store()
    if store.plane == "operator":
        raise Refused(
            f"What lies in {store.outbox} is the agency's to take in, and this process is the "
            "operator's (PEIL_PLANE=operator): run `peil receive` on the agency's side."
        )
    return take(store, reading.load(pilot))


def pilots() -> list[str]:
    """Pilots of which something lies in the outbox, by name."""
    outbox = Store().outbox
    ledgers = {file.stem for file in outbox.glob("ledger/*.jsonl")}
    return sorted(ledgers | {folder.name for folder in outbox.glob("released/*") if _shown(folder)})


def take(store: Store, charter: Charter, only: Path | None = None) -> Outcome:
    """Take in what `receive` does, by this charter.

    The ledger comes first, then its head with the agency's signature, then the bundles: killed
    anywhere, the same is done again, and what was done stands.

    Parameters
    ----------
    only : Path, optional
        The one bundle that is meant, where the sender itself takes in what it sent.
    """
    disk.require_room(store)
    pilot = charter.pilot
    with _held(store, pilot):
        outbound.sweep(store.outbox / "released" / pilot)
        # listed before the ledger is read: of each that is there the ledger knows
        bundles = [only] if only else (store.outbox / "released" / pilot).glob("*/*")
        waiting = sorted(folder for folder in bundles if _shown(folder) and folder.exists())
        if store.plane == "both" and store.ledger(pilot).exists():
            posting.post(store, pilot)
        if not waiting and not posting.has_begun(store, pilot):
            return _outcome(charter, [], 0)
        log = _ledger(store, charter, bool(waiting))
        _enter(store, charter, log)
        n_withdrawn = _take_back(store, charter, log)
        places, faults = [], []
        for folder in waiting:
            try:
                places += _bundle(store, charter, log, folder)
            except (Broken, Refused) as fault:
                faults.append(f"{folder} stays in the outbox: {fault}")
            except (OSError, shutil.Error, ValueError) as fault:
                faults.append(
                    f"{folder} stays in the outbox: it cannot be read ({type(fault).__name__}); "
                    "have the operator send it again."
                )
        if faults:
            more = f" So do {len(faults) - 1} more." if len(faults) > 1 else ""
            raise Refused(faults[0] + more)
        return _outcome(charter, places, n_withdrawn)


def _shown(folder: Path) -> bool:
    return not folder.name.startswith(".")


@contextmanager
def _held(store: Store, pilot: str) -> Iterator[None]:
    """One taking in at a time; on one machine the ledger is held, which others add to."""
    lock = ledger.lock_of(store, pilot)
    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock):
        yield


def _ledger(store: Store, charter: Charter, is_awaited: bool) -> Ledger:
    """The ledger up to the head that goes with it, verified, and no shorter than the own copy."""
    pilot, posted = charter.pilot, store.outbound_ledger(charter.pilot)
    own = lines.read(store.agency_ledger(pilot), end=lines.mend(store.agency_ledger(pilot)))
    try:
        head = json.loads(store.outbound_head(pilot).read_bytes())
        n_bytes, root = int(head["n_bytes"]), str(head["root"])
        content = posted.read_bytes()[:n_bytes]
    except FileNotFoundError:
        raise Waiting(
            f"No ledger of {pilot} with its signed head lies in {posted.parent}: "
            f"{'its bundles wait for it' if is_awaited else 'nothing is taken in'}; wait until "
            "all of it has come, or have the operator send it again."
        ) from None
    except (ValueError, KeyError, TypeError):
        raise _not_held(pilot, "its head cannot be read") from None
    if len(content) < n_bytes:
        raise Waiting(
            f"The ledger of {pilot} in {posted.parent} is shorter than its signed head: it is on "
            "its way, or was cut; wait, then have the operator send it again."
        )
    if not content.startswith(own):
        if store.plane == "both":
            posted.unlink()  # laid anew by the next: it was the operator's as that is now
            raise witness.not_the_copy(store, pilot)
        raise _not_held(pilot, "it lacks or changes entries of the agency's copy")
    try:
        log = verifying.checked(content, _register_in(content), pilot, "")
    except (Broken, ValueError, KeyError, TypeError) as fault:
        why = str(fault).removesuffix(".") if isinstance(fault, Broken) else "it cannot be read"
        raise _not_held(pilot, why) from None
    entry = store.public_entry(pilot)
    public = read_json(entry)["operator_public_key"] if entry.exists() else log.key
    if public != log.key or not posting.is_signed_head(head, pilot, public):
        raise _not_held(pilot, "it is of another key than the operator's in the register")
    if root_of(map(leaf_hash, content.split(b"\n")[:-1])).hex() != root:
        raise _not_held(pilot, "its head is the head of another ledger")
    entered = _register(log)
    if other := [n for n in AS_SIGNED if entered.get(n) != getattr(charter, n)]:
        raise _not_held(pilot, f"its charter has another {other[0]} than the agency's copy of it")
    return log


def _not_held(pilot: str, why: str) -> Refused:
    return Refused(
        f"The ledger of {pilot} in the outbox does not hold, {why}: nothing of {pilot} is taken "
        "in; find out why with the operator, then have it sent again."
    )


def _register_in(content: bytes) -> bytes | None:
    """The newest charter's entry for the register, in the bytes in which the register has it."""
    for line in reversed(content.split(b"\n")[:-1]):
        if b'"kind":"charter"' in line:
            entry = json.loads(line)["facts"]["register"]
            text = json.dumps(entry, indent=1, sort_keys=True, ensure_ascii=False)
            return text.encode() + b"\n"
    return None


def _register(log: Ledger) -> dict[str, Any]:
    charters = [e["facts"]["register"] for e in log.entries if e["kind"] == "charter"]
    return dict(charters[-1]) if charters else {}


def _enter(store: Store, charter: Charter, log: Ledger) -> None:
    """Bring the agency's copy of the ledger, its signed heads and the register up to the ledger."""
    pilot, copy = charter.pilot, store.agency_ledger(charter.pilot)
    content = b"".join(verifying.canonical(entry) + b"\n" for entry in log.entries)
    lines.extend(copy, content[lines.size_of(copy) :])
    witness.sign_head(store, pilot, datetime.fromisoformat(log.entries[-1]["at"]))
    entry = store.public_entry(pilot)
    if not entry.exists() or read_json(entry) != _register(log):
        write_json(entry, _register(log))
    if store.plane == "agency":
        for file in (store.heads(pilot), store.agency_public_key):
            given, content = store.receipts / file.name, file.read_bytes()
            if not given.exists() or given.read_bytes() != content:
                outbound.put_file(store, given, content)


def _take_back(store: Store, charter: Charter, log: Ledger) -> int:
    """Remove releases that the operator withdrew; how many."""
    withdrawn = {
        (entry["facts"]["product"], entry["facts"]["period"])
        for entry in log.entries
        if entry["kind"] == "withdrawn"
    }
    n_withdrawn = 0
    for product, period in sorted(withdrawn):
        folder = store.released(charter.pilot, product, unit_of(period))
        if folder.is_dir() and not _stands(folder, log):
            outbound.take_away(folder, lambda _: True)
            n_withdrawn += 1
    return n_withdrawn


def _stands(folder: Path, log: Ledger) -> bool:
    """Whether a bundle that was taken in is the one that the ledger's release names."""
    entry = log.standing.get((folder.parent.name, folder.name), {"facts": {}})
    try:
        return bool(verifying.manifest(folder).sha256 == entry["facts"].get("bundle_sha256"))
    except Broken:
        return False


def _is_whole(folder: Path, log: Ledger) -> bool:
    try:
        return bool(verifying.released(folder, log))
    except Broken:
        return False


def _bundle(store: Store, charter: Charter, log: Ledger, folder: Path) -> list[Path]:
    """Take in one bundle: copied, verified in the copy, renamed; then it leaves the outbox.

    Returns its place, or nothing where it was taken in before.
    """
    product, day = folder.parent.name, unit_of(folder.name)
    place = store.released(charter.pilot, product, day)
    aside = aside_of(place)
    with removed_on_failure(aside):
        shutil.rmtree(aside, ignore_errors=True)
        shutil.copytree(folder, aside, symlinks=True)
        signed = verifying.released(aside, log)
        verifying.same_table(aside, signed.predicate["table"])
        bundle.check_names(signed, aside, charter, product, str(day))
        _check_allowed(charter, log, product, day)
        _check_approved(store, charter, log, aside, product, day)
        is_new = not _is_whole(place, log)  # one that was damaged here is put right
        if is_new:
            stopping.check()
            replace_folder(aside, place)
        else:
            shutil.rmtree(aside)
    outbound.take_away(folder, lambda gone: verifying.manifest(gone).sha256 == signed.sha256)
    return [place] if is_new else []


def _check_allowed(charter: Charter, log: Ledger, product: str, day: date) -> None:
    """Refuse what the agency's own copy of the charter does not allow."""
    at = log.standing[product, str(day)]["at"]
    if product not in charter.products:
        raise Refused(f"the charter of {charter.pilot} does not name {product}.")
    if day not in {*charter.days(), *charter.units()}:
        raise Refused(f"{day} is no day of the charter of {charter.pilot}.")
    if date.fromisoformat(at[:10]) > charter.expires:
        raise Refused(f"the charter of {charter.pilot} had expired when it was released.")


def _check_approved(
    store: Store, charter: Charter, log: Ledger, aside: Path, product: str, day: date
) -> None:
    """Refuse a bundle of which the ledger has no approvals by two people, over these very files."""
    what, candidate = f"{charter.pilot} {day}, {product}", approvals.candidate_hash(aside)
    if log.standing[product, str(day)]["facts"].get("candidate_sha256") != candidate:
        raise Refused(f"{what}: the ledger's release names other files than these.")
    asked_of = {"product": product, "period": str(day), "candidate_sha256": candidate}
    answers = [
        entry["facts"]
        for entry in log.entries
        if entry["kind"] in approvals.ANSWERS
        and all(entry["facts"].get(name) == value for name, value in asked_of.items())
    ]
    people = [person for person in parties.enrolled(store.parties) if not person.is_simulated]
    if charter.is_synthetic:
        simulated = parties.enrolled(store.outbound_parties)
        people += [person for person in simulated if person.is_simulated]
    approvals.check(what, answers, people)


def _outcome(charter: Charter, places: list[Path], n_withdrawn: int) -> Outcome:
    facts: dict[str, Fact] = {"n_received": len(places)}
    if n_withdrawn:
        facts["n_taken_back"] = n_withdrawn
    period = f"{charter.period.start} to {charter.period.end}"
    look_at = [str(place) for place in places]
    status: Literal["done", "unchanged"] = "done" if places or n_withdrawn else "unchanged"
    return Outcome("receive", charter.pilot, period, status, facts, look_at)
