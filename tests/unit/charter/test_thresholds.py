"""The threshold of a release: the charter's, and of a real pilot never below `methods.toml`'s."""

from __future__ import annotations

from typing import Any

import pytest

from peil import methods
from peil.charter.thresholds import threshold_of

FLOOR = 15


@pytest.mark.parametrize(
    ("basis", "asked_for", "threshold"),
    [("synthetic", 2, 2), ("statute", 2, FLOOR), ("statute", FLOOR, FLOOR), ("statute", 40, 40)],
)
def test_a_real_pilot_is_held_to_the_higher_of_two_thresholds(
    tiny: Any, basis: str, asked_for: int, threshold: int
) -> None:
    assert methods.section("disclosure", "tiny")["zone_threshold"] == FLOOR
    charter = tiny.charter.model_copy(update={"legal_basis": basis, "threshold": asked_for})
    assert threshold_of(charter) == threshold
