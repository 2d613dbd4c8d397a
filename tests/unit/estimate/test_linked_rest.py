"""Which cells overlap: by the plan, unless devices at rest say otherwise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import sparse

from peil.estimate.linked.rest import changes_of, overlaps_of
from peil.estimate.linked.stays import staying
from peil.stage.device_rows import Bucket
from peil_models.footprint import FootprintVoronoi

MASTS = pd.DataFrame({"x_m": [500.0, 1500.0, 2500.0, 11_500.0], "y_m": 50.0})
TILES = pd.DataFrame({"x_m": np.arange(50.0, 12_000.0, 100.0), "y_m": 50.0})
TOWNS = (TILES["x_m"] < 3000.0) | (TILES["x_m"] > 11_000.0)
EVEN = TOWNS.to_numpy(dtype=float)
NIGHT = np.arange(24) < 5


def sleepers(cells, n_devices=300):
    """Devices that are served by these cells by turns, every half hour of the night."""
    n = 10 * n_devices
    return Bucket(
        np.repeat(np.arange(n_devices), 10),
        np.tile(np.arange(10) * 1800.0, n_devices),
        np.resize(np.array(cells, np.int32), n),
        np.full(n, -1, np.int32),
        np.zeros(n_devices, np.int32),
    )


def overlaps(*buckets):
    plan = FootprintVoronoi().fit(MASTS, TILES).connection_probability_
    changes = changes_of(buckets, NIGHT, len(MASTS))
    return overlaps_of("-", sparse.csr_array(plan), MASTS, TILES, EVEN, EVEN, changes)


def test_cells_that_devices_at_rest_alternate_between_overlap_and_no_others():
    still, restless = sleepers([0]), sleepers([0, 1, 2, 1, 0, 2])
    by_plan = overlaps(still)
    assert by_plan.overlaps.toarray().tolist() == np.eye(4, dtype=bool).tolist()
    assert (by_plan.masts_share, by_plan.breaks_per_hour) == (0.0, 0.0)
    by_rest = overlaps(still, restless)
    assert by_rest.overlaps.toarray()[:3, :3].all()
    assert not by_rest.overlaps.toarray()[3, :3].any()
    assert by_rest.masts_share > 0.5 and by_rest.min_overlap < by_plan.min_overlap
    assert by_rest.breaks_per_hour > 0.5


def test_a_few_changes_are_no_evidence_against_the_plan():
    few = overlaps(sleepers([0]), sleepers([0, 1], n_devices=1))
    assert few.masts_share == 0.0 and few.breaks_per_hour > 0.0
    assert not few.overlaps.toarray()[0, 1]


def test_homes_are_at_the_median_of_masts_where_these_alone_are_believed():
    plan = FootprintVoronoi().fit(MASTS, TILES).connection_probability_
    read = sleepers([0, 1, 2, 1, 0, 2])
    changes = changes_of([read], NIGHT, len(MASTS))
    zone = np.where(TOWNS, (TILES["x_m"] > 2000).astype(int), -1)
    model = staying("-", sparse.csr_array(plan), MASTS, TILES, EVEN, EVEN, zone, changes)
    first = read.device == 0
    events = [values[first] for values in (read.device, read.at_s, read.cell, read.timing)]
    segments, places, row = model.stays(*events)
    night = np.ones(len(events[0]), dtype=bool)
    given = segments, places, row, segments.duration_s, events[0], events[2]
    untimed = model.homes_of(*given, events[3], night)
    median = float(np.median(MASTS["x_m"].to_numpy()[events[2]]))
    assert abs(TILES["x_m"][untimed.tile[0]] - median) <= 50.0
    timed = model.homes_of(*given, np.full(len(night), 3, np.int32), night)
    by_stays = model.homes.place(*given[:4])
    assert timed.tile.tolist() == by_stays.tile.tolist() != untimed.tile.tolist()
    assert 0.5 == model.masts_share_min < model.overlaps.masts_share < 1.0
    believed = replace(model, masts_share_min=1.0)
    of_plan = believed.homes_of(*given, events[3], night)
    assert of_plan.tile.tolist() == by_stays.tile.tolist()


def test_nothing_at_rest_is_no_evidence():
    nobody = overlaps()
    assert (nobody.breaks_per_hour, nobody.masts_share) == (0.0, 0.0)
