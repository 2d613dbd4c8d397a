"""The SQL of what is counted: one pass over raw, staging's own counts, their sums by scope.

Reads `raw.main` and `staged.main` (the day's two files) and two small tables that are given:
`this_batch` (day_start_at, day_end_at, n_hours) and `limits` (`expectations.limits`).
"""

from __future__ import annotations

from expectations.regions import CELLS_PLACED

HOUR_US = 3_600_000_000

TABLES = {
    "hours": f"""
        SELECT
            hour_no::TINYINT AS hour_no,
            make_timestamptz(epoch_us(day_start_at) + hour_no * {HOUR_US}) AS hour_at,
            extract(HOUR FROM timezone(time_zone,
                make_timestamptz(epoch_us(day_start_at) + hour_no * {HOUR_US})
            )) BETWEEN staged_daytime_start_h AND staged_daytime_end_h - 1 AS is_daytime
        FROM (
            SELECT unnest(range(n_hours)) AS hour_no, day_start_at, time_zone FROM this_batch
        ), limits
    """,
    "placed": f"""
        WITH cells AS ({CELLS_PLACED})

        SELECT
            cell_id,
            'E' || (region_x * staged_region_m / 1000)::DECIMAL(18, 1)
                || 'N' || (region_y * staged_region_m / 1000)::DECIMAL(18, 1) AS region_id
        FROM cells, limits
    """,
    # one pass over raw; -1 and n_hours stand for before and after the day
    "delivered": f"""
        SELECT
            file_id,
            cell_id,
            (CASE
                WHEN observed_at < day_start_at THEN -1
                WHEN observed_at >= day_end_at THEN n_hours
                ELSE (epoch_us(observed_at) - epoch_us(day_start_at)) // {HOUR_US}
            END)::TINYINT AS hour_no,
            count(*) AS n_rows,
            count(*) FILTER (
                subscriber_id IS NULL AND defect IS DISTINCT FROM 'cannot_parse'
            ) AS n_null_subscribers,
            count(*) FILTER (
                cell_id IS NULL AND defect IS DISTINCT FROM 'cannot_parse'
            ) AS n_null_cells,
            min(observed_at) AS earliest_at,
            max(observed_at) AS latest_at
        FROM raw.main.events, this_batch
        GROUP BY file_id, cell_id, hour_no
    """,
    # repeats stand behind their original: a record came more than once where a run of them begins
    "repeated": """
        SELECT count(*) AS n_records
        FROM (
            SELECT rowid AS row_no, lag(rowid) OVER (ORDER BY rowid) AS before_no
            FROM staged.main.int_events_classified
            WHERE reason = 'duplicate'
        )
        WHERE row_no IS DISTINCT FROM before_no + 1
    """,
    # landed and staged rows of each file, cell, region and hour; small from here on
    "counted": """
        SELECT
            file_id,
            known.cell_id,
            region_id,
            hour_no,
            n_rows AS n_added,
            0 AS n_staged
        FROM delivered
        LEFT JOIN placed AS known USING (cell_id)
        UNION ALL
        SELECT NULL, cell_id, region_id, hour_no, 0, n_rows
        FROM staged.main.int_rows_counted__by_cell_hour
        INNER JOIN hours USING (hour_at)
        LEFT JOIN placed USING (cell_id)
    """,
    "by_file": """
        SELECT
            files.file_id,
            any_value(files.file_name) AS file_name,
            any_value(files.n_rows) AS n_delivered,
            any_value(files.n_opted_out) AS n_opted_out,
            coalesce(sum(delivered.n_rows), 0) AS n_added,
            coalesce(sum(delivered.n_rows) FILTER (hour_no < 0), 0) AS n_before,
            coalesce(sum(delivered.n_rows) FILTER (hour_no >= n_hours), 0) AS n_after,
            coalesce(sum(n_null_subscribers), 0) AS n_null_subscribers,
            coalesce(sum(n_null_cells), 0) AS n_null_cells,
            count(DISTINCT delivered.cell_id) AS n_cells_named,
            count(DISTINCT placed.cell_id) AS n_cells_located,
            coalesce(sum(delivered.n_rows) FILTER (placed.cell_id IS NOT NULL), 0) AS n_located,
            60 * floor(epoch(min(earliest_at)) / 60) AS earliest_s,
            60 * floor(epoch(max(latest_at)) / 60) AS latest_s
        FROM raw.main.files
        CROSS JOIN this_batch
        LEFT JOIN delivered USING (file_id)
        LEFT JOIN placed ON delivered.cell_id = placed.cell_id
        GROUP BY files.file_id
    """,
    "device_hours": """
        SELECT hours.hour_at, coalesce(n_devices, 0) AS n_devices
        FROM hours
        LEFT JOIN staged.main.int_devices_seen__by_hour USING (hour_at)
    """,
    # every hour, cell, cell and hour, region of the day, those without a row too
    "by_hour": """
        SELECT
            hours.hour_at,
            coalesce(sum(n_added), 0)::DOUBLE AS n_added,
            coalesce(sum(n_staged), 0)::DOUBLE AS n_staged
        FROM hours
        LEFT JOIN counted USING (hour_no)
        GROUP BY hours.hour_at
    """,
    "by_cell": """
        SELECT
            placed.cell_id,
            placed.region_id,
            coalesce(sum(n_added), 0)::DOUBLE AS n_added,
            coalesce(sum(n_staged), 0)::DOUBLE AS n_staged
        FROM placed
        LEFT JOIN counted USING (cell_id)
        GROUP BY placed.cell_id, placed.region_id
    """,
    "by_cell_hour": """
        SELECT
            placed.cell_id,
            placed.region_id,
            hours.hour_at,
            any_value(hours.is_daytime) AS is_daytime,
            coalesce(sum(n_staged), 0)::DOUBLE AS n_staged
        FROM placed
        CROSS JOIN hours
        LEFT JOIN counted ON placed.cell_id = counted.cell_id AND hours.hour_no = counted.hour_no
        GROUP BY placed.cell_id, placed.region_id, hours.hour_at
    """,
    "by_region": """
        WITH silent AS (
            SELECT region_id, count(*) FILTER (n_staged = 0) AS n_hours_silent
            FROM (
                SELECT region_id, hour_at, sum(n_staged) AS n_staged
                FROM by_cell_hour
                WHERE is_daytime
                GROUP BY region_id, hour_at
            )
            GROUP BY region_id
        )

        SELECT
            region_id,
            sum(n_added) AS n_added,
            sum(n_staged) AS n_staged,
            count(*)::DOUBLE AS n_cells,
            count(*) FILTER (n_staged = 0)::DOUBLE AS n_cells_silent,
            any_value(n_hours_silent)::DOUBLE AS n_hours_silent
        FROM by_cell
        INNER JOIN silent USING (region_id)
        WHERE region_id IS NOT NULL
        GROUP BY region_id
    """,
    # one row per batch: what is no sum over files
    "whole": f"""
        SELECT
            count(DISTINCT delivered.cell_id) AS n_cells_named,
            count(DISTINCT placed.cell_id) AS n_cells_located,
            (SELECT count(*) FROM staged.main.int_devices_numbered) AS n_devices,
            (SELECT n_records FROM repeated) AS n_repeated,
            (SELECT count(*) FROM placed) AS n_cells,
            (SELECT count(*) FROM by_cell WHERE n_staged = 0) AS n_cells_silent,
            (SELECT count(*) FROM by_hour INNER JOIN hours USING (hour_at)
                WHERE n_staged = 0 AND is_daytime) AS n_hours_silent,
            (
                SELECT (sum(md5_number_lower(cell::VARCHAR) >> 16) % {2**48})::DOUBLE
                FROM staged.main.stg_operator__cells AS cell
            ) AS plan_mark
        FROM delivered
        LEFT JOIN placed ON delivered.cell_id = placed.cell_id
    """,
}
