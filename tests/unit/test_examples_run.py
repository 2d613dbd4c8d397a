"""The examples in the docstrings of the models run and are right."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil

import pytest

import models

OWN = ("footprint", "location", "presence", "weighting", "uncertainty", "scores", "disclosure")
MODULES = sorted(
    found.name
    for found in pkgutil.walk_packages(models.__path__, "models.")
    if found.name.split(".")[1] in OWN
)


def test_the_modules_are_found():
    assert {name.split(".")[1] for name in MODULES} == set(OWN)


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    failed, _ = doctest.testmod(
        importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE
    )
    assert failed == 0


def test_everything_public_has_an_example():
    """Public is what a package of the models exports, or a module without a folder defines."""
    without = []
    for estimand in OWN:
        module = importlib.import_module(f"models.{estimand}")
        names = getattr(module, "__all__", None) or [
            name
            for name, thing in vars(module).items()
            if not name.startswith("_") and getattr(thing, "__module__", "") == module.__name__
        ]
        for name in names:
            thing = getattr(module, name)
            is_data = inspect.isclass(thing) and hasattr(thing, "__dataclass_fields__")
            if callable(thing) and not is_data and ">>>" not in (inspect.getdoc(thing) or ""):
                without.append(f"{estimand}.{name}")
    assert without == []
