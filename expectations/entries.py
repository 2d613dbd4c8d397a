"""What is asked alike of every released table: withheld is empty, an interval holds its figure.

An entry without a figure is withheld (status Q, C) or was not observed (status L, F).
"""

from __future__ import annotations

from expectations.belief import Belief, in_order, none_of, stop

# SQL of the two counts that `silences` asks about, over entries of a released table.
COUNTS = """
    count(*) FILTER (
        WHERE
        (OBS_STATUS IN ('Q', 'L') OR CONF_STATUS = 'C')
        AND (OBS_VALUE IS NOT NULL OR OBS_LOWER IS NOT NULL OR OBS_UPPER IS NOT NULL)
    ) AS n_withheld_with_value,
    count(*) FILTER (
        WHERE
        OBS_VALUE IS NULL
        AND (OBS_STATUS || CONF_STATUS IN ('QC', 'LF')) IS NOT TRUE
    ) AS n_empty_without_reason
"""


def silences(table: str, measure: str, n_all: str) -> list[Belief]:
    """Withheld and unobserved entries carry no number, and empty ones say why.

    Parameters
    ----------
    table : str
        The released table.
    measure : str
        Its counts: those of `COUNTS`, and what `n_all` names.
    n_all : str
        The count that is shown beside a failure.
    """
    return [
        stop(
            name="withheld_entries_are_empty",
            table=table,
            measure=measure,
            expectation=none_of("n_withheld_with_value"),
            why="A withheld entry that still carries a figure or an interval is not withheld.",
            do="Do not release: remove the figure with its interval, where nobody observed too.",
            shows=(n_all, "n_withheld_with_value"),
        ),
        stop(
            name="empty_entries_say_why",
            table=table,
            measure=measure,
            expectation=none_of("n_empty_without_reason"),
            why="An empty entry without a status is read as zero.",
            do="Set the status of every empty entry.",
            shows=(n_all, "n_empty_without_reason"),
        ),
    ]


def intervals(
    table: str,
    figure: str = "OBS_VALUE",
    ends: tuple[str, str] = ("OBS_LOWER", "OBS_UPPER"),
    do: str = "Do not release: the interval belongs to another figure.",
) -> list[Belief]:
    """The figure of every entry lies in its interval; the columns are those of a released table."""
    lower, upper = ends
    return [
        stop(
            name="lower_end_lies_below_the_figure",
            table=table,
            measure=table,
            expectation=in_order(lower, figure),
            why="An interval that starts above its own figure says nothing.",
            do=do,
        ),
        stop(
            name="upper_end_lies_above_the_figure",
            table=table,
            measure=table,
            expectation=in_order(figure, upper),
            why="An interval that ends below its own figure says nothing.",
            do=do,
        ),
    ]
