"""Every check by its name: what it counts, who can mend it, what being out of range means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from peil.alerts.trouble import Owner

Kind = Literal["count", "share", "moment", "number", "mark"]
Side = Literal["both", "above", "below", "never"]

# what a row can be set aside for (`reason_type` in dbt_project/macros/rules.sql)
REASONS = (
    "cannot_parse",
    "null_value",
    "identifier_in_wrong_column",
    "out_of_range",
    "late",
    "no_network",
    "no_location",
    "unknown_cell",
    "cell_not_valid",
    "duplicate",
    "impossible_move",
    "suspicious_move",
)
UNLOCATED = ("no_location", "unknown_cell", "cell_not_valid")


@dataclass(frozen=True)
class Check:
    """One thing that is counted.

    Attributes
    ----------
    name : str
    says : str
        What it counts, in a few words.
    kind : {"count", "share", "moment", "number", "mark"}
        How it varies: a count by a factor and with the noise of counts, a share by an amount, a
        moment by seconds of the local day, a number by a factor; a mark is only equal or not.
    side : {"both", "above", "below", "never"}
        On which side of its range it is told.
    owner : {"operator", "agency", "maintainers"}
        Who can mend it.
    severity : {"stop", "note"}
        Whether a day may wait for it. A `stop` is one only far out of range.
    """

    name: str
    says: str
    kind: Kind = "count"
    side: Side = "both"
    owner: Owner = "operator"
    severity: Literal["stop", "note"] = "note"


FLOWETL = (
    Check("count_added_rows", "rows landed, opted-out ones not among them", severity="stop"),
    Check("count_duplicated", "records that came more than once", side="above"),
    Check("count_duplicates", "repeats of records, each original left out", side="above"),
    Check("count_msisdns", "distinct telephone numbers"),
    Check("count_imsis", "distinct subscribers, among the rows that were staged", severity="stop"),
    Check("count_imeis", "distinct telephones"),
    Check("count_location_ids", "distinct cells that rows name"),
    Check(
        "count_locatable_location_ids",
        "of these, cells that the day's plan places",
        "count",
        "below",
    ),
    Check("count_locatable_events", "rows at a cell that the day's plan places", "count", "both"),
    Check("count_null_imsis", "rows without a subscriber", side="above"),
    Check("count_null_imeis", "rows without a telephone", side="above"),
    Check("count_null_location_ids", "rows without a cell", side="above"),
    Check("earliest_timestamp", "first minute, seconds since 1970", "moment"),
    Check("latest_timestamp", "last minute, seconds since 1970", "moment"),
    Check("max_msisdns_per_imei", "most telephone numbers of one telephone", "number", "above"),
    Check("max_msisdns_per_imsi", "most telephone numbers of one subscriber", "number", "above"),
    Check("count_added_rows_outgoing", "rows of calls and messages that go out"),
    Check("count_added_rows_incoming", "rows of calls and messages that come in"),
    Check("count_null_counterparts", "rows without a counterpart", side="above"),
    Check("count_onnet_msisdns", "distinct numbers of this network that call or write"),
    Check("count_onnet_msisdns_outgoing", "of these, numbers of rows that go out"),
    Check("count_onnet_msisdns_incoming", "of these, numbers of rows that come in"),
    Check("count_null_durations", "calls without a duration", side="above"),
    Check("max_duration", "longest call, as delivered", "number", "above"),
    Check("median_duration", "middle call, as delivered", "number"),
)

OURS = (
    Check("n_files", "files that were landed", "number"),
    Check("n_rows_delivered", "rows of the delivered files, opted-out ones too"),
    Check("n_rows_opted_out", "rows of subscribers who opted out", side="above"),
    Check("n_rows_staged", "rows against which nothing speaks", severity="stop"),
    Check("n_rows_before_day", "rows of moments before the local day", side="above"),
    Check("n_rows_after_day", "rows of moments after the local day", side="above"),
    Check(
        "error_share",
        "share of the landed rows that were set aside",
        "share",
        "above",
        severity="stop",
    ),
    Check(
        "unlocated_share", "share of the landed rows that the plan cannot place", "share", "above"
    ),
    Check("rows_per_device", "staged rows for each distinct subscriber", "number"),
    Check("n_cells", "cells of the day's plan", "count", "both", "agency"),
    Check("n_cells_silent", "cells of the day's plan without a staged row", side="above"),
    Check("n_hours_silent", "daytime hours without a staged row", side="above"),
    Check(
        "plan_mark",
        "a mark of the plan's content: two plans are equal if their marks are",
        "mark",
        "never",
        "agency",
    ),
)

BY_REASON = tuple(
    check
    for reason in REASONS
    for check in (
        Check(f"n_rows_{reason}", f"rows set aside as {reason}", side="above"),
        Check(
            f"{reason}_share", f"share of the landed rows set aside as {reason}", "share", "above"
        ),
    )
)

# multimno's warnings, judged against the seven days before (`peil.quality.warnings`)
WARNINGS = (
    Check("warning_raw_rows", "landed rows against the last seven days"),
    Check("warning_clean_rows", "staged rows against the last seven days"),
    Check("warning_error_share", "error share against the last seven days", "share", "above"),
    *(
        Check(
            f"warning_{reason}_share",
            f"{reason} share against the last seven days",
            "share",
            "above",
        )
        for reason in REASONS
    ),
)

CHECKS = {check.name: check for check in (*FLOWETL, *OURS, *BY_REASON, *WARNINGS)}
