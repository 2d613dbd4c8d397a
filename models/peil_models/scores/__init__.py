"""Distance of estimates from the truth. Every function takes the truth first.

Scores know neither estimators nor files; where truth comes from is the caller's business.
"""

from peil_models.scores.figures import (
    bias,
    common_part_of_commuters,
    earth_movers_distance,
    interval_coverage,
    interval_score,
    mape,
    wape,
    wape_squares,
)
from peil_models.scores.labelled_time import LabelledTime, common_time, f1_on_time
from peil_models.scores.paired import PairedGain, mean_gain, paired_gain

__all__ = [
    "LabelledTime",
    "PairedGain",
    "bias",
    "common_part_of_commuters",
    "common_time",
    "earth_movers_distance",
    "f1_on_time",
    "interval_coverage",
    "interval_score",
    "mape",
    "mean_gain",
    "paired_gain",
    "wape",
    "wape_squares",
]
