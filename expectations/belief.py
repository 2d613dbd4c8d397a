"""One belief about a batch: an expectation, its reason, and what happens when it fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:  # it takes seconds, and a bound on one figure is looked at without it
    from great_expectations.expectations.expectation import Expectation

Severity = Literal["stop", "note"]


@dataclass(frozen=True)
class Bound:
    """What a measured value must be at least and at most; a null value passes.

    Most beliefs are this. Great Expectations is asked by `as_expectation`; a gate of few rows that
    must be quick asks `holds`, and a test holds the two to one answer.

    Examples
    --------
    >>> Bound("n_rows", least=1).holds(0), Bound("n_rows", least=1).holds(None)
    (False, True)
    """

    column: str
    least: float | None = None
    most: float | None = None

    def holds(self, value: float | None) -> bool:
        """Say whether a value lies within."""
        if value is None:
            return True
        is_enough = self.least is None or value >= self.least
        return is_enough and (self.most is None or value <= self.most)

    def as_expectation(self) -> Expectation:
        """Say the same to Great Expectations."""
        from great_expectations.expectations.core.expect_column_values_to_be_between import (
            ExpectColumnValuesToBeBetween,
        )

        return ExpectColumnValuesToBeBetween(
            column=self.column, min_value=self.least, max_value=self.most
        )


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
    expectation : Bound or Expectation
        A bound, or a Great Expectations object. Asked by `peil.gates` only.
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
    expectation: Bound | Expectation
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


def at_least(column: str, least: float) -> Bound:
    """Expect a measured value of at least `least`; an unmeasurable (null) value passes."""
    return Bound(column, least=least)


def at_most(column: str, most: float) -> Bound:
    """Expect a measured value of at most `most`; an unmeasurable (null) value passes."""
    return Bound(column, most=most)


def none_of(column: str) -> Bound:
    """Expect a measured count of exactly zero."""
    return Bound(column, least=0, most=0)


def in_order(low: str, high: str) -> Expectation:
    """Expect `low <= high` in every row where both are there."""
    from great_expectations.expectations.core.expect_column_pair_values_a_to_be_greater_than_b import (  # noqa: E501
        ExpectColumnPairValuesAToBeGreaterThanB,
    )

    return ExpectColumnPairValuesAToBeGreaterThanB(
        column_A=high, column_B=low, or_equal=True, ignore_row_if="either_value_is_missing"
    )
