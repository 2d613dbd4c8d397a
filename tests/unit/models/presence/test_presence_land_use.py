"""The land-use prior is taught by the counts, and EM stops when cells left out say so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from peil_models.footprint import FootprintSignalStrength
from peil_models.presence import PresenceEM, PresenceLandUse, PresenceSB
from peil_models.scores import wape
from peil_models.synthetic.landscape_radio import Scenario, true_footprint

SEEN = 0.005  # half of the bias of 1 % that must be noticed
DENSITY = np.array([4000.0, 900.0, 0.0])


@pytest.fixture(scope="module")
def town() -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray, np.ndarray]:
    """60 cells over 8 by 8 km of 200 m tiles with three land uses; footprint and land use."""
    random = np.random.default_rng(4)
    x, y = np.meshgrid(np.arange(100.0, 8000, 200), np.arange(100.0, 8000, 200))
    tiles = pd.DataFrame({"x_m": x.ravel(), "y_m": y.ravel()})
    cells = pd.DataFrame(random.uniform(0, 8000, (60, 2)), columns=["x_m", "y_m"])
    cells["azimuth_deg"] = random.uniform(0, 360, 60)
    clumps = random.random((8, 8, 3)).repeat(5, axis=0).repeat(5, axis=1).reshape(-1, 3)
    land = np.where(clumps > 0.7, random.random((len(tiles), 3)), 0.0)
    return cells, tiles, FootprintSignalStrength().fit(cells, tiles).connection_probability_, land


def densities(town, n_hours: int, extra: float = 0.0) -> np.ndarray:
    """Mean fitted density of each land use; `extra` is a bias put into the first."""
    _, _, chances, land = town
    counts = np.random.default_rng(5).poisson((chances @ (land @ DENSITY))[:, None], (60, n_hours))
    fitted = PresenceLandUse(land, hour_groups=np.zeros(n_hours), floor_share=1e-9, n_folds=0)
    density = fitted.fit(chances, counts).land_use_devices_[:3].mean(axis=1)
    return density * (1.0 + extra * np.array([1.0, 0.0, 0.0]))


def assert_densities(density: np.ndarray) -> None:
    assert np.abs(density[:2] / DENSITY[:2] - 1.0).max() < SEEN
    assert density[2] < SEEN * DENSITY[1]


def test_the_density_of_each_land_use_is_recovered(town):
    assert_densities(densities(town, 200))


@pytest.mark.parametrize("extra", [0.01, -0.01])
def test_one_percent_on_one_land_use_is_seen(town, extra):
    with pytest.raises(AssertionError):
        assert_densities(densities(town, 200, extra))


def test_a_prior_that_is_taught_beats_one_that_is_not(town):
    _, _, chances, land = town
    truth = np.random.default_rng(6).poisson(land @ DENSITY).astype(float)
    counts = np.random.default_rng(7).poisson(chances @ truth)
    taught = PresenceLandUse(land).fit(chances, counts)
    flat = PresenceEM(land.sum(axis=1) + 1e-9).fit(chances, counts)
    assert wape(truth, taught.devices_) < 0.6 * wape(truth, flat.devices_)


def test_cells_left_out_stop_the_climb_where_the_footprint_is_wrong(town):
    cells, tiles, chances, land = town
    truth = 50 * land @ DENSITY
    wrong = Scenario("wrong", "", path_loss_noise=0.05)
    true = true_footprint(cells, tiles, wrong, 3)
    right = PresenceLandUse(land, max_iter=30).fit(true, true @ truth)
    stopped = PresenceLandUse(land, max_iter=30).fit(chances, true @ truth)
    followed = PresenceLandUse(land, max_iter=30, n_folds=0).fit(chances, true @ truth)
    summed = PresenceSB(land.sum(axis=1) + 1e-9).fit(chances, true @ truth)
    assert stopped.n_iter_ < 10 < followed.n_iter_ == 30
    assert stopped.n_iter_ <= int(np.argmin(stopped.held_out_score_)) + 1
    errors = [wape(truth, estimator.devices_) for estimator in (right, stopped, followed, summed)]
    assert errors[0] < errors[1] < errors[2]
    assert errors[1] < errors[3]


def test_hours_of_one_group_share_their_land_use_in_proportion_to_what_is_counted(town):
    _, _, chances, land = town
    night, day = land @ DENSITY, land @ DENSITY[::-1]
    counts = np.column_stack([chances @ night, 2 * chances @ night, chances @ day])
    fitted = PresenceLandUse(land, hour_groups=["night", "night", "day"]).fit(chances, counts)
    weights = fitted.land_use_devices_
    assert weights[:, 1] == pytest.approx(2 * weights[:, 0])
    alone = PresenceLandUse(land).fit(chances, counts).land_use_devices_
    assert alone[:, 2] == pytest.approx(weights[:, 2])
    assert weights[2, 2] > 3000 > 10 > weights[0, 2]


def test_the_order_of_cells_does_not_matter(town):
    _, _, chances, land = town
    counts = np.random.default_rng(8).poisson(chances @ (land @ DENSITY))
    order = np.random.default_rng(9).permutation(60)
    first = PresenceLandUse(land).fit(chances, counts)
    other = PresenceLandUse(land).fit(chances[order], counts[order])
    assert first.n_iter_ == other.n_iter_
    assert np.allclose(first.devices_, other.devices_, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"land_use": [[1.0], [np.nan]]}, "NaN in land_use.*row 1, column 0"),
        ({"land_use": [[1.0], [-1.0]]}, "Negative.*land_use.*row 1"),
        ({"land_use": [[1.0]]}, "land_use has shape"),
        ({"land_use": [1.0, 2.0]}, "land_use has shape"),
        ({"hour_groups": [1, 2]}, "hour_groups has shape"),
        ({"max_iter": 0}, "max_iter"),
        ({"n_folds": -1}, "n_folds"),
        ({"floor_share": 0.0}, "floor_share"),
    ],
)
def test_what_cannot_be_is_refused(parameters, words):
    with pytest.raises(ValueError, match=words):
        PresenceLandUse(**parameters).fit(np.eye(2), [3.0, 4.0])


def test_land_of_no_known_use_may_hold_devices_and_land_outside_the_region_none():
    land = np.array([[1.0], [0.0], [1.0]])
    presence = PresenceLandUse(land, [1, 1, 0], max_iter=50).fit(np.eye(3), [30.0, 20.0, 9.0])
    assert presence.devices_ == pytest.approx([30.0, 20.0, 0.0])
    assert presence.unlocated_ == 9.0
    overlap = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    mixed = PresenceLandUse(land, floor_share=0.1, max_iter=1).fit(overlap, [100.0, 100.0])
    least = 20.0 / 3.0
    assert mixed.devices_[1] == pytest.approx(100.0 * least / (90.0 + 2 * least))
    assert PresenceLandUse(land, [1, 1, 0]).fit(np.ones((1, 3)), [40.0]).devices_[2] == 0.0


def test_an_empty_hour_one_cell_and_a_land_use_nobody_sees_are_answered():
    land = np.array([[1.0, 0.0], [0.0, 0.0]])
    presence = PresenceLandUse(land).fit(np.eye(2), np.array([[3.0, 0.0], [5.0, 0.0]]))
    assert presence.devices_[:, 1].tolist() == [0.0, 0.0]
    assert presence.devices_[:, 0] == pytest.approx([3.0, 5.0])
    assert PresenceLandUse().fit([[1.0, 1.0]], [8.0]).devices_.tolist() == [4.0, 4.0]
