"""What is withheld, and that nothing published gives it away."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from peil_models.disclosure import audit, protect, suppress
from tests.unit.models.disclosure.hierarchies import country, one_hour


def withheld(frame: pd.DataFrame) -> set[str]:
    return set(protect(frame, threshold=15).query("is_withheld")["zone_id"])


def test_primary_suppression_alone_leaks_and_the_complementary_rule_leaks_nothing():
    frame = country(1)
    primary = frame.assign(is_withheld=frame["n_devices"] < 15)
    leaky = audit(primary, threshold=15)
    assert leaky.n_recoverable > 10 and leaky.n_narrow > 10 and not leaky.holds
    tight = audit(protect(frame, threshold=15), threshold=15)
    assert (tight.n_recoverable, tight.n_narrow, tight.n_small_differences) == (0, 0, 0)
    assert tight.holds and tight.narrowest >= 15


def test_the_smallest_siblings_are_added_until_the_sum_hides():
    frame = one_hour(
        {"NL": (None, 283), "A": ("NL", 3), "B": ("NL", 20), "C": ("NL", 60), "D": ("NL", 200)}
    )
    assert withheld(frame) == {"A", "B", "C"}


def test_two_withheld_that_hide_exactly_twice_the_threshold_are_enough():
    frame = one_hour({"NL": (None, 130), "A": ("NL", 14), "B": ("NL", 16), "C": ("NL", 100)})
    protected = protect(frame, threshold=15)
    assert set(protected.query("is_withheld")["zone_id"]) == {"A", "B"}
    assert audit(protected, threshold=15).holds


def test_two_withheld_with_a_small_sum_are_not_enough():
    frame = one_hour({"NL": (None, 112), "A": ("NL", 5), "B": ("NL", 7), "C": ("NL", 100)})
    assert withheld(frame) == {"A", "B", "C"}


def test_a_zero_hides_nobody_so_it_is_withheld_but_never_added_to_the_sum():
    frame = one_hour({"NL": (None, 140), "A": ("NL", 0), "B": ("NL", 40), "C": ("NL", 100)})
    assert withheld(frame) == {"A", "B"}


def test_where_children_cannot_hide_each_other_the_parent_goes_and_needs_its_siblings():
    frame = one_hour(
        {
            "NL": (None, 422),
            "P": ("NL", 22),
            "Q": ("NL", 100),
            "R": ("NL", 300),
            "P1": ("P", 4),
            "P2": ("P", 18),
            "Q1": ("Q", 40),
            "Q2": ("Q", 60),
            "R1": ("R", 150),
            "R2": ("R", 150),
        }
    )
    is_hidden = withheld(frame)
    # Q went to hide P, so two children of Q must go too, or they would add up to Q.
    assert is_hidden == {"P", "P1", "P2", "Q", "Q1", "Q2"}
    assert audit(protect(frame, threshold=15), threshold=15).holds


def test_an_only_child_takes_its_parent_with_it():
    frame = one_hour(
        {
            "NL": (None, 104),
            "P": ("NL", 4),
            "Q": ("NL", 100),
            "P1": ("P", 4),
            "Q1": ("Q", 30),
            "Q2": ("Q", 70),
        }
    )
    protected = protect(frame, threshold=15)
    assert {"P", "P1", "Q"} <= set(protected.query("is_withheld")["zone_id"])
    assert audit(protected, threshold=15).holds


def test_nothing_small_nothing_withheld():
    frame = one_hour({"NL": (None, 115), "A": ("NL", 15), "B": ("NL", 100)})
    assert withheld(frame) == set()


def test_ties_are_broken_the_same_way_whatever_the_order_of_rows():
    frame = one_hour(
        {"NL": (None, 123), "A": ("NL", 3), "C": ("NL", 40), "B": ("NL", 40), "D": ("NL", 40)}
    )
    assert withheld(frame) == {"A", "B"} == withheld(frame.iloc[::-1])


def test_rows_come_back_in_their_order_with_nothing_but_null_where_withheld():
    frame = country(2, hours=2).sample(frac=1, random_state=1)
    frame["n_persons"] = 3.0 * frame["n_devices"]
    frame["n_persons_lower"], frame["n_persons_upper"] = 0.0, 9e9
    protected = protect(frame, threshold=15)
    assert (protected["zone_id"].to_numpy() == frame["zone_id"].to_numpy()).all()
    assert protected.index.equals(frame.index)
    columns = ["n_devices", "n_persons", "n_persons_lower", "n_persons_upper"]
    hidden = protected.loc[protected["is_withheld"], columns]
    assert len(hidden) > 0 and hidden.isna().all().all()
    shown = protected.loc[~protected["is_withheld"], "n_devices"]
    assert shown.notna().all() and (shown >= 15).all()


def test_persons_hide_too_where_one_zone_has_heavy_devices():
    """3 devices of 20 persons and 27 of 3: the sum of persons would pin the 3 devices down."""
    frame = one_hour({"NL": (None, 1030), "A": ("NL", 3), "B": ("NL", 27), "C": ("NL", 1000)})
    ratio = {"A": 20.0, "B": 3.0, "C": 3.0}
    frame["n_persons"] = frame["n_devices"] * frame["zone_id"].map(ratio)
    frame.loc[frame["zone_id"] == "NL", "n_persons"] = 3141.0
    protected = protect(frame, threshold=15)
    assert set(protected.query("is_withheld")["zone_id"]) == {"A", "B", "C"}
    two_only = frame.assign(is_withheld=frame["zone_id"].isin(["A", "B"]))
    facts = {"value": "n_persons", "units_per_device": ratio, "threshold": 15}
    assert audit(two_only, **facts).n_narrow == 1
    assert audit(protected, **facts).holds


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: pd.concat([f, f.head(1)]), "twice.*row 3"),
        (lambda f: f.assign(hour_at=[8, 9, 8]), "a row with 0"),
        (lambda f: f.assign(parent_id=[None, "X", "NL"]), "not in the frame"),
        (lambda f: f.assign(parent_id=["A", "NL", "NL"]), "circle"),
        (lambda f: f.assign(n_devices=[np.nan, 1.0, 2.0]), r"devices.*NaN"),
        (lambda f: f.drop(columns="n_devices"), "threshold is on devices"),
        (lambda f: f.drop(columns="parent_id"), "no column parent_id"),
        (lambda f: f.assign(zone_id=[None, "A", "B"]), "null in at least one row"),
        (lambda f: pd.concat([f, f.assign(hour_at=9, parent_id=[None, "NL", "A"])]), "two parents"),
    ],
)
def test_a_table_that_is_no_tree_is_refused(change, words):
    frame = one_hour({"NL": (None, 90.0), "A": ("NL", 30.0), "B": ("NL", 60.0)})
    with pytest.raises(ValueError, match=words):
        protect(change(frame), threshold=15)


def test_arrays_of_the_wrong_shape_are_refused():
    with pytest.raises(ValueError, match="parent has shape"):
        suppress([[1.0], [2.0]], [-1], 15)
    with pytest.raises(ValueError, match="persons has shape"):
        suppress([[1.0], [2.0]], [-1, 0], 15, persons=[[1.0]])
    with pytest.raises(ValueError, match="devices has 1 dimensions, expected 2"):
        suppress([1.0, 2.0], [-1, 0], 15)
