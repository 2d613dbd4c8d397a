"""What Great Expectations would do over and over while it judges is done once, and only then."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from expectations.belief import Belief
from expectations.without_spark import gx
from peil.gates import great


def belief(least: float, shows: tuple[str, ...] = ()) -> Belief:
    return Belief(
        name=f"at_least_{least:g}",
        table="rows",
        measure="counts",
        expectation=gx.expectations.ExpectColumnValuesToBeBetween(column="n", min_value=least),
        why="Few.",
        do="Ask.",
        severity="stop",
        shows=shows,
    )


def fill(connection: Any) -> None:
    connection.execute("CREATE TABLE counts AS SELECT 3 AS n")


def test_an_expectation_is_configured_once_while_it_is_judged_and_as_ever_after_that() -> None:
    expectation = belief(1).expectation
    with great._configured_once():
        assert expectation.configuration is expectation.configuration
        other = expectation.copy(update={"min_value": 2.0})
        assert other.configuration.kwargs["min_value"] == 2.0
    assert expectation.configuration is not expectation.configuration


def test_each_belief_has_its_own_verdict_and_few_configurations_are_made_for_it() -> None:
    from great_expectations.expectations.expectation import Expectation

    make, made = Expectation.configuration.fget, []
    counting = property(lambda expectation: made.append(expectation) or make(expectation))
    with patch.object(Expectation, "configuration", counting):
        verdicts = great.judge("raw", [belief(1), belief(3), belief(4)], fill)
    success = {name: verdict.success for name, verdict in verdicts.items()}
    assert success == {"at_least_1": True, "at_least_3": True, "at_least_4": False}
    assert len(verdicts) <= len(made) <= 20 * len(verdicts)


def test_the_context_is_not_written_out_when_sources_come_and_go() -> None:
    variables = type(great._context().variables)
    with patch.object(variables, "save", side_effect=AssertionError("written out")):
        great.judge("raw", [belief(1)], fill)


def test_rows_are_counted_only_where_they_are_shown() -> None:
    of_rows = great.judge("released", [belief(1), belief(4)], fill)
    assert of_rows["at_least_4"].counts == {"n_rows": 1, "n_empty": 0, "n_unexpected": 1}
    measured = great.judge("released", [belief(1, ("n",)), belief(4, ("n",))], fill)
    assert [verdict.success for verdict in measured.values()] == [True, False]
    assert set(measured["at_least_4"].counts.values()) == {0}
    # where any shows its rows, those of its table are counted
    both = great.judge("released", [belief(1, ("n",)), belief(4)], fill)
    assert both["at_least_4"].counts["n_unexpected"] == 1
