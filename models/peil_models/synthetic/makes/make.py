"""What a make of world is: the parts in which it differs from the demo, and what it is for.

The makes themselves are listed in `registry`; each part is described where it works.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from peil_models.synthetic.makes.clustering import Clustering
from peil_models.synthetic.makes.plan import PlanErrors, PlanNoise
from peil_models.synthetic.makes.serving import NearestMasts
from peil_models.synthetic.population import Market
from peil_models.synthetic.radio import Physics
from peil_models.synthetic.signalling import Recording

SCORED_SEEDS = range(21, 26)
"""Worlds of these seeds are scored only, whatever their make: nothing is tuned on them."""


@dataclass(frozen=True)
class Make:
    """A make of simulated country; the demo is the make of which every part is as by default.

    Parameters
    ----------
    name : str
        As `peil simulate --make` takes it.
    words : str
        What is otherwise than in the demo, a line.
    is_for_tuning : bool
        Whether estimators and widths of intervals may be chosen and fitted on it; otherwise it
        is scored only.
    physics : Physics
        Radio, where masts serve by radio.
    market : Market
    recording : Recording
    clustering : Clustering, optional
        By default people follow the land use.
    plan_errors : PlanErrors, optional
        By default antennas stand as planned.
    plan_noise : PlanNoise, optional
        By default the plan that is delivered says what is planned.
    nearest : NearestMasts, optional
        By default masts serve by radio.
    hidden_ground_m : float, optional
        Height of the whole land over the zero of the plan's altitudes, where tiles are delivered
        without elevation. By default tiles have their elevation over the same zero.

    Examples
    --------
    >>> MAKE = Make("still", "no shadowing", True, physics=Physics(shadow_sd_db=0.0))
    >>> MAKE.may_be_tuned_on(1), MAKE.may_be_tuned_on(21)
    (True, False)
    """

    name: str
    words: str
    is_for_tuning: bool
    physics: Physics = field(default_factory=Physics)
    market: Market = field(default_factory=Market)
    recording: Recording = field(default_factory=Recording)
    clustering: Clustering | None = None
    plan_errors: PlanErrors | None = None
    plan_noise: PlanNoise | None = None
    nearest: NearestMasts | None = None
    hidden_ground_m: float | None = None

    def may_be_tuned_on(self, world_seed: int) -> bool:
        """Whether something may be chosen or fitted on the world of this make and seed."""
        return self.is_for_tuning and world_seed not in SCORED_SEEDS
