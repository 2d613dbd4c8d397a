"""A small country with known truth: land, people, a network, and what the operator delivers.

Its physics (shadow fading, errors of power, hysteresis, load) is known to no estimator.
"""

from peil_models.synthetic.dirt import DIRT, Delivered
from peil_models.synthetic.lines import LineFormat
from peil_models.synthetic.radio import Physics
from peil_models.synthetic.simulation import FIRST_DAY, TIME_ZONE, Simulation, World, make_world

__all__ = [
    "DIRT",
    "FIRST_DAY",
    "TIME_ZONE",
    "Delivered",
    "LineFormat",
    "Physics",
    "Simulation",
    "World",
    "make_world",
]
