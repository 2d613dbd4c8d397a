"""Made-up flows and visitors for the made-up country: seeds, and small entries withheld."""

from __future__ import annotations

from typing import Any

import numpy as np
from shapely.geometry import shape
from small_country import country, hours, page_data

from peil.pages.portal import PortalData
from peil.pages.portal_tables import Origin, ReleasedFlows, ReleasedVisitors

THRESHOLD = 60
ZONES = [f"M{i:02d}" for i in range(1, 21)]
QUIET = "M20"  # every flow and every group of this zone is withheld
LONELY = "M19"  # nothing occurs in this zone
BEACH = "M01"  # more visitors than residents
REGIONS = ["R1", "R2", "R3"]
FOREIGN = ["DE", "BE", "GB", "FR"]
ORIGINS = [
    Origin(code="RES", kind="resident"),
    *(Origin(code=region, kind="zone", name=region) for region in REGIONS),
    *(Origin(code=f"SIM_{land}", kind="country", name=land) for land in FOREIGN),
    Origin(code="OTHER", kind="rest"),
]
N_HOURS = 48


def _columns(counts: dict[tuple[int, int], np.ndarray], silent: int) -> dict[str, Any]:
    """Columns by pair: zero does not occur, small is withheld, and all that touches `silent`."""
    columns: dict[str, Any] = {
        name: [] for name in ("pairs", "values", "lower", "upper", "conf_status")
    }
    for pair in sorted(counts):
        row = counts[pair].round().astype(int)
        if not row.any():
            continue
        shown = [int(v) if v >= THRESHOLD and silent not in pair else None for v in row]
        letters = [
            "-" if not v else "C" if s is None else "F" for v, s in zip(row, shown, strict=True)
        ]
        columns["pairs"].append(pair)
        columns["values"].append(shown)
        columns["lower"].append([None if v is None else round(v * 0.83) for v in shown])
        columns["upper"].append([None if v is None else round(v * 1.21) for v in shown])
        columns["conf_status"].append("".join(letters))
    return columns


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
        zone_ids=ZONES, times=times, unit="PS_TRIP", **_columns(counts, ZONES.index(QUIET))
    )


def visitors(times: list[str]) -> ReleasedVisitors:
    """Residents who leave by day, visitors from three regions, a few foreign SIMs."""
    rng = np.random.default_rng(12)
    clock = np.array([int(time[11:13]) for time in times])
    day = np.exp(-(((clock - 13) / 4.0) ** 2))
    homes = rng.lognormal(8.4, 0.6, len(ZONES))
    homes[ZONES.index(BEACH)] = 200
    size = {"zone": 700.0, "country": 170.0, "rest": 60.0}
    counts = {}
    for z, zone in enumerate(ZONES):
        if zone == LONELY:
            continue
        for o, origin in enumerate(ORIGINS):
            if origin.kind == "resident":
                counts[z, o] = homes[z] * (1 - 0.3 * day)
            else:
                mean = size[origin.kind] * rng.gamma(1.5, 0.6)
                counts[z, o] = rng.poisson(mean * (0.1 + day))
    columns = _columns(counts, -1)
    quiet = ZONES.index(QUIET)
    for p, (z, _) in enumerate(columns["pairs"]):
        if z == quiet:
            columns["conf_status"][p] = columns["conf_status"][p].replace("F", "C")
            for name in ("values", "lower", "upper"):
                columns[name][p] = [None] * len(times)
    return ReleasedVisitors(zone_ids=ZONES, origins=ORIGINS, times=times, unit="PS", **columns)


def moving_data(**changes: Any) -> PortalData:
    """The demonstration pilot with two days of flows and visitors."""
    times = hours("2026-03-02T00:00:00", N_HOURS)
    return page_data(**{"flows": flows(times), "visitors": visitors(times), **changes})
