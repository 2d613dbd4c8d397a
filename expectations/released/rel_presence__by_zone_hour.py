"""The released entries: none small, withheld ones empty, sums that hold and give nothing away."""

from __future__ import annotations

from expectations.belief import Belief, at_least, at_most, none_of, note, stop
from expectations.entries import COUNTS, intervals, silences
from expectations.limits import Limits

MEASURES = {
    # One row per parent and period whose own entry is published.
    "families": """
        SELECT
            parent.REF_AREA,
            parent.TIME_PERIOD,
            count(*) AS n_children,
            count(*) FILTER (WHERE child.OBS_VALUE IS NULL) AS n_withheld_children,
            abs(any_value(parent.OBS_VALUE) - sum(child.OBS_VALUE)) / (count(*) + 1)
                AS difference_per_entry
        FROM rel_presence__by_zone_hour AS parent
        INNER JOIN zones ON zones.parent_id = parent.REF_AREA
        INNER JOIN rel_presence__by_zone_hour AS child
            ON child.REF_AREA = zones.zone_id AND child.TIME_PERIOD = parent.TIME_PERIOD
        WHERE parent.OBS_VALUE IS NOT NULL
        GROUP BY parent.REF_AREA, parent.TIME_PERIOD
    """,
    # One row per batch.
    "released_families": """
        SELECT
            count(*) AS n_families,
            count(*) FILTER (WHERE n_withheld_children = 1) AS n_single_gaps,
            max(difference_per_entry) FILTER (WHERE n_withheld_children = 0)
                AS largest_difference_per_entry
        FROM families
    """,
    # One row per batch.
    "released_entries": f"""
        SELECT
            count(*) AS n_entries,
            count(*) FILTER (WHERE OBS_VALUE <> 0 AND OBS_VALUE < threshold) AS n_small,
            {COUNTS},
            count(*) FILTER (WHERE OBS_VALUE IS NULL AND OBS_STATUS IS DISTINCT FROM 'L')
                AS n_withheld,
            count(*) FILTER (WHERE OBS_VALUE IS NULL AND OBS_STATUS IS DISTINCT FROM 'L')
                / nullif(count(*) FILTER (WHERE OBS_STATUS IS DISTINCT FROM 'L'), 0)::DOUBLE
                AS withheld_share,
            count(DISTINCT TIME_PERIOD) / any_value(n_hours)::DOUBLE AS hours_share,
            count(DISTINCT REF_AREA) / (SELECT count(*) FROM zones)::DOUBLE AS zones_share,
            count(*) FILTER (WHERE zone_id IS NULL) AS n_of_no_zone,
            count(*) FILTER (
                WHERE (
                    starts_at >= day_start_at
                    AND starts_at < day_end_at
                    AND epoch(starts_at - day_start_at) % 3600 = 0
                ) IS NOT TRUE
            ) AS n_of_no_hour
        FROM (
            SELECT *, TRY_CAST(TIME_PERIOD AS TIMESTAMPTZ) AS starts_at
            FROM rel_presence__by_zone_hour
        )
        LEFT JOIN zones ON zone_id = REF_AREA
        CROSS JOIN this_batch
    """,
    # One row per batch. What was not observed is missing in every zone of the hour.
    "released_hours": """
        SELECT
            count(*) FILTER (WHERE n_unobserved > 0) AS n_hours_unobserved,
            count(*) FILTER (WHERE n_unobserved BETWEEN 1 AND n_entries - 1)
                AS n_hours_partly_unobserved
        FROM (
            SELECT
                TIME_PERIOD,
                count(*) AS n_entries,
                count(*) FILTER (WHERE OBS_STATUS = 'L') AS n_unobserved
            FROM rel_presence__by_zone_hour
            GROUP BY TIME_PERIOD
        )
    """,
    # One row per batch: the three above in one, since each table read costs a look-up.
    "released_day": """
        SELECT *
        FROM released_entries
        CROSS JOIN released_families
        CROSS JOIN released_hours
    """,
}


def suite(limits: Limits) -> list[Belief]:
    """Beliefs about `rel_presence__by_zone_hour`. What protects people stops; the rest notes."""
    table = "rel_presence__by_zone_hour"
    return [
        stop(
            name="there_is_something_to_release",
            table=table,
            measure="released_day",
            expectation=at_least("n_entries", 1),
            why="A release without entries, not even withheld ones, is a fault of ours.",
            do="Run release for the day again and look at the estimated tables.",
            shows=("n_entries",),
        ),
        stop(
            name="no_entry_is_small",
            table=table,
            measure="released_day",
            expectation=none_of("n_small"),
            why="An entry between zero and the threshold points at few people.",
            do="Do not release: the threshold was not applied.",
            shows=("n_entries", "n_small"),
        ),
        stop(
            name="every_entry_is_of_a_zone_of_the_area",
            table=table,
            measure="released_day",
            expectation=none_of("n_of_no_zone"),
            why="What is audited are the zones of the charter; a figure of another was not.",
            do="Do not release: a zone was renamed, or the charter's zones changed in between.",
            shows=("n_entries", "n_of_no_zone"),
        ),
        stop(
            name="every_entry_is_of_an_hour_of_the_day",
            table=table,
            measure="released_day",
            expectation=none_of("n_of_no_hour"),
            why="A part of an hour, or an hour of another day, was planned and audited by nobody.",
            do="Do not release: periods are whole local hours of the day, with their offset.",
            shows=("n_entries", "n_of_no_hour"),
        ),
        *silences(table, "released_day", "n_withheld"),
        stop(
            name="an_hour_is_unobserved_as_a_whole",
            table=table,
            measure="released_day",
            expectation=none_of("n_hours_partly_unobserved"),
            why="Where some zone of an hour has a figure the hour was observed, in the others too.",
            do="Do not release: set the status of a withheld entry, it is not a missing one.",
            shows=("n_hours_unobserved", "n_hours_partly_unobserved"),
        ),
        stop(
            name="no_gap_can_be_filled_by_subtraction",
            table=table,
            measure="released_day",
            expectation=none_of("n_single_gaps"),
            why="One withheld child under a published parent is the parent minus the others.",
            do="Do not release: withhold a second child, or the parent.",
            shows=("n_families", "n_single_gaps"),
        ),
        stop(
            name="parents_are_the_sum_of_their_children",
            table=table,
            measure="released_day",
            expectation=at_most(
                "largest_difference_per_entry", limits.released_additivity_max_stop
            ),
            why="Where nothing is withheld, totals that do not add up destroy trust in the rest.",
            do="Do not release: make upper levels as sums of the published lower ones.",
            shows=("n_families", "largest_difference_per_entry"),
        ),
        *intervals(table),
        note(
            name="most_entries_are_published",
            table=table,
            measure="released_day",
            expectation=at_most("withheld_share", limits.released_withheld_share_max_note),
            why="A table that is mostly withheld serves nobody: its zones or hours are too small.",
            do="Choose larger zones or longer periods for this area.",
            shows=("n_entries", "n_withheld", "withheld_share"),
        ),
        note(
            name="every_hour_was_observed",
            table=table,
            measure="released_day",
            expectation=none_of("n_hours_unobserved"),
            why="Hours without a record of any cell were not observed: they are no zero, and are "
            "not withheld.",
            do="Say so beside the figures of these hours, or have them delivered before release.",
            shows=("n_hours_unobserved",),
        ),
        note(
            name="every_hour_is_released",
            table=table,
            measure="released_day",
            expectation=at_least("hours_share", limits.released_hours_share_min_note),
            why="A missing hour is a gap in every line that the reader sees.",
            do="Look which hours the earlier gates noted as silent.",
            shows=("hours_share",),
        ),
        note(
            name="every_zone_is_released",
            table=table,
            measure="released_day",
            expectation=at_least("zones_share", limits.released_zones_share_min_note),
            why="A zone that is neither published nor withheld is a hole in the map.",
            do="Compare the zones of the release with those of the charter.",
            shows=("zones_share",),
        ),
    ]
