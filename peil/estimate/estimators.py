"""The presence estimators of every pilot, one row each."""

from __future__ import annotations

ESTIMATORS = ("voronoi", "sb", "em", "landuse")
CHAMPION = "landuse"  # OBS_VALUE comes from this estimator only
