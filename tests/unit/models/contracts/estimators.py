"""The public estimators of peil_models, found by walking its modules, and their contracts."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache
from typing import Literal

from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin

import peil_models

Contract = Literal["regressor", "transformer", "fitted map"]


def is_estimator(member: object) -> bool:
    """Whether a member of a module is a public class that is fitted, or promises to be."""
    if not inspect.isclass(member) or member.__name__.startswith("_"):
        return False
    return issubclass(member, BaseEstimator) or hasattr(member, "fit")


@cache
def public_classes() -> tuple[type, ...]:
    """Every estimator class that a module of peil_models defines, by name."""
    classes = set()
    for module in pkgutil.walk_packages(peil_models.__path__, "peil_models."):
        for member in vars(importlib.import_module(module.name)).values():
            if is_estimator(member) and member.__module__ == module.name:
                classes.add(member)
    return tuple(sorted(classes, key=lambda member: member.__name__))


def is_abstract(member: type, classes: tuple[type, ...]) -> bool:
    """Whether a class has no `fit`, or cannot be made, and others derive from it."""
    derived = [other for other in classes if other is not member and issubclass(other, member)]
    is_unfinished = inspect.isabstract(member) or not hasattr(member, "fit")
    return is_unfinished and bool(derived)


@cache
def public_estimators() -> tuple[type, ...]:
    """Those that can be fitted; a class that others derive from may leave `fit` to them."""
    classes = public_classes()
    return tuple(member for member in classes if not is_abstract(member, classes))


def contract_of(member: type) -> Contract | None:
    """The contract that a class claims by what it derives from; None if it claims none."""
    if not issubclass(member, BaseEstimator) or issubclass(member, ClassifierMixin):
        return None
    kinds = [kind for kind in (RegressorMixin, TransformerMixin) if issubclass(member, kind)]
    if len(kinds) == 2 or not hasattr(member, "fit"):
        return None
    return (
        {RegressorMixin: "regressor", TransformerMixin: "transformer"}[kinds[0]]
        if kinds
        else ("fitted map")
    )


def of_contract(contract: Contract) -> list[type]:
    """Public estimators of one contract."""
    return [member for member in public_estimators() if contract_of(member) == contract]
