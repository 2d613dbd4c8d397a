"""May this be placed? A look at what the agency computed, before a page or a message shows it."""

from expectations.outlook import out_presence__by_zone_hour, out_surges__by_zone_episode

SUITES = (out_presence__by_zone_hour, out_surges__by_zone_episode)
