"""What is measured of the persons of a whole area, hour by hour, against register and devices."""

from __future__ import annotations


def measures(estimator: str) -> dict[str, str]:
    """SQL of the persons of an estimator by hour, and of how far they are from the register.

    Needs the measure `leaf_zones` and the tables of the estimated state.
    """
    return {
        # One row per hour: persons and devices of the whole area.
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
            GROUP BY ALL
        """,
        # One row per batch. Roamers are in no register: their share is that of the rows.
        "estimated_persons": """
            SELECT
                max(abs(n_persons * (1 - inbound_share) / nullif(n_registered, 0) - 1))
                    AS register_share,
                nullif(least(1.0, coalesce(max(abs(
                    n_persons / nullif(n_devices, 0) / nullif(per_device_at_night, 0) - 1
                )), -1)), -1)
                    AS weight_drift_share,
                (SELECT n_ratios_bounded FROM estimated_facts) AS n_ratios_bounded
            FROM estimated_persons__by_hour
            CROSS JOIN (SELECT sum(n_persons)::DOUBLE AS n_registered FROM leaf_zones)
            CROSS JOIN (
                SELECT median(n_persons / nullif(n_devices, 0)) AS per_device_at_night
                FROM estimated_persons__by_hour
                WHERE is_night
            )
            CROSS JOIN (
                SELECT coalesce(avg(kinds.is_inbound::INTEGER), 0) AS inbound_share
                FROM staged.int_events_classified AS classified
                INNER JOIN staged.int_kinds_kept AS kinds USING (kind_no)
                WHERE classified.reason IS NULL
            )
        """,
    }
