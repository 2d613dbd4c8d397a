"""Joint draws of the persons of a day: sums, and what they must and must not hide."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from peil_models.uncertainty import PresenceErrors, draw_persons, redrawn, redrawn_footprint
from peil_models.weighting import NightRatio, held_to_totals

ERRORS = PresenceErrors(1.3, 0.65, 0.9, 0.7, 0.06, 0.02, 0.03, 0.07, 0.003)
DEVICES = np.array([[400.0, 300.0, 250.0], [100.0, 200.0, 260.0], [50.0, 50.0, 40.0]])
REGISTER = np.array([1000.0, 260.0, 120.0])
TOTALS = np.array([1380.0, 1390.0, 1400.0])


def persons() -> np.ndarray:
    ratio = NightRatio().fit(DEVICES[:, :1], REGISTER).ratio_
    return held_to_totals(DEVICES * ratio[:, None], TOTALS)


def draws(
    errors: PresenceErrors = ERRORS, redrawn: np.ndarray | None = None, seed: int = 3
) -> np.ndarray:
    again = DEVICES[None] if redrawn is None else redrawn
    return draw_persons(
        persons(),
        DEVICES,
        again,
        REGISTER,
        DEVICES[:, :1],
        NightRatio(),
        errors,
        night_hours=[0],
        totals=TOTALS,
        seed=seed,
    )


def test_zones_of_a_draw_sum_to_the_total_of_that_draw() -> None:
    sums = draws().sum(axis=1) / TOTALS
    assert np.ptp(sums, axis=1).max() < 1e-12
    assert sums.std() == pytest.approx(ERRORS.total_sd, rel=0.3)


def test_the_estimate_is_the_middle_of_its_draws() -> None:
    assert np.median(draws(), axis=0) == pytest.approx(persons(), rel=0.02)


def test_the_night_is_surer_than_the_day_and_a_town_than_a_village() -> None:
    width = np.ptp(np.quantile(draws(), [0.05, 0.95], axis=0), axis=0)[0] / persons()
    assert width[1, 0] < width[1, 1]
    assert width[0, 2] < width[2, 2]


def test_a_change_is_surer_than_two_figures_apart() -> None:
    both = draws()[:, 1]
    together = (both[:, 2] - both[:, 1]).std()
    assert together < 0.9 * np.hypot(both[:, 1].std(), both[:, 2].std())


def test_a_footprint_that_is_wrong_by_day_widens_and_one_wrong_at_all_hours_cancels() -> None:
    random = np.random.default_rng(2)
    by_day, always = np.tile(DEVICES, (20, 1, 1)), np.tile(DEVICES, (20, 1, 1))
    error = np.exp(0.3 * random.standard_normal((20, 3)))
    by_day[:, :, 1:] *= error[:, :, None]
    always *= error[:, :, None]
    plain, wide, same = (draws(redrawn=r).std(axis=0)[1, 1] for r in (None, by_day, always))
    assert wide > 1.5 * plain
    assert same == pytest.approx(plain, rel=0.2)


def test_the_same_seed_gives_the_same_draws_and_another_others() -> None:
    assert (draws() == draws()).all()
    assert not (draws(seed=4) == draws()).any()


def test_nobody_seen_is_not_surely_nobody() -> None:
    devices = DEVICES * [[1.0], [1.0], [0.0]]
    night = np.maximum(devices[:, :1], 0)
    ratio = NightRatio().fit(night, REGISTER).ratio_
    estimates = held_to_totals(devices * ratio[:, None], TOTALS)
    drawn = draw_persons(
        estimates,
        devices,
        devices[None],
        REGISTER,
        night,
        NightRatio(),
        ERRORS,
        night_hours=[0],
        totals=TOTALS,
    )
    assert estimates[2].max() == 0 < np.quantile(drawn[:, 2], 0.95)


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="persons, devices and redrawn have shapes"):
        draws(redrawn=DEVICES[None, :2])


def footprint() -> sparse.csr_array:
    random = np.random.default_rng(5)
    X = random.random((6, 300)) * (random.random((6, 300)) < 0.6)
    return sparse.csr_array(X / np.maximum(X.sum(axis=0), 1e-9))


def test_a_footprint_drawn_again_covers_each_tile_as_well() -> None:
    X = footprint()
    again = redrawn_footprint(X, np.arange(6), np.arange(300) // 10, spread=0.5, draw=3)
    assert again.sum(axis=0) == pytest.approx(X.sum(axis=0))
    assert (again.indices == X.indices).all() and not np.allclose(again.data, X.data)


def test_a_cell_errs_alike_in_every_plan_and_two_draws_differ() -> None:
    X, places = footprint(), np.arange(300) // 10
    names = np.arange(6) * 1000003
    alone = X[[1, 4]]
    both = (alone.toarray() > 0).all(axis=0)
    odds = []
    for part, rows in ((X, (1, 4)), (alone, (0, 1))):
        keys = names if part is X else names[[1, 4]]
        again = redrawn_footprint(part, keys, places, spread=0.5, draw=3).toarray()
        odds.append(again[rows[0], both] / again[rows[1], both])
    before = X.toarray()[1, both] / X.toarray()[4, both]
    assert odds[0] == pytest.approx(odds[1])
    assert np.log(odds[0] / before).std() > 0.3
    other = redrawn_footprint(X, names, places, spread=0.5, draw=4)
    assert not np.allclose(other.data, redrawn_footprint(X, names, places, spread=0.5, draw=3).data)


def test_a_footprint_drawn_again_part_by_part_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    X = sparse.random_array((9, 40), density=0.4, rng=np.random.default_rng(2), format="csr")
    keys, places = np.arange(9), np.arange(40) // 8
    whole = redrawn_footprint(X, keys, places, spread=0.7, draw=3)
    monkeypatch.setattr(redrawn, "PAIRS_AT_ONCE", 5)
    parts = redrawn_footprint(X, keys, places, spread=0.7, draw=3)
    assert parts.data.tolist() == whole.data.tolist() and not np.allclose(whole.data, X.data)


def test_errors_of_strength_are_normal_with_the_spread_that_was_asked() -> None:
    """Two cells over many places: the odds vary by both errors of both cells."""
    X = sparse.csr_array(np.full((2, 40_000), 0.5))
    again = redrawn_footprint(X, [7, 8], np.arange(40_000), spread=0.3, draw=1).toarray()
    odds = np.log(again[0] / again[1])
    assert odds.std() == pytest.approx(0.3 * np.sqrt(2), rel=0.02)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [({"spread": -1.0}, "spread must"), ({"cells": [1]}, "cells and places have shapes")],
)
def test_a_footprint_that_cannot_be_drawn_is_refused(
    changed: dict[str, object], sentence: str
) -> None:
    valid = {"cells": np.arange(6), "places": np.zeros(300, int), "spread": 0.1, "draw": 0}
    with pytest.raises(ValueError, match=sentence):
        redrawn_footprint(footprint(), **(valid | changed))  # type: ignore[arg-type]
