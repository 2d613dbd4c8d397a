"""Read the counts that the threshold withheld: between none and the threshold, by all the others.

What is withheld from a release does not belong here.
"""

from __future__ import annotations

import numpy as np

from peil.estimate.outages import PlanOnAir
from peil_models.presence import PresenceLandUse, fill_withheld


def withheld_read(
    on_air: PlanOnAir,
    land_use: np.ndarray,
    withheld: np.ndarray,
    *,
    threshold: int,
    n_rounds: int,
) -> np.ndarray:
    """The plan's counts, each withheld one replaced by what the others lead one to expect of it.

    Read as 0 they would empty the country and fill the town. All estimators are given the same
    counts, read with the land use that the counts themselves teach.

    Parameters
    ----------
    on_air : PlanOnAir
    land_use : ndarray of shape (n_tiles, n_classes)
    withheld : ndarray of shape (n_hours of the day,)
        Devices in withheld entries. Unit: devices.
    threshold : int
        Fewest devices of an entry that is not withheld.
    n_rounds : int
        Times to estimate and fill in.

    Returns
    -------
    ndarray of shape (n_cells, n_hours of the plan)
        Unit: devices. A cell that is out stays at 0.
    """
    plan = on_air.plan
    devices = np.array(plan.devices, dtype=np.float64)
    if threshold <= 1:
        return devices
    for part in on_air.parts():
        counts = part.devices
        for _ in range(n_rounds):
            model = PresenceLandUse(land_use, part.prior, n_folds=0, max_iter=1)
            expected = part.signal @ model.fit(part.signal, counts).devices_
            counts = fill_withheld(
                expected, part.devices, threshold=threshold, totals=withheld[part.hours]
            )
        devices[:, np.searchsorted(plan.hours, part.hours)] = counts
    return devices
