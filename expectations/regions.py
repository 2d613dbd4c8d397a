"""Where a cell lies: the squares that silence is judged in. SQL only, no expectation."""

from __future__ import annotations

# One row per cell that is valid on the day. A region is a square of the plan; degrees become
# metres well enough for squares of some kilometres. Reads `this_batch` and `limits`.
CELLS_PLACED = """
    WITH placed AS (
        SELECT
            cell_id,
            any_value(coalesce(x_m, longitude * 111320 * cos(radians(latitude)))
                ORDER BY valid_from NULLS FIRST) AS x_m,
            any_value(coalesce(y_m, latitude * 110574) ORDER BY valid_from NULLS FIRST) AS y_m
        FROM staged.stg_operator__cells, this_batch
        WHERE
            (valid_from IS NULL OR valid_from < day_end_at)
            AND (valid_to IS NULL OR valid_to > day_start_at)
        GROUP BY cell_id
    )

    SELECT
        cell_id,
        floor(x_m / staged_region_m)::BIGINT AS region_x,
        floor(y_m / staged_region_m)::BIGINT AS region_y
    FROM placed, limits
"""
