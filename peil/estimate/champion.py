"""The footprint whose figures are released: the champion of the registry, or the defaults."""

from __future__ import annotations

from typing import Any

from peil import methods
from peil.adapters import versions
from peil.outcome import Refused
from peil.store import provenance
from peil.store.store import Store
from peil_models.footprint import FootprintSignalStrength


def default_footprint(pilot: str) -> FootprintSignalStrength:
    """The footprint of `methods.toml`, not calibrated."""
    return FootprintSignalStrength(**methods.section("footprint", pilot))


def champion_of(store: Store, pilot: str) -> versions.Version:
    """The footprint whose figures are released: the champion, or the defaults before the first.

    Raises
    ------
    Refused
        The pilot was trained, and the registry knows nothing of it: the defaults would give other
        figures without a word.
    """
    champion = versions.champion(store, pilot)
    if champion is None and store.trained(pilot).exists():
        raise Refused(
            f"{pilot} was trained, but MLflow holds no footprint of it: restore MLflow's database "
            f"from backup, or run `peil train {pilot}`."
        )
    return champion or versions.Version(0, "defaults", default_footprint(pilot))


def made_of(inputs: dict[str, Any], version: versions.Version) -> dict[str, Any]:
    """What estimates were made of, for the certificate of a release: hashes and parameters."""
    return {
        "inputs": inputs,
        "code": provenance.code_hash(),
        "footprint": {
            "label": version.label,
            "run_id": version.run_id,
            "parameters": version.footprint.get_params(),
        },
    }
