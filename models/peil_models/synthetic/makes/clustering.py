"""People who cluster beyond land use: the land stays what it was, homes and jobs move on it.

Who lives where is drawn in `population`, from the weights that are made here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peil_models.synthetic.country import N_COLUMNS, N_ROWS, TILE_M, Country
from peil_models.synthetic.streams import exponential_fields, stream

Floats = NDArray[Any]


@dataclass(frozen=True)
class Clustering:
    """Log-Gaussian fields that multiply the weights of homes, jobs and leisure, each its own.

    Parameters
    ----------
    sd : float
        Standard deviation of the logarithm of a field.
    correlation_m : (float, float)
        Length over which the correlation of the logarithm falls by e: each field an even draw
        between these. Unit: metres.

    Notes
    -----
    Log-Gaussian Cox processes describe how counts cluster [1]_. Every municipality has as many
    homes, jobs and leisure as without. Land use, elevation, roads and network do not change: the
    land use that an estimator is given is still true, and people do not follow it.

    References
    ----------
    .. [1] Møller, Syversveen & Waagepetersen (1998), Scandinavian J. of Statistics 25(3).
       doi:10.1111/1467-9469.00115
    """

    sd: float = 1.0
    correlation_m: tuple[float, float] = (150.0, 300.0)

    def applied(self, country: Country, world_seed: int) -> Country:
        """Return the country with its people clustered."""
        rng = stream(world_seed, "clusters")
        weights = {}
        for name in ("homes", "jobs", "leisure"):
            length = float(rng.uniform(*self.correlation_m))
            field = next(exponential_fields(rng, (N_ROWS, N_COLUMNS), TILE_M, length))
            before = getattr(country, name)
            after = before * np.exp(self.sd * field.ravel().astype(np.float64))
            weights[name] = after * _ratio(country, before, after)
        return replace(country, **weights)


def _ratio(country: Country, before: Floats, after: Floats) -> Floats:
    """Factor per tile that gives each municipality the sum it had; 0 at sea."""
    land, n = country.municipality >= 0, len(country.zone_ids)
    sums = [np.bincount(country.municipality[land], weight[land], n) for weight in (before, after)]
    ratio: Floats = np.append(sums[0] / sums[1], 0.0)[country.municipality]
    return ratio
