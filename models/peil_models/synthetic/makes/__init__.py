"""Makes of simulated country: other people, antennas, customers or records than the demo's.

What estimators hold true by chance in one make, they must hold in the others.
"""

from peil_models.synthetic.makes.make import SCORED_SEEDS, Make
from peil_models.synthetic.makes.registry import DEMO, MAKES, make_of

__all__ = ["DEMO", "MAKES", "SCORED_SEEDS", "Make", "make_of"]
