"""Holes found in the disclosure control of other systems, each tried on ours."""

from __future__ import annotations

import pandas as pd
import pytest

from peil_models.disclosure import audit, protect
from tests.unit.models.disclosure.hierarchies import one_hour


def test_exactly_the_threshold_is_published_and_one_less_is_not():
    for n, is_withheld in ((15.0, False), (14.0, True), (14.999, True)):
        frame = one_hour(
            {"NL": (None, n + 900), "A": ("NL", n), "B": ("NL", 500), "C": ("NL", 400)}
        )
        withheld = protect(frame, threshold=15).set_index("zone_id")["is_withheld"]
        assert withheld["A"] == is_withheld, n


@pytest.mark.parametrize("n_devices", range(1, 15))
@pytest.mark.parametrize("weight", [1.0, 5.13, 5.4, 16.0, 1000.0])
def test_grossed_up_persons_never_carry_few_devices_over_the_threshold(n_devices, weight):
    frame = one_hour(
        {
            "NL": (None, n_devices + 900.0),
            "A": ("NL", float(n_devices)),
            "B": ("NL", 500.0),
            "C": ("NL", 400.0),
        }
    )
    frame["n_persons"] = weight * frame["n_devices"]
    table = protect(frame, threshold=15).set_index("zone_id")
    assert table.loc["A", "is_withheld"]
    assert pd.isna(table.loc["A", "n_persons"]) and pd.isna(table.loc["A", "n_devices"])


def test_visitors_do_not_follow_from_all_minus_residents():
    frame = one_hour({"all": (None, 50.0), "residents": ("all", 45.0), "visitors": ("all", 5.0)})
    protected = protect(frame, threshold=15)
    assert audit(frame.assign(is_withheld=frame["n_devices"] < 15), threshold=15).n_recoverable == 1
    assert set(protected.query("is_withheld")["zone_id"]) == {"residents", "visitors"}
    assert audit(protected, threshold=15).holds


def test_a_parent_minus_its_siblings_reveals_nothing_at_any_level():
    frame = one_hour(
        {
            "NL": (None, 4012.0),
            "P": ("NL", 1012.0),
            "Q": ("NL", 1000.0),
            "R": ("NL", 2000.0),
            "P1": ("P", 12.0),
            "P2": ("P", 400.0),
            "P3": ("P", 600.0),
            "Q1": ("Q", 500.0),
            "Q2": ("Q", 500.0),
            "R1": ("R", 900.0),
            "R2": ("R", 1100.0),
        }
    )
    protected = protect(frame, threshold=15)
    assert set(protected.query("is_withheld")["zone_id"]) == {"P1", "P2"}
    assert audit(protected, threshold=15).holds


def test_withheld_is_null_and_never_zero_or_a_code():
    frame = one_hour({"NL": (None, 503.0), "A": ("NL", 3.0), "B": ("NL", 500.0)})
    protected = protect(frame, threshold=15)
    assert protected.loc[protected["is_withheld"], "n_devices"].isna().all()
    assert (protected["n_devices"].dropna() >= 15).all()


def test_a_sum_over_withheld_entries_is_null_when_nulls_are_kept():
    frame = one_hour({"NL": (None, 503.0), "A": ("NL", 3.0), "B": ("NL", 500.0)})
    protected = protect(frame, threshold=15)
    children = protected[protected["parent_id"] == "NL"]["n_devices"]
    assert pd.isna(children.sum(skipna=False))


def test_the_status_does_not_tell_primary_from_complementary():
    frame = one_hour({"NL": (None, 103.0), "A": ("NL", 3.0), "B": ("NL", 40.0), "C": ("NL", 60.0)})
    protected = protect(frame, threshold=15)
    new = set(protected.columns) - set(frame.columns)
    assert new == {"is_withheld"} and protected["is_withheld"].dtype == bool
