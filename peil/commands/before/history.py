"""Write the demo's history: hours by zone of the weeks before, as an agency would have kept them.

Counted figures only, no event of any device. They join the simulated week, whose usual days they
repeat with seasons, days off, weather and chance; four surges that nobody announced are planted in
the last of them. What was planted is written beside the truth, and read by nobody but scoring.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import holidays
import numpy as np
import pandas as pd

from peil.charter.schema import Charter
from peil.store.atomic import fresh_folder, replace_folder, sha256, write_json
from peil.store.store import Store
from peil_models.synthetic.past import KINDS, make_crowd_history

WEEKS = 12  # a month to learn from before the month on which alarms are tried, and more
N_SURGES = 4
FACTORS = (1.5, 1.8, 2.2, 3.0)
LOCAL_DAYS = 7
UNEVENNESS = 0.5  # the simulated week's own days differ by so much less than a city's
MARKET_SHARE = 0.4  # of the simulated operator
WITHHELD_UNDER = 15  # devices


def write_history(charter: Charter, store: Store, deliveries: Path, truth: Path, seed: int) -> Path:
    """Write the history of the demo where the agency keeps it; the same seeds give the same bytes.

    Parameters
    ----------
    charter : Charter
    deliveries, truth : Path
        What was simulated of the pilot: its zones and tiles, and the persons present.
    seed : int
        Of chance in the weeks before.
    """
    zones = _zones(deliveries)
    weeks, persons = _usual_weeks(charter, deliveries, truth)
    lowest = sorted(weeks)
    first_day = charter.period.start - timedelta(weeks=WEEKS)
    years = {first_day.year, charter.period.end.year}
    days_off = holidays.country_holidays(charter.area.country or "NL", years=sorted(years))
    past = make_crowd_history(
        pd.DataFrame(
            {
                "zone_id": lowest,
                "kind": [list(KINDS)[n % len(KINDS)] for n in range(len(lowest))],
                "persons": [persons[zone] for zone in lowest],
            }
        ),
        first_day,
        7 * WEEKS,
        seed,
        time_zone=charter.time_zone,
        holidays=frozenset(days_off),
        weeks=weeks,
        surges=_surges(charter, lowest, persons, seed),
        unevenness=UNEVENNESS,
        market_share=MARKET_SHARE,
        least_devices=WITHHELD_UNDER,
    )
    rows = past.rows.rename(columns={"value": "n_persons"})
    table = _with_upper(rows, zones).assign(n_persons=lambda frame: frame["n_persons"].round())
    table["hour_at"] = table["hour_at"].dt.tz_convert("UTC").dt.as_unit("s")
    _write_truth(past.surges, truth.with_name(f"{truth.name}_before"))
    file = store.history(charter.pilot)
    aside = fresh_folder(file.parent.with_name(f".{file.parent.name}.part"))
    table.sort_values(["zone_id", "hour_at"], ignore_index=True).to_parquet(
        aside / file.name, index=False
    )
    return replace_folder(aside, file.parent)


def _zones(deliveries: Path) -> pd.DataFrame:
    """Every zone with the one above it."""
    content = json.loads((deliveries / "reference" / "zones.geojson").read_text(encoding="utf-8"))
    return pd.DataFrame([feature["properties"] for feature in content["features"]])


def _usual_weeks(
    charter: Charter, deliveries: Path, truth: Path
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Usual persons of each lowest zone by weekday and hour, and their mean.

    Monday to Thursday are one another's median, so that one evening's match is not usual; a day
    that was not simulated is like those.
    """
    tiles = pd.read_parquet(
        deliveries / "reference" / "tiles.parquet", columns=["tile_id", "zone_id"]
    )
    present = pd.read_parquet(truth / "persons_present.parquet").merge(tiles, on="tile_id")
    local = present["hour_at"].dt.tz_convert(charter.time_zone)
    present = present.assign(weekday=local.dt.weekday, hour=local.dt.hour)
    keys = ["zone_id", "weekday", "hour"]
    by_hour = present.groupby(keys, sort=True)["n_persons"].sum().unstack("hour", fill_value=0)
    by_hour = by_hour.reindex(columns=range(24), fill_value=0)
    weeks, means = {}, {}
    for zone, days in by_hour.groupby(level="zone_id"):
        by_day = days.droplevel("zone_id")
        alike = np.median(by_day[by_day.index < 4].to_numpy(float), axis=0)
        week = np.stack([alike] * LOCAL_DAYS)
        for weekday in by_day.index[by_day.index >= 4]:
            week[weekday] = by_day.loc[weekday].to_numpy(float)
        weeks[str(zone)], means[str(zone)] = week, float(week.mean())
    return weeks, means


def _surges(
    charter: Charter, zones: list[str], persons: dict[str, float], seed: int
) -> pd.DataFrame:
    """Four surges of three hours in the four weeks before, one a week, in large zones."""
    rng = np.random.default_rng([seed, 81])
    largest = sorted(zones, key=lambda zone: -persons[zone])[: max(N_SURGES, len(zones) // 2)]
    chosen = rng.choice(largest, N_SURGES, replace=False)
    begins = []
    for week in range(N_SURGES):
        day: date = charter.period.start - timedelta(days=7 * (week + 1) - int(rng.integers(0, 7)))
        at = pd.Timestamp(day).tz_localize(charter.time_zone)
        begins.append(at + pd.Timedelta(hours=int(rng.integers(11, 21))))
    return pd.DataFrame(
        {
            "zone_id": chosen,
            "began_at": begins,
            "ended_at": [begin + pd.Timedelta(hours=3) for begin in begins],
            "factor": FACTORS,
        }
    )


def _with_upper(rows: pd.DataFrame, zones: pd.DataFrame) -> pd.DataFrame:
    """Add the zones above as sums of those below: withheld where one of them is."""
    parent = {
        zone: above
        for zone, above in zip(zones["zone_id"], zones["parent_id"], strict=True)
        if isinstance(above, str)
    }
    level, every = rows, [rows]
    while True:
        above = level["zone_id"].map(parent)
        level = level[above.notna()].assign(zone_id=above.dropna(), sd=lambda part: part["sd"] ** 2)
        if level.empty:
            return pd.concat(every, ignore_index=True)
        sums = level.groupby(["zone_id", "hour_at"], sort=True)[["n_persons", "sd"]]
        level = sums.sum(min_count=1).where(sums.count() == sums.size().to_frame().to_numpy())
        level = level.assign(sd=level["sd"] ** 0.5).reset_index()
        every.append(level)


def _write_truth(surges: pd.DataFrame, folder: Path) -> None:
    aside = fresh_folder(folder.with_name(f".{folder.name}.part"))
    surges.to_parquet(aside / "surges.parquet", index=False)
    write_json(aside / "manifest.json", {"sha256": {"surges": sha256(aside / "surges.parquet")}})
    replace_folder(aside, folder)
