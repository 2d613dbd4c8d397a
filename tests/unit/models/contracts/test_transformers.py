"""Transformers from devices to persons pass scikit-learn's checks, but for what they are."""

from __future__ import annotations

import pytest
from checking import checked
from estimators import of_contract

TRANSFORMERS = of_contract("transformer")

ROWS = (
    "rows are zones, each with a weight of its own, not samples of one population: none may be "
    "left out, added or change place between fit and transform"
)
COLUMNS = "columns are hours (zones of presence): fit takes some of them, transform any others"
ANSWER = "rows of the input are home zones, rows of the answer are zones of presence"
EXCEPTIONS = {
    "NightRatio": {
        "check_n_features_in_after_fitting": COLUMNS,
        "check_transformer_general": COLUMNS,
        "check_methods_sample_order_invariance": ROWS,
        "check_methods_subset_invariance": ROWS,
        "check_fit_idempotent": ROWS,
    },
    "HomeWeights": {
        "check_n_features_in_after_fitting": COLUMNS,
        "check_transformer_general": ANSWER,
        "check_transformer_data_not_an_array": ANSWER,
        "check_methods_sample_order_invariance": ANSWER,
        "check_methods_subset_invariance": ROWS,
        "check_fit_idempotent": ROWS,
    },
}
"""What a transformer cannot keep by its nature, and why; a new one has no exception."""


def test_transformers_are_listed() -> None:
    assert {member.__name__ for member in TRANSFORMERS} >= set(EXCEPTIONS)


@pytest.mark.parametrize("member", TRANSFORMERS)
def test_a_transformer_passes_scikit_learns_checks(member: type) -> None:
    exceptions = EXCEPTIONS.get(member.__name__, {})
    outcome = checked(member, exceptions)
    assert outcome.failed == []
    assert outcome.excepted == set(exceptions)  # each still holds, or it goes
    assert len(outcome.passed) >= 40
