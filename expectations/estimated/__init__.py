"""Are the estimates believable? Conservation, intervals, the register, three estimators."""

from expectations.estimated import est_presence__by_tile_hour, est_presence__by_zone_hour

SUITES = (est_presence__by_zone_hour, est_presence__by_tile_hour)
