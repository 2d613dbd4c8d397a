"""How far estimates are from the truth. Every function takes the truth first."""

from models.scores.figures import (
    bias,
    earth_movers_distance,
    interval_coverage,
    interval_score,
    mape,
    wape,
    wape_squares,
)

__all__ = [
    "bias",
    "earth_movers_distance",
    "interval_coverage",
    "interval_score",
    "mape",
    "wape",
    "wape_squares",
]
