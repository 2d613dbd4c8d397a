"""Paired gains: planted differences are told, equal estimates hardly ever, and never too surely."""

from __future__ import annotations

import numpy as np
import pytest

from peil_models.scores import PairedGain, paired_gain

N_ZONES, N_DAYS, N_HOURS = 24, 7, 14


def world(seed: int, ratio: float, shared: float = 0.5) -> PairedGain:
    """Two estimates whose errors come by zone, by day and by hour, the second's `ratio` as large.

    What they share of their errors comes from the same devices.
    """
    random = np.random.default_rng(seed)
    shape = (N_ZONES, N_DAYS, N_HOURS)
    true = np.broadcast_to(random.lognormal(6, 1, (N_ZONES, 1, 1)), shape)

    def errors() -> np.ndarray:
        of_zone, of_day = random.normal(size=(N_ZONES, 1, 1)), random.normal(size=(1, N_DAYS, 1))
        return 0.04 * of_zone + 0.01 * of_day + 0.02 * random.normal(size=shape)

    common = shared * errors()
    first, second = (common + np.sqrt(1 - shared**2) * errors() for _ in range(2))
    zones, days = (np.broadcast_to(np.arange(n).reshape(s), shape).ravel() for n, s in AXES)
    return paired_gain(
        true.ravel(),
        (true * (1 + first)).ravel(),
        (true * (1 + ratio * second)).ravel(),
        zones,
        days,
        n_draws=400,
        seed=seed,
    )


AXES = ((N_ZONES, (-1, 1, 1)), (N_DAYS, (1, -1, 1)))


def test_of_equal_estimates_one_in_twenty_at_most_is_told_to_be_better() -> None:
    gains = [world(seed, 1.0) for seed in range(200)]
    assert sum(gain.is_better for gain in gains) <= 10
    assert sum(gain.upper < 0.0 for gain in gains) <= 10
    assert sum(gain.lower <= 0.0 <= gain.upper for gain in gains) >= 180


def test_drawing_entries_one_by_one_would_promote_chance() -> None:
    """The bar above can fail: hours of a zone taken for independent are far too sure."""
    random = np.random.default_rng(1)
    n_promoted = 0
    for _ in range(40):
        errors = 0.04 * random.normal(size=(2, N_ZONES, 1)) + 0.02 * random.normal(
            size=(2, N_ZONES, 60)
        )
        true, entries = np.full(N_ZONES * 60, 100.0), np.arange(errors[0].size)
        first, second = (true * (1 + error.ravel()) for error in errors)
        gain = paired_gain(true, first, second, entries, np.zeros_like(entries), n_draws=100)
        n_promoted += gain.is_better
    assert n_promoted > 8


def test_errors_a_third_smaller_are_mostly_told_and_never_the_other_way() -> None:
    gains = [world(seed, 0.65) for seed in range(40)]
    assert sum(gain.is_better for gain in gains) >= 25
    assert not any(gain.upper < 0.0 for gain in gains)
    assert np.mean([gain.gain for gain in gains]) == pytest.approx(0.35, abs=0.06)


def test_by_hand() -> None:
    true, zones, days = [100.0, 200.0, 0.0], ["a", "b", "a"], [1, 1, 1]
    gain = paired_gain(true, [110, 220, 5], [105, 190, 9], zones, days)
    # relative errors .1 and .1 become .05 and .05; nobody is in the third
    assert gain.gain == pytest.approx(0.5) and (gain.n_units, gain.n_days) == (2, 1)


def test_the_same_seed_gives_the_same_interval() -> None:
    assert world(3, 0.9) == world(3, 0.9)


@pytest.mark.parametrize(
    ("true", "incumbent", "words"),
    [
        ([1.0], [1.0, 2.0], "one length"),
        ([0.0, 0.0], [1.0, 2.0], "no entry"),
        ([1.0, 2.0], [1.0, 2.0], "without error"),
    ],
)
def test_what_cannot_be_compared_is_told(
    true: list[float], incumbent: list[float], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        paired_gain(true, incumbent, incumbent, ["a", "b"], [1, 1])
