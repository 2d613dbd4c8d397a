"""What is normal: quantiles in order, none of few people, nothing forecast after it happened."""

from __future__ import annotations

from expectations.belief import Belief, at_least, none_of, note, stop
from expectations.limits import Limits

TABLE = "out_presence__by_zone_hour"
MEASURES = {
    # One row per batch.
    "outlook_hours": f"""
        SELECT
            count(*) AS n_rows,
            count(*) - count(DISTINCT (zone_id, hour_at)) AS n_repeated,
            count(*) FILTER (
                WHERE
                (
                    q025 <= q100 AND q100 <= q250 AND q250 <= q500 AND q500 <= q750
                    AND q750 <= q900 AND q900 <= q975 AND q025 >= 0
                ) IS NOT TRUE
            ) AS n_disordered,
            count(*) FILTER (WHERE (q500 >= threshold) IS NOT TRUE) AS n_small,
            count(*) FILTER (WHERE (issued_at <= hour_at) IS NOT TRUE) AS n_hindsight,
            count(*) FILTER (WHERE coalesce(length(model_version), 0) = 0) AS n_unversioned,
            count(DISTINCT hour_at) FILTER (WHERE hour_at > newest_at) AS n_hours_ahead
        FROM {TABLE}, this_batch
    """,
}


def suite(_: Limits) -> list[Belief]:
    """Beliefs about `out_presence__by_zone_hour`: none has a limit of its own."""
    stops = [
        (
            "there_is_an_outlook",
            at_least("n_rows", 1),
            "An outlook without any hour shows nothing, which reads as nothing unusual.",
            "Look whether the newest released hours and the history have zones in common.",
            ("n_rows",),
        ),
        (
            "each_hour_has_one_outlook",
            none_of("n_repeated"),
            "Two bands for one zone and hour: which one is normal cannot be said.",
            "This is a fault of ours: tell the maintainers.",
            ("n_rows", "n_repeated"),
        ),
        (
            "quantiles_ascend_from_zero",
            none_of("n_disordered"),
            "A band whose ends are crossed, missing or below zero is no band.",
            "Fit the model again: delete its folder under the agency's models.",
            ("n_rows", "n_disordered"),
        ),
        (
            "no_outlook_is_of_few",
            none_of("n_small"),
            "Nothing is said of a zone under the threshold, of its future neither.",
            "Do not place it: the threshold was not applied.",
            ("n_rows", "n_small"),
        ),
        (
            "nothing_is_forecast_in_hindsight",
            none_of("n_hindsight"),
            "A band that was made after its hour has seen what it is to be compared with.",
            "This is a fault of ours: tell the maintainers.",
            ("n_rows", "n_hindsight"),
        ),
        (
            "every_row_names_its_model",
            none_of("n_unversioned"),
            "A band of which nobody can say who made it cannot be made again.",
            "This is a fault of ours: tell the maintainers.",
            ("n_rows", "n_unversioned"),
        ),
    ]
    return [
        *(
            stop(
                name=name,
                table=TABLE,
                measure="outlook_hours",
                expectation=expectation,
                why=why,
                do=do,
                shows=shows,
            )
            for name, expectation, why, do, shows in stops
        ),
        note(
            name="the_next_day_is_forecast",
            table=TABLE,
            measure="outlook_hours",
            expectation=at_least("n_hours_ahead", 24),
            why="Readers expect the next 24 hours; fewer mean that a model does not reach as far.",
            do="Look at the model of the newest week.",
            shows=("n_hours_ahead",),
        ),
    ]
