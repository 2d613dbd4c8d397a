"""Made-up page data: a coast with 20 municipalities and a week, a grid of squares, a hush.

Everything comes from a seed; nothing here is a measurement.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from shapely import MultiPoint, Polygon, box, unary_union, voronoi_polygons
from shapely.affinity import translate
from shapely.geometry import mapping
from small_judgements import DAYS, gates, scores

from peil.charter.schema import Words
from peil.estimate.estimators import ESTIMATORS
from peil.pages.portal import (
    Body,
    Download,
    EstimatorName,
    Method,
    PortalData,
    Release,
    ReleasedPresence,
)

NAMES = [
    "Zeemonde",
    "Haarwijk",
    "Duinrade",
    "Oosterhaven",
    "Lindevoort",
    "Meerbeek",
    "Wolfsdal",
    "Heidelo",
    "Grootbroek",
    "Kamperwaard",
    "Vlietstad",
    "Noordkerke",
    "Rietveen",
    "Molenhoek",
    "Zandvoerde",
    "Esdoornwoud",
    "Buitenpoel",
    "Klaverland",
    "Stroomdijk",
    "Wintelre-aan-Zee",
]


def hours(first: str, n: int, zone: str = "Europe/Amsterdam") -> list[str]:
    """Starts of `n` hours in local time with offset, counted in real time."""
    start = datetime.fromisoformat(first).replace(tzinfo=ZoneInfo(zone))
    utc = start.astimezone(ZoneInfo("UTC"))
    return [(utc + timedelta(hours=h)).astimezone(ZoneInfo(zone)).isoformat() for h in range(n)]


def _feature(zone_id: str, name: str, parent: str | None, level: str, shape: Any) -> dict[str, Any]:
    properties = {"zone_id": zone_id, "name": name, "parent_id": parent, "level": level}
    return {"type": "Feature", "properties": properties, "geometry": mapping(shape)}


def country(seed: int = 5) -> dict[str, Any]:
    """Twenty municipalities in three regions on a coast; plane coordinates in metres."""
    rng = np.random.default_rng(seed)
    north = np.linspace(0, 30_000, 40)
    coast = 1_800 * np.sin(north / 4_600) + 900 * np.sin(north / 1_500 + 1) + 2_000
    inland = [(34_000, 30_000), (36_000, 12_000), (33_000, 0)]
    land = Polygon([*zip(coast, north, strict=True), *inland])
    seeds = rng.uniform([2_000, 1_000], [33_000, 29_000], (20, 2))
    for _ in range(2):  # two steps towards even sizes
        cells = voronoi_polygons(MultiPoint(seeds), extend_to=land).geoms
        seeds = np.array(
            [(c.intersection(land).centroid.x, c.intersection(land).centroid.y) for c in cells]
        )
    whole = voronoi_polygons(MultiPoint(seeds), extend_to=land).geoms
    cells = [c.intersection(land) for c in whole]
    cells.sort(key=lambda c: (round(c.centroid.y / 8_000), c.centroid.x))
    shapes = [translate(c, 4_000_000, 3_200_000) for c in cells]
    regions = ["R1" if i < 7 else "R2" if i < 14 else "R3" for i in range(len(shapes))]
    features = [
        _feature(f"M{i + 1:02d}", NAMES[i], regions[i], "municipality", shape)
        for i, shape in enumerate(shapes)
    ]
    for region, name in (("R1", "Zuiderkust"), ("R2", "Middenland"), ("R3", "Noordrand")):
        parts = [s for s, r in zip(shapes, regions, strict=True) if r == region]
        features.append(_feature(region, name, "L", "region", unary_union(parts)))
    features.append(_feature("L", "Peilland", None, "country", unary_union(shapes)))
    return {"type": "FeatureCollection", "features": features}


def _presence(zones: dict[str, Any], times: list[str], seed: int) -> np.ndarray:
    """Persons per municipality and hour: a commuting day, quieter weekends, one evening match."""
    rng = np.random.default_rng(seed)
    n = sum(f["properties"]["level"] == "municipality" for f in zones["features"])
    homes = np.sort(rng.lognormal(8.6, 0.8, n))[rng.permutation(n)].round()
    pull = rng.normal(0, 0.16, n)
    clock = np.array([int(t[11:13]) for t in times])
    weekday = np.array([datetime.fromisoformat(t).weekday() for t in times])
    shape = np.exp(-(((clock - 13) / 4.2) ** 2)) * np.where(weekday < 5, 1.0, 0.45)
    values = homes[:, None] * (1 + pull[:, None] * shape[None, :] * 2.2)
    beach = (weekday >= 5) * np.exp(-(((clock - 15) / 2.6) ** 2))
    values[0] *= 1 + 1.3 * beach
    values[6] *= 1 + 1.8 * (weekday == 2) * np.exp(-(((clock - 20.5) / 1.6) ** 2))
    return values * rng.normal(1, 0.012, values.shape)


def released(zones: dict[str, Any], times: list[str], seed: int = 5) -> ReleasedPresence:
    """Values with intervals; the two smallest municipalities withheld in the small hours."""
    bottom = _presence(zones, times, seed)
    ids = [f["properties"]["zone_id"] for f in zones["features"]]
    parent = {f["properties"]["zone_id"]: f["properties"]["parent_id"] for f in zones["features"]}
    size = len(bottom)
    rows = list(bottom)
    for zone_id in ids[size:]:
        below = [z for z in range(size) if zone_id in (parent[ids[z]], parent[parent[ids[z]]])]
        rows.append(bottom[below].sum(axis=0))
    small = np.argsort(bottom.mean(axis=1))[:2]
    values, lower, upper, status = [], [], [], []
    for z, row in enumerate(rows):
        width = 0.05 + 2.2 / np.sqrt(row)
        hidden = [z in small and int(t[11:13]) < (6 if z == small[0] else 3) for t in times]
        numbers = row.round().astype(int)
        values.append([None if h else int(v) for v, h in zip(numbers, hidden, strict=True)])
        for target, sign in ((lower, -1), (upper, 1)):
            edge = (row * (1 + sign * width)).round().astype(int)
            target.append([None if h else int(v) for v, h in zip(edge, hidden, strict=True)])
        status.append(["C" if h else "F" for h in hidden])
    return ReleasedPresence(
        zone_ids=ids,
        times=times,
        values=values,
        lower=lower,
        upper=upper,
        conf_status=status,
        unit="PS",
    )


def page_data(**changes: Any) -> PortalData:
    """The demonstration pilot: 20 municipalities, 168 hours, scores, gates, statement."""
    zones = changes.pop("zones", None) or country()
    times = hours("2026-03-02T00:00:00", 168)
    content: dict[str, Any] = {
        "pilot": "demo",
        "title": Words(en="Presence in Peilland", nl="Aanwezigheid in Peilland"),
        "purpose": "crowding",
        "operator": Body(name="Voorbeeldnet", contact="dpo@voorbeeldnet.example"),
        "agency": Body(name="Statistics Peilland", contact="info@stat.example"),
        "recipients": ["Statistics Peilland, department of mobility", "Municipality of Zeemonde"],
        "contact": "privacy@stat.example",
        "period_start": DAYS[0],
        "period_end": DAYS[-1],
        "time_zone": "Europe/Amsterdam",
        "legal_basis": "synthetic",
        "legal_reference": "signed manifest of the simulation",
        "tier": "agency",
        "threshold": 15,
        "zones": zones,
        "released": changes.pop("released", None) or released(zones, times),
        "method": Method(
            estimator="em",
            version="footprint 2, peil 0.1.0",
            footprint="fitted",
            run="3f9ac27b01d4",
            paragraphs=[
                Words(
                    en="Counts of devices per cell and hour are spread over tiles of 100 m by "
                    "EM, then scaled so that the median working night "
                    "meets the population register.",
                    nl="Aantallen toestellen per cel en uur worden met EM over "
                    "tegels van 100 m verdeeld, en zo geschaald dat de mediane werknacht op het "
                    "bevolkingsregister uitkomt.",
                )
            ],
        ),
        "scores": scores(),
        "quality": gates(),
        "statement": [
            Words(
                en="A mobile network notes which antenna serves a phone. From those notes this "
                "pilot counts devices per antenna and hour, and estimates how many persons "
                "were in each municipality.",
                nl="Een mobiel netwerk noteert welke antenne een telefoon bedient. Uit die "
                "notities telt deze pilot toestellen per antenne en uur, en schat hoeveel "
                "personen er in elke gemeente waren.",
            ),
            Words(
                en="## How people are protected\n"
                "- Counts under the threshold are dropped before anything else is computed. "
                "Some larger figures are withheld as well, so that the small ones cannot be "
                "found by subtraction.",
                nl="## Hoe mensen beschermd zijn\n"
                "- Aantallen onder de drempel vallen weg voordat er iets anders wordt "
                "berekend. Ook sommige grotere cijfers worden achtergehouden, zodat de kleine "
                "niet door aftrekken te vinden zijn.",
            ),
        ],
        "limits": [
            Words(
                en="For planning of crowding and transport only; not for enforcement.",
                nl="Alleen voor plannen over drukte en vervoer; niet voor handhaving.",
            )
        ],
        "releases": [
            Release(
                day=day,
                status="closed" if day == DAYS[-1] else "released",
                ledger="" if day == DAYS[-1] else f"{i}b9ac27b01d4",
                reason=Words(
                    en="The gate of staged is closed.", nl="De poort van bewerkt is gesloten."
                )
                if day == DAYS[-1]
                else "",
                downloads=[]
                if day == DAYS[-1]
                else [
                    Download(
                        label="CSV",
                        href=f"../../released/demo/presence/{day}/rel_presence__by_zone_hour.csv",
                    )
                ],
            )
            for i, day in enumerate(DAYS)
        ],
        "attribution": "Simulated by Peil.",
    }
    content["estimators"] = [
        EstimatorName(estimator=row.name, words=Words(en=row.en, nl=row.nl))
        for row in ESTIMATORS.values()
    ]
    return PortalData(**{**content, **changes})


def grid_data(all_withheld: bool = False) -> PortalData:
    """A pilot without names or register: 8 by 6 squares of 2 500 m, devices, 24 hours."""
    features = [
        _feature(
            f"E{x}N{y}", "", None, "grid", box(x * 2500, y * 2500, (x + 1) * 2500, (y + 1) * 2500)
        )
        for y in range(6)
        for x in range(8)
    ]
    times = hours("2023-01-08T00:00:00", 24, "Europe/Madrid")
    rng = np.random.default_rng(3)
    raw = rng.poisson(rng.gamma(1.2, 60, (48, 1)) * np.linspace(0.6, 1.4, 24)[None, :])
    none = [[None] * 24 for _ in features]
    shown = [[None if all_withheld or v < 15 else int(v) for v in row] for row in raw]
    table = ReleasedPresence(
        zone_ids=[f["properties"]["zone_id"] for f in features],
        times=times,
        values=shown,
        lower=none,
        upper=none,
        conf_status=[["C" if v is None else "F" for v in row] for row in shown],
        unit="DEV",
    )
    return page_data(
        zones={"type": "FeatureCollection", "features": features},
        released=table,
        pilot="grid",
        title=Words(en="Sample of a grid", nl="Voorbeeld van een raster"),
        scores=[],
        quality=[],
        legal_basis="statute",
        period_start="2023-01-08",
        period_end="2023-01-08",
        time_zone="Europe/Madrid",
        releases=[],
    )
