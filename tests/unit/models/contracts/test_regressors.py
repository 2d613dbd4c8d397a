"""Regressors on counts pass all of scikit-learn's checks."""

from __future__ import annotations

import pytest
from checking import checked
from estimators import of_contract

REGRESSORS = of_contract("regressor")
CHOICES = {"PresenceEM": [{}, {"stopping": "discrepancy"}]}
"""Parameters that lead through other code; every regressor is checked with its defaults."""
EXCEPTIONS = {
    "check_regressor_multioutput": "draws negative y although the estimator declares that its "
    "target is positive_only"
}


def test_regressors_are_listed() -> None:
    assert {member.__name__ for member in REGRESSORS} >= {"PresenceEM", "PresenceVoronoi"}
    assert set(CHOICES) <= {member.__name__ for member in REGRESSORS}


@pytest.mark.parametrize(
    ("member", "choices"),
    [(member, chosen) for member in REGRESSORS for chosen in CHOICES.get(member.__name__, [{}])],
)
def test_a_regressor_passes_scikit_learns_checks(member: type, choices: dict[str, object]) -> None:
    outcome = checked(member, EXCEPTIONS, **choices)
    assert outcome.failed == []
    assert outcome.excepted == set(EXCEPTIONS)
    assert len(outcome.passed) >= 45
