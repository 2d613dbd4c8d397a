"""A small country with known truth: land, people, a network, and what the operator delivers.

Its physics (shadow fading, errors of power, hysteresis, load) is known to no estimator. It comes in
makes (`MAKES`), which differ in what an estimator may hold true by chance.
"""

from peil_models.synthetic.dirt import DIRT, Delivered
from peil_models.synthetic.lines import LineFormat
from peil_models.synthetic.makes import MAKES, SCORED_SEEDS, Make, make_of
from peil_models.synthetic.past import CrowdHistory, make_city, make_crowd_history
from peil_models.synthetic.population import Market
from peil_models.synthetic.radio import Physics
from peil_models.synthetic.signalling import Recording
from peil_models.synthetic.simulation import FIRST_DAY, TIME_ZONE, Simulation, World, make_world

__all__ = [
    "DIRT",
    "FIRST_DAY",
    "MAKES",
    "SCORED_SEEDS",
    "TIME_ZONE",
    "CrowdHistory",
    "Delivered",
    "LineFormat",
    "Make",
    "Market",
    "Physics",
    "Recording",
    "Simulation",
    "World",
    "make_city",
    "make_crowd_history",
    "make_of",
    "make_world",
]
