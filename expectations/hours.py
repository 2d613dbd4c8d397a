"""What is measured of hours in which no accepted row of any cell lies: nobody observed them.

Such an hour has no figure in any later state: it is no zero, and nothing in it is withheld.
"""

from __future__ import annotations

from expectations.belief import Belief, at_most, none_of, stop

# One row per batch. The local clock, 0 to 24; `staged_cells__heard` has the hours with a row.
UNOBSERVED = """
    WITH hours AS (
        SELECT
            hour_of_day,
            extract(HOUR FROM timezone(time_zone, day_start_at + to_hours(hour_of_day)))
                AS local_h
        FROM (
            SELECT unnest(range(n_hours)) AS hour_of_day, day_start_at, time_zone
            FROM this_batch
        )
    )

    SELECT
        count(*) AS n_hours_unobserved,
        min(local_h) AS first_unobserved_h,
        max(local_h) + 1 AS unobserved_until_h,
        count(*) FILTER (WHERE is_repeated) AS n_repeated_hours_unobserved
    FROM (
        SELECT
            hour_of_day,
            local_h,
            count(*) OVER (PARTITION BY local_h) > 1 AS is_repeated
        FROM hours
    )
    WHERE hour_of_day NOT IN (SELECT hour_of_day FROM staged_cells__heard)
"""

# One row per batch: estimates without devices in an observed hour, or with some in another.
ESTIMATED = """
    SELECT count(*) FILTER (WHERE is_heard = (n_devices IS NULL)) AS n_figures_misplaced
    FROM (
        SELECT
            n_devices,
            hour_at IN (SELECT hour_at FROM staged.int_rows_counted__by_cell_hour) AS is_heard
        FROM est_presence__by_zone_hour
    )
"""


def staged(table: str, measure: str, most: float) -> list[Belief]:
    """Belief that the hours of a staged day were observed, but for those that a pilot accepts."""
    return [
        stop(
            name="no_hour_is_unobserved",
            table=table,
            measure=measure,
            expectation=at_most("n_hours_unobserved", most),
            why="An hour without a row of any cell was not observed, it is not empty: an outage or "
            "a missing file; or, where it is one that clocks repeat in autumn, the feed seems to "
            "be in local time without an offset.",
            do="Have the hours delivered, in UTC or with an offset, and run the day again; or "
            "accept them by staged_unobserved_hours_max_stop of the pilot in methods.toml: they "
            "are then released as not observed.",
            shows=(
                "n_hours_unobserved",
                "first_unobserved_h",
                "unobserved_until_h",
                "n_repeated_hours_unobserved",
            ),
        )
    ]


def estimated(table: str, measure: str) -> list[Belief]:
    """Belief that a figure is missing where nobody observed, and nowhere else."""
    return [
        stop(
            name="figures_are_missing_where_nobody_observed",
            table=table,
            measure=measure,
            expectation=none_of("n_figures_misplaced"),
            why="Of an hour without a row of any cell nothing is known, a figure is made up; an "
            "observed hour has one in every zone, if only zero.",
            do="Do not use the figures: run estimate for the day again.",
            shows=("n_figures_misplaced",),
        )
    ]
