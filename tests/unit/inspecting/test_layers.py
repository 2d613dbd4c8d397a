"""What the map of an unknown delivery says of its layers."""

from __future__ import annotations

import numpy as np

from peil.inspecting import layers


def test_limits_are_tidy_few_and_above_the_least() -> None:
    limits = layers.breaks_of(np.repeat([3.0, 10.0, 90.0, 800.0], [60, 20, 10, 10]))
    assert limits == sorted(set(limits)) and len(limits) <= 5
    assert all(limit > 3.0 for limit in limits[1:])
    # of values that are nearly all the least, that one is no limit: its class would be empty
    assert layers.breaks_of(np.array([1.0] * 99 + [2.0])) == []


def test_a_kind_that_no_column_says_is_called_so_in_both_languages() -> None:
    assert layers._kind("?") == {"en": "not said", "nl": "niet gezegd"}
    assert layers._kind("macro") == {"en": "macro", "nl": "macro"}
