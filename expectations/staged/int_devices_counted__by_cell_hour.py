"""The counted table: how much of the day's devices the threshold took away."""

from __future__ import annotations

from expectations.belief import Belief, at_most, note
from expectations.limits import Limits

MEASURES = {
    # One row per batch. Devices are summed over hours: the unit is the device-hour.
    "staged_counted": """
        SELECT
            n_counted,
            n_withheld,
            n_withheld / nullif(n_counted + n_withheld, 0)::DOUBLE AS withheld_share
        FROM (
            SELECT
                (
                    SELECT coalesce(sum(n_devices), 0)::BIGINT
                    FROM staged.int_devices_counted__by_cell_hour
                ) AS n_counted,
                (
                    SELECT coalesce(sum(n_devices), 0)::BIGINT
                    FROM staged.int_devices_withheld__by_hour
                ) AS n_withheld
        )
    """,
}


def suite(limits: Limits) -> list[Belief]:
    """Beliefs about the counted table. Withholding protects people, so it never stops a day."""
    return [
        note(
            name="the_threshold_leaves_most_devices",
            table="int_devices_counted__by_cell_hour",
            measure="staged_counted",
            expectation=at_most("withheld_share", limits.staged_withheld_share_max_note),
            why="The more devices are withheld, the more the estimates speak of crowds only.",
            do="Read the figures of quiet places with care, or ask for larger entries.",
            shows=("n_counted", "n_withheld", "withheld_share"),
        ),
    ]
