"""When EM stops: by noise (held out) and by a footprint known only so well (discrepancy)."""

from __future__ import annotations

import numpy as np
import pytest

from peil_models.presence import PresenceEM, PresenceSB

N_CELLS, N_TILES = 30, 300


def smooth_footprint(seed: int, width: float = 0.08) -> np.ndarray:
    random = np.random.default_rng(seed)
    cells, tiles = np.sort(random.random(N_CELLS)), np.linspace(0, 1, N_TILES)
    strength = np.exp(-0.5 * ((cells[:, None] - tiles) / width) ** 2) + 1e-6
    return strength / strength.sum(axis=0)


def truth(scale: float) -> np.ndarray:
    return scale * (1.0 + np.sin(np.linspace(0, 9, N_TILES)) ** 2)


def test_few_devices_stop_earlier_than_many():
    chances = smooth_footprint(1)
    random = np.random.default_rng(2)
    steps = [
        PresenceEM(max_iter=400, stopping="held_out", random_state=1)
        .fit(chances, random.poisson(chances @ truth(scale)[:, None], (N_CELLS, 6)))
        .n_iter_
        for scale in (0.5, 500.0)
    ]
    assert steps[0] < steps[1]


def test_the_same_state_gives_the_same_devices():
    chances = smooth_footprint(1)
    counts = np.random.default_rng(3).poisson(chances @ truth(5.0))
    first, other = (
        PresenceEM(max_iter=50, stopping="held_out", random_state=7).fit(chances, counts)
        for _ in range(2)
    )
    assert first.n_iter_ == other.n_iter_
    assert first.devices_.tobytes() == other.devices_.tobytes()


def test_held_out_takes_the_step_with_the_best_score_and_all_devices():
    chances = smooth_footprint(1)
    counts = np.random.default_rng(3).poisson(chances @ truth(5.0))
    presence = PresenceEM(max_iter=80, stopping="held_out", random_state=7).fit(chances, counts)
    assert presence.n_iter_ == np.argmax(presence.held_out_score_) + 1
    again = PresenceEM(max_iter=presence.n_iter_).fit(chances, counts)
    assert presence.devices_.tobytes() == again.devices_.tobytes()


def test_a_worse_known_footprint_stops_earlier():
    chances = smooth_footprint(1)
    counts = np.random.default_rng(4).poisson(chances @ truth(200.0))
    steps = [
        PresenceEM(max_iter=300, stopping="discrepancy", misfit_share=share)
        .fit(chances, counts)
        .n_iter_
        for share in (0.3, 0.05, 0.0)
    ]
    assert steps[0] < steps[1] < steps[2]


def test_discrepancy_ends_at_the_first_step_that_meets_the_counts():
    chances = smooth_footprint(1)
    counts = np.random.default_rng(4).poisson(chances @ truth(200.0))
    presence = PresenceEM(max_iter=300, stopping="discrepancy", misfit_share=0.05)
    path = presence.fit(chances, counts).discrepancy_
    assert len(path) == presence.n_iter_ > 1
    assert path[-1] <= 1.0 < path[-2]


def test_under_a_wrong_footprint_discrepancy_beats_held_out():
    """Cells hold on to devices by a factor of their own, which all devices share."""
    chances = smooth_footprint(1)
    random = np.random.default_rng(6)
    held = chances * np.exp(0.25 * random.standard_normal((N_CELLS, 1)))
    held /= held.sum(axis=0)
    true = truth(300.0)
    counts = random.poisson(held @ true)

    def error(estimator: object) -> float:
        return float(np.abs(estimator.fit(chances, counts).devices_ - true).sum() / true.sum())

    late = PresenceEM(max_iter=300, stopping="held_out", random_state=1)
    early = PresenceEM(max_iter=300, stopping="discrepancy", misfit_share=0.25)
    assert error(early) < 0.8 * error(late)
    assert late.n_iter_ > early.n_iter_
    assert error(early) <= error(PresenceSB()) * 1.05


@pytest.mark.parametrize("stopping", ["steps", "held_out", "discrepancy"])
def test_every_rule_conserves_devices(stopping):
    chances = smooth_footprint(1)
    counts = np.random.default_rng(4).poisson(chances @ truth(3.0))
    presence = PresenceEM(stopping=stopping, random_state=1).fit(chances, counts)
    assert presence.devices_.sum() + presence.unlocated_ == pytest.approx(counts.sum())
