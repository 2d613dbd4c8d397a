"""How far estimates are from the truth. Every function takes the truth first."""

from models.scores.figures import (
    bias,
    common_part_of_commuters,
    earth_movers_distance,
    interval_coverage,
    interval_score,
    mape,
    wape,
    wape_squares,
)

__all__ = [
    "bias",
    "common_part_of_commuters",
    "earth_movers_distance",
    "interval_coverage",
    "interval_score",
    "mape",
    "wape",
    "wape_squares",
]
