"""The limits of every belief, typed. Values, units and reasons stand in `methods.toml`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Section `[expectations]` of `methods.toml`, with a pilot's own values on top.

    Names end in what they limit and what follows: `_min_stop` closes the gate below it,
    `_max_note` writes a note above it. Shares lie in 0..1. A value without `_stop` or `_note`
    is a parameter of a measure.
    """

    # raw
    raw_rows_min_stop: float
    raw_opted_out_share_max_note: float
    raw_defect_share_max_stop: float
    raw_defect_share_max_note: float
    raw_hours_share_min_stop: float
    raw_hours_share_min_note: float
    raw_quietest_hour_min_note: float
    raw_busiest_hour_max_note: float
    raw_outside_day_share_max_stop: float
    raw_outside_day_share_max_note: float
    raw_volume_ratio_min_stop: float
    raw_volume_ratio_min_note: float
    raw_volume_ratio_max_note: float
    raw_known_cell_share_min_stop: float
    raw_known_cell_share_min_note: float
    raw_cells_min_stop: float
    raw_positioned_share_min_stop: float
    raw_positioned_share_min_note: float
    raw_plan_complete_share_min_note: float
    # staged
    staged_share_min_stop: float
    staged_share_min_note: float
    staged_duplicate_share_max_note: float
    staged_late_share_max_note: float
    staged_misplaced_rows_max_note: float
    staged_hours_share_min_stop: float
    staged_hours_share_min_note: float
    staged_unobserved_hours_max_stop: float
    staged_quietest_hour_min_note: float
    staged_rows_per_device_hour_max_note: float
    staged_inbound_share_max_note: float
    staged_silent_cells_share_max_note: float
    staged_region_m: float
    staged_region_cells_min: float
    staged_daytime_start_h: float
    staged_daytime_end_h: float
    staged_silent_region_share_max_stop: float
    staged_silent_region_share_max_note: float
    staged_withheld_share_max_note: float
    # estimated
    estimated_conservation_share_max_stop: float
    estimated_unlocated_share_max_stop: float
    estimated_unlocated_share_max_note: float
    estimated_zones_share_min_note: float
    estimated_night_start_h: float
    estimated_night_end_h: float
    estimated_night_ratio_min_note: float
    estimated_night_ratio_max_note: float
    estimated_register_share_max_note: float
    estimated_register_share_max_stop: float
    estimated_weight_drift_share_max_note: float
    estimated_weight_drift_share_max_stop: float
    estimated_bounded_ratios_max_note: float
    estimated_misfit_share_max_note: float
    estimated_disagreement_share_max_note: float
    estimated_interval_width_share_max_note: float
    estimated_busiest_tile_share_max_note: float
    # released
    released_additivity_max_stop: float
    released_withheld_share_max_note: float
    released_hours_share_min_note: float
    released_zones_share_min_note: float
