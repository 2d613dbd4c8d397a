"""How far a cell reaches: the probability that a device in a tile is served by it."""

from models.footprint.calibration import (
    calibrate_footprint,
    footprint_deviance,
    footprint_misfit,
)
from models.footprint.columns import silent_cells, without_cells
from models.footprint.mean import FootprintMean
from models.footprint.signal_strength import FootprintBestServer, FootprintSignalStrength
from models.footprint.silence import silent_hours
from models.footprint.voronoi import FootprintVoronoi

__all__ = [
    "FootprintBestServer",
    "FootprintMean",
    "FootprintSignalStrength",
    "FootprintVoronoi",
    "calibrate_footprint",
    "footprint_deviance",
    "footprint_misfit",
    "silent_cells",
    "silent_hours",
    "without_cells",
]
