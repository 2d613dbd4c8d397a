"""No text of a charter that people read promises what no attack has shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from peil.charter import promises, reading
from peil.outcome import Refused

# in parts: the convention on words reads this file too
WORD, DUTCH = "ano" + "nymous", "ano" + "nieme"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("title", {"en": f"An {WORD} pilot", "nl": "Een proef"}),
        ("title", {"en": "A pilot", "nl": f"Een {DUTCH} proef"}),
        ("use_limits", {"en": f"The figures are {WORD}.", "nl": "Voor tests."}),
        ("use_limits", {"en": "For tests.", "nl": f"Voor {DUTCH} tests."}),
        ("attribution", f"By courtesy of {WORD} people"),
        ("legal_reference", f"Statute on {WORD} figures"),
        ("contact", f"{WORD}@example.org"),
        ("dpia", f"Register of {DUTCH} gegevens"),
        ("operator__name", f"{WORD} networks"),
        ("agency__contact", f"{WORD} desk"),
        ("recipients", ["Agency", f"Readers of {DUTCH} cijfers"]),
    ],
)
def test_a_word_that_promises_is_refused_with_its_key(tiny: Any, key: str, value: Any) -> None:
    file = tiny.write_charter(**{key: value})
    with pytest.raises(Refused) as refused:
        reading.load("tiny")
    sentence = str(refused.value)
    assert sentence.startswith(f"{file}, {key.replace('__', '.')}")
    assert ": promises `" in sentence and "; take the word out, or list the sentence" in sentence
    assert sentence.count(". ") == 0


def test_a_canonical_word_and_a_column_of_theirs_are_no_promise(tiny: Any) -> None:
    tiny.write_charter(
        title={"en": "Canonical", "nl": "Canoniek"}, inputs__events__columns__cell_id=WORD
    )
    assert reading.load("tiny").title.en == "Canonical"


@pytest.mark.parametrize("folder", ["attacks", "unit"])
def test_a_sentence_that_an_attack_shows_may_be_said(
    tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    said = f"The sums are {WORD}."
    claims = [
        {
            "says": said,
            "where": ["pilots/tiny.yml"],
            "shown_by": [f"tests/{folder}/test_x.py::test_y"],
        }
    ]
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/claims.yml").write_text(yaml.safe_dump(claims))
    monkeypatch.setattr(promises, "PROJECT", tmp_path)
    tiny.write_charter(use_limits={"en": f"For tests. {said}", "nl": "Voor tests."})
    if folder == "attacks":
        assert said in reading.load("tiny").use_limits.en
        tiny.write_charter(use_limits={"en": f"{said} All is {WORD}.", "nl": "Voor tests."})
    with pytest.raises(Refused, match=r"use_limits\.en: promises"):
        reading.load("tiny")
