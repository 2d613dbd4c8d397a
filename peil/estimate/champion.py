"""The footprint whose figures are released: the champion of the registry, or the defaults."""

from __future__ import annotations

from peil import methods
from peil.adapters import experiments
from peil.store.store import Store
from peil_models.footprint import FootprintSignalStrength


def default_footprint(pilot: str) -> FootprintSignalStrength:
    """The footprint of `methods.toml`, not calibrated."""
    return FootprintSignalStrength(**methods.section("footprint", pilot))


def champion_of(store: Store, pilot: str) -> experiments.Version:
    """The footprint whose figures are released: the champion, or the defaults before the first."""
    champion = experiments.champion(store, pilot)
    return champion or experiments.Version(0, "defaults", default_footprint(pilot))
