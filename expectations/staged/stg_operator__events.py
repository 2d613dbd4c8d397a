"""The staged events of a day: devices in every hour, cells and regions that are heard."""

from __future__ import annotations

from expectations.belief import Belief, at_least, at_most, note, stop
from expectations.hours import UNOBSERVED, staged
from expectations.limits import Limits
from expectations.regions import CELLS_PLACED

MEASURES = {
    # One row per hour of the local day, hours without devices included.
    "staged_devices__by_hour": """
        WITH counted AS (
            SELECT
                floor((epoch(hour_at) - epoch(day_start_at)) / 3600)::BIGINT AS hour_of_day,
                n_rows,
                n_devices
            FROM staged.int_devices_seen__by_hour, this_batch
        )

        SELECT
            hours.hour_of_day,
            coalesce(n_rows, 0) AS n_rows,
            coalesce(n_devices, 0) AS n_devices
        FROM (SELECT unnest(range(n_hours)) AS hour_of_day FROM this_batch) AS hours
        LEFT JOIN counted USING (hour_of_day)
    """,
    # One row per batch.
    "staged_hours": """
        SELECT
            count(*) AS n_hours,
            count(*) FILTER (WHERE n_devices > 0) AS n_hours_with_devices,
            count(*) FILTER (WHERE n_devices > 0) / count(*)::DOUBLE AS hours_share,
            min(n_devices) / nullif(median(n_devices), 0)::DOUBLE AS quietest_hour_share,
            sum(n_rows) / nullif(sum(n_devices), 0)::DOUBLE AS rows_per_device_hour,
            (
                SELECT
                    coalesce(sum(counted.n_rows) FILTER (WHERE kinds.is_inbound), 0)
                    / nullif(sum(counted.n_rows), 0)::DOUBLE
                FROM (
                    SELECT kind_no, count(*) AS n_rows
                    FROM staged.int_events_classified
                    WHERE reason IS NULL
                    GROUP BY kind_no
                ) AS counted
                INNER JOIN staged.int_kinds_kept AS kinds USING (kind_no)
            ) AS inbound_share
        FROM staged_devices__by_hour
    """,
    # One row per cell that is valid on the day, with its region.
    "staged_cells__placed": CELLS_PLACED,
    # One row per cell and hour of the local day in which it has an event.
    "staged_cells__heard": """
        SELECT
            cell_id,
            floor((epoch(hour_at) - epoch(day_start_at)) / 3600)::BIGINT AS hour_of_day
        FROM staged.int_rows_counted__by_cell_hour, this_batch
    """,
    # One row per batch.
    "staged_cells": """
        SELECT
            count(*) AS n_cells,
            count(*) FILTER (WHERE NOT is_heard) AS n_silent_cells,
            count(*) FILTER (WHERE NOT is_heard) / nullif(count(*), 0)::DOUBLE
                AS silent_cells_share
        FROM (
            SELECT cell_id IN (SELECT cell_id FROM staged_cells__heard) AS is_heard
            FROM staged_cells__placed
        )
    """,
    # One row per batch. Regions of few cells are left out: they may be silent by chance.
    "staged_regions": """
        WITH regions AS (
            SELECT region_x, region_y
            FROM staged_cells__placed
            WHERE region_x IS NOT NULL AND region_y IS NOT NULL
            GROUP BY region_x, region_y
            HAVING count(*) >= (SELECT staged_region_cells_min FROM limits)
        ),

        hours AS (
            SELECT hour_of_day
            FROM (
                SELECT unnest(range(n_hours)) AS hour_of_day, day_start_at, time_zone
                FROM this_batch
            ), limits
            WHERE
                extract(HOUR FROM timezone(time_zone, day_start_at + to_hours(hour_of_day)))
                BETWEEN staged_daytime_start_h AND staged_daytime_end_h - 1
        ),

        heard AS (
            SELECT DISTINCT region_x, region_y, hour_of_day
            FROM staged_cells__heard
            INNER JOIN staged_cells__placed USING (cell_id)
        )

        SELECT
            count(*) AS n_region_hours,
            count(*) FILTER (WHERE heard.region_x IS NULL) AS n_silent_region_hours,
            count(*) FILTER (WHERE heard.region_x IS NULL) / nullif(count(*), 0)::DOUBLE
                AS silent_region_share
        FROM regions
        CROSS JOIN hours
        LEFT JOIN heard USING (region_x, region_y, hour_of_day)
    """,
    # One row per batch. Unobserved: without an accepted row of any cell.
    "staged_unobserved": UNOBSERVED,
    # One row per batch: the four above in one, since each table read costs a look-up.
    "staged_day": """
        SELECT *
        FROM staged_hours
        CROSS JOIN staged_cells
        CROSS JOIN staged_regions
        CROSS JOIN staged_unobserved
    """,
}


def suite(limits: Limits) -> list[Belief]:
    """Beliefs about `stg_operator__events`. They read counts only, never a device."""
    table = "stg_operator__events"
    hours = ("n_hours", "n_hours_with_devices", "hours_share")
    regions = ("n_region_hours", "n_silent_region_hours", "silent_region_share")
    return [
        stop(
            name="half_the_day_has_devices",
            table=table,
            measure="staged_day",
            expectation=at_least("hours_share", limits.staged_hours_share_min_stop),
            why="A day of which most hours hold no device cannot be estimated.",
            do="Compare the hours with those of raw: staging lost them, or the operator did.",
            shows=hours,
        ),
        *staged(table, "staged_day", limits.staged_unobserved_hours_max_stop),
        note(
            name="every_hour_has_devices",
            table=table,
            measure="staged_day",
            expectation=at_least("hours_share", limits.staged_hours_share_min_note),
            why="An hour without devices is an hour without events that could be placed.",
            do="Look at the quarantine of that hour and ask the operator; where no cell has a row "
            "in it, it is released as not observed.",
            shows=hours,
        ),
        note(
            name="no_hour_has_few_devices",
            table=table,
            measure="staged_day",
            expectation=at_least("quietest_hour_share", limits.staged_quietest_hour_min_note),
            why="Phones report at night too: far fewer devices in an hour are missing events.",
            do="Look at the devices by hour and ask the operator about the low one.",
            shows=("quietest_hour_share",),
        ),
        note(
            name="devices_speak_as_phones_do",
            table=table,
            measure="staged_day",
            expectation=at_most(
                "rows_per_device_hour", limits.staged_rows_per_device_hour_max_note
            ),
            why="Far more events an hour than a phone makes are machines, or repeated records.",
            do="Ask the operator whether machine cards are part of the delivery.",
            shows=("rows_per_device_hour",),
        ),
        note(
            name="most_devices_are_of_the_country",
            table=table,
            measure="staged_day",
            expectation=at_most("inbound_share", limits.staged_inbound_share_max_note),
            why="So many events of foreign devices mean that the home country code is wrong.",
            do="Check the operator's country code in the charter.",
            shows=("inbound_share",),
        ),
        note(
            name="few_cells_are_silent_all_day",
            table=table,
            measure="staged_day",
            expectation=at_most("silent_cells_share", limits.staged_silent_cells_share_max_note),
            why="Silent cells are an outage, or a plan that is older than the network.",
            do="Ask the operator about outages and about the date of the cell plan.",
            shows=("n_cells", "n_silent_cells", "silent_cells_share"),
        ),
        stop(
            name="most_regions_are_heard",
            table=table,
            measure="staged_day",
            expectation=at_most("silent_region_share", limits.staged_silent_region_share_max_stop),
            why="Where whole regions are silent by day, the delivery lacks a part of the network.",
            do="Ask the operator for the files of the silent part.",
            shows=regions,
        ),
        note(
            name="no_region_falls_silent",
            table=table,
            measure="staged_day",
            expectation=at_most("silent_region_share", limits.staged_silent_region_share_max_note),
            why="A region without events for an hour of the day is an outage, not an empty place.",
            do="Ask the operator about an outage and say so beside the figures of that hour.",
            shows=regions,
        ),
    ]
