"""One belief about a batch: an expectation, its reason, and what happens when it fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import expectations.without_spark  # noqa: F401

# isort: split
from great_expectations.expectations.core.expect_column_pair_values_a_to_be_greater_than_b import (
    ExpectColumnPairValuesAToBeGreaterThanB,
)
from great_expectations.expectations.core.expect_column_values_to_be_between import (
    ExpectColumnValuesToBeBetween,
)
from great_expectations.expectations.expectation import Expectation

Severity = Literal["stop", "note"]


@dataclass(frozen=True)
class Belief:
    """What must hold of a batch for it to be believable.

    Attributes
    ----------
    name : str
        The belief as a phrase, `rows_were_delivered`; unique within its state.
    table : str
        Table of the contracts that the belief speaks of.
    measure : str
        What the expectation reads: a measure of this suite (counts and shares, made by the SQL
        in its `MEASURES`), or for estimated and released also the table itself.
    expectation : Expectation
        A Great Expectations object. Run by `peil.gates` only.
    why : str
        One sentence for the reader of a report, ending in a full stop.
    do : str
        One sentence on what to do when it fails, ending in a full stop.
    severity : {"stop", "note"}
        A failed `stop` closes the gate; a failed `note` is written down.
    shows : tuple of str
        Columns of a one-row measure that are reported as observed: counts and shares only.
    """

    name: str
    table: str
    measure: str
    expectation: Expectation
    why: str
    do: str
    severity: Severity
    shows: tuple[str, ...] = ()


def stop(**parts: Any) -> Belief:
    """Make a belief whose failure closes the gate."""
    return Belief(severity="stop", **parts)


def note(**parts: Any) -> Belief:
    """Make a belief whose failure is written down and stops nothing."""
    return Belief(severity="note", **parts)


def at_least(column: str, least: float) -> Expectation:
    """Expect a measured value of at least `least`; an unmeasurable (null) value passes."""
    return ExpectColumnValuesToBeBetween(column=column, min_value=least)


def at_most(column: str, most: float) -> Expectation:
    """Expect a measured value of at most `most`; an unmeasurable (null) value passes."""
    return ExpectColumnValuesToBeBetween(column=column, max_value=most)


def none_of(column: str) -> Expectation:
    """Expect a measured count of exactly zero."""
    return ExpectColumnValuesToBeBetween(column=column, min_value=0, max_value=0)


def in_order(low: str, high: str) -> Expectation:
    """Expect `low <= high` in every row where both are there."""
    return ExpectColumnPairValuesAToBeGreaterThanB(
        column_A=high, column_B=low, or_equal=True, ignore_row_if="either_value_is_missing"
    )
