"""The cell plan of a day: is there one, and does it say where the cells are."""

from __future__ import annotations

from expectations.belief import Belief, at_least, note, stop
from expectations.limits import Limits

MEASURES = {
    # One row per batch. A cell counts when its validity touches the day.
    "raw_cells": """
        SELECT
            count(*) AS n_cells,
            count(*) FILTER (WHERE has_position) / nullif(count(*), 0)::DOUBLE AS positioned_share,
            count(*) FILTER (WHERE is_complete) / nullif(count(*), 0)::DOUBLE AS complete_share
        FROM (
            SELECT
                cell_id,
                bool_or(
                    coalesce(x_m, longitude) IS NOT NULL AND coalesce(y_m, latitude) IS NOT NULL
                ) AS has_position,
                bool_or(
                    power_w IS NOT NULL AND antenna_height_m IS NOT NULL
                    AND (azimuth_deg IS NOT NULL OR NOT coalesce(is_directional, TRUE))
                ) AS is_complete
            FROM raw.cells, this_batch
            WHERE
                (valid_from IS NULL OR valid_from < day_end_at)
                AND (valid_to IS NULL OR valid_to > day_start_at)
            GROUP BY cell_id
        )
    """,
}


def suite(limits: Limits) -> list[Belief]:
    """Beliefs about `raw.cells`."""
    return [
        stop(
            name="a_cell_plan_was_delivered",
            table="cells",
            measure="raw_cells",
            expectation=at_least("n_cells", limits.raw_cells_min_stop),
            why="Without a cell that is valid on the day nothing can be placed.",
            do="Ask the operator for the cell plan of the day, or correct its validity dates.",
            shows=("n_cells",),
        ),
        stop(
            name="most_cells_have_a_position",
            table="cells",
            measure="raw_cells",
            expectation=at_least("positioned_share", limits.raw_positioned_share_min_stop),
            why="A plan whose positions are missing was read with the wrong columns.",
            do="Compare the plan's position columns and its plane with the charter.",
            shows=("n_cells", "positioned_share"),
        ),
        note(
            name="every_cell_has_a_position",
            table="cells",
            measure="raw_cells",
            expectation=at_least("positioned_share", limits.raw_positioned_share_min_note),
            why="Devices at a cell without a position stay unlocated.",
            do="Ask the operator for the missing positions.",
            shows=("n_cells", "positioned_share"),
        ),
        note(
            name="the_plan_describes_its_antennas",
            table="cells",
            measure="raw_cells",
            expectation=at_least("complete_share", limits.raw_plan_complete_share_min_note),
            why="Power, height and direction that are missing take defaults, which blurs the "
            "footprint.",
            do="Ask the operator for power, height and azimuth, or accept the wider error.",
            shows=("n_cells", "complete_share"),
        ),
    ]
