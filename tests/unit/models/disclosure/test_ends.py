"""Ends of intervals as they are published."""

from __future__ import annotations

import numpy as np
import pytest

from peil_models.disclosure import outward_ends


def test_the_rounded_interval_holds_the_exact_one_and_is_little_wider() -> None:
    random = np.random.default_rng(4)
    lower = random.gamma(1.0, 500.0, 2000)
    upper = lower + random.gamma(1.0, 300.0, 2000)
    low, high = outward_ends(lower, upper, share=0.1, least=5.0)
    assert (low <= lower).all() and (high >= upper).all() and (low >= 0).all()
    assert (high - low <= 1.2 * (upper - lower) + 10.0 + 1e-9).all()
    assert np.all(low % 5 == 0) and np.all(high % 5 == 0)


def test_many_counts_of_devices_share_an_end() -> None:
    devices = np.arange(400.0, 500.0)
    low, _ = outward_ends(2.4 * devices * 0.9, 2.4 * devices * 1.1, share=0.1, least=5.0)
    assert np.bincount(np.unique(low, return_inverse=True)[1]).min() >= 1
    assert len(np.unique(low)) < len(devices) / 4


def test_what_is_not_there_stays_so() -> None:
    assert np.isnan(outward_ends([np.nan], [np.nan], share=0.1, least=5.0)).all()


@pytest.mark.parametrize(
    ("lower", "share", "least", "sentence"),
    [(-1.0, 0.1, 5.0, "lower is below 0"), (1.0, 0.0, 5.0, "share must"), (1.0, 0.1, 0.0, "least")],
)
def test_what_cannot_be_rounded_is_refused(
    lower: float, share: float, least: float, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        outward_ends([lower], [2.0], share=share, least=least)
