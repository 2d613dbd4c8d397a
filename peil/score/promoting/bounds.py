"""Which choices a version of presence may differ in, and between which bounds each lies.

A value at a bound is none that counts told: it asks for more than the model allows.
"""

from __future__ import annotations

from typing import Any

from peil.outcome import Refused

Bounds = tuple[float | None, float | None]
# choices that decide estimates and nothing else; what protects people, words on pages and hours of
# the night are read elsewhere too, and change in methods.toml alone
BOUNDS: dict[str, Bounds] = {
    "location.network_share": (0.0, 1.0),
    "presence.em_max_iter": (1, None),
    "presence.em_stopping": (None, None),
    "presence.misfit_share": (0.0, None),
    "presence.landuse_n_folds": (2, None),
    "presence.landuse_floor_share": (0.0, 1.0),
    "presence.withheld_rounds": (0, None),
    "presence.silent_times_threshold": (0.0, None),
    "presence.silent_times_threshold_alone": (0.0, None),
    "weighting.ratio_times_together_max": (1.0, None),
    "weighting.ratio_pooled_devices": (0.0, None),
    "weighting.residents_away_share": (0.0, 1.0),
    "uncertainty.overdispersion": (0.0, None),
    "uncertainty.home_share": (0.0, 1.0),
    "uncertainty.night_home_share": (0.0, 1.0),
    "uncertainty.lasting_share": (0.0, 1.0),
    "uncertainty.share_sd": (0.0, None),
    "uncertainty.local_sd": (0.0, None),
    "uncertainty.resort_share": (0.0, 1.0),
    "uncertainty.guests_mean": (0.001, None),
    "uncertainty.origins_near_m": (1.0, None),
    "uncertainty.origins_distance_exponent": (0.0, None),
    "uncertainty.misplaced_sd": (0.0, None),
    "uncertainty.total_sd": (0.0, None),
}


def require_promotable(choices: dict[str, Any]) -> None:
    """Refuse choices that no version may differ in.

    >>> require_promotable({"presence.em_max_iter": 20})
    """
    if other := sorted(set(choices) - set(BOUNDS)):
        raise Refused(
            f"{other[0]} decides more than estimates: it is changed in methods.toml, not by a "
            f"promotion; a version may differ in {', '.join(BOUNDS)}."
        )


def at_bound(choices: dict[str, Any]) -> list[str]:
    """Choices whose value lies at, or beyond, a bound.

    >>> at_bound({"presence.landuse_floor_share": 1, "presence.em_max_iter": 20})
    ['presence.landuse_floor_share']
    """
    names = []
    for name, value in sorted(choices.items()):
        lower, upper = BOUNDS.get(name, (None, None))
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if (lower is not None and value <= lower) or (upper is not None and value >= upper):
            names.append(name)
    return names
