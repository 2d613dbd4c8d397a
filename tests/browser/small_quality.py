"""Made-up figures of a quality store: a network on the small coast, and faults planted in it.

The frames have the columns that `peil.quality.store` gives. Everything comes from a seed.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from shapely import Point
from shapely.geometry import shape
from small_country import country

from peil.alerts.trouble import Trouble
from peil.charter import reading
from peil.charter.clock import hours_of
from peil.pages.quality_content import content
from peil.pages.quality_page import QualityData
from peil.stage.accounting import FileAccount

LAST = date(2026, 3, 29)  # the clock is set forward: 23 hours
ZONE = "Europe/Amsterdam"
SILENT_REGION = "R2"
NOWHERE = "204-90001"  # a cell that serves and stands in no plan
REASONS = {"duplicate": 0.006, "unknown_cell": 0.001, "cannot_parse": 0.0003, "null_value": 0.0002}


def network(n_masts: int = 34, seed: int = 7) -> pd.DataFrame:
    """Three cells a mast: cell_id, region_id, x_m, y_m, size (rows an hour at noon)."""
    rng = np.random.default_rng(seed)
    zones = [(f["properties"], shape(f["geometry"])) for f in country()["features"]]
    bottom = [(p["parent_id"], s) for p, s in zones if p["level"] == "municipality"]
    box = np.array([s.bounds for _, s in bottom])
    low, high = box[:, :2].min(axis=0), box[:, 2:].max(axis=0)
    rows: list[dict[str, Any]] = []
    while len(rows) < 3 * n_masts:
        x, y = rng.uniform(low, high).round()
        region = next((region for region, area in bottom if area.contains(Point(x, y))), None)
        if region is None:
            continue
        mast = len(rows) // 3
        size = float(rng.lognormal(5.2, 1.1))
        rows += [
            {
                "cell_id": f"204-{10000 + 10 * mast + k}",
                "region_id": region,
                "x_m": x,
                "y_m": y,
                "size": size * (0.6 + 0.4 * k),
            }
            for k in range(3)
        ]
    return pd.DataFrame(rows)


def _curve(day: date) -> np.ndarray:
    """Share of a cell's noon rows in each hour of a day."""
    n_hours = len(hours_of(day, ZONE))
    clock = np.arange(n_hours) + 24 - n_hours
    height = 0.7 if day.weekday() > 4 else 1.0
    curve: np.ndarray = 0.06 + height * np.exp(-(((clock - 14) / 5.0) ** 2))
    return curve


def _cell_hours(cells: pd.DataFrame, day: date, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    hours, curve = hours_of(day, ZONE), _curve(day)
    counts = rng.poisson(cells["size"].to_numpy()[:, None] * curve[None, :]).astype(float)
    if day == LAST:
        counts[(cells["region_id"] == SILENT_REGION).to_numpy(), 12:] = 0
        counts[0, :] = 0
        counts[5, :] *= 3
    table = pd.DataFrame(counts, index=cells["cell_id"], columns=hours)
    long = table.rename_axis(columns="hour_at").stack().rename("n").reset_index()
    if day < LAST - timedelta(days=6):
        long = long[long["cell_id"] != cells["cell_id"].iloc[8]]  # built a week ago
    return long.rename(columns={"cell_id": "place"})


def frames(n_days: int = 14, n_masts: int = 34) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Figures, judged and places of the last days."""
    cells = network(n_masts)
    figures, judged = [], []
    for back in range(n_days - 1, -1, -1):
        day = LAST - timedelta(days=back)
        day_name = str(day)
        long = _cell_hours(cells, day, 100 + back)
        few = (long["n"] > 0) & (long["n"] < 15)
        figures.append(
            long.assign(
                day=day_name, check="n_rows_staged", scope="cell_hour", value=long["n"].where(~few)
            )
        )
        per_cell = long.groupby("place", as_index=False)["n"].sum().rename(columns={"n": "value"})
        figures.append(per_cell.assign(day=day_name, check="n_rows_staged", scope="cell"))
        total = float(long["n"].sum())
        whole = {
            "count_added_rows": total,
            "count_duplicated": round(total * 0.006),
            "count_imsis": 9000.0 + 20 * back,
            "count_imeis": 12.0 if back else 11.0,
            "latest_timestamp": hours_of(day, ZONE)[-1].timestamp() + 3540,
            "error_share": 0.0075 if back else 0.031,
            "max_msisdns_per_imsi": 2.0,
            "median_duration": 61.5,
            "plan_mark": 7.0 if back > 6 else 8.0,
            "n_rows_duplicate": round(total * 0.006),
            "duplicate_share": 0.006,
            "warning_raw_rows": total,
        }
        region = long.merge(cells, left_on="place", right_on="cell_id").groupby("region_id")["n"]
        wide = [("day", "", name, value) for name, value in whole.items()]
        wide += [("region", str(r), "count_added_rows", float(n)) for r, n in region.sum().items()]
        frame = pd.DataFrame(wide, columns=["scope", "place", "check", "value"]).assign(
            day=day_name
        )
        figures.append(frame)
        judged += [
            _judged(frame, None),
            _judged(per_cell.assign(day=day_name, check="n_rows_staged", scope="cell"), cells),
        ]
    both = [pd.concat(part, ignore_index=True) for part in (figures, judged)]
    for frame in both:
        frame["hour_at"] = pd.to_datetime(frame.get("hour_at"), utc=True)
    extra = pd.DataFrame(
        [
            {
                "day": str(LAST),
                "check": "n_rows_staged",
                "scope": "cell",
                "place": NOWHERE,
                "value": 7.0,
            }
        ]
    )
    extra["hour_at"] = pd.Series([pd.NaT], dtype=both[0]["hour_at"].dtype)
    columns = ["day", "check", "scope", "place", "hour_at", "value"]
    placed = cells[["cell_id", "region_id", "x_m", "y_m"]]
    return pd.concat([both[0][columns], extra], ignore_index=True), both[1], placed


def _judged(frame: pd.DataFrame, cells: pd.DataFrame | None) -> pd.DataFrame:
    """Ranges of 8 % around a round expectation; a day with less than half of it stops."""
    if cells is None:
        expected = frame["value"].where(frame["check"] != "error_share", 0.0075)
        silent = (frame["place"] == SILENT_REGION) & (frame["day"] == str(LAST))
        expected = expected.where(~silent, frame["value"] * 2.5)
    else:
        rows = _curve(date.fromisoformat(frame["day"].iloc[0])).sum()
        expected = frame["place"].map(cells.set_index("cell_id")["size"]) * rows
    half = 0.08 if cells is None else 0.45
    if cells is None:  # moments are judged in seconds since the local midnight
        midnight = frame["day"].map(lambda day: hours_of(date.fromisoformat(day), ZONE)[0])
        is_moment = frame["check"].str.endswith("_timestamp")
        start = midnight.map(lambda moment: moment.timestamp()).where(is_moment, 0.0)
        frame, expected = frame.assign(value=frame["value"] - start), expected - start
    rows = frame.assign(
        expected=expected, lower=expected * (1 - half), upper=expected * (1 + half), trend=0.004
    )
    out = (rows["value"] < rows["lower"]) | (rows["value"] > rows["upper"])
    stops = out & (rows["scope"] == "region")
    unknown = rows["check"].isin(["median_duration", "plan_mark"])
    rows.loc[unknown, ["expected", "lower", "upper", "trend"]] = np.nan
    verdict = np.where(unknown, "unknown", np.where(stops, "stop", np.where(out, "note", "fine")))
    severity = np.where(rows["scope"] == "region", "stop", "note")
    return rows.assign(verdict=verdict, severity=severity, owner="operator")


def accounts(figures: pd.DataFrame) -> list[FileAccount]:
    """Two files a day that add up, but for one of the last day."""
    whole = figures[(figures["scope"] == "day") & (figures["check"] == "count_added_rows")]
    accounts = []
    for day, rows in zip(whole["day"], whole["value"].astype(int), strict=True):
        for part in ("a", "b"):
            n = rows // 2 + (part == "b")
            more = 5 if day == str(LAST) else 1
            aside = {reason: int(n * share * more) for reason, share in REASONS.items()}
            missing = 3 if day == str(LAST) and part == "b" else 0
            accounts.append(
                FileAccount(
                    day=day,
                    file=f"events_{day}_{part}.csv.gz",
                    n_delivered=n,
                    n_opted_out=40,
                    quarantined=aside,
                    n_staged=n - 40 - sum(aside.values()) - missing,
                )
            )
    return accounts


TROUBLES = [
    Trouble(
        "demo",
        "silent_region",
        SILENT_REGION,
        str(LAST),
        str(LAST),
        "stop",
        "operator",
        "Middenland delivers no rows since 12:00 of 2026-03-29.",
        "Ask the network's duty desk whether the region is down or its probe is.",
    ),
    Trouble(
        "demo",
        "clock_off",
        "events_b",
        str(LAST),
        "2026-03-27",
        "note",
        "agency",
        "Events lie one hour early.",
        "Correct `time_zone` in the charter.",
    ),
]


def quality_data(n_days: int = 14, n_masts: int = 34) -> QualityData:
    """The page's content, collected from the frames as from a real store."""
    figures, judged, places = frames(n_days, n_masts)
    zones = [f for f in country()["features"] if f["properties"]["level"] == "municipality"]
    outlines = [[[tuple(p) for p in ring] for ring in f["geometry"]["coordinates"]] for f in zones]
    names = {f["properties"]["zone_id"]: f["properties"]["name"] for f in country()["features"]}
    data = content(
        reading.load("demo"), figures, judged, places, names, outlines, accounts(figures), TROUBLES
    )
    assert data is not None
    return data
