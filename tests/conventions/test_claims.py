"""What is promised in public stands where it is said to stand, and is shown by a test."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from peil.release import statement, statement_linked
from peil.settings import PROJECT

CLAIMS: list[dict[str, Any]] = yaml.safe_load((PROJECT / "docs/claims.yml").read_text())
COUNTS = ("Withheld here: ", "They are empty with a status", "{together}")  # no promise


def flat(text: str) -> str:
    """The words, however the lines are broken, in a document, in Python or in JSON."""
    return " ".join(re.sub(r'\\n|\\"', " ", text).split())


def faults(claims: list[dict[str, Any]]) -> list[str]:
    """What is wrong with claims, in sentences."""
    sentences = []
    for claim in claims:
        says = flat(claim["says"])
        for place in claim["where"]:
            file = PROJECT / place
            if not file.is_file() or says not in flat(file.read_text()):
                sentences.append(f"{place} does not say: {says}")
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


def test_every_claim_is_said_and_shown() -> None:
    assert len(CLAIMS) >= 12
    assert all(set(claim) == {"says", "where", "shown_by"} for claim in CLAIMS)
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
    assert unclaimed("## How people are protected\n- Nobody can\n  be seen. Ever.\n", []) == [
        "Nobody can be seen.",
        "Ever.",
    ]
