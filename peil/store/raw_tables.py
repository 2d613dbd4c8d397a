"""The two tables that every delivery becomes: their columns and types, in order."""

from __future__ import annotations

EVENT_COLUMNS = {
    "file_id": "INTEGER",
    "line": "BIGINT",
    "subscriber_id": "VARCHAR",
    "observed_at": "TIMESTAMPTZ",
    "mcc": "INTEGER",
    "mnc": "VARCHAR",
    "plmn": "INTEGER",
    "cell_id": "VARCHAR",
    "event_type": "VARCHAR",
    "timing_advance": "INTEGER",
    "defect": "VARCHAR",
}

CELL_COLUMNS = {
    "cell_id": "VARCHAR",
    "latitude": "DOUBLE",
    "longitude": "DOUBLE",
    "x_m": "DOUBLE",
    "y_m": "DOUBLE",
    "crs": "VARCHAR",
    "altitude_m": "DOUBLE",
    "antenna_height_m": "DOUBLE",
    "is_directional": "BOOLEAN",
    "azimuth_deg": "DOUBLE",
    "tilt_deg": "DOUBLE",
    "beam_horizontal_deg": "DOUBLE",
    "beam_vertical_deg": "DOUBLE",
    "power_w": "DOUBLE",
    "range_m": "DOUBLE",
    "frequency_mhz": "DOUBLE",
    "technology": "VARCHAR",
    "cell_type": "VARCHAR",
    "path_loss_exponent": "DOUBLE",
    "midpoint_dbm": "DOUBLE",
    "steepness": "DOUBLE",
    "valid_from": "TIMESTAMPTZ",
    "valid_to": "TIMESTAMPTZ",
}
