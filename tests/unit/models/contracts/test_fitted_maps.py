"""What holds for every public estimator of peil_models, fitted maps first of all.

BaseEstimator, nothing but parameters in `__init__`, clone and get_params round trip, `fit` returns
self, learns the same from the same input whenever it is called, and leaves its input alone.
"""

from __future__ import annotations

import copy
import inspect
import warnings
from typing import Any

import pytest
from estimators import contract_of, is_abstract, of_contract, public_classes, public_estimators
from fitting import MAPS, Problem, fingerprint, regressor, transformer
from sklearn.base import BaseEstimator, RegressorMixin, TransformerMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import estimator_checks, get_tags
from sklearn.utils.validation import check_is_fitted

EVERY = list(public_estimators())
WITHOUT_DATA = (
    estimator_checks.check_estimator_cloneable,
    estimator_checks.check_estimator_repr,
    estimator_checks.check_mixin_order,
    estimator_checks.check_estimator_tags_renamed,
    estimator_checks.check_valid_tag_types,
    estimator_checks.check_no_attributes_set_in_init,
    estimator_checks.check_get_params_invariance,
    estimator_checks.check_set_params,
    estimator_checks.check_do_not_raise_errors_in_init_or_set_params,
    estimator_checks.check_parameters_default_constructible,
)


def problem(member: type) -> Problem:
    """An estimator and the arguments of its fit; refused where no contract covers the class."""
    contract = contract_of(member)
    if contract == "regressor":
        return regressor(member)
    if contract == "transformer":
        return transformer(member)
    if contract is None or member.__name__ not in MAPS:
        raise AssertionError(f"{member.__name__} belongs to no contract")
    return MAPS[member.__name__](member)


def learnt(estimator: BaseEstimator) -> dict[str, Any]:
    """What fit left in the estimator: everything but its parameters.

    As scikit-learn has it, names end in an underscore, or begin with one where nobody else reads
    them.
    """
    parameters = estimator.get_params(deep=False)
    return {name: value for name, value in vars(estimator).items() if name not in parameters}


def broken_rules(member: type) -> list[str]:
    """Rules of the contract that a class breaks."""
    estimator, data = problem(member)
    before = fingerprint(data)
    parameters = fingerprint(estimator.get_params(deep=False))
    fitted = estimator.fit(**data)
    broken = [] if fitted is estimator else ["fit returns self"]
    first = learnt(estimator)
    if not all(name.endswith("_") or name.startswith("_") for name in first):
        broken.append("learnt attributes end in _")
    if not get_tags(estimator).requires_fit:
        broken += ["what needs no fit learns nothing"] if first else []
    elif not any(name.endswith("_") for name in first):
        broken.append("fit learns something")
    once = fingerprint(first)
    if fingerprint(data) != before:
        broken.append("inputs are untouched")
    if fingerprint(estimator.get_params(deep=False)) != parameters:
        broken.append("parameters are untouched")
    estimator.fit(**data)
    if fingerprint(learnt(estimator)) != once:
        broken.append("fit is idempotent")
    again = clone(estimator)
    again.fit(**copy.deepcopy(data))
    if fingerprint(learnt(again)) != once:
        broken.append("the same bytes twice")
    return broken


def test_every_public_estimator_has_a_contract_and_every_entry_a_class() -> None:
    assert len(EVERY) >= 26
    assert all(problem(member) for member in EVERY)
    assert {member.__name__ for member in of_contract("fitted map")} == set(MAPS)
    names = [member.__name__ for member in EVERY]
    assert len(names) == len(set(names))


def test_an_estimator_without_a_contract_is_refused() -> None:
    class New(BaseEstimator):
        def fit(self) -> None: ...

    class Both(RegressorMixin, TransformerMixin, BaseEstimator):
        def fit(self) -> None: ...

    class Bare:
        def fit(self) -> None: ...

    class Unfitted(BaseEstimator):
        """Nobody derives from it, so that it must be fitted itself."""

    assert not is_abstract(Unfitted, (Unfitted,))
    for member in (New, Both, Bare, Unfitted):
        with pytest.raises(AssertionError, match="belongs to no contract"):
            problem(member)


def test_what_breaks_the_contract_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Spoiler(BaseEstimator):
        def fit(self, rows: list[int]) -> None:
            rows.append(1)
            self.n_rows = len(rows)

    monkeypatch.setitem(MAPS, "Spoiler", lambda member: (member(), {"rows": []}))
    assert broken_rules(Spoiler)[:2] == ["fit returns self", "learnt attributes end in _"]

    class Patient(BaseEstimator):
        def fit(self, rows: list[int]) -> Patient:
            self.n_fits_ = getattr(self, "n_fits_", 0) + 1
            rows.append(1)
            return self

    monkeypatch.setitem(MAPS, "Patient", lambda member: (member(), {"rows": []}))
    assert broken_rules(Patient) == ["inputs are untouched", "fit is idempotent"]


@pytest.mark.parametrize("member", EVERY)
def test_the_constructor_stores_its_parameters_and_does_nothing_else(member: type) -> None:
    names = [name for name in inspect.signature(member).parameters]
    given = {name: object() for name in names}
    estimator = member(**given)
    assert vars(estimator) == given
    assert estimator.get_params(deep=False) == given
    others = {name: object() for name in names}
    assert estimator.set_params(**others).get_params(deep=False) == others


@pytest.mark.parametrize("member", EVERY)
def test_parameters_survive_a_clone(member: type) -> None:
    estimator, _ = problem(member)
    again = clone(estimator)
    assert type(again) is member
    assert fingerprint(again.get_params()) == fingerprint(estimator.get_params())
    assert fingerprint(member(**estimator.get_params(deep=False))) == fingerprint(estimator)


@pytest.mark.parametrize("check", WITHOUT_DATA, ids=lambda check: check.__name__)
@pytest.mark.parametrize("member", EVERY)
def test_scikit_learns_own_checks_that_need_no_data(member: type, check: Any) -> None:
    estimator, _ = problem(member)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check(member.__name__, estimator)


@pytest.mark.parametrize("member", EVERY)
def test_fit_keeps_the_contract(member: type) -> None:
    assert broken_rules(member) == []


@pytest.mark.parametrize("member", EVERY)
def test_what_is_not_fitted_says_so(member: type) -> None:
    estimator, data = problem(member)
    if not get_tags(estimator).requires_fit:
        check_is_fitted(estimator)
        return
    with pytest.raises(NotFittedError):
        check_is_fitted(estimator)
    check_is_fitted(estimator.fit(**data))


def test_abstract_classes_are_few() -> None:
    abstract = set(public_classes()) - set(EVERY)
    assert {member.__name__ for member in abstract} == {
        "CountsToPersons",
        "CrowdingForecaster",
        "PresenceFromCounts",
    }
