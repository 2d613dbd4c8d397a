"""Fewest devices that anything published may rest on, of the charter and of `methods.toml`."""

from __future__ import annotations

from peil import methods
from peil.charter.schema import Charter


def threshold_of(charter: Charter) -> int:
    """Fewest distinct devices that a released entry may rest on."""
    if charter.is_synthetic:
        return charter.threshold
    floor = int(methods.section("disclosure", charter.pilot)["zone_threshold"])
    return max(charter.threshold, floor)
