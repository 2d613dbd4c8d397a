"""Overnight guests in draws: likely where a night is fuller than its register, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from peil_models.uncertainty import PresenceErrors, draw_guests, draw_persons
from peil_models.weighting import NightRatio, held_to_totals

ERRORS = PresenceErrors(1e-6, 0.65, 0.9, 0.7, 0.05, 0.0, 0.05, 0.1, 0.0)
REGISTER = np.full(10, 50_000.0)
TOTALS = np.full(2, REGISTER.sum())
RESORT = 3


def drawn(times: float, noise: float = 0.05, share: float = 0.05) -> np.ndarray:
    random = np.random.default_rng(5)
    return draw_guests(
        [times], [noise], resort_share=share, guests_mean=0.1, n_draws=4000, random=random
    )[:, 0]


def draws(night_of_resort: float, errors: PresenceErrors = ERRORS) -> tuple[np.ndarray, np.ndarray]:
    """Estimates and draws of a country in which one zone's night holds more devices."""
    devices = 0.4 * np.repeat(REGISTER[:, None], 2, axis=1)
    devices[RESORT] *= night_of_resort
    ratio = NightRatio().fit(devices[:, :1], REGISTER).ratio_
    persons = held_to_totals(devices * ratio[:, None], TOTALS)
    return persons, draw_persons(
        persons,
        devices,
        devices[None],
        REGISTER,
        devices[:, :1],
        NightRatio(),
        errors,
        night_hours=[0],
        totals=TOTALS,
    )


def test_a_night_as_its_register_says_has_hardly_any_guests() -> None:
    assert (drawn(1.0) > 0.02).mean() < 0.05
    assert (drawn(0.8) > 0.02).mean() < 0.01


def test_the_fuller_the_night_the_more_guests_and_no_more_than_it_holds() -> None:
    means = [float(drawn(times).mean()) for times in (1.0, 1.1, 1.2, 1.3)]
    assert means == sorted(means)
    assert means[-1] == pytest.approx(0.3, abs=0.06)


def test_noise_hides_guests_and_what_is_never_is_never_drawn() -> None:
    assert drawn(1.2, noise=0.3).mean() < 0.5 * drawn(1.2).mean()
    assert not drawn(1.5, share=0.0).any()
    assert drawn(1.0, share=1.0).all()


def test_a_night_beyond_all_noise_has_the_most_guests_there_can_be() -> None:
    assert np.isfinite(drawn(50.0)).all() and drawn(50.0).min() > 0.3


def test_of_a_zone_without_register_the_night_tells_nothing() -> None:
    assert drawn(0.0, share=1.0).all()


def test_the_interval_of_a_full_night_reaches_up_and_of_others_stays() -> None:
    persons, of_full = draws(1.2)
    without = draws(1.2, replace(ERRORS, resort_share=0.0))[1]
    upper, bare = (np.quantile(drawn, 0.95, axis=0) / persons for drawn in (of_full, without))
    assert upper[RESORT].min() > 1.1 > bare[RESORT].max()
    assert np.delete(upper - bare, RESORT, axis=0).max() < 0.03


def test_a_full_night_says_less_of_guests_where_shares_differ_more() -> None:
    everybody_at_home = replace(ERRORS, home_share=1.0)
    means = []
    for share_sd in (0.05, 0.2):
        persons, drawn = draws(1.2, replace(everybody_at_home, share_sd=share_sd))
        means.append(float((drawn[:, RESORT] / persons[RESORT]).mean()) - 1.0)
    assert means[1] < 0.5 * means[0]


def test_guests_stay_all_hours_and_the_area_holds_its_total() -> None:
    drawn_persons = draws(1.2)[1]
    assert np.corrcoef(drawn_persons[:, RESORT].T)[0, 1] > 0.9
    assert drawn_persons.sum(axis=1) == pytest.approx(np.tile(TOTALS, (200, 1)))


def test_a_negative_night_is_refused() -> None:
    with pytest.raises(ValueError, match="times_expected holds"):
        drawn(-1.0)
