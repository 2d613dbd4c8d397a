"""Shares of the operator that follow homes: where visitors are from, and what becomes of sums."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from peil_models.uncertainty import (
    PresenceErrors,
    draw_persons,
    homes_of_visitors,
    shares_of_visitors,
)
from peil_models.weighting import NightRatio, held_to_totals

ONLY_SHARES = PresenceErrors(1e-6, 0.65, 1.0, 0.7, 0.07, 0.0, 0.0, 0.1, 0.0)
# two towns far apart, each with three places near it that few live in and many visit
REGISTER = np.array([900.0, 20.0, 20.0, 20.0] * 2) * 1000.0
CENTRES = np.array([[east, 0.0] for east in (0, 2, 3, 4, 60, 62, 63, 64)]) * 1000.0
BY_DAY = np.array([0.9, 5.5, 5.5, 5.5] * 2)
DEVICES = np.outer(0.4 * REGISTER, np.ones(3)) * np.stack([BY_DAY**0, BY_DAY, BY_DAY], axis=1)
TOTALS = np.full(3, REGISTER.sum())
VISITED = slice(1, 4)


def mix(exponent: float = 2.0) -> np.ndarray:
    return homes_of_visitors(REGISTER, CENTRES, near_m=2000.0, distance_exponent=exponent)


def draws(
    errors: PresenceErrors = ONLY_SHARES,
    homes: np.ndarray | None = None,
    devices: np.ndarray = DEVICES,
    seed: int = 3,
) -> np.ndarray:
    ratio = NightRatio().fit(devices[:, :1], REGISTER).ratio_
    return draw_persons(
        held_to_totals(devices * ratio[:, None], TOTALS),
        devices,
        devices[None],
        REGISTER,
        devices[:, :1],
        NightRatio(),
        errors,
        night_hours=[0],
        homes=homes,
        totals=TOTALS,
        seed=seed,
    )


def width(drawn: np.ndarray) -> np.ndarray:
    """Relative standard deviation over draws by day."""
    by_day = drawn[..., 1]
    return np.asarray(by_day.std(axis=0) / by_day.mean(axis=0))


def test_visitors_come_from_elsewhere_most_from_near_and_from_large_zones() -> None:
    shares = mix()
    assert shares.sum(axis=1) == pytest.approx(np.ones(8))
    assert (np.diag(shares) == 0).all()
    assert shares[1, 2] > shares[1, 3] > shares[1, 5] > 0
    assert shares[2, 0] > 5 * shares[2, 3]


def test_without_distance_homes_count_by_their_register_alone() -> None:
    rest = REGISTER[1:] / REGISTER[1:].sum()
    assert mix(0.0)[0, 1:] == pytest.approx(rest)


def test_nobody_who_lives_elsewhere_brings_the_usual_share() -> None:
    alone = homes_of_visitors([500.0, 0.0], [[0, 0], [1, 0]], near_m=1.0, distance_exponent=1.0)
    assert alone.tolist() == [[0.0, 0.0], [1.0, 0.0]]
    assert shares_of_visitors([1.2, 0.7], alone).tolist() == pytest.approx([1.0, 1.2])


def test_a_share_that_is_off_everywhere_alike_is_brought_by_every_visitor() -> None:
    assert shares_of_visitors(np.full(8, 1.3), mix()) == pytest.approx(np.full(8, 1.3))


def test_sums_of_neighbours_are_wider_than_with_errors_of_each_zone_alone() -> None:
    """Errors of single zones are as wide in both; their sum keeps what comes from one town."""
    together = draws(homes=mix())
    alone = draws(replace(ONLY_SHARES, share_sd=0.0, local_sd=0.1))
    times = width(together)[1] / width(alone)[1]
    alone = draws(replace(ONLY_SHARES, share_sd=0.0, local_sd=0.1 * times))
    assert width(alone)[1] == pytest.approx(width(together)[1], rel=0.1)
    of_region = [width(drawn[:, VISITED].sum(axis=1)) for drawn in (together, alone)]
    assert of_region[0] > 1.2 * of_region[1]


def test_zones_visited_from_the_same_homes_err_alike() -> None:
    alike = np.corrcoef(draws(homes=mix())[:, :, 1].T)
    assert alike[1, 2] > 0.3 > alike[1, 6]


def test_a_share_lasts_all_hours() -> None:
    drawn = draws(homes=mix())
    assert np.corrcoef(drawn[:, 1, 1], drawn[:, 1, 2])[0, 1] > 0.99


def test_residents_at_home_cancel_in_the_night_ratio() -> None:
    at_night_as_by_day = np.repeat(DEVICES[:, :1], 3, axis=1)
    everybody_at_home = replace(ONLY_SHARES, home_share=1.0)
    assert width(draws(everybody_at_home, mix(), at_night_as_by_day)).max() < 1e-3
    assert width(draws(homes=mix()))[1] > 0.02


def test_zones_of_a_draw_still_sum_to_its_total_and_seeds_to_the_same_bytes() -> None:
    errors = replace(ONLY_SHARES, total_sd=0.003)
    drawn = draws(errors, mix())
    assert np.ptp(drawn.sum(axis=1) / TOTALS, axis=1).max() < 1e-12
    assert drawn.tobytes() == draws(errors, mix()).tobytes()
    assert not np.allclose(drawn, draws(errors, mix(), seed=4))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"centres": [[0.0, 0.0]]}, "centres has shape"),
        ({"centres": [[0.0, 0.0], [np.nan, 0.0]]}, "centres holds NaN"),
        ({"register": [-1.0, 1.0]}, "register holds NaN, infinity or a negative number"),
        ({"near_m": 0.0}, "near_m must be above 0"),
        ({"distance_exponent": -1.0}, "near_m must be above 0"),
    ],
)
def test_homes_that_cannot_be_are_refused(changed: dict[str, object], sentence: str) -> None:
    valid = {
        "register": [1.0, 1.0],
        "centres": [[0.0, 0.0], [1.0, 0.0]],
        "near_m": 1.0,
        "distance_exponent": 1.0,
    }
    with pytest.raises(ValueError, match=sentence):
        homes_of_visitors(**(valid | changed))  # type: ignore[arg-type]


def test_a_mix_of_another_number_of_zones_is_refused() -> None:
    with pytest.raises(ValueError, match="homes has shape"):
        shares_of_visitors([1.0, 1.0], np.zeros((3, 3)))
    with pytest.raises(ValueError, match="homes has shape"):
        draws(homes=np.zeros((3, 3)))
