"""Generated zones with counts: a country, regions, municipalities, hours."""

from __future__ import annotations

import numpy as np
import pandas as pd


def country(
    seed: int, *, regions: int = 12, zones: int = 28, hours: int = 24, median: float = 300.0
) -> pd.DataFrame:
    """One row per zone and hour; small zones are many, as they are in a country."""
    random = np.random.default_rng(seed)
    rows: list[tuple[str, str | None, str, int, float]] = []
    size = random.lognormal(np.log(median), 1.5, (regions, zones))
    for hour in range(hours):
        counts = random.poisson(size).astype(float)
        for r in range(regions):
            rows += [
                (f"G{r:02}{z:03}", f"P{r:02}", "municipality", hour, counts[r, z])
                for z in range(zones)
            ]
            rows.append((f"P{r:02}", "NL", "region", hour, counts[r].sum()))
        rows.append(("NL", None, "country", hour, counts.sum()))
    return pd.DataFrame(rows, columns=["zone_id", "parent_id", "level", "hour_at", "n_devices"])


def one_hour(devices: dict[str, tuple[str | None, float]]) -> pd.DataFrame:
    """A table of one hour, from zone to parent and devices."""
    return pd.DataFrame(
        [(zone, parent, 8, n) for zone, (parent, n) in devices.items()],
        columns=["zone_id", "parent_id", "hour_at", "n_devices"],
    )
