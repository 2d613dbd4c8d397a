"""The region of each lowest zone: where a zone's people come from, as far as others are told."""

from __future__ import annotations

from peil.area.area import Area


def regions(area: Area) -> dict[str, str]:
    """The region that each lowest zone is told in: the zone above it, unless that is the whole."""
    parent = dict(zip(area.zones["zone_id"], area.zones["parent_id"], strict=True))
    region_of = {}
    for zone in area.bottom():
        above = parent[zone]
        is_part = isinstance(above, str) and isinstance(parent[above], str)
        region_of[zone] = str(above) if is_part else zone
    return region_of
