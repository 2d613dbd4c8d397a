"""From devices to persons: what one device stands for.

By the zone it is in, from the nights (`NightRatio`), or by the zone it lives in (`home_zones`),
hour by hour (`HomeWeights`), from devices by home and place (`HomeFlows`).
"""

from models.weighting.home_flows import HomeFlows
from models.weighting.home_weights import HomeWeights
from models.weighting.homes import home_zones
from models.weighting.night_ratio import NightRatio

__all__ = ["HomeFlows", "HomeWeights", "NightRatio", "home_zones"]
