"""Regressors on counts pass all of scikit-learn's checks."""

from __future__ import annotations

import pytest
from checking import checked
from estimators import of_contract

REGRESSORS = of_contract("regressor")
CHOICES = {"PresenceEM": [{}, {"stopping": "discrepancy"}]}
"""Parameters that lead through other code; every regressor is checked with its defaults."""
ORDINARY = {"PresenceCombined", "PresenceEM"}
EXCEPTIONS = {
    "check_regressor_multioutput": "draws negative y although the estimator declares that its "
    "target is positive_only"
}


def test_regressors_are_listed() -> None:
    assert {member.__name__ for member in REGRESSORS} >= {"PresenceEM", "PresenceVoronoi"}
    assert {*CHOICES, *ORDINARY} <= {member.__name__ for member in REGRESSORS}


@pytest.mark.parametrize(
    ("member", "choices"),
    [
        pytest.param(
            member,
            chosen,
            # the others answer to the same base class: some seconds each, in the long run
            marks=[] if member.__name__ in ORDINARY else pytest.mark.slow,
        )
        for member in REGRESSORS
        for chosen in CHOICES.get(member.__name__, [{}])
    ],
)
def test_a_regressor_passes_scikit_learns_checks(member: type, choices: dict[str, object]) -> None:
    outcome = checked(member, EXCEPTIONS, **choices)
    assert outcome.failed == []
    assert outcome.excepted == set(EXCEPTIONS)
    assert len(outcome.passed) >= 45
