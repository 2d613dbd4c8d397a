"""What is measured of the persons of a whole area, hour by hour, against register and devices."""

from __future__ import annotations

from expectations.belief import Belief, at_least, at_most, note, stop
from expectations.limits import Limits

RATIOS = "Look for zones of few devices by night: their footprint, or their register, is wrong."


def measures(estimator: str) -> dict[str, str]:
    """SQL of the persons of an estimator by hour, and of how far they are from the register.

    The estimator is an expression of SQL. Needs the measure `leaf_zones` and the tables of the
    estimated state.
    """
    return {
        # One row per hour: persons and devices of the whole area, where persons are estimated.
        "estimated_persons__by_hour": f"""
            SELECT
                hour_at,
                extract(HOUR FROM timezone(time_zone, hour_at))
                BETWEEN estimated_night_start_h AND estimated_night_end_h - 1 AS is_night,
                sum(n_persons) AS n_persons,
                sum(n_devices) AS n_devices
            FROM est_presence__by_zone_hour, this_batch, limits
            WHERE
                estimator = {estimator}
                AND zone_id IN (SELECT zone_id FROM leaf_zones)
                AND isfinite(n_persons)
            GROUP BY ALL
        """,
        # One row per batch. Visitors from abroad are in no register: a device of theirs stands for
        # as many as a resident's. A part of a country holds whoever is there.
        "estimated_persons": """
            SELECT
                max(abs(n_persons / nullif(n_registered * (1 + coalesce(
                    n_devices_inbound / nullif(network.n_devices - n_devices_inbound, 0), 0
                )), 0) - 1)) FILTER (WHERE is_whole_country)
                    AS register_share,
                max(drift) AS weight_drift_share,
                coalesce(max(drift) FILTER (WHERE NOT is_whole_country), 0) AS unheld_drift_share,
                (SELECT n_ratios_bounded FROM estimated_facts) AS n_ratios_bounded,
                (SELECT misfit_share FROM estimated_facts) AS misfit_share
            FROM (
                SELECT *, abs(n_persons / nullif(n_devices, 0) / nullif(median(n_persons
                    / nullif(n_devices, 0)) FILTER (WHERE is_night) OVER (), 0) - 1) AS drift
                FROM estimated_persons__by_hour
            ) AS persons
            LEFT JOIN staged.int_devices_counted__by_hour AS network USING (hour_at)
            CROSS JOIN this_area
            CROSS JOIN (SELECT sum(n_persons)::DOUBLE AS n_registered FROM leaf_zones)
        """,
    }


def beliefs(table: str, limits: Limits) -> list[Belief]:
    """Beliefs about the persons of the whole area: the register, the night, weights, footprint."""
    night = ("n_persons_at_night", "n_registered", "night_ratio")
    return [
        note(
            name="the_night_is_not_below_the_register",
            table=table,
            measure="estimated_day",
            expectation=at_least("night_ratio", limits.estimated_night_ratio_min_note),
            why="At night people are mostly at home: far fewer than registered is a wrong weight.",
            do="Look at the night ratio's calibration and at nights with missing hours.",
            shows=night,
        ),
        note(
            name="the_night_is_not_above_the_register",
            table=table,
            measure="estimated_day",
            expectation=at_most("night_ratio", limits.estimated_night_ratio_max_note),
            why="Far more people at night than registered are guests, or devices counted twice.",
            do="Look whether the day is a holiday in a place for guests; else at the weights.",
            shows=night,
        ),
        note(
            name="persons_of_an_hour_meet_the_register",
            table=table,
            measure="estimated_day",
            expectation=at_most("register_share", limits.estimated_register_share_max_note),
            why="In every hour residents and visitors from abroad are all that can be there.",
            do="Look at the share of residents who are away, and at hours without visitors.",
            shows=("n_registered", "register_share"),
        ),
        stop(
            name="no_hour_holds_other_persons_than_the_register",
            table=table,
            measure="estimated_day",
            expectation=at_most("register_share", limits.estimated_register_share_max_stop),
            why="In every hour residents and visitors from abroad are all that can be there.",
            do="Do not use the figures: they are of another register than that of the area.",
            shows=("n_registered", "register_share"),
        ),
        note(
            name="weights_hardly_drift_by_day",
            table=table,
            measure="estimated_day",
            expectation=at_most("weight_drift_share", limits.estimated_weight_drift_share_max_note),
            why="A device stands for as many persons by day as by night, wherever it is.",
            do=RATIOS,
            shows=("weight_drift_share",),
        ),
        stop(
            name="weights_make_no_persons_by_day",
            table=table,
            measure="estimated_day",
            expectation=at_most("unheld_drift_share", limits.estimated_weight_drift_share_max_stop),
            why="Devices that moved to a zone with a wrong ratio became persons nobody counted: "
            "in a part of a country nothing holds them to the register.",
            do=RATIOS,
            shows=("unheld_drift_share",),
        ),
        note(
            name="no_ratio_is_out_of_bounds",
            table=table,
            measure="estimated_day",
            expectation=at_most("n_ratios_bounded", limits.estimated_bounded_ratios_max_note),
            why="Where a zone's night and register differ so much, one is of another place.",
            do=RATIOS,
            shows=("n_ratios_bounded",),
        ),
        note(
            name="the_footprint_fits_the_night",
            table=table,
            measure="estimated_day",
            expectation=at_most("misfit_share", limits.estimated_misfit_share_max_note),
            why="The night's counts contradict the cell plan: powers, azimuths or places are "
            "wrong. The released figures lean on polygons as well.",
            do="Train the footprint; if it stays, compare the plan with the operator's own.",
            shows=("misfit_share",),
        ),
    ]
