"""Released flows: no entry of few devices, none that shares time with another of its pair."""

from __future__ import annotations

from expectations.belief import Belief, none_of, stop
from expectations.limits import Limits
from expectations.linked import beliefs, entries

TABLE = "rel_flows__by_pair_period"
MEASURES = {
    "released_flows": entries(
        TABLE,
        "est_flows__by_pair_period",
        "estimated.from_area_id = released.REF_AREA_FROM"
        " AND estimated.to_area_id = released.REF_AREA_TO AND estimated.freq = released.FREQ",
        at="period_at",
    ),
    # One row per batch. Local clocks: a part of a day keeps its name when the clock changes.
    "flows_in_time": f"""
        WITH lasting AS (
            SELECT
                REF_AREA_FROM, REF_AREA_TO, FREQ, TIME_PERIOD,
                left(TIME_PERIOD, 19)::TIMESTAMP AS start_at,
                CASE FREQ WHEN 'D' THEN 24 WHEN 'H' THEN 1 ELSE substr(FREQ, 2)::BIGINT END
                    AS n_hours
            FROM {TABLE}
            WHERE FREQ NOT IN ('_X', '_Z')  -- withheld, and unobserved: counts of entries
        ),

        beside AS (
            SELECT
                start_at,
                FREQ = 'H' AND lag(FREQ) OVER pair = 'H' AS are_hours,
                lag(start_at + to_hours(n_hours)) OVER pair AS previous_end_at
            FROM lasting
            WINDOW pair AS (
                PARTITION BY REF_AREA_FROM, REF_AREA_TO ORDER BY start_at, TIME_PERIOD, FREQ
            )
        )

        SELECT
            count(*) AS n_entries,
            count(*) FILTER (WHERE previous_end_at > start_at AND are_hours IS NOT TRUE)
                AS n_overlapping
        FROM beside
    """,
}


def suite(_: Limits) -> list[Belief]:
    """Beliefs about `rel_flows__by_pair_period`: none has a limit of its own."""
    return [
        *beliefs(TABLE, "released_flows"),
        stop(
            name="no_period_is_published_twice",
            table=TABLE,
            measure="flows_in_time",
            expectation=none_of("n_overlapping"),
            why="Two entries of a pair that share hours give what lies between by subtraction.",
            do="Do not release: entries must be those of the plan, which share no trip.",
            shows=("n_entries", "n_overlapping"),
        ),
    ]
