"""How many devices are in each tile, from the counts seen by cells.

Five estimators of one quantity, from plain to sharp: `PresenceVoronoi` spreads a count over the
area of its cell, `PresenceSB` sums posteriors, `PresenceDF` meets the counts exactly, `PresenceEM`
climbs the likelihood, `PresenceLandUse` does so from a prior that the counts themselves taught.
"""

from peil_models.presence.data_first import PresenceDF
from peil_models.presence.direct import PresenceSB, PresenceVoronoi
from peil_models.presence.em import PresenceEM
from peil_models.presence.land_use import PresenceLandUse

__all__ = ["PresenceDF", "PresenceEM", "PresenceLandUse", "PresenceSB", "PresenceVoronoi"]
