"""Words that promise: none without evidence, and each in both languages of the page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tracked import texts

from peil.settings import PROJECT

# No claim of this kind is made anywhere: what stays at the operator is pseudonymised, and stays
# personal data. Spelled in parts, so that this file does not break its own rule.
PROMISE = re.compile("ano" + "nym|geano" + "nimi[sz]|de-?identif", re.IGNORECASE)
# exact lines that name a tool's own setting or the rule itself
ALLOWED = {
    "dbt_project/dbt_project.yml": {"send_ano" + "nymous_usage_stats: false"},
    "CONTRIBUTING.md": {
        '- *No privacy word without evidence.* The word "ano' + 'nym*" and its kin '
        "appear nowhere unless they"
    },
}


def promises(found: dict[str, str]) -> list[str]:
    return [
        f"{name}, line {number}"
        for name, text in found.items()
        for number, line in enumerate(text.splitlines(), start=1)
        if PROMISE.search(line) and line.strip() not in ALLOWED.get(name, set())
    ]


def test_no_text_promises_what_no_test_shows() -> None:
    found = texts()
    assert len(found) > 200 and "README.md" in found and "portal/src/words.json" in found
    assert promises(found) == []


@pytest.mark.parametrize(
    "line",
    [
        "the data are ano" + "nymous",
        "Ano" + "nymised before use",
        "geano" + "nimiseerd",
        "de-ident" + "ified",
        "deident" + "ification",
    ],
)
def test_a_promise_is_told_with_its_line(line: str) -> None:
    assert promises({"docs/privacy.md": f"first\n{line}\n"}) == ["docs/privacy.md, line 2"]


def test_an_allowed_line_is_allowed_in_its_own_file_only() -> None:
    for name, lines in ALLOWED.items():
        text = (PROJECT / name).read_text()
        for line in lines:
            assert line in text, f"{name} holds it no more: take it off the list"
            assert promises({name: line}) == []
            assert promises({"elsewhere.md": line}) != []


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
