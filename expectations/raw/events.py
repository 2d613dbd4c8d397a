"""The delivered events of a day: readable, in their day, spread over it, at known cells."""

from __future__ import annotations

from expectations.belief import Belief, at_least, at_most, note, stop
from expectations.limits import Limits

MEASURES = {
    # One row per hour of the local day, hours without events included.
    "raw_events__by_hour": """
        WITH counted AS (
            SELECT
                floor((epoch(observed_at) - epoch(day_start_at)) / 3600)::BIGINT AS hour_of_day,
                count(*) AS n_rows
            FROM raw.events, this_batch
            WHERE defect IS NULL AND observed_at >= day_start_at AND observed_at < day_end_at
            GROUP BY ALL
        )

        SELECT hours.hour_of_day, coalesce(n_rows, 0) AS n_rows
        FROM (SELECT unnest(range(n_hours)) AS hour_of_day FROM this_batch) AS hours
        LEFT JOIN counted USING (hour_of_day)
    """,
    # One row per batch.
    "raw_hours": """
        SELECT
            count(*) AS n_hours,
            count(*) FILTER (WHERE n_rows > 0) AS n_hours_with_events,
            count(*) FILTER (WHERE n_rows > 0) / count(*)::DOUBLE AS hours_share,
            min(n_rows) / nullif(median(n_rows), 0)::DOUBLE AS quietest_hour_share,
            max(n_rows) / nullif(median(n_rows), 0)::DOUBLE AS busiest_hour_ratio
        FROM raw_events__by_hour
    """,
    # One row per batch.
    "raw_events": """
        WITH judged AS (
            SELECT
                defect IS NOT NULL AS has_defect,
                coalesce(observed_at < day_start_at OR observed_at >= day_end_at, FALSE)
                    AS is_outside_day,
                cell_id IS NOT NULL AS has_cell,
                coalesce(cell_id IN (SELECT cell_id FROM raw.cells), FALSE) AS is_known_cell
            FROM raw.events, this_batch
        )

        SELECT
            count(*) AS n_rows,
            count(*) FILTER (WHERE has_defect) AS n_defect,
            count(*) FILTER (WHERE has_defect) / nullif(count(*), 0)::DOUBLE AS defect_share,
            count(*) FILTER (WHERE NOT has_defect AND is_outside_day) AS n_outside_day,
            count(*) FILTER (WHERE NOT has_defect AND is_outside_day)
                / nullif(count(*) FILTER (WHERE NOT has_defect), 0)::DOUBLE AS outside_day_share,
            count(*) FILTER (WHERE has_cell) AS n_with_cell,
            count(*) FILTER (WHERE is_known_cell)
                / nullif(count(*) FILTER (WHERE has_cell), 0)::DOUBLE AS known_cell_share
        FROM judged
    """,
    # One row per batch: the two above in one, since each table read costs a look-up.
    "raw_day": "SELECT * FROM raw_events CROSS JOIN raw_hours",
}


def suite(limits: Limits) -> list[Belief]:
    """Beliefs about `raw.events`. They read counts only, never a row."""
    defects = ("n_rows", "n_defect", "defect_share")
    outside = ("n_outside_day", "outside_day_share")
    counts = ("n_with_cell", "known_cell_share")
    hours = ("n_hours", "n_hours_with_events", "hours_share")
    return [
        stop(
            name="rows_can_be_read",
            table="events",
            measure="raw_day",
            expectation=at_most("defect_share", limits.raw_defect_share_max_stop),
            why="So many unreadable rows mean that the file or its mapping is wrong.",
            do="Compare the delivery's columns, separator and time format with the charter.",
            shows=defects,
        ),
        note(
            name="few_rows_have_a_defect",
            table="events",
            measure="raw_day",
            expectation=at_most("defect_share", limits.raw_defect_share_max_note),
            why="More defects than usual point to a change at the operator.",
            do="Look at the reasons in the accounting of rows and tell the operator.",
            shows=defects,
        ),
        stop(
            name="rows_belong_to_the_day",
            table="events",
            measure="raw_day",
            expectation=at_most("outside_day_share", limits.raw_outside_day_share_max_stop),
            why="So many rows outside the local day mean another day's file or a wrong time zone.",
            do="Check the file's day and the charter's time zone of the time stamps.",
            shows=outside,
        ),
        note(
            name="few_rows_lie_outside_the_day",
            table="events",
            measure="raw_day",
            expectation=at_most("outside_day_share", limits.raw_outside_day_share_max_note),
            why="Rows of another day are late deliveries, or an hour's error in the clock.",
            do="Look whether they lie in one hour (clock) or in another day (late).",
            shows=outside,
        ),
        stop(
            name="cells_are_those_of_the_plan",
            table="events",
            measure="raw_day",
            expectation=at_least("known_cell_share", limits.raw_known_cell_share_min_stop),
            why="Events at unknown cells cannot be placed: events and cell plan do not belong "
            "together.",
            do="Ask the operator for the cell plan of this day, or correct the mapping of cells.",
            shows=counts,
        ),
        note(
            name="few_cells_are_unknown",
            table="events",
            measure="raw_day",
            expectation=at_least("known_cell_share", limits.raw_known_cell_share_min_note),
            why="Events at cells that the plan lacks are lost for the estimates.",
            do="Ask the operator whether the cell plan is of the right date.",
            shows=counts,
        ),
        stop(
            name="half_the_day_has_events",
            table="events",
            measure="raw_day",
            expectation=at_least("hours_share", limits.raw_hours_share_min_stop),
            why="A day of which most hours are silent is a truncated delivery.",
            do="Look which files of the day are missing and ask the operator for them.",
            shows=hours,
        ),
        note(
            name="every_hour_has_events",
            table="events",
            measure="raw_day",
            expectation=at_least("hours_share", limits.raw_hours_share_min_note),
            why="A network is never silent for an hour: events of that hour are missing.",
            do="Ask the operator about the missing hour.",
            shows=hours,
        ),
        note(
            name="no_hour_is_nearly_silent",
            table="events",
            measure="raw_day",
            expectation=at_least("quietest_hour_share", limits.raw_quietest_hour_min_note),
            why="Nights are quiet, but an hour far below the median lacks a part of its events.",
            do="Look at the rows by hour and ask the operator about the low one.",
            shows=("quietest_hour_share",),
        ),
        note(
            name="no_hour_bursts",
            table="events",
            measure="raw_day",
            expectation=at_most("busiest_hour_ratio", limits.raw_busiest_hour_max_note),
            why="An hour far above the median is a repeated delivery or a default time stamp.",
            do="Look at the share of duplicates after staging and at time stamps that repeat.",
            shows=("busiest_hour_ratio",),
        ),
    ]
