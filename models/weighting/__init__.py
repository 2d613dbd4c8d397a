"""From devices to persons: what one device stands for.

By the zone it is in, from the nights (`NightRatio`), or by the zone it lives in (`home_zones`),
hour by hour (`HomeWeights`).
"""

from models.weighting.home_weights import HomeWeights
from models.weighting.homes import home_zones
from models.weighting.night_ratio import NightRatio

__all__ = ["HomeWeights", "NightRatio", "home_zones"]
