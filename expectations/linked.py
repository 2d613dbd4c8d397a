"""What is asked alike of every released table that follows devices."""

from __future__ import annotations

from expectations.belief import Belief, at_least, none_of, note, stop
from expectations.entries import COUNTS, intervals, silences

ENTRIES = """
    SELECT
        count(*) AS n_entries,
        count(OBS_VALUE) AS n_published,
        count(*) FILTER (WHERE OBS_VALUE < threshold) AS n_small,
        count(*) FILTER (WHERE OBS_VALUE IS NOT NULL AND (n_devices >= threshold) IS NOT TRUE)
            AS n_of_few_devices,
        {counts},
        count(DISTINCT released.TIME_PERIOD) / any_value(n_hours)::DOUBLE AS hours_share
    FROM {table} AS released
    CROSS JOIN this_batch
    LEFT JOIN {estimated} AS estimated
        ON {same} AND estimated.{at} = released.TIME_PERIOD::TIMESTAMPTZ
"""


def entries(table: str, estimated: str, same: str, at: str = "hour_at") -> str:
    """SQL of one row per batch: its entries beside the distinct devices that they rest on.

    Parameters
    ----------
    table, estimated : str
        The released table, and the estimated one that it was made of.
    same : str
        SQL that holds where an entry of `released` and a row of `estimated` are the same but for
        the hour.
    at : str, default="hour_at"
        The column of `estimated` that says when an entry begins.
    """
    return ENTRIES.format(table=table, estimated=estimated, same=same, at=at, counts=COUNTS)


def beliefs(table: str, measure: str) -> list[Belief]:
    """Beliefs about a released table; what protects people stops."""
    return [
        stop(
            name="there_is_something_to_release",
            table=table,
            measure=measure,
            expectation=at_least("n_entries", 1),
            why="A release without entries, not even withheld ones, is a fault of ours.",
            do="Run release of this product for the day again and look at its estimates.",
            shows=("n_entries",),
        ),
        stop(
            name="no_entry_rests_on_few_devices",
            table=table,
            measure=measure,
            expectation=none_of("n_of_few_devices"),
            why="An entry that few distinct devices made points at who holds them.",
            do="Do not release: the threshold was not applied to distinct devices.",
            shows=("n_entries", "n_of_few_devices"),
        ),
        stop(
            name="no_entry_is_small",
            table=table,
            measure=measure,
            expectation=none_of("n_small"),
            why="An entry under the threshold points at few people.",
            do="Do not release: the threshold was not applied to what is published.",
            shows=("n_entries", "n_small"),
        ),
        *silences(table, measure, "n_entries"),
        *intervals(table),
        note(
            name="something_is_published",
            table=table,
            measure=measure,
            expectation=at_least("n_published", 1),
            why="A table that is withheld as a whole serves nobody.",
            do="Choose larger zones for this area, or leave this product out of the charter.",
            shows=("n_entries", "n_published"),
        ),
    ]


def whole_day(table: str, measure: str) -> list[Belief]:
    """Of a table by hour: no hour lacks."""
    return [
        note(
            name="every_hour_is_released",
            table=table,
            measure=measure,
            expectation=at_least("hours_share", 1.0),
            why="A missing hour is a gap in every line that the reader sees.",
            do="Look which hours the gates of the day noted as silent.",
            shows=("hours_share",),
        ),
    ]
