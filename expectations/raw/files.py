"""The delivered files of a day: was anything delivered at all, and what was opted out."""

from __future__ import annotations

from expectations.belief import Belief, at_least, at_most, note, stop
from expectations.limits import Limits

MEASURES = {
    # One row per batch.
    "raw_delivered": """
        SELECT
            count(*) AS n_files,
            coalesce(sum(n_rows), 0)::BIGINT AS n_rows,
            coalesce(sum(n_opted_out), 0)::BIGINT AS n_opted_out,
            sum(n_opted_out) / nullif(sum(n_rows), 0)::DOUBLE AS opted_out_share,
            (SELECT median(n_rows) FROM history)::DOUBLE AS n_rows_usual,
            sum(n_rows) / nullif((SELECT median(n_rows) FROM history), 0)::DOUBLE AS volume_ratio
        FROM raw.files
    """,
}


def suite(limits: Limits) -> list[Belief]:
    """Beliefs about `raw.files`. Volume is set against the same weekday of earlier weeks."""
    return [
        stop(
            name="rows_were_delivered",
            table="files",
            measure="raw_delivered",
            expectation=at_least("n_rows", limits.raw_rows_min_stop),
            why="A day without rows is a delivery that failed, not a day without people.",
            do="Ask the operator for the day's files and ingest the day again.",
            shows=("n_files", "n_rows"),
        ),
        stop(
            name="volume_is_not_a_fragment",
            table="files",
            measure="raw_delivered",
            expectation=at_least("volume_ratio", limits.raw_volume_ratio_min_stop),
            why="So few rows against the same weekday means that most of the day is missing.",
            do="Compare the list of files with the operator's and ask for what is missing.",
            shows=("n_rows", "n_rows_usual", "volume_ratio"),
        ),
        note(
            name="volume_is_not_low",
            table="files",
            measure="raw_delivered",
            expectation=at_least("volume_ratio", limits.raw_volume_ratio_min_note),
            why="Fewer rows than on the same weekday may be a holiday or a missing file.",
            do="Look whether the day is a holiday, else ask the operator for missing files.",
            shows=("n_rows", "n_rows_usual", "volume_ratio"),
        ),
        note(
            name="volume_is_not_high",
            table="files",
            measure="raw_delivered",
            expectation=at_most("volume_ratio", limits.raw_volume_ratio_max_note),
            why="More rows than on the same weekday may be an event or a file delivered twice.",
            do="Look at the share of duplicates after staging.",
            shows=("n_rows", "n_rows_usual", "volume_ratio"),
        ),
        note(
            name="few_rows_opted_out",
            table="files",
            measure="raw_delivered",
            expectation=at_most("opted_out_share", limits.raw_opted_out_share_max_note),
            why="A large opted-out share bends the estimates and may be a wrong opt-out list.",
            do="Check with the operator that the opt-out list is the one meant.",
            shows=("n_rows", "n_opted_out", "opted_out_share"),
        ),
    ]
