"""Forward and backward agree with the sum over every path, on grids of two to six tiles."""

from __future__ import annotations

import numpy as np
import pytest
from enumerating import likelihood, paths, posteriors, transition

from peil_models.location import MISSING, Histories, LocationHMM, posterior

THREE_CELLS = np.array(
    [[0.7, 0.5, 0.0, 0.1, 0.3, 0.2], [0.3, 0.5, 0.4, 0.2, 0.3, 0.0], [0, 0, 0.6, 0.7, 0.4, 0.8]]
)
# shape, tiles inside, moments (step 10 s), cells
CASES = [
    ((1, 2), None, [0, 10], [0, 1]),
    ((1, 3), None, [0, 10, 40, 45], [0, 1, MISSING, 2]),
    ((2, 2), [True, True, True, False], [0, 20, 30], [0, 1, 0]),
    ((2, 3), None, [100, 100, 130, 150], [1, 0, 2, 2]),
    ((3, 2), [True, True, True, False, True, True], [0, 30, 40, 50], [0, MISSING, 2, 1]),
]
EDGE, DIAGONAL = 0.13, 0.07


def a_case(shape, inside, moments, cells, memory=0.0, hold_share=0.05):
    n = shape[0] * shape[1]
    inside = np.ones(n, dtype=bool) if inside is None else np.array(inside)
    P = THREE_CELLS[:, :n] * inside
    prior = np.where(inside, np.arange(1.0, n + 1), 0.0)
    prior /= prior.sum()
    model = LocationHMM(
        shape,
        tile_m=250.0,
        step_s=10,
        max_speed_m_per_s=25,
        edge=EDGE,
        diagonal=DIAGONAL,
        memory=memory,
        hold_share=hold_share,
        fitted=(),
        prior=prior,
        is_inside=inside,
    )
    events = Histories.of(np.zeros(len(cells)), moments, cells)
    model.fit(THREE_CELLS[:, :n], events)
    steps = [moment // 10 for moment in events.at_s]
    by_hand = (
        steps,
        list(events.cell),
        P,
        transition(shape, inside, EDGE, DIAGONAL),
        prior,
        memory,
        hold_share,
    )
    return model, events, by_hand


@pytest.mark.parametrize(("memory", "share"), [(0.0, 0.05), (0.6, 0.0), (0.6, 0.7)])
@pytest.mark.parametrize("case", CASES)
def test_likelihood_is_the_sum_over_paths(case, memory, share):
    model, events, by_hand = a_case(*case, memory, share)
    assert model.log_likelihood(events)[0] == pytest.approx(np.log(likelihood(*by_hand)), abs=1e-12)
    assert model.log_likelihood_ == pytest.approx(model.log_likelihood(events))


@pytest.mark.parametrize(("memory", "share"), [(0.0, 0.05), (0.6, 0.0), (0.6, 0.7)])
@pytest.mark.parametrize("case", CASES)
def test_posteriors_are_those_of_all_paths(case, memory, share):
    model, events, by_hand = a_case(*case, memory, share)
    posterior = next(model.posteriors(events)).toarray()
    assert posterior == pytest.approx(posteriors(*by_hand), abs=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_movements_are_those_of_all_paths(case):
    model, events, by_hand = a_case(*case)
    filled = events.filled(10)
    movements = next(model.movements(filled))
    columns = case[0][1]
    steps = [moment // 10 - by_hand[0][0] for moment in filled.at_s]
    expected = np.zeros_like(movements)
    for path, chance in paths(*by_hand):
        for k in range(len(steps) - 1) if chance else ():
            start, end = path[steps[k]], path[steps[k + 1]]
            down = end // columns - start // columns
            right = end % columns - start % columns
            expected[k, (down + 1) * 3 + right + 1, start] += chance
    assert movements == pytest.approx(expected / expected[0].sum(), abs=1e-12)


def test_two_devices_of_one_journey_are_one_longer_history():
    moments, cells = np.array([0, 10, 20, 40, 41, 60]), np.array([0, 1, 0, 2, 1, 1])
    device = np.array([0, 1, 1, 0, 1, 0])
    model, _, by_hand = a_case((2, 3), None, list(moments), list(cells))
    both = Histories.of(device, moments, cells)
    joint = model.pair_log_likelihood(both, [[0, 1], [1, 0]])
    assert joint == pytest.approx(np.log(likelihood(*by_hand)), abs=1e-12)


def test_a_common_journey_keeps_each_device_its_own_memory():
    moments, cells, device = [0, 10, 20, 30], [0, 1, 0, 1], [0, 1, 0, 1]
    model, _, by_hand = a_case((1, 3), None, moments, [0, 1, 0, 1], memory=0.6, hold_share=0.0)
    log_chance = model.pair_log_likelihood(Histories.of(device, moments, cells), [[0, 1]])
    steps, _, P, matrix, prior, *_ = by_hand
    # device by device: 0 then 0, 1 then 1, each its own previous cell
    keeps = [np.where(P[a] > 0, 0.6 + 0.4 * P[a], 0.0) for a in (0, 1)]
    expected = likelihood(steps, [0, 1, 2, 3], np.vstack([P[0], P[1], *keeps]), matrix, prior)
    assert log_chance[0] == pytest.approx(np.log(expected), abs=1e-12)


def test_a_pair_is_given_up_only_below_the_asked_gain():
    moments, cells = [0, 0, 10, 10, 20, 20], [0, 2, 1, 2, 1, 2]
    model, _, _ = a_case((2, 3), None, [0], [0])
    both = Histories.of([0, 1, 0, 1, 0, 1], moments, cells)
    alone = model.log_likelihood(both).sum()
    whole = model.pair_log_likelihood(both, [[0, 1]])[0]
    gain = whole - alone
    assert np.isfinite(gain)
    above = model.pair_log_likelihood(both, [[0, 1]], least_gain=gain - 0.01)[0]
    assert above == whole
    assert model.pair_log_likelihood(both, [[0, 1]], least_gain=gain + 0.01)[0] == -np.inf


def test_one_event_gives_the_posterior_of_bayes_rule():
    model, events, by_hand = a_case((2, 3), None, [0], [1])
    assert next(model.posteriors(events)).toarray()[0] == pytest.approx(
        posterior(THREE_CELLS, by_hand[4]).toarray()[1]
    )


def test_place_and_spread_are_those_of_the_posterior():
    model, events, _ = a_case(*CASES[3])
    rows = next(model.posteriors(events)).toarray()
    x = 250.0 * np.array([0.5, 1.5, 2.5, 0.5, 1.5, 2.5])
    y = 250.0 * np.array([0.5, 0.5, 0.5, 1.5, 1.5, 1.5])
    places = model.set_params(origin_m=(1000.0, -500.0)).locate(events)
    assert places.x_m == pytest.approx(1000 + rows @ x)
    assert places.y_m == pytest.approx(-500 + rows @ y)
    square = rows @ (x**2 + y**2) - (rows @ x) ** 2 - (rows @ y) ** 2
    assert places.spread_m == pytest.approx(np.sqrt(square + 2 * 250**2 / 12))


def test_an_event_that_no_path_explains_begins_the_chain_anew():
    P = np.array([[1.0, 0, 0, 0, 0], [0, 0, 0, 0, 1.0], [0, 1.0, 1.0, 1.0, 0]])
    model = LocationHMM((1, 5), tile_m=250, step_s=10, max_speed_m_per_s=25, edge=0.1, fitted=())
    events = Histories.of([0, 0], [0, 20], [0, 1])  # four tiles in two steps
    model.fit(P, events)
    assert model.n_breaks_ == 1
    assert model.log_likelihood_[0] == pytest.approx(2 * np.log(1 / 5))
    assert next(model.posteriors(events)).toarray().tolist() == [[1, 0, 0, 0, 0], [0, 0, 0, 0, 1]]
    two = Histories.of([0, 1], [0, 20], [0, 1])
    assert model.pair_log_likelihood(two, [[0, 1]])[0] == -np.inf


def test_after_a_long_silence_the_chain_begins_anew():
    P = np.array([[0.9, 0.5, 0.1], [0.1, 0.5, 0.9]])
    events = Histories.of([0, 0], [0, 7210], [0, 1])
    given = {"tile_m": 250, "step_s": 10, "max_speed_m_per_s": 25, "fitted": ()}
    given["edge"] = 1e-4
    anew = LocationHMM((1, 3), **given).fit(P, events).log_likelihood_[0]
    assert anew == pytest.approx(2 * np.log(0.5))
    on = LocationHMM((1, 3), longest_gap_s=7300, **given).fit(P, events)
    assert on.log_likelihood_[0] < anew - 0.01
    assert on.n_breaks_ == 0


def test_what_was_before_a_break_is_forgotten():
    P = np.array([[1.0, 0, 0, 0, 0], [0, 0, 0, 0, 1.0], [0, 0.9, 0.5, 0.5, 0]])
    model = LocationHMM((1, 5), tile_m=250, step_s=10, max_speed_m_per_s=25, edge=0.1, fitted=())
    broken = Histories.of([0, 0, 0], [0, 20, 60], [0, 1, 2])
    silent = Histories.of([0, 0, 0], [0, 8000, 8040], [0, 1, 2])
    model.fit(P, broken)
    assert model.n_breaks_ == 1
    after = model.log_likelihood(Histories.of([0, 0], [20, 60], [1, 2]))
    for events in (broken, silent):
        log_chance = model.log_likelihood(events)[0]
        assert log_chance == pytest.approx(np.log(1 / 5) + after[0], abs=1e-12)


def test_a_long_history_neither_fades_nor_overflows():
    P = 0.01 * np.array([[0.9, 0.5, 0.1], [0.1, 0.5, 0.9]])
    events = Histories.of(np.zeros(5000), np.arange(5000) * 10, np.arange(5000) // 7 % 2)
    model = LocationHMM((1, 3), tile_m=250, step_s=10, max_speed_m_per_s=25, edge=0.1, fitted=())
    model.fit(P, events)
    assert 100 * np.log(10) < -model.log_likelihood_[0] / 50 < 100 * np.log(1000)
    rows = next(model.posteriors(events)).toarray()
    assert rows.sum(axis=1) == pytest.approx(np.ones(5000))
