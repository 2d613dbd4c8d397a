"""The docstring of an estimator says what could be wrong, and the range of each parameter."""

from __future__ import annotations

import inspect
import re

import pytest
from estimators import public_estimators
from sklearn.base import BaseEstimator

ENTRY = re.compile(r"^(\w[\w, ]*?)(?: : (.*))?$")
RANGE = re.compile(r"\b(float|int) in [\[(].+[\])]")
SECTIONS = ("Notes", "References", "Examples")
WORDS = ("Assumes", "Not identified:")


def section(text: str, title: str) -> list[str]:
    """Lines of a section of a docstring in numpy's form."""
    match = re.search(rf"^{title}\n-+\n(.*?)(?=^\w+\n-+\n|\Z)", text, re.M | re.S)
    return match.group(1).splitlines() if match else []


def parameters(member: type) -> dict[str, str]:
    """Type of every documented parameter, those of the classes it derives from included."""
    types: dict[str, str] = {}
    for parent in reversed(inspect.getmro(member)):
        if issubclass(parent, BaseEstimator) and parent is not BaseEstimator:
            for line in section(inspect.cleandoc(parent.__doc__ or ""), "Parameters"):
                entry = ENTRY.match(line)
                for name in entry.group(1).split(", ") if entry else ():
                    types[name] = (entry.group(2) if entry else None) or types.get(name, "")
    return types


def missing(member: type) -> list[str]:
    """What the docstring of a class does not say."""
    text = inspect.cleandoc(member.__doc__ or "")
    absent = [title for title in SECTIONS if not section(text, title)]
    absent += [word for word in WORDS if word not in text]
    types = parameters(member)
    for name in inspect.signature(member).parameters:
        if name not in types:
            absent.append(f"parameter {name}")
        elif re.match("float|int|tuple of|sequence of float", types[name]):
            absent += [] if RANGE.search(types[name]) else [f"range of {name}"]
    return absent


@pytest.mark.parametrize("member", public_estimators())
def test_an_estimator_says_what_could_be_wrong(member: type) -> None:
    assert missing(member) == []


def test_what_is_missing_is_named() -> None:
    class Bare(BaseEstimator):
        """Something.

        Parameters
        ----------
        level : float, default=0.9
        """

        def __init__(self, level: float = 0.9, other: int = 1) -> None: ...

    assert missing(Bare) == [*SECTIONS, *WORDS, "range of level", "parameter other"]
