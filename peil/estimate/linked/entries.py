"""Count trips by the entries they are published in, each device once an entry."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peil.estimate.linked.plan import FlowPlan
from peil.estimate.linked.tally import Tally, is_first

Ints = NDArray[np.int64]


def tally_of(plan: FlowPlan | None, n_origins: int) -> Tally:
    """An empty tally of the plan's entries by origin; without a plan it takes none."""
    n_units, n_periods = (1, 1) if plan is None else (len(plan.from_code), len(plan.start))
    sizes = {"origin": n_origins, "unit": max(n_units, 1), "period": n_periods}
    return Tally(sizes, ("n_trips", "n_devices"))


def add_entries(
    tally: Tally,
    plan: FlowPlan,
    device: Ints,
    origin: Ints,
    hour: Ints,
    from_zone: Ints,
    to_zone: Ints,
) -> None:
    """Add trips to the entries they are in; those within a zone are in none.

    Parameters
    ----------
    tally : Tally
        As of `tally_of`.
    plan : FlowPlan
    device, origin, hour, from_zone, to_zone : ndarray of int, shape (n_trips,)
        All trips of a device that is among them.
    """
    unit, period = plan.entry_of(from_zone, to_zone, hour)
    own = np.flatnonzero(unit >= 0)
    flat = tally.flat({"origin": origin[own], "unit": unit[own], "period": period[own]})
    tally.add_flat(flat, {"n_trips": 1, "n_devices": 0})
    first = is_first(device[own], flat)
    tally.add_flat(flat[first], {"n_trips": 0, "n_devices": 1})
