"""How far an estimate may be from the truth.

Joint draws of a day (`draw_persons`), of which every sum and every change has an interval: from
footprints re-drawn (`redrawn_footprint`), the operator's share of the homes that visitors come from
(`homes_of_visitors`) and overnight guests (`draw_guests`), made up for nearby (`neighbourhoods`,
`made_up_nearby`). Intervals of single entries (`presence_interval`), and of sums of unlike weights
(`weighted_interval`).
"""

from peil_models.uncertainty.draws import PresenceErrors, draw_persons
from peil_models.uncertainty.guests import draw_guests
from peil_models.uncertainty.neighbours import made_up_nearby, neighbourhoods
from peil_models.uncertainty.origins import homes_of_visitors, shares_of_visitors
from peil_models.uncertainty.redrawn import redrawn_footprint
from peil_models.uncertainty.weighted import weighted_interval
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
    "draw_guests",
    "draw_persons",
    "homes_of_visitors",
    "learn_model_error",
    "made_up_nearby",
    "neighbourhoods",
    "presence_interval",
    "redrawn_footprint",
    "shares_of_visitors",
    "weighted_interval",
]
