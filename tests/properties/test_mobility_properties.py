"""What holds for trips, flows, visitors and homes whatever the segments."""

from __future__ import annotations

from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from peil_models.mobility import find_trips, flow_table, regional_quantiles
from peil_models.residence import (
    AnchorPlace,
    flow_cube,
    make_calendar,
    night_table,
    permanence_scores,
)
from peil_models.stays import ABROAD, UNKNOWN, Places, Segments

DAY = 86_400.0
N_ZONES = 3
CALENDAR = make_calendar(np.arange(4) * DAY, date(2026, 3, 2))


@st.composite
def segmented(draw):
    """Segments of some devices over three days, one after the other, and their places."""
    n = draw(st.integers(1, 25))
    device = np.sort(draw(arrays(np.int64, n, elements=st.integers(0, 4))))
    length = draw(arrays(np.int64, n, elements=st.sampled_from([60, 900, 7200, 30_000, 100_000])))
    until = np.cumsum(length).astype(float)
    first = np.append(True, device[1:] != device[:-1])
    begins = (until - length)[first][np.cumsum(first) - 1]
    state = draw(arrays(np.int8, n, elements=st.integers(0, 4)))
    zero = np.zeros(n)
    segments = Segments.of(device, until - length - begins, until - begins, state, zero, zero, zero)
    shares = draw(arrays(float, (n, N_ZONES), elements=st.sampled_from([0.0, 0.2, 1.0, 3.0])))
    shares[(state == UNKNOWN) | (state == ABROAD)] = 0.0
    total = shares.sum(axis=1, keepdims=True)
    shares = np.divide(shares, total, out=np.zeros_like(shares), where=total > 0)
    zone = np.where(total[:, 0] > 0, shares.argmax(axis=1), -1)
    return segments, Places(zone, zone, sparse.csr_array(shares))


HOMES = arrays(np.int64, 5, elements=st.integers(-1, N_ZONES - 1))
WEIGHTS = arrays(float, 5, elements=st.sampled_from([0.0, 1.0, 2.5]))


@settings(max_examples=150, deadline=None)
@given(segmented(), WEIGHTS, st.booleans())
def test_every_trip_inside_counts_its_weight_once(problem, weight, is_shared):
    segments, places = problem
    trips = find_trips(segments, max_unknown_s=50_000.0)
    assert (trips.arrives_s >= trips.departs_s).all()
    table = flow_table(
        trips, places, np.arange(4) * DAY, weight_of_device=weight, is_shared=is_shared
    )
    inside = (trips.departs_s >= 0) & (trips.departs_s < 3 * DAY)
    assert np.isclose(table.n_trips.sum(), weight[trips.device[inside]].sum())
    assert (table.n_trips >= 0).all()
    assert table.n_devices.sum() <= inside.sum()
    twice = flow_table(
        trips, places, np.arange(4) * DAY, weight_of_device=2 * weight, is_shared=is_shared
    )
    assert np.allclose(twice.n_trips, 2 * table.n_trips)
    assert np.allclose(twice.n_trips_squared, 4 * table.n_trips_squared)
    assert (twice.n_devices == table.n_devices).all()


@settings(max_examples=150, deadline=None)
@given(segmented(), HOMES)
def test_every_device_counts_once_at_every_moment(problem, home):
    segments, places = problem
    moments = np.arange(-1, 80) * 3600.0 + 1800.0
    cube = flow_cube(segments, places, home, moments)
    covers = (segments.start_s <= moments[:, None]) & (moments[:, None] < segments.end_s)
    n_there = covers.sum(axis=1)
    lost = cube.unseen.sum(axis=1) + cube.abroad.sum(axis=1)
    assert np.allclose(cube.devices.sum(axis=(1, 2)) + lost, n_there)
    assert (cube.n_devices.sum(axis=(1, 2)) + lost == n_there).all()
    assert (cube.devices >= 0).all()


@settings(max_examples=100, deadline=None)
@given(segmented(), HOMES)
def test_batches_of_devices_add_up(problem, home):
    segments, places = problem
    moments, nights = np.arange(70) * 3600.0, np.array([[0, 20_000], [DAY, DAY + 20_000.0]])
    parts = []
    for batch in (segments.device < 2, segments.device >= 2):
        rows = np.flatnonzero(batch)
        some = Places(places.tile[rows], places.zone[rows], places.zone_shares[rows])
        own = segments.take(rows)
        parts.append(
            (
                flow_cube(own, some, home, moments),
                night_table(own, some, home, nights),
                flow_table(find_trips(own), some, [0, DAY]),
            )
        )
    cube, night, flows = (a + b for a, b in zip(*parts, strict=True))
    assert np.allclose(cube.devices, flow_cube(segments, places, home, moments).devices)
    whole = night_table(segments, places, home, nights)
    assert (night.n_nights == whole.n_nights).all() and (night.lengths == whole.lengths).all()
    assert np.allclose(flows.n_trips, flow_table(find_trips(segments), places, [0, DAY]).n_trips)


@settings(max_examples=100, deadline=None)
@given(segmented(), HOMES)
def test_a_device_spends_a_night_once_and_nights_are_those_of_visits(problem, home):
    segments, places = problem
    nights = np.array([[0, 20_000], [DAY, DAY + 20_000.0], [2 * DAY, 2 * DAY + 20_000.0]])
    table = night_table(segments, places, home, nights)
    assert (table.n_nights.sum(axis=(1, 2)) <= len(np.unique(segments.device))).all()
    in_visits = (table.lengths * np.arange(4)).sum(axis=2)
    assert (in_visits == table.n_nights.sum(axis=0)).all()


@settings(max_examples=100, deadline=None)
@given(segmented(), st.randoms())
def test_permanence_knows_no_order_and_no_more_hours_than_there_are(problem, random):
    segments, places = problem
    columns = [segments.device, segments.start_s, segments.end_s, places.zone]
    scores = permanence_scores(*columns, CALENDAR)
    turn = list(range(len(segments)))
    random.shuffle(turn)
    again = permanence_scores(*(column[turn] for column in columns), CALENDAR)
    assert (scores.score == again.score).all() and (scores.place == again.place).all()
    assert (scores.score <= scores.observed).all()
    assert (scores.observed.sum(axis=1)[:, 0] <= 72).all()
    assert (scores.nights <= 3).all() and (scores.nights <= scores.observed_nights).all()


@settings(max_examples=60, deadline=None)
@given(segmented(), st.sampled_from([0.5, 3.0]))
def test_homes_do_not_change_with_the_scale_of_weights(problem, scale):
    segments, places = problem
    chances = np.eye(N_ZONES)
    model = AnchorPlace(radius_m=10.0).fit(
        chances,
        np.ones(N_ZONES),
        zone_of_tile=np.arange(N_ZONES),
        tile_x_m=np.arange(N_ZONES) * 100.0,
        tile_y_m=np.zeros(N_ZONES),
    )
    at = np.arange(len(segments))
    own = Segments(
        segments.device, segments.start_s, segments.end_s, segments.state, segments.cell, at, at
    )
    weight = own.duration_s
    anchors = model.place(own, places, places.zone, weight)
    other = model.place(own, places, places.zone, scale * weight)
    assert (anchors.zone == other.zone).all() and np.allclose(anchors.margin, other.margin)
    assert (
        (anchors.margin >= 0) & (anchors.margin <= anchors.share) & (anchors.share <= 1 + 1e-12)
    ).all()


@settings(max_examples=100, deadline=None)
@given(arrays(float, 60, elements=st.floats(0, 1e6)), st.integers(0, 2**31))
def test_regional_quantiles_lie_among_the_values_in_order(values, seed):
    region = np.random.default_rng(seed).integers(-1, 2, 60)
    quantiles, n = regional_quantiles(values, region, 2)
    assert n.tolist() == [(region == 0).sum(), (region == 1).sum()]
    for number in range(2):
        finite = quantiles[number][np.isfinite(quantiles[number])]
        own = values[region == number]
        assert (np.diff(finite) >= -1e-6).all()
        assert (
            len(finite) == 0 or own.min() - 1e-6 <= finite.min() <= finite.max() <= own.max() + 1e-6
        )
