"""Location of a device: priors over tiles, Bayes' rule for one event, a hidden Markov model.

One device at a time; numbers of devices per tile are `peil_models.presence`, stays and moves
`peil_models.stays`.
"""

from peil_models.location.emission import connection_by_strength
from peil_models.location.heading import LocationHMMHeading
from peil_models.location.histories import MISSING, Histories
from peil_models.location.hmm import LocationHMM
from peil_models.location.posterior import connection_with_timing, posterior, timing_advance_factor
from peil_models.location.priors import (
    LAND_USE_WEIGHTS,
    prior_composite,
    prior_land_use,
    prior_network,
    prior_uniform,
    restrict,
)

__all__ = [
    "LAND_USE_WEIGHTS",
    "MISSING",
    "Histories",
    "LocationHMM",
    "LocationHMMHeading",
    "connection_by_strength",
    "connection_with_timing",
    "posterior",
    "prior_composite",
    "prior_land_use",
    "prior_network",
    "prior_uniform",
    "restrict",
    "timing_advance_factor",
]
