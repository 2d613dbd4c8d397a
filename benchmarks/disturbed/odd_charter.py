"""The charter of an odd delivery, and the zones and the register that it names."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from peil.charter.products import PRODUCTS

SIDE_M, TILE_M = 4_000, 250
MCC, ZONE = 204, "Europe/Amsterdam"
EVENTS = {
    "subscriber_id": "imsi",
    "observed_at": "at",
    "mcc": "mcc",
    "mnc": "mnc",
    "cell_id": "cell",
    "timing_advance": "ta",
    "plmn": "plmn",
}
CELLS = {
    "cell_id": "cell",
    "x_m": "x",
    "y_m": "y",
    "azimuth_deg": "azimuth",
    "is_directional": "is_directional",
    "antenna_height_m": "height",
    "power_w": "power",
    "altitude_m": "altitude",
    "valid_from": "valid_from",
    "valid_to": "valid_to",
}
Square = tuple[float, float, float, float]


def charter_of(
    pilot: str,
    oddities: Sequence[str],
    days: list[date],
    plan_header: Sequence[str],
    rng: np.random.Generator,
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The charter, and the files of its area by their places below the folder of deliveries.

    Parameters
    ----------
    pilot : str
    oddities : sequence of str
        Names of `odd.ODDITIES`.
    days : list of date
        Of the period.
    plan_header : sequence of str
        Columns of the cell plan: those that are there are mapped.
    rng : Generator
    """
    left_out = []
    if "network as PLMN" in oddities:
        left_out += ["mcc", "mnc"]
    if "no timing advance" in oddities:
        left_out.append("timing_advance")
    area, files = _area(pilot, oddities, rng)
    words = {"en": "An odd delivery", "nl": "Een vreemde levering"}
    person = {"name": "Simulated", "contact": "nobody@example.org"}
    charter = {
        "pilot": pilot,
        "title": words,
        "purpose": "method_development",
        "legal_basis": "synthetic",
        "legal_reference": "drawn by a benchmark",
        "operator": {**person, "mcc": MCC},
        "agency": person,
        "period": {"start": str(days[0]), "end": str(days[-1])},
        "expires": str(days[-1] + timedelta(days=90)),
        "time_zone": ZONE,
        "area": area,
        "inputs": {
            "events": {
                "reader": "generic",
                "path": f"{pilot}/events/{{day}}/*.csv",
                "columns": {name: their for name, their in EVENTS.items() if name not in left_out},
                "time_format": "%Y-%m-%dT%H:%M:%S%z",
            },
            "cells": {
                "reader": "generic",
                "path": f"{pilot}/cells.csv",
                "columns": {name: their for name, their in CELLS.items() if their in plan_header},
                "crs": "local",
                "time_zone": ZONE,
            },
            "opt_out": {"path": f"{pilot}/opt_out.csv", "column": "imsi"},
        },
        "products": list(PRODUCTS),
        "linkage_days": 2,
        "tier": "agency",
        "threshold": int(rng.choice([1, 2, 4, 15])),
        "retention": {"raw_hours": 24, "staged_days": 2},
        "recipients": ["Nobody"],
        "contact": "nobody@example.org",
        "use_limits": words,
    }
    return charter, files


def _area(
    pilot: str, oddities: Sequence[str], rng: np.random.Generator
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Squares of a grid, or zones in two regions with a register."""
    n = 1 if "one zone" in oddities else 2
    zone_m = SIDE_M / n
    if "no register" in oddities:
        grid = {"x_min_m": 0, "y_min_m": 0, "x_max_m": SIDE_M, "y_max_m": SIDE_M}
        return {"crs": "local", "tile_m": TILE_M, "grid": {**grid, "zone_m": zone_m}}, {}
    has_regions = n > 1 and "one level" not in oddities
    features = []
    for east in range(n):
        for north in range(n):
            square = east * zone_m, north * zone_m, (east + 1) * zone_m, (north + 1) * zone_m
            above = {"parent_id": f"R{east}"} if has_regions else {}
            features.append(_feature(f"Z{east}{north}", "municipality", square, above))
        if has_regions:
            strip = east * zone_m, 0.0, (east + 1) * zone_m, float(SIDE_M)
            features.append(_feature(f"R{east}", "region", strip, {"parent_id": "W"}))
    if has_regions:
        whole = 0.0, 0.0, float(SIDE_M), float(SIDE_M)
        features.append(_feature("W", "whole", whole, {"parent_id": None}))
    codes = [f"Z{east}{north}" for east in range(n) for north in range(n)]
    most = 9 if "few residents" in oddities else 400
    persons = rng.integers(most // 3, most, len(codes))
    if "nobody lives there" in oddities:
        persons[0] = 0
    register = ["zone_id,n_persons"]
    register += [f"{code},{number}" for code, number in zip(codes, persons, strict=True)]
    zones = {"type": "FeatureCollection", "features": features}
    files = {
        f"{pilot}/zones.geojson": json.dumps(zones).encode(),
        f"{pilot}/register.csv": ("\n".join(register) + "\n").encode(),
    }
    return {
        "crs": "local",
        "tile_m": TILE_M,
        "country": "NL",
        "zones": f"{pilot}/zones.geojson",
        "register": f"{pilot}/register.csv",
    }, files


def _feature(code: str, level: str, square: Square, above: dict[str, Any]) -> dict[str, Any]:
    west, south, east, north = square
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return {
        "type": "Feature",
        "properties": {"zone_id": code, "name": code, "level": level, **above},
        "geometry": {"type": "Polygon", "coordinates": [corners]},
    }
