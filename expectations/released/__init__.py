"""May this leave? The last look at a release before it is approved."""

from expectations.released import rel_presence__by_zone_hour

SUITES = (rel_presence__by_zone_hour,)
