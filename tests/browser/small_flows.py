"""Made-up flows and visitors for the made-up country: seeds, and small entries withheld."""

from __future__ import annotations

from typing import Any

import numpy as np
from shapely.geometry import shape
from small_country import country, hours, page_data

from peil.portal import PortalData
from peil.portal_tables import Origin, ReleasedFlows, ReleasedVisitors

THRESHOLD = 60
ZONES = [f"M{i:02d}" for i in range(1, 21)]
QUIET = "M20"  # every flow and every group of this zone is withheld
LONELY = "M19"  # nothing occurs in this zone
BEACH = "M01"  # more visitors than residents
ORIGINS = [
    *(Origin(code=zone, kind="zone") for zone in ZONES),
    *(Origin(code=code, kind="country") for code in ("DE", "BE", "GB", "FR")),
    Origin(code="_O", kind="rest"),
]
N_HOURS = 48


def _columns(counts: dict[tuple[int, int], np.ndarray], silent: set[int]) -> dict[str, Any]:
    """Sparse columns: zero does not occur, small is withheld, and all that touches `silent`."""
    found: dict[str, Any] = {
        name: [] for name in ("pairs", "hours", "values", "lower", "upper", "conf_status")
    }
    for pair in sorted(counts):
        row = counts[pair].round().astype(int)
        there = np.flatnonzero(row)
        if not len(there):
            continue
        shown = [int(v) if v >= THRESHOLD and not silent & set(pair) else None for v in row[there]]
        found["pairs"].append(pair)
        found["hours"].append(there.tolist())
        found["values"].append(shown)
        found["lower"].append([None if v is None else round(v * 0.83) for v in shown])
        found["upper"].append([None if v is None else round(v * 1.21) for v in shown])
        found["conf_status"].append("".join("C" if v is None else "F" for v in shown))
    return found


def _centres() -> np.ndarray:
    features = country()["features"][: len(ZONES)]
    return np.array([shape(f["geometry"]).centroid.coords[0] for f in features])


def flows(times: list[str]) -> ReleasedFlows:
    """Trips that fall with distance, to the large zones in the morning and back at night."""
    rng = np.random.default_rng(11)
    size = rng.lognormal(0, 0.7, len(ZONES))
    centres = _centres()
    far = np.hypot(*(centres[:, None, :] - centres[None, :, :]).T)
    clock = np.array([int(time[11:13]) for time in times])
    to_work = np.exp(-(((clock - 8) / 1.5) ** 2)) + 0.12 * (clock > 6)
    to_home = np.exp(-(((clock - 17.5) / 2.0) ** 2)) + 0.12 * (clock > 6)
    counts = {}
    lonely = ZONES.index(LONELY)
    for a in range(len(ZONES)):
        for b in range(len(ZONES)):
            if lonely in (a, b) or far[a, b] > 16_000:
                continue
            pull = 900 * np.exp(-far[a, b] / 5_000) * (3 if a == b else 1)
            mean = pull * (size[b] * to_work + size[a] * to_home)
            counts[a, b] = rng.poisson(mean)
    return ReleasedFlows(
        zone_ids=ZONES, times=times, unit="PS", **_columns(counts, {ZONES.index(QUIET)})
    )


def visitors(times: list[str]) -> ReleasedVisitors:
    """Residents who leave by day, visitors from near, a few foreign SIMs."""
    rng = np.random.default_rng(12)
    centres = _centres()
    far = np.hypot(*(centres[:, None, :] - centres[None, :, :]).T)
    clock = np.array([int(time[11:13]) for time in times])
    day = np.exp(-(((clock - 13) / 4.0) ** 2))
    homes = rng.lognormal(8.4, 0.6, len(ZONES))
    homes[ZONES.index(BEACH)] = 200
    counts = {}
    for z, zone in enumerate(ZONES):
        if zone == LONELY:
            continue
        for o, origin in enumerate(ORIGINS):
            if origin.code == zone:
                counts[z, o] = homes[z] * (1 - 0.3 * day)
            elif origin.kind == "zone":
                if far[z, o] < 15_000:
                    counts[z, o] = rng.poisson(homes[o] * 0.16 * np.exp(-far[z, o] / 6_000) * day)
            else:
                mean = 40 * rng.gamma(2.0, 2.2) * (0.6 + 0.8 * day)
                counts[z, o] = rng.poisson(mean * (0.3 if origin.kind == "rest" else 1.0))
    return ReleasedVisitors(
        zone_ids=ZONES,
        origins=ORIGINS,
        times=times,
        unit="PS",
        **_columns(counts, {ZONES.index(QUIET)}),
    )


def moving_data(**changes: Any) -> PortalData:
    """The demonstration pilot with two days of flows and visitors."""
    times = hours("2026-03-02T00:00:00", N_HOURS)
    return page_data(**{"flows": flows(times), "visitors": visitors(times), **changes})
