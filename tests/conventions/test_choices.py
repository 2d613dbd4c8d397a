"""Every choice in methods.toml says why, and is used; every pilot's own choice is a pilot's."""

from __future__ import annotations

import inspect
import re
import tomllib
from pathlib import Path
from typing import Any

from tracked import named

from peil.settings import PROJECT, Settings

CHOICES: dict[str, Any] = tomllib.loads((PROJECT / "methods.toml").read_text())
CODE = {
    file: file.read_text()
    for file in named(".py")
    if file.relative_to(PROJECT).parts[0] in ("peil", "models", "expectations", "benchmarks")
}


def entries() -> dict[str, dict[str, Any]]:
    """Every choice by its dotted name, the pilots' own among them."""
    found = {
        f"{section}.{key}": choice
        for section, choices in CHOICES.items()
        if section != "pilot"
        for key, choice in choices.items()
    }
    for pilot, sections in CHOICES.get("pilot", {}).items():
        for section, choices in sections.items():
            found |= {f"pilot.{pilot}.{section}.{key}": choice for key, choice in choices.items()}
    return found


def unused(names: list[str], code: str) -> list[str]:
    """Choices whose key no code spells."""
    words = set(re.findall(r"\w+", code))
    return [name for name in names if name.rsplit(".", 1)[1] not in words]


def test_every_choice_has_value_unit_reason_and_reference() -> None:
    found = entries()
    assert len(found) > 60
    for name, choice in found.items():
        assert set(choice) == {"value", "unit", "reason", "reference"}, name
        assert all(str(choice[part]).strip() for part in choice), name
        assert len(choice["reason"].split()) >= 1, name


def test_every_choice_is_used_by_code() -> None:
    names = [name for name in entries() if not name.startswith("pilot.")]
    assert unused(names, "".join(CODE.values())) == []
    assert unused(["a.no_code_spells_this"], "".join(CODE.values())) == ["a.no_code_spells_this"]


def test_every_section_is_read_by_name() -> None:
    read = set()
    for text in CODE.values():
        read |= set(re.findall(r'section\(\s*"(\w+)"', text))
        read |= set(re.findall(r'^SECTION = "(\w+)"', text, re.M))
        for group in re.findall(
            r"(?:section\(name.*?\bin|^SECTIONS =)\s*\(([^)]*)\)", text, re.M | re.S
        ):
            read |= set(re.findall(r'"(\w+)"', group))
    assert set(CHOICES) - {"pilot"} <= read


def test_the_defaults_of_an_estimator_are_all_among_the_choices() -> None:
    from peil_models.footprint import FootprintSignalStrength

    known = set(inspect.signature(FootprintSignalStrength).parameters)
    assert set(CHOICES["footprint"]) <= known


def test_a_pilots_own_choices_are_of_a_pilot_that_is_there() -> None:
    pilots = {file.stem for file in (PROJECT / "pilots").glob("*.yml")}
    assert CHOICES["pilot"]
    assert set(CHOICES["pilot"]) <= pilots


def test_a_reference_into_the_repository_leads_somewhere() -> None:
    for name, choice in entries().items():
        for place in re.findall(r"\b(?:docs|benchmarks)/[\w./-]+", choice["reference"]):
            there = [*PROJECT.glob(place), *PROJECT.glob(f"{place}-*.md")]
            assert there, f"{name}: {place}"


def test_every_setting_is_told_in_the_operators_guide() -> None:
    guide = (PROJECT / "docs/operate.md").read_text()
    missing = [name for name in Settings.model_fields if f"PEIL_{name.upper()}" not in guide]
    assert missing == []
    assert Path(PROJECT / "docs/operate.md").is_file()
