"""Footprint of a cell: the probability that a device in a tile is served by it.

Models of reach, their calibration to counts, and cells that are silent. Where devices are, given
the cells that serve them, is `peil_models.location` and `peil_models.presence`.
"""

from peil_models.footprint.calibration import (
    calibrate_footprint,
    footprint_deviance,
    misfit_of_shares,
)
from peil_models.footprint.columns import silent_cells, without_cells
from peil_models.footprint.identification import Identification, identify_footprint
from peil_models.footprint.mean import FootprintMean
from peil_models.footprint.signal_strength import FootprintBestServer, FootprintSignalStrength
from peil_models.footprint.silence import silent_hours
from peil_models.footprint.voronoi import FootprintVoronoi

__all__ = [
    "FootprintBestServer",
    "FootprintMean",
    "FootprintSignalStrength",
    "FootprintVoronoi",
    "Identification",
    "calibrate_footprint",
    "footprint_deviance",
    "identify_footprint",
    "misfit_of_shares",
    "silent_cells",
    "silent_hours",
    "without_cells",
]
