"""Zones of a made-up city, some of each kind."""

from __future__ import annotations

import numpy as np
import pandas as pd

from peil_models.synthetic.past.profiles import KINDS


def make_city(n_zones: int, seed: int) -> pd.DataFrame:
    """Draw the zones of a city: `zone_id`, `kind`, `persons`.

    Every kind occurs where there are six zones or more; sizes are log-normal around 2 500 persons.

    Examples
    --------
    >>> make_city(7, seed=1)["kind"].tolist()[:3]
    ['residential', 'office', 'centre']
    """
    rng = np.random.default_rng([seed, 70])
    kinds = list(KINDS)
    return pd.DataFrame(
        {
            "zone_id": [f"Z{number:03d}" for number in range(n_zones)],
            "kind": [kinds[number % len(kinds)] for number in range(n_zones)],
            "persons": np.round(2500.0 * np.exp(0.8 * rng.standard_normal(n_zones)), 1),
        }
    )
