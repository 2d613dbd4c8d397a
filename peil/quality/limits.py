"""Read the limits of the beliefs from `methods.toml`, with the pilot's own on top."""

from __future__ import annotations

from dataclasses import fields

from expectations.limits import Limits
from peil import methods
from peil.outcome import Refused

SECTION = "expectations"


def limits_of(pilot: str) -> Limits:
    """Return the limits that hold for one pilot.

    Raises
    ------
    Refused
        A limit is missing, unknown, not a number, or a share outside 0..1: named with its key.
    """
    values = methods.section(SECTION, pilot)
    known = {field.name for field in fields(Limits)}
    for key in sorted(known - set(values)):
        raise Refused(f"methods.toml, {SECTION}.{key}: is missing; give it a value and a reason.")
    for key in sorted(set(values) - known):
        raise Refused(f"methods.toml, {SECTION}.{key}: no belief uses it; remove it.")
    for key, value in sorted(values.items()):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Refused(f"methods.toml, {SECTION}.{key}: must be a number.")
        if "_share_" in key and not 0 <= value <= 1 and "interval_width" not in key:
            raise Refused(f"methods.toml, {SECTION}.{key}: is a share and must lie in 0..1.")
    return Limits(**{key: float(value) for key, value in values.items()})
