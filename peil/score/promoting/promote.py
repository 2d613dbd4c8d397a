"""Promote: a better version of presence takes the incumbent's place, once a person approved it.

The ledger's entry comes before the alias moves; killed at any moment and run again, it ends alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from peil.adapters import tracking, versions
from peil.adapters.versions import PRESENCE
from peil.charter import reading
from peil.charter.clock import now, today, wall_today
from peil.charter.schema import Charter
from peil.estimate import by_ledger, standing
from peil.estimate.champion import described, first_presence, presence_of
from peil.outcome import Fact, Outcome, Refused, Waiting
from peil.score.promoting import bounds, evidence, registering
from peil.score.promoting.candidates import Tried, meant, of_version
from peil.score.promoting.evidence import Judgement
from peil.score.studies import results
from peil.store import ledger, lock, parties
from peil.store.parties import Signatory, Signer
from peil.store.store import Store

KIND = "peil promotion v1"
PROMOTED = by_ledger.PROMOTED.format(PRESENCE)  # in the ledger
ROLE: parties.Role = "operator"  # whose registry it is
HELD = "promotion"


@dataclass(frozen=True)
class Promotion:
    """What a person is asked: whether this version may take that one's place."""

    charter: Charter
    store: Store
    record: dict[str, Any]
    incumbent: Tried
    candidate: Tried
    judgement: Judgement


@dataclass(frozen=True)
class ShownPromotion:
    """A version that may stand, and what a person is shown of it."""

    version: str
    lines: list[str]


def show(pilot: str, words: str, study: str) -> ShownPromotion:
    """Weigh a candidate, register it, let it run beside the champion; what a person is shown.

    Raises
    ------
    Refused
        As `promote`.
    """
    charter, store = reading.load(pilot), Store()
    with lock.held(store, charter.pilot, HELD, "promote"):
        question = _weighed(charter, store, words, study)
    whole = question.judgement.whole
    groups = [
        f"{row['group']}: {row['gain']:+.1%} ({row['lower']:+.1%} to {row['upper']:+.1%})"
        for row in question.judgement.compared
    ]
    lines = [
        f"{question.candidate.label} in place of {question.incumbent.label}",
        f"errs less by {whole['gain']:.1%} ({whole['lower']:.1%} to {whole['upper']:.1%}), "
        f"study {study}",
        *groups,
    ]
    return ShownPromotion(f"{PRESENCE}@{_number(question.candidate)}", lines)


def promote(
    pilot: str, words: str, study: str, signer: Signer | None = None, account: str = ""
) -> Outcome:
    """Make a candidate champion: its figures are released from then on.

    It is registered and made challenger first, so that it runs beside the champion each day.
    Released periods keep the presence that they were made with.

    Parameters
    ----------
    words : str
        ``presence@3``, or a candidate of the study as ``em@more_steps``.
    study : str
        The study that speaks for it.
    signer : Signer, optional
        The person who approves it, with their key; of a simulated pilot the simulated operator
        does so by itself.
    account : str, optional
        Instead of a key: the enrolled account of Airflow under which somebody approved it.

    Raises
    ------
    Refused
        The evidence speaks against it (one sentence says what), the registry cannot be reached, or
        what lies there is not loaded. The champion stays.
    Waiting
        Another promotion is under way, or nobody approved it yet.
    """
    charter, store = reading.load(pilot), Store()
    with lock.held(store, charter.pilot, HELD, "promote"):
        look_at = [f"peil compare {charter.pilot}", f"peil run {charter.pilot}"]
        if (late := standing.catch_up(store, charter.pilot, PRESENCE)) is not None:
            done: dict[str, Fact] = {"champion": f"{PRESENCE}@{late}", "why": "was cut off"}
            return Outcome("promote", charter.pilot, study, "done", done, look_at)
        asked_of = _weighed(charter, store, words, study)
        number = _number(asked_of.candidate)
        _approve(asked_of, signer, account)
        before = _number(asked_of.incumbent)
        versions.promote(store, charter.pilot, number, before, PRESENCE)
    whole = asked_of.judgement.whole
    facts: dict[str, Fact] = {
        "champion": f"{PRESENCE}@{number}",
        "in_place_of": asked_of.incumbent.label,
        "errs_less_by": f"{whole['gain']:.1%} ({whole['lower']:.1%} to {whole['upper']:.1%})",
    }
    return Outcome("promote", charter.pilot, study, "done", facts, look_at)


def _weighed(charter: Charter, store: Store, words: str, study: str) -> Promotion:
    """What a person may be asked: a candidate that nothing speaks against, now challenger."""
    tracking.require_reachable(store)
    standing.require_agreement(store, charter.pilot, PRESENCE)
    asked_of = _question(charter, store, words, study)
    if asked_of.judgement.against:
        raise Refused(
            f"{charter.pilot} keeps {asked_of.incumbent.label}: {asked_of.judgement.against}."
        )
    versions.challenge(store, charter.pilot, _number(asked_of.candidate), PRESENCE)
    return asked_of


def _question(charter: Charter, store: Store, words: str, study: str) -> Promotion:
    """Read the evidence, and register the candidate with it."""
    pilot = charter.pilot
    record = results.record_of(store, study)
    evidence.require_same_code(store, record)
    stands = presence_of(store, pilot)
    candidate = meant(store, pilot, words, record)
    bounds.require_promotable(candidate.choices)
    if stands.number == 0:
        first_presence(store, pilot)
        stands = presence_of(store, pilot)
    incumbent = of_version(stands, pilot, record)
    judgement = evidence.judge(store, pilot, record, incumbent, candidate)
    if judgement.compared:
        candidate = registering.registered(charter, store, record, candidate, incumbent, judgement)
    return Promotion(charter, store, record, incumbent, candidate, judgement)


def _number(candidate: Tried) -> int:
    assert candidate.version is not None, "registered right before"
    return candidate.version.number


def _approve(question: Promotion, signer: Signer | None, account: str = "") -> None:
    """Write a person's approval of this very version into the ledger.

    Signed with their key, or under the account that Airflow knows them by.
    """
    charter, store, number = question.charter, question.store, _number(question.candidate)
    if signer is None and charter.is_synthetic:
        signer = parties.simulated(store, ROLE)
    holder = _holder(store, account) if account else None
    if signer is None and holder is None:
        raise Waiting(
            f"{PRESENCE}@{number} may take the place of {question.incumbent.label}: it runs beside "
            f"it, and waits for approval by the {parties.words(ROLE)}; `peil promote "
            f"{charter.pilot} {PRESENCE}@{number} --on {question.record['study']['study']} --as "
            f"{ROLE} --key FILE`."
        )
    party = signer.party if signer else holder
    assert party is not None, "somebody of the two"
    if party.role != ROLE:
        raise Refused(f"A promotion is approved by the {parties.words(ROLE)}.")
    assert question.candidate.version is not None
    whole = question.judgement.whole
    facts = {
        "type": KIND,
        "pilot": charter.pilot,
        "quantity": PRESENCE,
        "version": number,
        "in_place_of": _number(question.incumbent),
        "model_sha256": described(question.candidate.version)["sha256"],
        "study": question.record["study"]["study"],
        "study_sha256": registering.study_hash(question.record),
        "gain": str(whole["gain"]),
        "lower": str(whole["lower"]),
        "role": party.role,
        "name": party.name,
        "key_id": party.key_id,
        "answered_on": str(today(charter) if party.is_simulated else wall_today()),
        "simulated": party.is_simulated,
    }
    facts |= {"signature": signer.sign(facts)} if signer else {"account": account}
    ledger.append(store, charter.pilot, PROMOTED, now(charter), facts, once=False)


def _holder(store: Store, account: str) -> Signatory:
    """Who is enrolled under an account of Airflow in the role that approves."""
    for person in parties.of_pilot(store, is_synthetic=False):
        if (person.account, person.role) == (account, ROLE) and person.holds_on(wall_today()):
            return person
    raise Refused(
        f"{account} is no account of the {parties.words(ROLE)}: enrol its holder with `peil party "
        "enroll --account`; nothing was recorded."
    )
