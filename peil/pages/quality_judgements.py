"""Put judged figures in the order people read them: worst first, beside a week ago.

Small counts of devices and of single cells are left out here, so that no page can show them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from peil.charter.clock import hours_of
from peil.charter.hour import unit_of
from peil.pages.quality_page import FEWEST, CheckRow
from peil.quality.catalogue import CHECKS
from peil.quality.warnings import ROWS, SHARES

DEVICE_COUNTS = ("count_msisdns", "count_imsis", "count_imeis", "count_onnet")
WEEK = timedelta(days=7)
LISTED = 120  # judged figures of single cells and hours listed a day; the rest is counted
WIDE = ("delivery", "day", "region")  # scopes of which every judged figure is listed
WORST_FIRST = {"stop": 0, "note": 1, "unknown": 2, "fine": 3}
SCOPE_ORDER = {"day": 0, "region": 1, "delivery": 2, "hour": 3, "cell": 4, "cell_hour": 5}
WARNED = {**ROWS, **SHARES}  # what each warning is about
CHECK_ORDER = {name: number for number, name in enumerate(CHECKS)}
KEY = ["check", "scope", "place", "hour_at"]


def _by_key(figures: pd.DataFrame, time_zone: str) -> dict[tuple[Any, ...], float]:
    """Figures of one whole day by check, scope and place: what a week ago is looked up in."""
    wide = moments(figures[figures["scope"].isin([*WIDE, "cell"])], time_zone)
    keys = zip(wide["check"], wide["scope"], wide["place"], strict=True)
    return dict(zip(keys, wide["value"].astype(float), strict=True))


def week_before(day: str) -> str:
    """The same weekday of the week before.

    >>> week_before("2026-03-04")
    '2026-02-25'
    """
    return str(unit_of(day) - WEEK)


def checks_of_day(
    judged: pd.DataFrame,
    figures: pd.DataFrame,
    before: pd.DataFrame | None,
    day: str,
    time_zone: str,
) -> dict[str, Any]:
    """List every figure of a file, the day and a region; of finer ones those out of range.

    Parameters
    ----------
    judged, figures : DataFrame
        Of this day.
    before : DataFrame or None
        Figures of the same weekday of the week before.

    Returns
    -------
    dict
        `checks`, worst first, and `n_checks_left_out`.
    """
    mine = _with_unjudged(judged, figures, time_zone)
    earlier = {} if before is None else _by_key(before, time_zone)
    is_wide = mine["scope"].isin(WIDE)
    fine = mine[~is_wide & mine["verdict"].isin(["stop", "note"])]
    fine = _ordered(fine.assign(far=_far(fine)), ["order", "far", "width", "number", *KEY])
    listed = pd.concat([mine[is_wide], fine.head(LISTED)])
    listed = _ordered(listed, ["order", "width", "far", "number", *KEY])
    rows: list[dict[Any, Any]] = listed.to_dict("records")
    checks = [_check(row, earlier, time_zone) for row in rows]
    return {"checks": checks, "n_checks_left_out": max(0, len(fine) - LISTED)}


def _far(judged: pd.DataFrame) -> pd.Series:
    """How far each figure lies within (+) or out of (-) its range, as a share of what it is."""
    within = np.fmin(judged["value"] - judged["lower"], judged["upper"] - judged["value"])
    far: pd.Series = within / judged["expected"].abs().clip(lower=1e-9)
    return far


def _ordered(judged: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    return judged.assign(
        order=judged["verdict"].map(WORST_FIRST),
        width=judged["scope"].map(SCOPE_ORDER),
        number=judged["check"].map(CHECK_ORDER).fillna(len(CHECK_ORDER)),
    ).sort_values(by)


def moments(figures: pd.DataFrame, time_zone: str) -> pd.DataFrame:
    """Tell moments as judgements do: in seconds since the local midnight of their day."""
    is_moment = figures["check"].str.endswith("_timestamp")
    if not is_moment.any():
        return figures
    midnight = {day: hours_of_day(day, time_zone)[0].timestamp() for day in set(figures["day"])}
    start = figures["day"].map(midnight).where(is_moment, 0.0)
    return figures.assign(value=figures["value"] - start)


def _with_unjudged(judged: pd.DataFrame, figures: pd.DataFrame, time_zone: str) -> pd.DataFrame:
    """Add the figures of files, the day and regions that nobody judged, as not judged."""
    wide = moments(figures[figures["scope"].isin(WIDE)], time_zone)
    wide_judged = judged[judged["scope"].isin(WIDE)]
    judged_keys = set(
        zip(wide_judged["check"], wide_judged["scope"], wide_judged["place"], strict=True)
    )
    keys = zip(wide["check"], wide["scope"], wide["place"], strict=True)
    bare = wide[np.array([key not in judged_keys for key in keys], dtype=bool)]
    specified = [CHECKS.get(check) for check in bare["check"]]
    bare = bare.assign(
        **dict.fromkeys(("expected", "lower", "upper", "trend"), np.nan),
        severity=[spec.severity if spec else "note" for spec in specified],
        owner=[spec.owner if spec else "operator" for spec in specified],
        verdict="unknown",
    )
    return pd.concat([judged, bare]) if len(bare) else judged


def _check(row: dict[Any, Any], earlier: dict[tuple[Any, ...], float], time_zone: str) -> CheckRow:
    check, scope, place = row["check"], row["scope"], row["place"]
    is_whole = pd.isna(row["hour_at"])
    then = earlier.get((WARNED.get(check, check), scope, place)) if is_whole else None
    return CheckRow(
        check=check,
        scope=scope,
        place=place,
        hour=None if is_whole else local_hour(row["hour_at"], time_zone),
        value=shown_value(check, scope, row["value"]),
        then=shown_value(check, scope, then),
        trend=_number(row["trend"]),
        **{name: shown_value(check, scope, row[name]) for name in ("expected", "lower", "upper")},
        **{name: row[name] for name in ("severity", "owner", "verdict")},
    )


def shown_value(check: str, scope: str, value: Any) -> float | None:
    """Return the value, or None where it is a small count of devices or of one cell's rows.

    >>> shown_value("count_imsis", "day", 14), shown_value("count_imsis", "day", 15)
    (None, 15.0)
    """
    number = _number(value)
    is_guarded = scope in ("cell", "cell_hour") or check.startswith(DEVICE_COUNTS)
    is_guarded = is_guarded and not check.endswith("_share")
    if number is not None and is_guarded and 0 < number < FEWEST:
        return None
    return number


def _number(value: Any) -> float | None:
    """A finite number without the noise of its last digits, or None."""
    if value is None or pd.isna(value) or not np.isfinite(value):
        return None
    return float(f"{float(value):.12g}")


def hours_of_day(day: str, time_zone: str) -> list[datetime]:
    """Hours of a day written as 2026-03-02, as UTC moments."""
    return hours_of(unit_of(day), time_zone)


def local_hour(hour: Any, time_zone: str) -> str:
    """Write an hour in local time with its offset."""
    moment = pd.Timestamp(hour)
    moment = moment.tz_localize("UTC") if moment.tzinfo is None else moment
    local: datetime = moment.tz_convert(ZoneInfo(time_zone)).to_pydatetime()
    return local.isoformat()
