"""What is promised in public stands where it is said to stand, and is shown by a test."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from peil.charter.schema import Words
from peil.pages import algorithms
from peil.release import statement, statement_linked
from peil.settings import PROJECT

CLAIMS: list[dict[str, Any]] = yaml.safe_load((PROJECT / "docs/claims.yml").read_text())
# words of protection, English and Dutch; a sentence with one of them promises something, unless it
# is a label, or says what is withheld or not promised
PROTECTION = re.compile(
    r"protect|bescherm|\bnever\b|\bnooit\b|threshold|drempel|no row|geen regel|identif|kenmerk"
    r"|subtract|aftrek|noise|\bruis\b|worked out|af te leiden|afgeleid|real person|echt mens"
    r"|no figure is|geen cijfer gaat|the network|het netwerk|pseudonym|pseudoni|seal|verzegel"
    r"|delet|gewist|destroy|vernietig|audit|getoetst|approve|keuren|about a person|over een persoon"
    r"|distinct devices|verschillende toestellen",
    re.IGNORECASE,
)
FEWEST_WORDS = 5
NO_PROMISE = (
    "**verb**: ",  # what a room does, as the states say it
    "No protection is claimed",
    "Er wordt geen bescherming beweerd",
    "The protection of one day is not",
    "De bescherming van één dag is niet",
    "The threshold is {threshold}",
    "De drempel is {threshold}",
    "Withheld: share of devices",
    "Achtergehouden: deel van de toestellen",
    "Withheld to protect people: {n}",
    "Achtergehouden om mensen te beschermen: {n}",
    "No figure: the night or the day",
    "Geen cijfer: de nacht of de dag",
    "Every group in {zone}",
    "Elke groep in {zone}",
    "Every flow here is withheld",
    "Elke verplaatsing is hier achtergehouden",
    "No figure of this pilot could be released",
    "Van deze pilot kon geen cijfer",
    "The map shows the zones, but no number",
    "De kaart toont de zones, maar geen getal",
    "of {all} figures; for all of them",
    "van {all} cijfers; voor alle",
    "identifier in a wrong column",
    "De drempels van alarm volgen",
    "Estimates of the lowest zones by hour, before protection.",
    "Schattingen van de kleinste zones per uur, vóór bescherming.",
    "Of this day no rows per cell",
    "Van deze dag zijn geen regels",
    "Hoe snel een melding komt",
    "achtergehouden om mensen te beschermen",
    "withheld to protect people",
    "Data protection impact assessment",
    "The charter names no data protection",
    "Gegevensbeschermingseffect",
    "Het handvest noemt geen",
)
COUNTS = ("Withheld here: ", "They are empty with a status", "{together}")  # no promise


def flat(text: str) -> str:
    """The words, however the lines are broken, in a document, in Python or in JSON."""
    text = re.sub(r'"\s*\n\s*"', "", text)  # parts of one text in Python
    return " ".join(re.sub(r'\\n|\\"', " ", text).split())


def faults(claims: list[dict[str, Any]]) -> list[str]:
    """What is wrong with claims, in sentences."""
    sentences = []
    for claim in claims:
        says = flat(claim["says"])
        for text in filter(None, (says, flat(claim.get("nl", "")))):
            for place in claim["where"]:
                file = PROJECT / place
                if not file.is_file() or text not in flat(file.read_text()):
                    sentences.append(f"{place} does not say: {text}")
        if not claim["where"] or not claim["shown_by"]:
            sentences.append(f"is said nowhere, or shown by nothing: {says}")
        for name in claim["shown_by"]:
            place, _, test = name.partition("::")
            file = PROJECT / place
            if not test or not file.is_file() or f"def {test}(" not in file.read_text():
                sentences.append(f"no such test: {name}")
    return sentences


def unclaimed(text: str, claims: list[dict[str, Any]]) -> list[str]:
    """Sentences under the heading of protection that no claim makes."""
    block = text.split("## How people are protected")[-1].split("\n## ")[0]
    items = [flat(item) for item in re.split(r"^- ", block, flags=re.M)]
    items = [item.replace("{unobserved}", "") for item in items if item]
    sentences = [part for item in items for part in re.split(r"(?<=\.) (?=[A-Z{])", item)]
    says = {flat(claim["says"]) for claim in claims}
    return [
        sentence
        for sentence in sentences
        if sentence not in says and not sentence.startswith(COUNTS)
    ]


def promises(text: str) -> list[str]:
    """Sentences of a text, English or Dutch, that speak of protection and promise something."""
    parts = re.split(r"(?<=\.) +(?=[A-Z*{])|\n\n|\||\n- ", text)
    sentences = [re.sub(r"^\{\w+\} ", "", flat(part)) for part in parts]
    return [
        sentence
        for sentence in sentences
        if PROTECTION.search(sentence)
        and len(sentence.split()) >= FEWEST_WORDS
        and not sentence.startswith(NO_PROMISE)
    ]


def left(place: str, texts: list[str], claims: list[dict[str, Any]]) -> list[str]:
    """Promises in the texts of a file that no claim of that file makes, in its language."""
    claimed = [
        flat(claim.get(language, ""))
        for claim in claims
        for language in ("says", "nl")
        if place in claim["where"]
    ]
    return [
        sentence
        for text in texts
        for sentence in promises(text)
        if not any(sentence in words for words in claimed)
    ]


def readme() -> list[str]:
    """The README without what is typed, and without tables of folders."""
    text = (PROJECT / "README.md").read_text()
    return [re.sub(r"```.*?```", "", text, flags=re.S)]


def page() -> list[str]:
    """Every text of the pages, in both languages."""
    words = json.loads((PROJECT / "portal/src/words.json").read_text())
    return [text for pair in words.values() for text in pair.values()]


def registered() -> list[str]:
    """Every text of the algorithm register, in both languages."""
    kept: list[Words] = []
    for value in vars(algorithms).values():
        several = value.values() if isinstance(value, dict) else [value]
        kept += [words for words in several if isinstance(words, Words)]
    return [text for words in kept for text in (words.en, words.nl)]


PLACES = {
    "README.md": readme,
    "portal/src/words.json": page,
    "peil/pages/algorithms.py": registered,
}


@pytest.mark.parametrize("place", PLACES)
def test_readme_page_and_register_promise_nothing_that_is_not_claimed(place: str) -> None:
    texts = PLACES[place]()
    assert left(place, texts, CLAIMS) == []
    # each claim that is made there is needed there, so the search reaches what it should
    assert len(left(place, texts, [])) >= 4
    assert left(place, ["No identifier of anybody is anywhere."], CLAIMS) != []
    assert left(place, ["Geen kenmerk van wie dan ook staat ergens."], CLAIMS) != []


def test_the_page_keeps_nothing_about_its_reader() -> None:
    scripts = list((PROJECT / "portal/src").rglob("*.js"))
    assert len(scripts) > 10
    kept = re.compile(r"localStorage|sessionStorage|indexedDB|\bcookie|caches\.|serviceWorker")
    assert [file.name for file in scripts if kept.search(file.read_text())] == []


def test_every_claim_is_said_and_shown() -> None:
    assert len(CLAIMS) >= 12
    assert all(set(claim) - {"nl"} == {"says", "where", "shown_by"} for claim in CLAIMS)
    assert faults(CLAIMS) == []


@pytest.mark.parametrize("text", [statement.EN, statement_linked.EN, statement.UNOBSERVED["en"]])
def test_a_statement_promises_nothing_that_is_not_claimed(text: str) -> None:
    assert unclaimed(text, CLAIMS) == []
    assert unclaimed(text, CLAIMS[:1]) != []


def test_what_is_wrong_with_a_claim_is_told() -> None:
    test = "tests/conventions/test_claims.py::test_every_claim_is_said_and_shown"
    good = {"says": "says Peil", "where": ["README.md"], "shown_by": [test]}
    assert faults([good | {"says": "Peil runs a pilot"}]) == []
    assert faults([good]) == ["README.md does not say: says Peil"]
    assert faults([good | {"says": "Peil runs", "shown_by": [test + "_by_nobody"]}]) == [
        f"no such test: {test}_by_nobody"
    ]
    assert faults([good | {"where": []}]) == ["is said nowhere, or shown by nothing: says Peil"]
    assert faults([good | {"nl": "Peil doet"}]) == [
        "README.md does not say: says Peil",
        "README.md does not say: Peil doet",
    ]
    kept = "No row and no identifier is here. Geen regel en geen kenmerk staat hier."
    said, gezegd = promises(kept)
    claim = {"says": said, "nl": gezegd, "where": ["a.md"], "shown_by": [test]}
    assert left("a.md", [kept], [claim]) == [] and left("b.md", [kept], [claim]) == [said, gezegd]
    assert promises("Withheld. The threshold is {threshold} devices. A map of all zones.") == []
    assert unclaimed("## How people are protected\n- Nobody can\n  be seen. Ever.\n", []) == [
        "Nobody can be seen.",
        "Ever.",
    ]
