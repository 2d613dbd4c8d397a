"""What is unusual: episodes that are busier than expected, of enough people, each told once."""

from __future__ import annotations

from expectations.belief import Belief, at_most, none_of, note, stop
from expectations.limits import Limits

TABLE = "out_surges__by_zone_episode"
MEASURES = {
    # One row per batch.
    "outlook_episodes": f"""
        SELECT
            count(*) AS n_episodes,
            count(*) FILTER (WHERE is_overlapping) AS n_overlapping,
            count(*) FILTER (WHERE (observed >= threshold) IS NOT TRUE) AS n_small,
            count(*) FILTER (
                WHERE (
                    observed > expected AND excess_low <= excess AND excess <= excess_high
                    AND level >= 1
                ) IS NOT TRUE
            ) AS n_not_busier,
            count(*) FILTER (
                WHERE (
                    began_at <= newest_at
                    AND coalesce(ended_at, newest_at + INTERVAL 1 HOUR)
                    BETWEEN began_at AND newest_at + INTERVAL 1 HOUR
                ) IS NOT TRUE
            ) AS n_outside,
            count(*) FILTER (
                WHERE (silent_share BETWEEN 0 AND 1 AND is_after_gap IS NOT NULL) IS NOT TRUE
            ) AS n_undoubted,
            count(DISTINCT zone_id) / nullif(any_value(n_zones), 0)::DOUBLE AS zones_share
        FROM (
            SELECT *, coalesce(
                began_at < lag(ended_at) OVER (PARTITION BY zone_id ORDER BY began_at), FALSE
            ) AS is_overlapping
            FROM {TABLE}
        ), this_batch
    """,
}


def suite(_: Limits) -> list[Belief]:
    """Beliefs about `out_surges__by_zone_episode`: none has a limit of its own."""
    stops = [
        (
            "episodes_of_a_zone_are_apart",
            none_of("n_overlapping"),
            "An hour in two episodes of a zone would be told twice.",
            "This is a fault of ours: tell the maintainers.",
            ("n_episodes", "n_overlapping"),
        ),
        (
            "no_episode_is_of_few",
            none_of("n_small"),
            "Nothing is told of a zone under the threshold.",
            "Do not place it: the threshold was not applied.",
            ("n_episodes", "n_small"),
        ),
        (
            "an_episode_is_busier_than_expected",
            none_of("n_not_busier"),
            "A surge whose figure lies below what was expected, or outside its interval, is none.",
            "Fit the model again: delete its folder under the agency's models.",
            ("n_episodes", "n_not_busier"),
        ),
        (
            "an_episode_lies_in_released_hours",
            none_of("n_outside"),
            "An episode is seen in released figures: it ends no later than the newest of them.",
            "This is a fault of ours: tell the maintainers.",
            ("n_episodes", "n_outside"),
        ),
        (
            "an_episode_says_how_sure_it_is",
            none_of("n_undoubted"),
            "Of a figure that rests on few antenna sectors readers must be told, whatever it says.",
            "This is a fault of ours: tell the maintainers.",
            ("n_episodes", "n_undoubted"),
        ),
    ]
    return [
        *(
            stop(
                name=name,
                table=TABLE,
                measure="outlook_episodes",
                expectation=expectation,
                why=why,
                do=do,
                shows=shows,
            )
            for name, expectation, why, do, shows in stops
        ),
        note(
            name="most_zones_are_as_usual",
            table=TABLE,
            measure="outlook_episodes",
            expectation=at_most("zones_share", 0.5),
            why="Where most zones are unusual at once, the figures have moved rather than people.",
            do="Compare the night ratio of the released days with those before.",
            shows=("n_episodes", "zones_share"),
        ),
    ]
