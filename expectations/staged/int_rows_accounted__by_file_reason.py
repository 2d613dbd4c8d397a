"""Where the delivered rows went: how much was staged, and what was quarantined for what."""

from __future__ import annotations

from expectations.belief import Belief, at_least, at_most, none_of, note, stop
from expectations.limits import Limits

MEASURES = {
    # One row per batch. Opted-out rows are nobody's loss: shares are of the rest.
    "staged_rows": """
        SELECT
            coalesce(sum(n_rows), 0)::BIGINT AS n_rows,
            coalesce(sum(n_rows) FILTER (WHERE outcome = 'staged'), 0)::BIGINT AS n_staged,
            coalesce(sum(n_rows) FILTER (WHERE outcome = 'staged'), 0)
                / nullif(sum(n_rows) FILTER (WHERE outcome <> 'opted_out'), 0)::DOUBLE
                AS staged_share,
            coalesce(sum(n_rows) FILTER (WHERE reason = 'duplicate'), 0)::BIGINT AS n_duplicate,
            coalesce(sum(n_rows) FILTER (WHERE reason = 'duplicate'), 0)
                / nullif(sum(n_rows) FILTER (WHERE outcome <> 'opted_out'), 0)::DOUBLE
                AS duplicate_share,
            coalesce(sum(n_rows) FILTER (WHERE reason = 'late'), 0)
                / nullif(sum(n_rows) FILTER (WHERE outcome <> 'opted_out'), 0)::DOUBLE
                AS late_share,
            coalesce(sum(n_rows) FILTER (WHERE reason = 'identifier_in_wrong_column'), 0)::BIGINT
                AS n_misplaced
        FROM staged.int_rows_accounted__by_file_reason
    """,
    # One row per batch: what the quality store thinks of the day's own figures, against the same
    # weekdays of the weeks before (docs/quality.md). Zero where there is no history yet.
    "staged_judged": """
        SELECT
            count(*) FILTER (WHERE verdict <> 'unknown') AS n_figures_judged,
            count(*) FILTER (WHERE verdict = 'stop') AS n_figures_stopped,
            count(*) FILTER (WHERE verdict = 'note') AS n_figures_noted
        FROM judged
    """,
}


def suite(limits: Limits) -> list[Belief]:
    """Beliefs about the accounting of rows. That it adds up exactly is asked by dbt."""
    table = "int_rows_accounted__by_file_reason"
    staged = ("n_rows", "n_staged", "staged_share")
    return [
        stop(
            name="most_rows_were_staged",
            table=table,
            measure="staged_rows",
            expectation=at_least("staged_share", limits.staged_share_min_stop),
            why="Estimates from a day that lost so many rows speak of the loss, not of people.",
            do="Read the quarantine by reason: one large reason names the cause.",
            shows=staged,
        ),
        note(
            name="few_rows_were_quarantined",
            table=table,
            measure="staged_rows",
            expectation=at_least("staged_share", limits.staged_share_min_note),
            why="More rows in quarantine than usual point to a change at the operator.",
            do="Read the quarantine by reason and tell the operator.",
            shows=staged,
        ),
        note(
            name="few_rows_are_duplicates",
            table=table,
            measure="staged_rows",
            expectation=at_most("duplicate_share", limits.staged_duplicate_share_max_note),
            why="Many duplicates mean that a file, or a part of it, was delivered twice.",
            do="Compare the names and sizes of the day's files.",
            shows=("n_rows", "n_duplicate", "duplicate_share"),
        ),
        note(
            name="few_rows_are_late",
            table=table,
            measure="staged_rows",
            expectation=at_most("late_share", limits.staged_late_share_max_note),
            why="Late rows belong to a day that has been estimated without them.",
            do="Decide whether that day's figures need to be made again.",
            shows=("n_rows", "late_share"),
        ),
        note(
            name="identifiers_stay_in_their_column",
            table=table,
            measure="staged_rows",
            expectation=at_most("n_misplaced", limits.staged_misplaced_rows_max_note),
            why="An identifier in another column escapes the pseudonym if nobody looks.",
            do="Tell the operator at once: a column of the delivery has shifted.",
            shows=("n_misplaced",),
        ),
        stop(
            name="history_allows_the_day",
            table=table,
            measure="staged_judged",
            expectation=none_of("n_figures_stopped"),
            why="A day with half or twice its weekday's rows or devices is not that day.",
            do="Read the causes in the quality page: they name the file, region or clock.",
            shows=("n_figures_judged", "n_figures_stopped"),
        ),
        note(
            name="history_explains_the_day",
            table=table,
            measure="staged_judged",
            expectation=none_of("n_figures_noted"),
            why="A figure outside the range of its weekdays has a cause, in the network or in us.",
            do="Look at the figures that are noted in the quality page.",
            shows=("n_figures_judged", "n_figures_noted"),
        ),
    ]
