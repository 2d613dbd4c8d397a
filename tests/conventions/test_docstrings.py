"""What is public says what it is, and the examples it gives are right."""

from __future__ import annotations

import ast
import doctest
import importlib
from pathlib import Path

import pytest
from tracked import named

from peil.settings import PROJECT

OWN = ("peil", "models", "expectations", "benchmarks")
FILES = [file for file in named(".py") if file.relative_to(PROJECT).parts[0] in OWN]
WITH_EXAMPLES = [file for file in FILES if ">>> " in file.read_text()]


def without_docstring(file: Path) -> list[str]:
    """The module itself, and public functions and classes at its top level."""
    tree = ast.parse(file.read_text())
    missing = [] if ast.get_docstring(tree) or not tree.body else ["the module"]
    return missing + [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]


def test_everything_public_has_a_docstring() -> None:
    assert len(FILES) > 80
    missing = {
        str(file.relative_to(PROJECT)): names
        for file in FILES
        if (names := without_docstring(file))
    }
    assert missing == {}


def test_a_missing_docstring_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("def shown(): ...\ndef _own(): ...\nclass Shown: ...\n")
    assert without_docstring(file) == ["the module", "shown", "Shown"]


@pytest.mark.parametrize(
    "file", WITH_EXAMPLES, ids=[str(file.relative_to(PROJECT)) for file in WITH_EXAMPLES]
)
def test_examples_run_and_are_right(file: Path) -> None:
    name = (
        ".".join(file.relative_to(PROJECT).with_suffix("").parts)
        .removeprefix("models.")
        .removesuffix(".__init__")
    )
    module = importlib.import_module(name)
    failed, tried = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert tried > 0
    assert failed == 0


def test_both_packages_have_examples() -> None:
    holding = {file.relative_to(PROJECT).parts[0] for file in WITH_EXAMPLES}
    assert {"peil", "models"} <= holding
    assert len(WITH_EXAMPLES) > 20
