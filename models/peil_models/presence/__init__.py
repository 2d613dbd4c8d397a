"""How many devices are in each tile, from the counts seen by cells.

Six estimators of one quantity, from plain to sharp: `PresenceVoronoi` spreads a count over the
area of its cell, `PresenceSB` sums posteriors, `PresenceDF` meets the counts exactly, `PresenceEM`
climbs the likelihood, `PresenceLandUse` does so from a prior that the counts themselves taught.
`PresenceCombined` is the mean of a sharp one and a plain one. Counts that a threshold withheld are
read by `fill_withheld`; a registry keeps any of them as a `PresenceByName`.
"""

from peil_models.presence.by_name import PresenceByName
from peil_models.presence.combined import PresenceCombined
from peil_models.presence.data_first import PresenceDF
from peil_models.presence.direct import PresenceSB, PresenceVoronoi
from peil_models.presence.em import PresenceEM
from peil_models.presence.land_use import PresenceLandUse
from peil_models.presence.withheld import fill_withheld

__all__ = [
    "PresenceByName",
    "PresenceCombined",
    "PresenceDF",
    "PresenceEM",
    "PresenceLandUse",
    "PresenceSB",
    "PresenceVoronoi",
    "fill_withheld",
]
