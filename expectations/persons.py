"""What is measured of the persons of a whole area, hour by hour, against register and devices."""

from __future__ import annotations


def measures(estimator: str) -> dict[str, str]:
    """SQL of the persons of an estimator by hour, and of how far they are from the register.

    Needs the measure `leaf_zones` and the tables of the estimated state.
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
                estimator = '{estimator}'
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
                max(abs(
                    n_persons / nullif(persons.n_devices, 0) / nullif(per_device_at_night, 0) - 1
                ))
                    AS weight_drift_share,
                (SELECT n_ratios_bounded FROM estimated_facts) AS n_ratios_bounded,
                (SELECT misfit_share FROM estimated_facts) AS misfit_share
            FROM estimated_persons__by_hour AS persons
            LEFT JOIN staged.int_devices_counted__by_hour AS network USING (hour_at)
            CROSS JOIN this_area
            CROSS JOIN (SELECT sum(n_persons)::DOUBLE AS n_registered FROM leaf_zones)
            CROSS JOIN (
                SELECT median(n_persons / nullif(n_devices, 0)) AS per_device_at_night
                FROM estimated_persons__by_hour
                WHERE is_night
            )
        """,
    }
