"""Errors of place are made up for nearby: sums of neighbours err less, a lone zone as before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from peil_models.uncertainty import (
    PresenceErrors,
    draw_persons,
    homes_of_visitors,
    made_up_nearby,
    neighbourhoods,
)
from peil_models.weighting import NightRatio

REGISTER = np.array([4000.0, 3000.0, 5000.0, 4000.0])
CENTRES = np.array([[0.0, 0.0], [3000.0, 0.0], [0.0, 3000.0], [90_000.0, 0.0]])
TOGETHER, ALONE = slice(0, 3), 3
ERRORS = PresenceErrors(1.3, 0.65, 0.9, 0.7, 0.06, 0.02, 0.0, 0.1, 0.0)


def spread_of(draws: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(draws).std(axis=0))


@pytest.fixture
def near() -> np.ndarray:
    return neighbourhoods(REGISTER, CENTRES, reach=1.5)


@pytest.fixture
def draws() -> np.ndarray:
    """Zones that err alike by a tenth, and each by itself by a twentieth."""
    random = np.random.default_rng(1)
    apart = 0.1 * random.standard_normal((500, 1, 2)) + 0.05 * random.standard_normal((500, 4, 2))
    return np.asarray(1000.0 * np.exp(apart))


def test_sums_of_neighbours_err_less_and_a_zone_far_from_all_errs_as_before(
    draws: np.ndarray, near: np.ndarray
) -> None:
    made_up = made_up_nearby(draws, near)
    before, after = (spread_of(given[:, TOGETHER].sum(axis=1)) for given in (draws, made_up))
    assert (after < 0.6 * before).all()
    assert (spread_of(made_up)[TOGETHER] < spread_of(draws)[TOGETHER]).all()
    assert made_up[:, ALONE] == pytest.approx(draws[:, ALONE])
    assert np.median(made_up, axis=0) == pytest.approx(np.median(draws, axis=0), rel=0.01)


def test_what_is_nearby_has_no_size_and_one_zone_is_its_own_neighbourhood(near: np.ndarray) -> None:
    assert near.sum(axis=1) == pytest.approx(1.0)
    assert neighbourhoods(REGISTER, 7 * CENTRES, reach=1.5) == pytest.approx(near)
    assert neighbourhoods([10.0], [[0.0, 0.0]], reach=1.5).tolist() == [[1.0]]
    in_one_place = neighbourhoods([10.0, 30.0], np.zeros((2, 2)), reach=1.5)
    assert in_one_place == pytest.approx(np.array([[0.25, 0.75]] * 2))
    assert neighbourhoods([0.0, 0.0], [[0, 0], [1, 0]], reach=1.5).tolist() == np.eye(2).tolist()


def test_a_zone_in_which_nobody_was_drawn_stays_empty(draws: np.ndarray, near: np.ndarray) -> None:
    draws[:, 1] = 0.0
    made_up = made_up_nearby(draws, near)
    assert (made_up[:, 1] == 0).all() and np.isfinite(made_up).all()


def test_draws_of_a_day_are_still_held_to_the_persons_of_the_area(near: np.ndarray) -> None:
    devices = np.outer(REGISTER / 4, [1.0, 0.8])
    totals = np.array([16_000.0, 15_500.0])
    homes = homes_of_visitors(REGISTER, CENTRES, near_m=2000.0, distance_exponent=2.0)

    def of(near: np.ndarray | None, errors: PresenceErrors = ERRORS) -> np.ndarray:
        return draw_persons(
            4 * devices,
            devices,
            devices[None],
            REGISTER,
            devices[:, :1],
            NightRatio(),
            errors,
            night_hours=[0],
            homes=homes,
            near=near,
            totals=totals,
        )

    assert of(near).sum(axis=1) == pytest.approx(np.broadcast_to(totals, (200, 2)))
    sums = [spread_of(of(which)[:, TOGETHER].sum(axis=1)) for which in (None, near)]
    assert (sums[1] < sums[0]).all()
    level = of(near, replace(ERRORS, total_sd=0.01)).sum(axis=1)[:, 0] / totals[0]
    assert np.log(level).std() == pytest.approx(0.01, rel=0.2)


def test_a_wrong_input_is_refused(draws: np.ndarray, near: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"centres has shape \(4, 1\)"):
        neighbourhoods(REGISTER, CENTRES[:, :1], reach=1.5)
    with pytest.raises(ValueError, match="centres holds NaN or infinity"):
        neighbourhoods(REGISTER, CENTRES * np.nan, reach=1.5)
    with pytest.raises(ValueError, match="reach must be above 0"):
        neighbourhoods(REGISTER, CENTRES, reach=0.0)
    with pytest.raises(ValueError, match=r"near has shape \(3, 3\)"):
        made_up_nearby(draws, near[:3, :3])
