"""A small country with known truth: land, people, a network, and what the operator delivers.

Its physics (shadow fading, errors of power, hysteresis, load) is known to no estimator.
"""

from models.synthetic.dirt import DIRT, Delivered
from models.synthetic.lines import LineFormat
from models.synthetic.radio import Physics
from models.synthetic.simulation import FIRST_DAY, TIME_ZONE, Simulation, World, make_world

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
