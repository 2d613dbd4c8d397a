"""How far an estimate may be from the truth.

Joint draws of a day (`draw_persons`, from footprints re-drawn by `redrawn_footprint`), of which
every sum and every change has an interval; intervals of single entries (`presence_interval`).
"""

from peil_models.uncertainty.draws import PresenceErrors, draw_persons
from peil_models.uncertainty.redrawn import redrawn_footprint
from peil_models.uncertainty.widths import (
    ModelError,
    ambiguous_shares,
    learn_model_error,
    presence_interval,
)

__all__ = [
    "ModelError",
    "PresenceErrors",
    "ambiguous_shares",
    "draw_persons",
    "learn_model_error",
    "presence_interval",
    "redrawn_footprint",
]
