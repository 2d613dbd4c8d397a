"""From devices to persons: what one device stands for.

By the zone it is in, from the nights (`NightRatio`), or by the zone it lives in (`home_zones`),
hour by hour (`HomeWeights`), from devices by home and place (`HomeFlows`). Hours are held to what
is known of their sum (`persons_in_area`, `held_to_totals`).
"""

from peil_models.weighting.coherence import held_to_totals, persons_in_area
from peil_models.weighting.home_flows import HomeFlows
from peil_models.weighting.home_weights import HomeWeights
from peil_models.weighting.homes import home_zones
from peil_models.weighting.night_ratio import NightRatio

__all__ = [
    "HomeFlows",
    "HomeWeights",
    "NightRatio",
    "held_to_totals",
    "home_zones",
    "persons_in_area",
]
