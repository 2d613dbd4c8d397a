"""How near a pilot could come on the very world that it was scored on: two oracles.

One knows where every main phone is, the other how likely each tile is served by each cell. What a
pilot released is scored in `benchmarks.released`: these are the bounds beside which it stands.
"""

from __future__ import annotations

from benchmarks.limits.located import located
from benchmarks.limits.served import served as told_the_footprint
from peil_models.synthetic import MAKES
from peil_models.synthetic.simulation import Simulation

__all__ = ["limit"]


def limit(
    make: str, seed: int, devices: int, days: int, *, is_served: bool = True
) -> dict[str, float]:
    """Errors that remain by municipality for an oracle in the same draw.

    Parameters
    ----------
    make : str
        Of `peil_models.synthetic.MAKES`.
    seed : int
        Of people and of country alike.
    devices, days : int
        Size of the world.
    is_served : bool
        Whether the footprint's oracle is asked too; it makes every record of the world.

    Returns
    -------
    dict
        What `located.located` and `served.served` return.
    """
    simulation = Simulation(devices, days, seed, seed, make=MAKES[make])
    return {**located(simulation), **(told_the_footprint(simulation) if is_served else {})}
