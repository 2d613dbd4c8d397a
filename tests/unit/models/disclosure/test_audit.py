"""The attack finds what can be found, and nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from peil_models.disclosure import LinearRow, audit, protect
from tests.unit.models.disclosure.hierarchies import country, one_hour

SPLIT = {"NL": (None, 100.0), "A": ("NL", 10.0), "B": ("NL", 20.0), "C": ("NL", 70.0)}


def hide(*zones: str, table: dict = SPLIT):
    frame = one_hour(table)
    return frame.assign(is_withheld=frame["zone_id"].isin(zones))


def test_a_parent_minus_its_published_children_is_found():
    report = audit(hide("A"), threshold=15)
    assert (report.n_withheld, report.n_recoverable, report.n_narrow) == (1, 1, 1)
    assert report.n_small_differences == 1 and report.narrowest < 1e-3


def test_a_withheld_parent_of_published_children_is_found():
    assert audit(hide("NL"), threshold=15).n_recoverable == 1


def test_two_withheld_are_known_up_to_their_sum():
    report = audit(hide("A", "B"), threshold=15)
    assert (report.n_recoverable, report.n_narrow) == (0, 0)
    assert report.narrowest == pytest.approx(30.0, abs=1e-3)
    assert audit(hide("A", "B"), threshold=31).n_narrow == 2


def test_nothing_withheld_is_nothing_to_find():
    report = audit(hide(), threshold=15)
    assert report.holds and report.n_withheld == 0 and report.narrowest == np.inf


def test_what_nothing_bounds_is_not_narrow():
    report = audit(hide("NL", "A", "B", "C"), threshold=15)
    assert report.holds and report.narrowest == np.inf


def test_a_lower_level_that_a_complement_gives_away_is_found():
    """P and Q are withheld, but Q's children are published but one: 3 + 5 is all that is open."""
    table = {
        "NL": (None, 208.0),
        "P": ("NL", 5.0),
        "Q": ("NL", 103.0),
        "R": ("NL", 100.0),
        "P1": ("P", 5.0),
        "Q1": ("Q", 3.0),
        "Q2": ("Q", 100.0),
    }
    report = audit(hide("P", "Q", "P1", "Q1", table=table), threshold=15)
    assert report.n_recoverable == 0 and report.n_narrow == 4
    assert report.narrowest == pytest.approx(8.0, abs=1e-3)


def test_a_known_invariant_reveals_what_the_table_alone_hides():
    frame = hide("A", "B")
    night = LinearRow({("A", 8): 1.0}, lower=9.5, upper=10.5)
    report = audit(frame, threshold=15, extra_rows=[night])
    assert report.n_narrow == 2 and report.narrowest == pytest.approx(1.0, abs=1e-3)
    exact = LinearRow({("A", 8): 3.0, ("C", 8): 1.0}, lower=100.0, upper=100.0)
    assert audit(frame, threshold=15, extra_rows=[exact]).n_recoverable == 2


def test_a_row_over_two_hours_ties_them_together():
    frame = country(3, regions=1, zones=4, hours=2)
    frame["is_withheld"] = frame["zone_id"].isin(["G00000", "G00001"])
    values = frame.set_index(["zone_id", "hour_at"])["n_devices"]
    total = float(values["G00000", 0] + values["G00000", 1])
    other = float(values["G00000", 0] + 2 * values["G00000", 1])
    rows = [
        LinearRow({("G00000", 0): 1.0, ("G00000", 1): f}, t, t)
        for f, t in ((1.0, total), (2.0, other))
    ]
    assert audit(frame, threshold=15).n_recoverable == 0
    assert audit(frame, threshold=15, extra_rows=rows).n_recoverable == 4


def test_rounded_values_leave_room():
    report = audit(hide("A"), threshold=15, rounded_to=1.0)
    assert report.n_recoverable == 0 and report.n_narrow == 1
    assert report.narrowest == pytest.approx(3.0, abs=1e-3)


def test_the_withheld_values_themselves_are_not_looked_at():
    frame = hide("A", "B")
    frame.loc[frame["is_withheld"], "n_devices"] = -999.0
    assert audit(frame, threshold=15) == audit(hide("A", "B"), threshold=15)


def test_a_table_that_contradicts_itself_is_refused():
    table = SPLIT | {"NL": (None, 101.0)}
    with pytest.raises(ValueError, match="contradicts itself"):
        audit(hide(table=table), threshold=15)
    impossible = LinearRow({("A", 8): 1.0}, lower=50.0, upper=60.0)
    with pytest.raises(ValueError, match="contradict"):
        audit(hide("A", "B"), threshold=15, extra_rows=[impossible])
    with pytest.raises(ValueError, match="does not hold"):
        audit(hide("A"), threshold=15, extra_rows=[LinearRow({("X", 8): 1.0}, 0, 1)])
    with pytest.raises(ValueError, match="no column is_withheld"):
        audit(hide().drop(columns="is_withheld"), threshold=15)
    for units in ({"A": 1.0, "B": 1.0}, {"A": 1.0, "B": 1.0, "C": 0.0}):
        with pytest.raises(ValueError, match="positive number for every lowest zone"):
            audit(hide("A"), threshold=15, units_per_device=units)
    with pytest.raises(ValueError, match="null"):
        audit(hide().assign(n_devices=np.nan), threshold=15)


def test_the_bounds_are_those_of_brute_force():
    """Small whole counts: every table that fits what is published is tried."""
    table = {
        "NL": (None, 15.0),
        "P": ("NL", 9.0),
        "Q": ("NL", 6.0),
        "P1": ("P", 4.0),
        "P2": ("P", 5.0),
        "Q1": ("Q", 2.0),
        "Q2": ("Q", 4.0),
    }
    for hidden in (("P1", "P2"), ("P", "Q", "P1", "Q1"), ("P", "Q", "P1", "P2", "Q2")):
        leaves = ["P1", "P2", "Q1", "Q2"]
        ranges = [range(16) if z in hidden else [int(table[z][1])] for z in leaves]
        fits = []
        for values in np.array(np.meshgrid(*ranges)).reshape(4, -1).T:
            all_of = dict(zip(leaves, values, strict=True))
            all_of["P"], all_of["Q"] = values[0] + values[1], values[2] + values[3]
            all_of["NL"] = values.sum()
            if all(all_of[z] == table[z][1] for z in table if z not in hidden):
                fits.append([all_of[z] for z in hidden])
        width = np.ptp(np.array(fits), axis=0).min()
        report = audit(hide(*hidden, table=table), threshold=15)
        assert report.narrowest == pytest.approx(width, abs=1e-3)


def test_a_country_of_a_week_is_audited_in_seconds(record_property):
    import time

    frame = country(4, hours=168)
    started = time.process_time()
    report = audit(protect(frame, threshold=15), threshold=15)
    assert report.holds and report.n_withheld > 1000
    assert time.process_time() - started < 10.0


def test_a_heavy_entry_that_is_published_makes_no_withheld_sum_narrower() -> None:
    """Zones A and B are withheld under a withheld C, beside D, where a device stands for three."""
    parents = {"NL": None, "C": "NL", "E": "NL", "A": "C", "B": "C", "D": "C"}
    persons = {"A": 11.0, "B": 19.0, "D": 60.0, "C": 90.0, "E": 40.0, "NL": 130.0}
    withheld = {"A", "B", "C", "E"}
    frame = pd.DataFrame(
        {
            "zone_id": list(parents),
            "parent_id": list(parents.values()),
            "hour_at": 8,
            "n_persons": [persons[zone] for zone in parents],
            "is_withheld": [zone in withheld for zone in parents],
        }
    )
    report = audit(
        frame,
        threshold=25,
        value="n_persons",
        units_per_device={"A": 1.0, "B": 1.0, "D": 3.0, "E": 1.0},
    )
    assert report.narrowest == pytest.approx(70.0)  # persons and devices alike: D is known
    assert report.holds


def test_a_total_that_everybody_knows_is_no_leak_though_it_is_withheld() -> None:
    """What it says of its parts still counts."""
    known = LinearRow({("A", 8): 1.0, ("B", 8): 1.0, ("C", 8): 1.0}, lower=100.0, upper=100.0)
    frame = hide("A", "B", "C", "NL")
    assert audit(frame, threshold=15, extra_rows=[known]).n_recoverable == 1
    report = audit(frame, threshold=15, extra_rows=[known], no_secret=[("NL", 8)])
    assert report.holds and report.n_withheld == 4
    parts = LinearRow({("A", 8): 1.0, ("B", 8): 1.0}, lower=30.0, upper=30.0)
    report = audit(frame, threshold=15, extra_rows=[known, parts], no_secret=[("NL", 8)])
    assert report.n_recoverable == 1  # C
