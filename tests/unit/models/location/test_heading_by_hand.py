"""With headings, forward and backward agree with one large matrix over tiles and modes."""

from __future__ import annotations

import numpy as np
import pytest

from peil_models.location import Histories, LocationHMM, LocationHMMHeading
from peil_models.location.grid import Grid
from peil_models.location.moves import headings, neighbours

GIVEN = {"tile_m": 100.0, "step_s": 10, "max_speed_m_per_s": 10.0, "fitted": (), "n_headings": 4}
MOVING = {
    "go": 0.3,
    "stop": 0.2,
    "turn": 0.25,
    "slow_m_per_s": 2.0,
    "fast_m_per_s": 8.0,
    "fast_share": 0.4,
}
P = np.array(
    [[0.7, 0.5, 0.0, 0.1, 0.3, 0.2], [0.3, 0.5, 0.4, 0.2, 0.3, 0.0], [0, 0, 0.6, 0.7, 0.4, 0.8]]
)
CASES = [
    ((1, 3), None, [0, 10, 20], [0, 1, 0]),
    ((2, 3), None, [0, 20, 30, 30], [0, 2, 1, 2]),
    ((2, 3), [True, True, True, True, False, True], [0, 10, 40], [1, 0, 2]),
]


def whole_matrix(shape, inside, moves):
    """Chance from every (mode, tile) to every other, written out."""
    n, n_modes = shape[0] * shape[1], len(moves.start)
    out = np.zeros((n_modes, n, n_modes, n))
    for mode in range(n_modes):
        for g in np.flatnonzero(inside):
            for i in (-1, 0, 1):
                for j in (-1, 0, 1):
                    row, column = g // shape[1] + i, g % shape[1] + j
                    to = row * shape[1] + column
                    is_there = 0 <= row < shape[0] and 0 <= column < shape[1] and inside[to]
                    chance = moves.kernels[mode, i + 1, j + 1]
                    out[mode, g, :, to if is_there else g] += chance * moves.switch[mode]
    return out.reshape(n_modes * n, n_modes * n)


def a_case(shape, inside, moments, cells):
    n = shape[0] * shape[1]
    inside = np.ones(n, dtype=bool) if inside is None else np.array(inside)
    model = LocationHMMHeading(shape, **GIVEN, **MOVING, is_inside=inside)
    events = Histories.of(np.zeros(len(cells)), moments, cells)
    model.fit(P[:, :n], events)
    moves = headings(0.3, 0.2, 0.25, 0.2, 0.8, 0.4, 4)
    matrix = whole_matrix(shape, inside, moves)
    prior = np.kron(moves.start, inside / inside.sum())
    factor = [np.tile(P[cell, :n] * inside, len(moves.start)) for cell in events.cell]
    return model, events, matrix, prior, factor


def messages(events, matrix, prior, factor):
    ahead, back = [prior * factor[0]], [np.ones(len(prior))]
    for k in range(1, len(factor)):
        power = np.linalg.matrix_power(matrix, int(events.at_s[k] - events.at_s[k - 1]) // 10)
        ahead.append(ahead[-1] @ power * factor[k])
    for k in range(len(factor) - 1, 0, -1):
        power = np.linalg.matrix_power(matrix, int(events.at_s[k] - events.at_s[k - 1]) // 10)
        back.insert(0, power @ (factor[k] * back[0]))
    return ahead, back


@pytest.mark.parametrize("case", CASES)
def test_likelihood_and_posteriors_are_those_of_the_matrix(case):
    model, events, matrix, prior, factor = a_case(*case)
    assert matrix.sum(axis=1)[prior > 0] == pytest.approx(np.ones((prior > 0).sum()))
    ahead, back = messages(events, matrix, prior, factor)
    assert model.log_likelihood_[0] == pytest.approx(np.log(ahead[-1].sum()), abs=1e-12)
    both = np.array(ahead) * np.array(back)
    expected = both.reshape(len(both), 10, -1).sum(axis=1) / both.sum(axis=1, keepdims=True)
    assert next(model.posteriors(events)).toarray() == pytest.approx(expected, abs=1e-12)


def test_movements_are_those_of_the_matrix():
    shape, inside, moments, cells = CASES[2]
    model, events, matrix, prior, factor = a_case(shape, inside, moments, cells)
    filled = events.filled(10)
    ones = np.tile(np.array(inside, dtype=float), 10)
    factor = [factor[0], factor[1], ones, ones, factor[2]]
    ahead, back = messages(filled, matrix, prior, factor)
    movements = next(model.movements(filled))
    for k in range(4):
        pair = ahead[k][:, None] * matrix * (factor[k + 1] * back[k + 1])[None, :]
        pair = pair.reshape(10, 6, 10, 6).sum(axis=(0, 2)) / pair.sum()
        for g in range(6):
            for move in range(9):
                row, column = g // 3 + move // 3 - 1, g % 3 + move % 3 - 1
                there = 0 <= row < 2 and 0 <= column < 3
                expected = pair[g, row * 3 + column] if there else 0.0
                assert movements[k, move, g] == pytest.approx(expected, abs=1e-12)


def test_without_heading_to_keep_it_is_the_chain_of_neighbours():
    """Setting out for one step in a new way each time is moving to neighbours at random."""
    events = Histories.of([0, 0, 0], [0, 20, 50], [0, 2, 1])
    given = {**MOVING, "go": 1.0, "stop": 0.0, "turn": 1.0, "fast_share": 1.0, "fast_m_per_s": 8.0}
    wandering = LocationHMMHeading((2, 3), **GIVEN, **given).fit(P, events)
    plain = {key: value for key, value in GIVEN.items() if key != "n_headings"}
    chain = LocationHMM((2, 3), edge=0.2, diagonal=0.0, **plain).fit(P, events)
    # 0.8 of a tile in one of four ways: each side neighbour 0.2
    assert wandering.log_likelihood_ == pytest.approx(chain.log_likelihood_, abs=1e-12)


def test_moves_conserve_mass():
    grid = Grid.of((3, 4), [True] * 7 + [False] + [True] * 4)
    for moves in (neighbours(0.1, 0.05), headings(0.1, 0.2, 0.3, 0.2, 0.9, 0.5, 8)):
        assert moves.kernels.sum(axis=(1, 2)) == pytest.approx(np.ones(len(moves.start)))
        assert moves.switch.sum(axis=1) == pytest.approx(np.ones(len(moves.start)))
        assert moves.start.sum() == pytest.approx(1.0)
        assert moves.stay(grid).shape == (len(moves.start), 5, 6)
        assert moves.stay(grid).min() >= 0 and not moves.stay(grid)[:, 2, 4].any()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"fast_m_per_s": 11.0}, "fast_m_per_s must lie between 0 and 10, got 11"),
        ({**MOVING, "go": -0.1}, "go must lie between"),
        ({**MOVING, "n_headings": 0}, "n_headings must be a whole number"),
        ({**MOVING, "fitted": ("edge",)}, "fitted may name go, stop"),
    ],
)
def test_what_is_wrong_is_told(changed, words):
    events = Histories.of([0, 0], [0, 10], [0, 1])
    with pytest.raises(ValueError, match=words):
        LocationHMMHeading((1, 3), **{**GIVEN, **changed}).fit(P[:, :3], events)
