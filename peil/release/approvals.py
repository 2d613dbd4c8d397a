"""Two people of two parties approve the very files that would leave, having been shown them.

An approval is an entry in the ledger: over the hash of every file of the candidate, by a key, or by
an account of Airflow that is enrolled with a key. `require` is what `publish` asks. Whether the
figures are believable is the gates' question.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from peil.charter.clock import now, today, wall_today
from peil.charter.period import Period
from peil.charter.products import PRESENCE, Product
from peil.outcome import Refused, Waiting
from peil.release import bundle
from peil.release.candidate import lines_of, places_of
from peil.store import ledger, parties
from peil.store.atomic import canonical, sha256
from peil.store.parties import Role, Signatory, Signer, is_signed_by, words

KIND = "peil approval v1"
REQUIRED: tuple[Role, Role] = ("operator", "agency")
SHORTEST = 12  # digits of a candidate's hash that say which was shown
ANSWERS = ("approval", "rejection")


@dataclass(frozen=True)
class Shown:
    """A candidate as people are shown it before they answer, and where to look further."""

    pilot: str
    product: str
    day: date
    candidate: str
    lines: list[str]
    places: list[Path]


def candidate_hash(folder: Path) -> str:
    """The hash of every file of a folder, by name and content."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    listed = {str(file.relative_to(folder)): sha256(file) for file in files}
    return hashlib.sha256(canonical(listed)).hexdigest()


def _opened(pilot: str, day: str, product: str) -> tuple[Period, Product, Path]:
    """The period, the product's row and the folder of its candidate, which must be there."""
    period = Period.open(pilot, day)
    row = period.product(product, to="release")
    folder = period.store.candidate(period.pilot, row.name, period.day)
    if not (folder / bundle.NAME).exists():
        raise Waiting(
            f"{pilot} {period.day} has no candidate of {row.name}: there is nothing to approve; "
            f"run `peil release {pilot} {period.day}` first."
        )
    return period, row, folder


def show(pilot: str, day: str, product: str = PRESENCE) -> Shown:
    """Read what would leave: entries, withheld, gates, the audit, change since the last release."""
    period, row, folder = _opened(pilot, day, product)
    lines = lines_of(period, row, folder)
    candidate = candidate_hash(folder)
    for role in REQUIRED:
        answer = _newest(period, row.name, candidate, role)
        if answer:
            facts = answer["facts"]
            verb = "approved" if answer["kind"] == "approval" else "rejected"
            lines.append(f"{verb} by the {words(role)}, {facts['name']}")
        else:
            lines.append(f"not answered by the {words(role)} yet")
    places = places_of(period, row, folder)
    return Shown(period.pilot, row.name, period.day, candidate, lines, places)


def answer(
    pilot: str, day: str, signer: Signer, shown: str, product: str = PRESENCE, rejects: str = ""
) -> str:
    """Record a person's answer, signed with their key, over the candidate they were shown.

    Parameters
    ----------
    shown : str
        The candidate's hash, or its first twelve digits or more, as `show` gave it.
    rejects : str
        Why not; empty for a yes.

    Returns
    -------
    str
        The hash of the ledger's entry.
    """
    period, row, folder = _opened(pilot, day, product)
    return _record(period, row.name, _as_shown(folder, shown), signer.party, rejects, signer)


def answer_by_account(
    pilot: str,
    day: str,
    role: str,
    account: str,
    shown: str,
    product: str = PRESENCE,
    rejects: str = "",
) -> str:
    """Record the answer of somebody who answered in Airflow under an enrolled account."""
    period, row, folder = _opened(pilot, day, product)
    people = parties.of_pilot(period.store, period.charter.is_synthetic)
    holders = [person for person in people if account and person.account == account]
    if not [person for person in holders if person.role == role]:
        raise Refused(
            f"{account or 'nobody'} is no account of the {words(role)}: enrol its holder with "
            "`peil party enroll --account`; nothing was recorded."
        )
    party = next(person for person in holders if person.role == role)
    return _record(period, row.name, _as_shown(folder, shown), party, rejects, None)


def _as_shown(folder: Path, shown: str) -> str:
    candidate = candidate_hash(folder)
    if len(shown) < SHORTEST or not candidate.startswith(shown):
        raise Refused(
            f"The candidate is {candidate[:SHORTEST]}, not what you name: look at it with "
            "`peil approve PILOT DAY`, then answer with the --candidate that it gives."
        )
    return candidate


def _record(
    period: Period,
    product: str,
    candidate: str,
    party: Signatory,
    rejects: str,
    signer: Signer | None,
) -> str:
    if party.role not in REQUIRED:
        raise Refused(f"A release is approved by {' and '.join(map(words, REQUIRED))}.")
    for other in (_newest(period, product, candidate, role) for role in REQUIRED):
        if other and other["facts"]["role"] != party.role:
            holder = _holder(period, other["facts"])
            if holder and holder.is_same_person(party):
                raise Refused(
                    f"{holder.name} answered as {words(holder.role)} already: "
                    "two roles are two people with two keys."
                )
    day = today(period.charter) if party.is_simulated else wall_today()
    facts = {
        "type": KIND,
        "pilot": period.pilot,
        "product": product,
        "period": str(period.day),
        "candidate_sha256": candidate,
        "answer": "rejected" if rejects else "approved",
        "reason": rejects,
        "role": party.role,
        "name": party.name,
        "key_id": party.key_id,
        "answered_on": str(day),
        "simulated": party.is_simulated,
        "account": "" if signer else party.account,
    }
    facts["signature"] = signer.sign(facts) if signer else ""
    kind = "rejection" if rejects else "approval"
    last = _newest(period, product, candidate, party.role)
    if last and last["kind"] == kind and last["facts"] == facts:
        ledger.give_copy(period.store, period.pilot)
        return str(last["hash"])
    return ledger.append(period.store, period.pilot, kind, now(period.charter), facts, once=False)


def _newest(period: Period, product: str, candidate: str, role: str) -> dict[str, Any] | None:
    """The last answer of a role about a candidate."""
    asked_of = {
        "product": product,
        "period": str(period.day),
        "candidate_sha256": candidate,
        "role": role,
    }
    answers = [
        entry
        for kind in ANSWERS
        if (entry := ledger.find(period.store, period.pilot, kind, **asked_of))
    ]
    return max(answers, key=lambda entry: int(entry["sequence"]), default=None)


def _holder(period: Period, facts: dict[str, Any]) -> Signatory | None:
    people = parties.of_pilot(period.store, period.charter.is_synthetic)
    return next((person for person in people if person.key_id == facts.get("key_id")), None)


def require(period: Period, product: Product, folder: Path) -> str:
    """The hash of a candidate that both parties approved as it lies there.

    Of a simulated pilot the simulated parties approve by themselves, and the ledger says so.

    Raises
    ------
    Waiting
        Somebody has not answered yet.
    Refused
        Rejected, or an approval that does not hold: of no enrolled key, changed, or one person's.
    """
    candidate, pilot, name = candidate_hash(folder), period.pilot, product.name
    newest = {role: _newest(period, name, candidate, role) for role in REQUIRED}
    if period.charter.is_synthetic:
        for role in [role for role in REQUIRED if newest[role] is None]:
            signer = parties.simulated(period.store, role)
            _record(period, name, candidate, signer.party, "", signer)
            newest[role] = _newest(period, name, candidate, role)
    answers = {role: entry for role, entry in newest.items() if entry is not None}
    waits = [words(role) for role in REQUIRED if role not in answers]
    if waits:
        raise Waiting(
            f"{pilot} {period.day} waits for approval by the {' and the '.join(waits)}: "
            f"`peil approve {pilot} {period.day} --product {name}` shows what would leave."
        )
    people = parties.of_pilot(period.store, period.charter.is_synthetic)
    check(f"{pilot} {period.day}, {name}", [entry["facts"] for entry in answers.values()], people)
    return candidate


def check(what: str, answers: Sequence[dict[str, Any]], people: Sequence[Signatory]) -> None:
    """Refuse answers that are not approvals by the operator and the agency, each by its own person.

    Both sides ask this: the operator before a candidate leaves, the agency before it takes it in.

    Parameters
    ----------
    what : str
        The candidate in words, for the sentence.
    answers : sequence of dict
        Facts of the newest answer of each role, of one candidate.
    people : sequence of Signatory
        Who is enrolled, on the side that asks.
    """
    newest = {facts["role"]: facts for facts in answers}
    holders = []
    for role in REQUIRED:
        facts = newest.get(role)
        if facts is None:
            raise Refused(f"{what}: the {words(role)} has not approved this candidate.")
        if facts["answer"] != "approved":
            raise Refused(
                f"{what}: the {words(role)}, {facts['name']}, rejected this candidate: "
                f"{facts['reason']}"
            )
        holder = next((party for party in people if party.key_id == facts.get("key_id")), None)
        if holder is None or not _holds(holder, facts, role):
            raise Refused(
                f"{what}: the approval by the {words(role)} does not hold: it is of no key that is "
                "enrolled and held on that day; have it approved again."
            )
        holders.append(holder)
    if holders[0].is_same_person(holders[1]):
        raise Refused(
            f"{what}: one person, {holders[0].name}, approved in two roles: have the other party "
            "approve it."
        )


def _holds(holder: Signatory, facts: dict[str, Any], role: str) -> bool:
    """Whether an approval is its holder's, in that role, while the key held."""
    if (holder.role, holder.name) != (role, facts["name"]):
        return False
    if not holder.holds_on(date.fromisoformat(facts["answered_on"])):
        return False
    if facts["account"]:
        return bool(holder.account == facts["account"])
    body = {name: value for name, value in facts.items() if name != "signature"}
    return is_signed_by(holder, body, facts["signature"])
