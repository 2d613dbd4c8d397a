"""Record of processing (GDPR art. 30) and skeleton of an impact assessment (art. 35), in words.

Made of charter and `methods.toml` alone, so that they say what runs; what only a person can answer
is marked. Where they are put is `peil.release.regulator`'s.
"""

from __future__ import annotations

from typing import Any

from peil.charter.schema import Charter

ASK = "TO BE ANSWERED BY THE DATA PROTECTION OFFICER"

RECORD = """# Record of processing activities: {title}

Article 30(1) of Regulation (EU) 2016/679. Made from the charter of `{pilot}` and the methods that
are in force.

{rows}

Products: {products}. Tier: {tier}. Opt-outs: {opt_out}. Valid until {expires}. Contact: {contact}.
"""
RECORD_ROWS = (
    ("", ""),
    ("---", "---"),
    ("(a) controller", "{operator}, {operator_contact}; with {agency}, {agency_contact}"),
    ("data protection officer", "{officer}"),
    ("(b) purposes", "{purpose}: {title}. {limits}"),
    ("legal basis", "{basis}: {reference}"),
    ("(c) data subjects", "people whose devices used the network of {operator}, {start} to {end}"),
    ("(c) personal data", "landed: {fields}; counted on the way in, never landed: {counted}"),
    ("(d) recipients", "{recipients}; of sums from {threshold} devices on, never of rows"),
    ("(e) third countries", "{ask}"),
    (
        "(f) erasure, as the charter states",
        "raw: {raw_hours} hours after staging, or {staged_days} days after landing where none "
        "follows; staged: {staged_days} days after staging, and with the last day of a linkage "
        "window the key of its pseudonyms",
    ),
    (
        "(g) security",
        "records sealed with a key a day; pseudonyms by a keyed function, a key for {linkage} "
        "days; threshold, complementary suppression and audit before anything leaves; signed "
        "ledger",
    ),
)

ASSESSMENT = """# Data protection impact assessment (skeleton): {title}

Article 35(7) of Regulation (EU) 2016/679. What the charter of `{pilot}` and the methods say is
filled in; the rest is marked, and must be answered before real records are read.

## (a) The processing and its purposes
{operator} reads records of its network from {start} to {end} ({fields}), and makes {products} for
{agency}. Purpose: {purpose}. Legal basis: {basis} ({reference}).
Devices are {followed}.

## (b) Necessity and proportionality
- Fields that are not needed are not landed; these are only counted on the way in: {counted}.
- Finest figure: zones of the charter's area by hour.
- Why fewer records, days or zones would not do: {ask}.
- Why no other source would do: {ask}.

## (c) Risks for rights and freedoms
{rows}

## (d) Measures, and who answers for them
Signatures: {signatures}. Recipients: {recipients}.
Choices of disclosure control that are in force:
{choices}

Views of data subjects or their representatives: {ask}.
Advice of the data protection officer: {ask}.
"""
RISKS = (
    ("risk", "what stands against it", "what is left"),
    ("---", "---", "---"),
    (
        "a row is linked to a person inside the operator",
        "keys apart; raw kept {raw_hours} hours, staged {staged_days} days, as the charter states",
        "whoever holds rows and key can; they stay personal data",
    ),
    (
        "a device is recognised by its places",
        "{linkage} days under one pseudonym at the most",
        "a handful of places is enough",
    ),
    (
        "a small group is found in the figures",
        "fewer than {threshold} devices never leave; complementary suppression; each release "
        "audited by itself and with those of other pilots",
        "whoever knows all other devices of an entry can tell whether one more is in it",
    ),
    ("figures are used against people", "use limits: {limits}", "{ask}"),
    ("somebody does not want to take part", "opt-outs: {opt_out}", "{ask}"),
)


def words_of(charter: Charter, choices: dict[str, Any], roles: dict[str, str]) -> dict[str, str]:
    """Everything that the two documents say, by name; `roles` says who signed, and when."""
    opt_out = charter.inputs.opt_out
    return {
        "pilot": charter.pilot,
        "title": charter.title.en,
        "operator": charter.operator.name,
        "operator_contact": charter.operator.contact,
        "agency": charter.agency.name,
        "agency_contact": charter.agency.contact,
        "officer": roles.get("data_protection_officer", ASK),
        "purpose": charter.purpose.replace("_", " "),
        "limits": " ".join(charter.use_limits.en.split()),
        "basis": charter.legal_basis,
        "reference": charter.legal_reference,
        "start": str(charter.period.start),
        "end": str(charter.period.end),
        "expires": str(charter.expires),
        "fields": ", ".join(sorted(charter.inputs.events.columns)) or "as the format prescribes",
        "counted": ", ".join(sorted(charter.inputs.events.counted)) or "none",
        "recipients": "; ".join(charter.recipients),
        "threshold": str(charter.threshold),
        "raw_hours": str(charter.retention.raw_hours),
        "staged_days": str(charter.retention.staged_days),
        "linkage": str(charter.linkage_days),
        "followed": "not followed from day to day"
        if charter.linkage_days == 1
        else f"followed over {charter.linkage_days} days under one pseudonym",
        "products": ", ".join(charter.products),
        "tier": charter.tier,
        "opt_out": f"list {opt_out.path}, applied before the first write" if opt_out else ASK,
        "contact": charter.contact,
        "signatures": "; ".join(f"{role}: {who}" for role, who in sorted(roles.items())) or ASK,
        "choices": "\n".join(f"- {name}: {value}" for name, value in sorted(choices.items())),
        "ask": ASK,
    }


def record_of_processing(charter: Charter, choices: dict[str, Any], roles: dict[str, str]) -> str:
    """The record of processing activities of a pilot."""
    return _filled(RECORD, RECORD_ROWS, words_of(charter, choices, roles))


def impact_assessment(charter: Charter, choices: dict[str, Any], roles: dict[str, str]) -> str:
    """The skeleton of an impact assessment of a pilot."""
    return _filled(ASSESSMENT, RISKS, words_of(charter, choices, roles))


def _filled(text: str, rows: tuple[tuple[str, ...], ...], words: dict[str, str]) -> str:
    """The words in their places, in the table as they may stand in one."""
    cells = {name: " ".join(word.replace("|", "/").split()) for name, word in words.items()}
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows).format(**cells)
    return text.format(**words, rows=table)
