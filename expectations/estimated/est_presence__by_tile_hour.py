"""The estimates per tile and hour: the same mass as per zone, and not all in one place."""

from __future__ import annotations

from expectations.belief import Belief, at_least, at_most, note, stop
from expectations.limits import Limits

MEASURES = {
    # One row per hour and estimator that has tiles.
    "tiles_against_zones": """
        WITH tiles AS (
            SELECT
                hour_at,
                estimator,
                sum(n_devices) AS n_devices,
                max(n_devices) AS n_devices_busiest
            FROM est_presence__by_tile_hour
            GROUP BY hour_at, estimator
        ),

        zone_sums AS (
            SELECT hour_at, estimator, sum(n_devices) AS n_devices
            FROM est_presence__by_zone_hour
            WHERE zone_id IN (SELECT zone_id FROM leaf_zones)
            GROUP BY hour_at, estimator
        )

        SELECT
            hour_at,
            estimator,
            tiles.n_devices,
            abs(tiles.n_devices - coalesce(zone_sums.n_devices, 0))
                / greatest(tiles.n_devices, 1) AS difference_share,
            n_devices_busiest / nullif(tiles.n_devices, 0) AS busiest_tile_share
        FROM tiles
        LEFT JOIN zone_sums USING (hour_at, estimator)
    """,
}


def suite(limits: Limits) -> list[Belief]:
    """Beliefs about `est_presence__by_tile_hour`."""
    table = "est_presence__by_tile_hour"
    return [
        stop(
            name="tiles_add_up_to_zones",
            table=table,
            measure="tiles_against_zones",
            expectation=at_most("difference_share", limits.estimated_conservation_share_max_stop),
            why="Tiles and zones are two views of one estimate, so their sums are the same.",
            do="Do not use the figures: tiles lie in no zone, or in two.",
        ),
        stop(
            name="no_devices_below_zero_in_a_tile",
            table=table,
            measure=table,
            expectation=at_least("n_devices", 0),
            why="A tile cannot hold fewer than no devices.",
            do="Do not use the figures: the estimator did not keep to its constraint.",
        ),
        note(
            name="no_tile_holds_the_crowd",
            table=table,
            measure="tiles_against_zones",
            expectation=at_most("busiest_tile_share", limits.estimated_busiest_tile_share_max_note),
            why="One tile with so large a share is a stadium evening, or a fit that collapsed.",
            do="Look at the map of that hour and at the number of EM steps.",
        ),
    ]
