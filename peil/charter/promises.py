"""Words of protection that no text of a charter may say unless an attack has shown it.

What stays at the operator is pseudonymised, and stays personal data; what leaves is a sum. A
charter's texts stand in statements, registers and on pages, where they would promise more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from peil.charter.schema import Charter
from peil.settings import PROJECT

# English and Dutch; the letters before leave `canonical` out, and its Dutch
STRONG = re.compile(r"(?<![ck])anon[yi]|de-?[iï]dentif", re.IGNORECASE)
WORD = re.compile(r"[\w-]+")
ATTACKS = "tests/attacks/"


def fault(charter: Charter) -> str:
    """Say which text of a charter promises too much, with its word; empty where none does."""
    texts = list(_texts(charter))
    if not any(STRONG.search(text) for _, text in texts):
        return ""
    shown = _shown(f"pilots/{charter.pilot}.yml")
    for key, text in texts:
        rest = " ".join(text.split())
        for sentence in shown:
            rest = rest.replace(sentence, "")
        if STRONG.search(rest):
            word = next(word for word in WORD.findall(rest) if STRONG.search(word))
            return (
                f"{key}: promises `{word}`, which no attack has shown; take the word out, or list "
                f"the sentence in docs/claims.yml, shown by tests under {ATTACKS} only"
            )
    return ""


def _texts(charter: Charter) -> Iterator[tuple[str, str]]:
    """Every text of a charter that people read in a statement, a register or a page, by its key."""
    for name in ("title", "use_limits"):
        words = getattr(charter, name)
        yield f"{name}.en", words.en
        yield f"{name}.nl", words.nl
    for name in ("operator", "agency"):
        yield f"{name}.name", getattr(charter, name).name
        yield f"{name}.contact", getattr(charter, name).contact
    for number, recipient in enumerate(charter.recipients):
        yield f"recipients.{number}", recipient
    for name in ("legal_reference", "contact", "attribution"):
        yield name, getattr(charter, name)
    yield "dpia", charter.dpia or ""


def _shown(place: str) -> list[str]:
    """Sentences that a file may say since every test of theirs is an attack."""
    file = PROJECT / "docs" / "claims.yml"
    claims: list[dict[str, Any]] = yaml.safe_load(file.read_text()) if file.is_file() else []
    return [" ".join(claim["says"].split()) for claim in claims if is_attacked(claim, place)]


def is_attacked(claim: dict[str, Any], place: str) -> bool:
    """Whether a claim is shown by attacks only, and may stand in this file.

    >>> claim = {"says": "x", "where": ["a.md"], "shown_by": ["tests/attacks/test_x.py::test_y"]}
    >>> is_attacked(claim, "a.md"), is_attacked(claim, "b.md")
    (True, False)
    """
    tests = claim["shown_by"]
    return place in claim["where"] and bool(tests) and all(t.startswith(ATTACKS) for t in tests)
