"""The estimates per zone and hour: nothing made, nothing lost, and of a plausible size."""

from __future__ import annotations

from expectations.belief import Belief, at_least, at_most, none_of, note, stop
from expectations.entries import intervals
from expectations.hours import ESTIMATED, estimated
from expectations.limits import Limits
from expectations.persons import beliefs, measures

ESTIMATORS = ("voronoi", "sb", "em", "landuse", "combined")
RELEASED_ESTIMATOR = "combined"  # of a day whose record of estimates names no other
OF_THE_DAY = "(SELECT released_estimator FROM estimated_facts)"  # whose figures are released


MEASURES = {
    # One row per zone that has no children: these carry the estimates.
    "leaf_zones": """
        SELECT zone_id, n_persons
        FROM zones
        WHERE zone_id NOT IN (SELECT parent_id FROM zones WHERE parent_id IS NOT NULL)
    """,
    # One row per hour of the counted table.
    "counted__by_hour": """
        SELECT hour_at, sum(n_devices)::DOUBLE AS n_devices
        FROM staged.int_devices_counted__by_cell_hour
        GROUP BY hour_at
    """,
    # One row per counted hour and estimator, whether it was estimated or not.
    "conservation": f"""
        WITH located AS (
            SELECT hour_at, estimator, sum(n_devices) AS n_devices
            FROM est_presence__by_zone_hour
            WHERE zone_id IN (SELECT zone_id FROM leaf_zones)
            GROUP BY hour_at, estimator
        )

        SELECT
            hour_at,
            estimator,
            located.n_devices IS NOT NULL AS is_estimated,
            coalesce(located.n_devices, 0) AS n_located,
            coalesce(n_devices_unlocated, 0) AS n_unlocated,
            counted.n_devices + coalesce(n_devices_censored, 0) AS n_counted,
            abs(coalesce(located.n_devices, 0) + coalesce(n_devices_unlocated, 0)
                - counted.n_devices - coalesce(n_devices_censored, 0))
                / greatest(counted.n_devices, 1) AS difference_share
        FROM counted__by_hour AS counted
        CROSS JOIN (SELECT unnest({list(ESTIMATORS)}) AS estimator)
        LEFT JOIN located USING (hour_at, estimator)
        LEFT JOIN unlocated USING (hour_at, estimator)
    """,
    # One row per batch.
    "estimated_hours": f"""
        SELECT
            count(*) AS n_expected,
            count(*) FILTER (WHERE NOT is_estimated) AS n_missing,
            max(difference_share) AS largest_difference_share,
            sum(n_unlocated) FILTER (WHERE estimator = {OF_THE_DAY})
                / nullif(sum(n_counted) FILTER (WHERE estimator = {OF_THE_DAY}), 0)
                AS unlocated_share
        FROM conservation
    """,
    # One row per batch. Night hours are local; the register counts residents.
    "estimated_night": f"""
        SELECT
            median(n_persons) AS n_persons_at_night,
            (SELECT sum(n_persons) FROM leaf_zones)::DOUBLE AS n_registered,
            median(n_persons) / nullif((SELECT sum(n_persons) FROM leaf_zones), 0)::DOUBLE
                AS night_ratio
        FROM (
            SELECT hour_at, sum(n_persons) AS n_persons
            FROM est_presence__by_zone_hour, this_batch, limits
            WHERE
                estimator = {OF_THE_DAY}
                AND zone_id IN (SELECT zone_id FROM leaf_zones)
                AND extract(HOUR FROM timezone(time_zone, hour_at))
                BETWEEN estimated_night_start_h AND estimated_night_end_h - 1
            GROUP BY hour_at
        )
    """,
    **measures(OF_THE_DAY),
    # One row per batch. Half the summed difference is the share placed elsewhere.
    "estimated_agreement": f"""
        SELECT
            sum(abs(champion.n_devices - sb.n_devices)) / 2 / nullif(sum(sb.n_devices), 0)
                AS disagreement_share
        FROM est_presence__by_zone_hour AS champion
        INNER JOIN est_presence__by_zone_hour AS sb USING (zone_id, hour_at)
        WHERE
            champion.estimator = {OF_THE_DAY} AND sb.estimator = 'sb'
            AND zone_id IN (SELECT zone_id FROM leaf_zones)
    """,
    # One row per batch.
    "estimated_zones": f"""
        SELECT
            (SELECT count(*) FROM leaf_zones) AS n_zones,
            count(DISTINCT zone_id) AS n_zones_estimated,
            CASE
                WHEN count(*) > 0
                    THEN count(DISTINCT zone_id) / (SELECT count(*) FROM leaf_zones)::DOUBLE
            END AS zones_share,
            median((n_persons_upper - n_persons_lower) / nullif(n_persons, 0))
                AS interval_width_share
        FROM est_presence__by_zone_hour
        WHERE estimator = {OF_THE_DAY} AND zone_id IN (SELECT zone_id FROM leaf_zones)
    """,
    # One row per batch. Without elevation the ground is flat, and altitudes lift nothing off it.
    "estimated_altitudes": """
        SELECT
            count(DISTINCT cell_id) FILTER (WHERE altitude_m != 0 AND NOT has_elevation)
                AS n_altitudes_ignored
        FROM staged.stg_operator__cells, this_area
    """,
    "estimated_missing": ESTIMATED,
    # One row per batch: the six above in one, since each table read costs a look-up.
    "estimated_day": """
        SELECT *
        FROM estimated_hours
        CROSS JOIN estimated_night
        CROSS JOIN estimated_persons
        CROSS JOIN estimated_agreement
        CROSS JOIN estimated_zones
        CROSS JOIN estimated_altitudes
        CROSS JOIN estimated_missing
    """,
}


def suite(limits: Limits) -> list[Belief]:
    """Beliefs about `est_presence__by_zone_hour`."""
    table = "est_presence__by_zone_hour"
    unlocated = ("unlocated_share",)
    return [
        stop(
            name="every_counted_hour_is_estimated",
            table=table,
            measure="estimated_day",
            expectation=none_of("n_missing"),
            why="An hour that was counted and not estimated was lost between the two.",
            do="Run estimate for the day again; if it stays, the estimator failed on that hour.",
            shows=("n_expected", "n_missing"),
        ),
        *estimated(table, "estimated_day"),
        stop(
            name="devices_are_conserved",
            table=table,
            measure="conservation",
            expectation=at_most("difference_share", limits.estimated_conservation_share_max_stop),
            why="Located and unlocated devices must add up to those counted: none made, none lost.",
            do="Do not use the figures: the footprint, or the sum over tiles, is wrong.",
        ),
        stop(
            name="no_devices_below_zero",
            table=table,
            measure=table,
            expectation=at_least("n_devices", 0),
            why="A place cannot hold fewer than no devices.",
            do="Do not use the figures: the estimator did not keep to its constraint.",
        ),
        stop(
            name="no_persons_below_zero",
            table=table,
            measure=table,
            expectation=at_least("n_persons_lower", 0),
            why="A place cannot hold fewer than no persons, at the lower end of the interval too.",
            do="Do not use the figures: the weights or the interval are wrong.",
        ),
        *intervals(
            table,
            "n_persons",
            ("n_persons_lower", "n_persons_upper"),
            "Do not use the intervals: lower and upper are exchanged or of another run.",
        ),
        stop(
            name="most_devices_are_located",
            table=table,
            measure="estimated_day",
            expectation=at_most("unlocated_share", limits.estimated_unlocated_share_max_stop),
            why="With most devices unlocated the map shows the cells that happen to be known.",
            do="Look for cells without a footprint: the plan or its plane does not fit the area.",
            shows=unlocated,
        ),
        note(
            name="few_devices_are_unlocated",
            table=table,
            measure="estimated_day",
            expectation=at_most("unlocated_share", limits.estimated_unlocated_share_max_note),
            why="Devices that no footprint reaches are missing from every zone.",
            do="Look at the cells that hold them: without a position, far outside the area, or "
            "with a range, height or power that cannot reach it; ask the operator for these.",
            shows=unlocated,
        ),
        note(
            name="altitudes_have_ground_beneath_them",
            table=table,
            measure="estimated_day",
            expectation=none_of("n_altitudes_ignored"),
            why="The plan has altitudes and the area no elevation: they were ignored, antennas "
            "stand at their height on flat ground.",
            do="Name an elevation raster in the charter's `area`, or leave altitudes out of the "
            "mapping.",
            shows=("n_altitudes_ignored",),
        ),
        note(
            name="nearly_every_zone_has_a_figure",
            table=table,
            measure="estimated_day",
            expectation=at_least("zones_share", limits.estimated_zones_share_min_note),
            why="A zone without a figure lies outside every footprint.",
            do="Compare the area of the charter with the reach of the network.",
            shows=("n_zones", "n_zones_estimated", "zones_share"),
        ),
        *beliefs(table, limits),
        note(
            name="the_estimators_agree_roughly",
            table=table,
            measure="estimated_day",
            expectation=at_most("disagreement_share", limits.estimated_disagreement_share_max_note),
            why="Where it and the sum of posteriors part, the answer rests on the method chosen.",
            do="Look at the number of steps and at the footprint's parameters.",
            shows=("disagreement_share",),
        ),
        note(
            name="the_intervals_say_something",
            table=table,
            measure="estimated_day",
            expectation=at_most(
                "interval_width_share", limits.estimated_interval_width_share_max_note
            ),
            why="An interval wider than its figure tells the reader little.",
            do="Publish larger zones, or say that the figures are indicative.",
            shows=("interval_width_share",),
        ),
    ]
