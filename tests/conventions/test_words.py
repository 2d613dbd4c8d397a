"""Words that promise: none without evidence, and each in both languages of the page."""

from __future__ import annotations

import json
import re
from collections.abc import Set
from pathlib import Path
from typing import Any

import pytest
import yaml
from tracked import texts

from peil.charter.promises import STRONG
from peil.settings import PROJECT

# No claim of this kind is made anywhere: what stays at the operator is pseudonymised, and stays
# personal data. Spelled in parts below, so that this file does not break its own rule.
PROMISE = STRONG
# exact lines that name a tool's own setting or the rule itself
ALLOWED = {
    "dbt_project/dbt_project.yml": {"send_ano" + "nymous_usage_stats: false"},
    "CONTRIBUTING.md": {
        '- *No privacy word without evidence.* The word "ano' + 'nym*" and its kin '
        "appear nowhere unless they"
    },
}


def claimed() -> set[tuple[str, str]]:
    """Claims that an attack shows: the file that may say it, and the sentence."""
    claims = yaml.safe_load((PROJECT / "docs/claims.yml").read_text())
    return {(place, said) for claim in claims for place, said in exempt(claim)}


def exempt(claim: dict[str, Any]) -> list[tuple[str, str]]:
    """Where a strong word of a claim may stand: nowhere unless every test of it is an attack."""
    is_attack = all(test.startswith("tests/attacks/") for test in claim["shown_by"])
    places = [*claim["where"], "docs/claims.yml"]
    return [(place, claim["says"].strip()) for place in places] if is_attack else []


def promises(found: dict[str, str], claims: Set[tuple[str, str]] = frozenset()) -> list[str]:
    return [
        f"{name}, line {number}"
        for name, text in found.items()
        for number, line in enumerate(text.splitlines(), start=1)
        if PROMISE.search(_without(line, name, claims))
        and line.strip() not in ALLOWED.get(name, set())
    ]


def _without(line: str, name: str, claims: Set[tuple[str, str]]) -> str:
    """A line without what claims say in this file, where they say it in one line."""
    for place, said in sorted(claims):
        line = line.replace(said, "") if place == name else line
    return line


def test_no_text_promises_what_no_test_shows() -> None:
    found = texts()
    assert len(found) > 200 and "README.md" in found and "portal/src/words.json" in found
    assert promises(found, claimed()) == []


@pytest.mark.parametrize(
    "line",
    [
        "the data are ano" + "nymous",
        "Ano" + "nymised before use",
        "geano" + "nimiseerd",
        "de cijfers zijn ano" + "niem",
        "Ano" + "nieme aantallen",
        "na het ano" + "nimiseren",
        "de ano" + "nimiteit van wie erin staat",
        "de-ident" + "ified",
        "deident" + "ification",
    ],
)
def test_a_promise_is_told_with_its_line(line: str) -> None:
    assert promises({"docs/privacy.md": f"first\n{line}\n"}) == ["docs/privacy.md, line 2"]


def test_a_canonical_name_is_no_promise() -> None:
    assert promises({"docs/x.md": "canonical columns, canoniek, kanoniek"}) == []


def test_an_allowed_line_is_allowed_in_its_own_file_only() -> None:
    for name, lines in ALLOWED.items():
        text = (PROJECT / name).read_text()
        for line in lines:
            assert line in text, f"{name} holds it no more: take it off the list"
            assert promises({name: line}) == []
            assert promises({"elsewhere.md": line}) != []


def test_a_strong_word_stands_through_a_claim_that_an_attack_shows_only() -> None:
    said = "no trace is left: the sums are ano" + "nymous"
    claim = {"says": said, "where": ["docs/x.md"], "shown_by": ["tests/attacks/test_y.py::test_z"]}
    claims = set(exempt(claim))
    assert promises({"docs/x.md": said, "docs/claims.yml": f"- says: {said}"}, claims) == []
    assert promises({"docs/other.md": said}, claims) == ["docs/other.md, line 1"]
    assert promises({"docs/x.md": "ano" + "nymous"}, claims) == ["docs/x.md, line 1"]
    assert exempt(claim | {"shown_by": ["tests/unit/test_y.py::test_z"]}) == []


def incomplete(words: dict[str, dict[str, str]]) -> list[str]:
    """Words without one of the languages, or with other places to fill in."""
    return [
        key
        for key, said in words.items()
        if set(said) != {"en", "nl"}
        or not all(text.strip() for text in said.values())
        or len({frozenset(re.findall(r"\{(\w+)\}", text)) for text in said.values()}) != 1
    ]


def test_the_pages_words_are_complete_in_both_languages() -> None:
    words = json.loads((PROJECT / "portal/src/words.json").read_text())
    assert len(words) > 100
    assert incomplete(words) == []
    assert incomplete(
        {"a": {"en": "x"}, "b": {"en": "{n} x", "nl": "{m} x"}, "c": {"en": "x", "nl": " "}}
    ) == ["a", "b", "c"]


def test_every_word_the_page_says_by_name_is_there() -> None:
    words = json.loads((PROJECT / "portal/src/words.json").read_text())
    scripts = "".join(file.read_text() for file in (PROJECT / "portal/src").glob("*.js"))
    said = set(re.findall(r"\bsay\(\"(\w+)\"", scripts))
    assert len(said) > 30
    assert said <= set(words)


def test_the_charters_speak_both_languages() -> None:
    from peil.charter import reading

    for file in Path(PROJECT / "pilots").glob("*.yml"):
        found = reading.load(file)
        for said in (found.title, found.use_limits):
            assert said.en.strip() and said.nl.strip(), file.name
