"""Population from devices counted once per holder: net counts, market share, inference.

Takes presence and duplicity as probabilities; for weights that meet the register by night see
`peil_models.weighting`.
"""

from peil_models.population.inference import PopulationBNB, PopulationNB
from peil_models.population.market_share import MarketShareByRegion, visitors_from_roamers
from peil_models.population.net_counts import (
    NetCount,
    deduplication_factors,
    net_count,
    net_counts_drawn,
)

__all__ = [
    "MarketShareByRegion",
    "NetCount",
    "PopulationBNB",
    "PopulationNB",
    "deduplication_factors",
    "net_count",
    "net_counts_drawn",
    "visitors_from_roamers",
]
