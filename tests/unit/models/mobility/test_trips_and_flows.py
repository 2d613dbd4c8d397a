"""Trips and flow tables, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from peil_models.mobility import Trips, find_trips, flow_interval, flow_table
from peil_models.stays import ABROAD, MOVE, STAY, UNDETERMINED, UNKNOWN, Places, Segments


def path(*pieces, device=0):
    """Segments of one device: (state, end in minutes), each beginning where the last ended."""
    ends = np.array([end for _, end in pieces], float) * 60
    n = len(pieces)
    return Segments.of(
        np.full(n, device),
        np.append(0.0, ends[:-1]),
        ends,
        [state for state, _ in pieces],
        np.zeros(n),
        np.zeros(n),
        np.zeros(n),
    )


def ends(segments, **choices):
    trips = find_trips(segments, **choices)
    return list(zip(trips.from_segment.tolist(), trips.to_segment.tolist(), strict=True))


def test_a_trip_is_all_between_two_stays():
    segments = path((STAY, 60), (MOVE, 70), (UNDETERMINED, 75), (MOVE, 80), (STAY, 200))
    trips = find_trips(segments)
    assert ends(segments) == [(0, 4)]
    assert (trips.departs_s[0], trips.arrives_s[0]) == (3600.0, 4800.0)


def test_moves_before_the_first_and_after_the_last_stay_are_no_trip():
    assert ends(path((MOVE, 60), (STAY, 70), (MOVE, 75))) == []


def test_unknown_time_parts_stays_unless_it_is_short_enough():
    segments = path((STAY, 60), (UNKNOWN, 200), (STAY, 300), (MOVE, 310), (STAY, 400))
    assert ends(segments) == [(2, 4)]
    assert ends(segments, max_unknown_s=140 * 60) == [(0, 2), (2, 4)]
    assert ends(segments, max_unknown_s=140 * 60 - 1) == [(2, 4)]


def test_a_border_is_crossed_once():
    segments = path((STAY, 60), (MOVE, 70), (ABROAD, 80), (ABROAD, 900), (MOVE, 910), (STAY, 999))
    assert ends(segments) == [(0, 2), (3, 5)]


def test_two_devices_share_no_trip():
    first, two = path((STAY, 60)), path((STAY, 90), device=1)
    both = Segments(
        *(np.concatenate([getattr(a, n) for a in (first, two)]) for n in first.__dataclass_fields__)
    )
    assert ends(both) == []


def test_segments_out_of_order_are_refused():
    segments = path((STAY, 60), (MOVE, 70), (STAY, 80))
    with pytest.raises(ValueError, match=r"segments are not in order \(first at 1\)"):
        find_trips(segments.take([1, 0, 2]))
    with pytest.raises(ValueError, match="max_unknown_s must be 0 or more"):
        find_trips(segments, max_unknown_s=-1.0)


PLACES = Places(
    np.array([1, 2, -1]),
    np.array([0, 1, -1]),
    sparse.csr_array([[0.6, 0.4], [0.0, 1.0], [0.0, 0.0]]),
)


def trips(*rows):
    """Trips of (device, departs_s, from segment, to segment)."""
    device, departs, begin, end = (np.array(v) for v in zip(*rows, strict=True))
    return Trips(device, departs.astype(float), departs + 60.0, begin, end)


def test_a_trip_counts_between_the_likeliest_zones_or_is_shared_over_the_likely():
    both = trips((0, 10, 0, 1), (0, 20, 1, 0))
    table = flow_table(both, PLACES, [0, 100], is_shared=True)
    assert table.n_trips[0].tolist() == [[0.0, 0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 0.0]]
    likeliest = flow_table(both, PLACES, [0, 100])
    assert likeliest.n_trips[0].tolist() == [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    assert table.n_devices[0].tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]


def test_a_trip_abroad_ends_in_the_last_zone():
    table = flow_table(trips((0, 10, 1, 2), (1, 10, 2, 2)), PLACES, [0, 100])
    assert table.n_trips[0].tolist() == [[0, 0, 0], [0, 0, 1], [0, 0, 1]]


def test_a_device_that_goes_twice_is_one_device_and_two_trips():
    table = flow_table(trips((0, 10, 1, 1), (0, 20, 1, 1), (1, 30, 1, 1)), PLACES, [0, 100])
    assert (table.n_trips[0, 1, 1], table.n_devices[0, 1, 1]) == (3.0, 2)


def test_trips_count_in_the_period_that_they_depart_in():
    table = flow_table(
        trips((0, 0, 1, 1), (1, 0, 1, 1), (0, 100, 1, 1), (0, 200, 1, 1)), PLACES, [0, 100, 200]
    )
    assert table.n_trips[:, 1, 1].tolist() == [2.0, 1.0]


def test_weights_make_persons_of_devices_and_leave_the_devices():
    table = flow_table(
        trips((0, 10, 1, 1), (2, 10, 1, 1)), PLACES, [0, 100], weight_of_device=[2.0, 0.0, 3.0]
    )
    assert (table.n_trips[0, 1, 1], table.n_devices[0, 1, 1]) == (5.0, 2)
    assert table.n_trips_squared[0, 1, 1] == 13.0


def test_tables_of_batches_add_up():
    first, two = trips((0, 10, 0, 1)), trips((1, 20, 1, 0))
    whole = flow_table(trips((0, 10, 0, 1), (1, 20, 1, 0)), PLACES, [0, 100])
    parts = flow_table(first, PLACES, [0, 100]) + flow_table(two, PLACES, [0, 100])
    assert (whole.n_trips == parts.n_trips).all()
    assert (whole.n_devices == parts.n_devices).all()


def test_wrong_bounds_and_weights_are_refused():
    with pytest.raises(ValueError, match="bounds_s must hold"):
        flow_table(trips((0, 10, 0, 1)), PLACES, [100, 0])
    with pytest.raises(ValueError, match=r"weight_of_device is NaN or negative \(first at 1\)"):
        flow_table(trips((0, 1, 0, 1)), PLACES, [0, 9], weight_of_device=[1.0, -1.0])
    with pytest.raises(ValueError, match="weight_of_device has 1 devices"):
        flow_table(trips((1, 1, 0, 1)), PLACES, [0, 9], weight_of_device=[1.0])


def test_an_interval_holds_its_flow_and_is_wider_with_fewer_devices():
    rng = np.random.default_rng(1)
    many = trips(*[(d, 10, 1, 1) for d in range(400)])
    few = trips(*[(d, 10, 1, 1) for d in range(25)])
    widths = []
    mixed = type(flow_table(few, PLACES, [0, 100]))(
        np.array([4.0, 4.0]), np.array([4.0, 16.0]), np.array([4, 1])
    )
    narrow, wide = np.subtract(*flow_interval(mixed)[::-1])
    assert wide > 1.5 * narrow  # four trips of one device that stands for four
    empty = flow_interval(flow_table(few, PLACES, [0, 100]), sampling_overdispersion=1.0)
    assert (empty[0][0, 0, 0], round(empty[1][0, 0, 0], 2)) == (0.0, 1.92)  # Jeffreys of none
    for some in (many, few):
        table = flow_table(some, PLACES, [0, 100], weight_of_device=np.full(400, 2.0))
        lower, upper = flow_interval(table, model_error_share=0.0, sampling_overdispersion=1.0)
        flow = table.n_trips[0, 1, 1]
        assert lower[0, 1, 1] < flow < upper[0, 1, 1]
        widths.append((upper - lower)[0, 1, 1] / flow)
        # 90 % of Poisson draws of devices with this mean give an interval that covers it
        drawn = rng.poisson(flow / 2.0, 4000) * 2.0
        n = np.array([[drawn]])
        low, high = flow_interval(
            type(table)(n, 2.0 * n, n.astype(np.int64)),
            model_error_share=0.0,
            sampling_overdispersion=1.0,
        )
        assert 0.87 < np.mean((low <= flow) & (flow <= high)) < 0.93
    assert widths[1] > 3 * widths[0]
