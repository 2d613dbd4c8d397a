"""How many devices are in each tile, from the counts seen by cells.

Three estimators of one quantity, from plain to sharp: `PresenceVoronoi` spreads a count over the
area of its cell, `PresenceSB` sums posteriors, `PresenceEM` climbs the likelihood.
"""

from models.presence.direct import PresenceSB, PresenceVoronoi
from models.presence.em import PresenceEM

__all__ = ["PresenceEM", "PresenceSB", "PresenceVoronoi"]
