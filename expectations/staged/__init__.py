"""Did staging leave a believable day? Counts and shares of the sealed staged file."""

from expectations.staged import (
    int_devices_counted__by_cell_hour,
    int_rows_accounted__by_file_reason,
    stg_operator__events,
)

SUITES = (
    int_rows_accounted__by_file_reason,
    stg_operator__events,
    int_devices_counted__by_cell_hour,
)
