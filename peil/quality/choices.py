"""Read [quality] and [expectations] of `methods.toml`, typed, a pilot's own values on top.

Belongs in here: the two sections and what is refused in them. A value and its reason stand in
`methods.toml`, what a limit means in `expectations.limits`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from expectations.limits import Limits
from peil import methods
from peil.outcome import Refused


@dataclass(frozen=True)
class Choices:
    """Thresholds of the expected ranges, the warnings and the causes of trouble.

    Shares lie in 0..1; a `_ratio_` may be larger. Reasons and references stand beside the values.
    """

    cell_rows_min: float
    history_weeks: float
    history_weeks_min: float
    false_note_share: float
    noise_share_min: float
    share_noise_min: float
    moment_noise_min_s: float
    count_dispersion: float
    stop_ratio_min: float
    stop_ratio_max: float
    stop_share_excess: float
    trend_days: float
    warning_days: float
    warning_days_min: float
    warning_rows_sd: float
    warning_error_sd: float
    warning_error_ratio_max: float
    warning_error_share_max: float
    warning_error_rows_min: float
    alert_sd: float
    volume_share_min: float
    doubled_share_min: float
    doubled_whole_share: float
    silent_share_max: float
    silent_rows_min: float
    silent_hours_min: float
    located_share_min: float
    new_cells_share_min: float
    new_cells_min: float
    per_device_share_min: float
    clock_hours_max: float
    clock_gain_min: float
    clock_misfit_min: float
    loss_share: float
    loss_days_min: float
    loss_days_max: float
    loss_sd: float
    loss_rest_sd: float
    loss_rest_share: float


def choices_of(pilot: str) -> Choices:
    """Return the choices of [quality] that hold for one pilot.

    Raises
    ------
    Refused
        A choice is missing, unknown, not a number, negative, or a share outside 0..1: named with
        its key.
    """
    values = _numbers("quality", methods.section("quality", pilot), Choices, "nothing reads it")
    for key, value in values.items():
        if not value >= 0:
            raise Refused(f"methods.toml, quality.{key}: must not be negative.")
        if "share" in key and value > 1:
            raise Refused(f"methods.toml, quality.{key}: is a share and must lie in 0..1.")
    return Choices(**values)


def limits_of(pilot: str) -> Limits:
    """Return the limits of the gates' beliefs, [expectations], that hold for one pilot.

    Raises
    ------
    Refused
        A limit is missing, unknown, not a number, or a share outside 0..1: named with its key.
    """
    values = _numbers(
        "expectations", methods.section("expectations", pilot), Limits, "no belief uses it"
    )
    for key, value in values.items():
        if "_share_" in key and not 0 <= value <= 1 and "interval_width" not in key:
            raise Refused(f"methods.toml, expectations.{key}: is a share and must lie in 0..1.")
    return Limits(**values)


def _numbers(section: str, values: Mapping[str, Any], kind: type, unused: str) -> dict[str, float]:
    """Return a section's values by key in order, if they are numbers for the fields of a class."""
    names = {field.name for field in fields(kind)}
    for key in sorted(names - set(values)):
        raise Refused(f"methods.toml, {section}.{key}: is missing; give it a value and a reason.")
    for key in sorted(set(values) - names):
        raise Refused(f"methods.toml, {section}.{key}: {unused}; remove it.")
    for key, value in sorted(values.items()):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Refused(f"methods.toml, {section}.{key}: must be a number.")
    return {key: float(value) for key, value in sorted(values.items())}
