"""One fault for every belief: what the batch looks like when the belief does not hold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import pyarrow as pa

from peil.estimate.estimators import RELEASED_ESTIMATOR
from peil.gates.report import Finding, GateReport
from peil.quality import store as quality
from peil.store.atomic import write_json
from tests.unit.gates.planting import (
    Fault,
    accounted,
    by_tile,
    by_zone,
    change,
    entries,
    entry,
    events,
    first_hours,
    of_a_part,
    plan,
    put,
    scale,
    staged_events,
)


def last_week(n_rows: int) -> Fault:
    """Write last week's report, with that many rows."""

    def plant(batch: Any) -> None:
        day = batch.day - timedelta(days=7)
        counts = {"n_rows": n_rows}
        finding = Finding("rows_were_delivered", "files", "W.", "D.", "stop", True, counts)
        folder = batch.store.quality(batch.pilot, day)
        folder.mkdir(parents=True)
        report = GateReport("raw", batch.pilot, str(day), True, [finding])
        (folder / "raw.json").write_text(report.to_json())

    return plant


def all_unlocated(batch: Any) -> None:
    by_zone(scale("n_devices", 0.4 / 0.99, RELEASED_ESTIMATOR))(batch)
    by_tile(scale("n_devices", 0.4 / 0.99, RELEASED_ESTIMATOR))(batch)

    def how(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[frame["estimator"] == RELEASED_ESTIMATOR, "n_devices_unlocated"] = 240.0
        return frame

    change("estimated", "unlocated", how)(batch)


def few_unlocated(batch: Any) -> None:
    by_zone(scale("n_devices", 0.9 / 0.99, RELEASED_ESTIMATOR))(batch)
    by_tile(scale("n_devices", 0.9 / 0.99, RELEASED_ESTIMATOR))(batch)

    def how(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[frame["estimator"] == RELEASED_ESTIMATOR, "n_devices_unlocated"] = 40.0
        return frame

    change("estimated", "unlocated", how)(batch)


def moved_between_zones(batch: Any) -> None:
    """Give the sum of posteriors another distribution with the same sum."""

    def how(frame: pd.DataFrame) -> pd.DataFrame:
        swap = {"A1": "B2", "B2": "A1"}
        is_sb = frame["estimator"] == "sb"
        frame.loc[is_sb, "zone_id"] = frame.loc[is_sb, "zone_id"].replace(swap)
        return frame

    by_zone(how)(batch)


def persons(factor: float) -> Fault:
    def how(frame: pd.DataFrame) -> pd.DataFrame:
        figures = ["n_persons", "n_persons_lower", "n_persons_upper"]
        frame[figures] *= factor
        return frame

    return by_zone(how)


def by_day(factor: float) -> Fault:
    """Give the devices of zone A2 so many times their persons, outside the night."""

    def how(frame: pd.DataFrame) -> pd.DataFrame:
        figures = ["n_persons", "n_persons_lower", "n_persons_upper"]
        is_day = frame["hour_at"] >= frame["hour_at"].min() + pd.Timedelta(hours=7)
        frame.loc[is_day & (frame["zone_id"] == "A2"), figures] *= factor
        return frame

    return by_zone(how)


def bounded(batch: Any) -> None:
    """Two zones took the bound, and the footprint is far from the counts, as estimate tells."""
    folder = batch.store.estimated(batch.pilot, batch.day)
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"n_ratios_bounded": 2, "misfit_share": 0.6}
    write_json(folder / "estimated.json", {"facts": facts})


def one_tile(frame: pd.DataFrame) -> pd.DataFrame:
    whole = frame.groupby("hour_at")["n_devices"].transform("sum")
    frame["n_devices"] = whole.where(frame["tile_id"] == 0, 0.0)
    return frame


def without_the_last_hour(frame: pd.DataFrame) -> pd.DataFrame:
    lost = (frame["estimator"] == "sb") & (frame["hour_at"] == frame["hour_at"].max())
    return frame[~lost]


def without_a_zone(batch: Any) -> None:
    """Leave out a zone, in the sums too."""

    def how(frame: pd.DataFrame) -> pd.DataFrame:
        lost = frame["zone_id"] == "A1"
        frame.loc[frame["zone_id"] == "A2", "n_devices"] += 396 * 100 / 1000
        return frame[~lost]

    by_zone(how)(batch)


def without_devices_at_noon(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of cells, whose devices were not told."""
    frame.loc[frame["observed_at"].dt.hour == 12, "device_id"] = None
    return frame


def without_a_region_at_noon(frame: pd.DataFrame) -> pd.DataFrame:
    lost = frame["cell_id"].isin([f"cell{n}" for n in range(5)])
    return frame[~(lost & (frame["observed_at"].dt.hour == 12))]


def unobserved_at_first(frame: pd.DataFrame) -> pd.DataFrame:
    """Nothing is withheld in the first hour, since nobody observed it."""
    first = frame["TIME_PERIOD"] == frame["TIME_PERIOD"].min()
    for column, value in {**GONE, **UNOBSERVED}.items():
        frame.loc[first, column] = value
    return frame


NONE_LEFT: Any = lambda frame: frame.iloc[:0]  # noqa: E731
GONE = {"OBS_VALUE": pd.NA, "OBS_LOWER": pd.NA, "OBS_UPPER": pd.NA}
WITHHELD = {"OBS_STATUS": "Q", "CONF_STATUS": "C"}
UNOBSERVED = {"OBS_STATUS": "L", "CONF_STATUS": "F"}
BEFORE = pd.Timestamp("2026-03-01T00:00:00Z")
LATE = pd.Timestamp("2026-03-04T12:00:00Z")


def judged(verdict: str) -> Fault:
    """Write into the quality store what history thinks of the day's rows."""

    def plant(batch: Any) -> None:
        row = {
            "check": "n_rows_staged",
            "scope": "day",
            "place": "",
            "hour_at": None,
            "value": 960.0,
            "expected": 2000.0,
            "lower": 1500.0,
            "upper": 2500.0,
            "trend": None,
            "severity": "stop",
            "owner": "operator",
            "verdict": verdict,
        }
        hour = {**row, "scope": "hour", "verdict": "note"}  # an hour of it is no matter here
        table = pa.Table.from_pylist([row, hour], schema=quality.SCHEMAS["judged"])
        quality.write(batch.store, batch.pilot, batch.day, "judged", table, verdict)

    return plant


STOPS: dict[tuple[str, str], Fault] = {
    ("raw", "rows_were_delivered"): change("raw", "files", NONE_LEFT),
    ("raw", "volume_is_not_a_fragment"): last_week(96_000),
    ("raw", "rows_can_be_read"): events(put("defect", "cannot_parse", 0.3)),
    ("raw", "rows_belong_to_the_day"): events(put("observed_at", LATE, 0.3)),
    ("raw", "cells_are_those_of_the_plan"): events(put("cell_id", "elsewhere", 0.6)),
    ("raw", "half_the_day_has_events"): events(first_hours(11)),
    ("raw", "a_cell_plan_was_delivered"): plan(put("valid_to", BEFORE)),
    ("raw", "most_cells_have_a_position"): plan(put("x_m", None, 0.7)),
    ("staged", "most_rows_were_staged"): accounted("quarantined", "null_value", 400),
    ("staged", "history_allows_the_day"): judged("stop"),
    ("staged", "half_the_day_has_devices"): staged_events(first_hours(11)),
    ("staged", "no_hour_is_unobserved"): staged_events(first_hours(23)),
    ("staged", "most_regions_are_heard"): staged_events(first_hours(12)),
    ("estimated", "every_counted_hour_is_estimated"): by_zone(without_the_last_hour),
    ("estimated", "figures_are_missing_where_nobody_observed"): staged_events(first_hours(23)),
    ("estimated", "devices_are_conserved"): by_zone(scale("n_devices", 1.001, "voronoi")),
    ("estimated", "no_devices_below_zero"): by_zone(put("n_devices", -1.0, 0.01)),
    ("estimated", "no_persons_below_zero"): by_zone(put("n_persons_lower", -1.0, 0.01)),
    ("estimated", "lower_end_lies_below_the_figure"): by_zone(put("n_persons_lower", 1e6, 0.01)),
    ("estimated", "upper_end_lies_above_the_figure"): by_zone(put("n_persons_upper", 0.0, 0.01)),
    ("estimated", "most_devices_are_located"): all_unlocated,
    # 200 of 1000 persons are in A2: 1.6 times as many are 12 % more of the whole, 1.3 times 6 %
    ("estimated", "weights_make_no_persons_by_day"): of_a_part(by_day(1.6)),
    ("estimated", "no_hour_holds_other_persons_than_the_register"): persons(1.06),
    ("estimated", "tiles_add_up_to_zones"): by_tile(scale("n_devices", 1.001, RELEASED_ESTIMATOR)),
    ("estimated", "no_devices_below_zero_in_a_tile"): by_tile(put("n_devices", -1.0, 0.001)),
    ("released", "there_is_something_to_release"): entries(NONE_LEFT),
    ("released", "every_entry_is_of_a_zone_of_the_area"): entries(entry("A1", REF_AREA="A9")),
    ("released", "every_entry_is_of_an_hour_of_the_day"): entries(
        entry("A1", TIME_PERIOD="2026-03-02T01:30:00+01:00")
    ),
    ("released", "no_entry_is_small"): entries(entry("A1", OBS_VALUE=14)),
    ("released", "withheld_entries_are_empty"): entries(entry("A1", **WITHHELD)),
    ("released", "empty_entries_say_why"): entries(entry("A1", **GONE)),
    ("released", "an_hour_is_unobserved_as_a_whole"): entries(entry("A1", **GONE, **UNOBSERVED)),
    ("released", "no_gap_can_be_filled_by_subtraction"): entries(entry("A1", **GONE, **WITHHELD)),
    ("released", "parents_are_the_sum_of_their_children"): entries(entry("A", OBS_VALUE=302)),
    ("released", "lower_end_lies_below_the_figure"): entries(entry("A1", OBS_LOWER=101)),
    ("released", "upper_end_lies_above_the_figure"): entries(entry("A1", OBS_UPPER=99)),
}

NOTES: dict[tuple[str, str], Fault] = {
    ("raw", "volume_is_not_low"): last_week(1_600),
    ("raw", "volume_is_not_high"): last_week(600),
    ("raw", "few_rows_opted_out"): change("raw", "files", put("n_opted_out", 100)),
    ("raw", "few_rows_have_a_defect"): events(put("defect", "cannot_parse", 0.1)),
    ("raw", "few_rows_lie_outside_the_day"): events(put("observed_at", LATE, 0.05, offset=200)),
    ("raw", "few_cells_are_unknown"): events(put("cell_id", "elsewhere", 0.1)),
    ("raw", "every_hour_has_events"): events(first_hours(23)),
    ("raw", "no_hour_is_nearly_silent"): events(first_hours(23)),
    ("raw", "no_hour_bursts"): events(
        lambda frame: pd.concat([frame, *[frame.iloc[:40]] * 5], ignore_index=True)
    ),
    ("raw", "every_cell_has_a_position"): plan(put("x_m", None, 0.1)),
    ("raw", "the_plan_describes_its_antennas"): plan(put("power_w", None, 0.8)),
    ("staged", "history_explains_the_day"): judged("note"),
    ("staged", "few_rows_were_quarantined"): accounted("quarantined", "null_value", 80),
    ("staged", "few_rows_are_duplicates"): accounted("quarantined", "duplicate", 80),
    ("staged", "few_rows_are_late"): accounted("quarantined", "late", 40),
    ("staged", "identifiers_stay_in_their_column"): accounted(
        "quarantined", "identifier_in_wrong_column", 1
    ),
    ("staged", "every_hour_has_devices"): staged_events(without_devices_at_noon),
    ("staged", "no_hour_has_few_devices"): staged_events(without_devices_at_noon),
    ("staged", "devices_speak_as_phones_do"): staged_events(
        lambda frame: pd.concat([frame] * 20, ignore_index=True)
    ),
    ("staged", "most_devices_are_of_the_country"): staged_events(put("is_inbound", True, 0.6)),
    ("staged", "few_cells_are_silent_all_day"): staged_events(
        lambda frame: frame[frame["cell_id"] != "cell7"]
    ),
    ("staged", "no_region_falls_silent"): staged_events(without_a_region_at_noon),
    ("staged", "the_threshold_leaves_most_devices"): change(
        "staged", "int_devices_withheld__by_hour", put("n_devices", 400)
    ),
    ("estimated", "few_devices_are_unlocated"): few_unlocated,
    ("estimated", "altitudes_have_ground_beneath_them"): change(
        "staged", "stg_operator__cells", put("altitude_m", 300.0)
    ),
    ("estimated", "nearly_every_zone_has_a_figure"): without_a_zone,
    ("estimated", "the_night_is_not_below_the_register"): of_a_part(persons(0.7)),
    ("estimated", "the_night_is_not_above_the_register"): of_a_part(persons(1.5)),
    ("estimated", "persons_of_an_hour_meet_the_register"): persons(1.02),
    ("estimated", "weights_hardly_drift_by_day"): of_a_part(by_day(1.3)),
    ("estimated", "no_ratio_is_out_of_bounds"): bounded,
    ("estimated", "the_footprint_fits_the_night"): bounded,
    ("estimated", "the_estimators_agree_roughly"): moved_between_zones,
    ("estimated", "the_intervals_say_something"): by_zone(put("n_persons_upper", 5000.0)),
    ("estimated", "no_tile_holds_the_crowd"): by_tile(one_tile),
    ("released", "most_entries_are_published"): entries(
        lambda frame: frame.assign(
            OBS_VALUE=pd.array([pd.NA] * len(frame), dtype="Int64"),
            OBS_LOWER=pd.array([pd.NA] * len(frame), dtype="Int64"),
            OBS_UPPER=pd.array([pd.NA] * len(frame), dtype="Int64"),
            OBS_STATUS="Q",
            CONF_STATUS="C",
        )
    ),
    ("released", "every_hour_was_observed"): entries(unobserved_at_first),
    ("released", "every_hour_is_released"): entries(
        lambda frame: frame[frame["TIME_PERIOD"] != frame["TIME_PERIOD"].max()]
    ),
    ("released", "every_zone_is_released"): entries(
        lambda frame: frame[~frame["REF_AREA"].isin(["NL"])]
    ),
}
