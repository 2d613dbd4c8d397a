"""Score estimates on known truth, each estimator beside the others. The only reader of truth."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from rich.table import Table

from peil import methods
from peil.adapters import experiments
from peil.area.area import Area, area_of
from peil.charter import reading
from peil.charter.period import Period
from peil.charter.schema import Charter
from peil.estimate import night as night_hours
from peil.estimate.champion import presence_of
from peil.outcome import Outcome, Refused
from peil.score import linked, paired, released, truth
from peil.store import lock
from peil.store.atomic import canonical, read_json, read_whole, write_json
from peil.store.faults.written import read_parquet
from peil.store.store import Store
from peil_models import scores

SHOWN = (
    "mape_day_plain",
    "mape_day",
    "wape_day",
    "bias_day",
    "mape_night",
    "coverage",
    "interval_score",
)


def score(pilot: str) -> Outcome:
    """Score every estimated day of a pilot and write the figures beside its MLflow runs.

    Bottom zones only. Day means the local hours of `methods.toml` [score]; a zone-hour without
    anybody is left out of the percentage (and counted in the others).

    Raises
    ------
    Refused
        No truth, or nothing estimated yet.
    """
    period = Period.open(pilot)
    charter, store = period.charter, period.store
    area = area_of(charter, store)
    with lock.held(store, charter.pilot, "score", "score"):
        joined, days = [], []
        for day in charter.units():
            folder = store.estimated(charter.pilot, day)
            if (folder / "estimated.json").exists():
                days.append(day)
                joined.append(_join(charter, area, day, store))
        if not days:
            raise Refused(f"{pilot}: nothing is estimated yet; run `peil run {pilot}` first.")
        by_day = {
            str(day): _by_estimator(charter, rows) for day, rows in zip(days, joined, strict=True)
        }
        rows = pd.concat(joined, ignore_index=True)
        whole = _by_estimator(charter, rows)
        products = linked.by_product(charter, area, store)
        champion = presence_of(store, charter.pilot).model.estimator
        record = {
            "champion": champion,
            "quantity": joined[0]["quantity"].iloc[0],
            "days": by_day,
            "whole": whole,
            "paired": paired.against(rows, champion, methods.section("compare", charter.pilot)),
            "products": {
                name: linked.mean_over_days(figures) for name, figures in products.items()
            },
        }
        if published := released.of_pilot(charter, area, store):
            record["released"] = published
        file = store.scores(charter.pilot) / "scores.json"
        if canonical(read_whole(file)) == canonical(record):
            n_days = f"{len(days)} days"
            return Outcome("score", charter.pilot, n_days, "unchanged", {}, [str(file)])
        for day in days:
            run_ids = read_json(store.estimated(charter.pilot, day) / "estimated.json")["run_ids"]
            for name, figures in by_day[str(day)].items():
                experiments.add_scores(store, charter.pilot, run_ids[name], figures)
        for product, by_period in products.items():
            for run_id, figures in linked.by_run(charter, store, product, by_period).items():
                experiments.add_scores(store, charter.pilot, run_id, figures)
        write_json(file, record)
    facts: dict[str, int | float | str] = {
        f"{name}_{measure}": round(figures[measure], 4)
        for name, figures in whole.items()
        for measure in ("mape_day",)
        if measure in figures
    }
    if "flows" in record["products"]:
        facts["flows_cpc"] = round(record["products"]["flows"]["cpc"], 4)
    return Outcome("score", charter.pilot, f"{len(days)} days", "done", facts, [str(file)])


def joined(charter: Charter, store: Store) -> pd.DataFrame:
    """Every estimated day beside its truth: what intervals are learnt from, on other worlds."""
    area = area_of(charter, store)
    return pd.concat(
        [
            _join(charter, area, day, store)
            for day in charter.days()
            if (store.estimated(charter.pilot, day) / "estimated.json").exists()
        ],
        ignore_index=True,
    )


def _join(charter: Charter, area: Area, day: date, store: Store) -> pd.DataFrame:
    """Estimates of a day beside the truth, bottom zones, with the local hour."""
    rows = beside_truth(
        charter,
        area,
        day,
        read_parquet(store.estimated(charter.pilot, day) / "est_presence__by_zone_hour.parquet"),
    )
    rows["plain"] = rows["n_devices"] * _one_factor(charter, area, day, store, rows)
    return rows[rows["n_devices"].notna()]  # an hour that nobody observed has no score


def beside_truth(charter: Charter, area: Area, day: date, rows: pd.DataFrame) -> pd.DataFrame:
    """Estimates of bottom zones beside the truth, with day, local hour, and which hours they are.

    Parameters
    ----------
    rows : DataFrame
        As `Estimation.run` gives them: zone_id, hour_at, estimator, n_devices, n_persons and ends.
    """
    true = truth.present(charter, area, day)
    rows = rows[rows["zone_id"].isin(area.bottom())].copy()
    rows["hour_at"] = pd.to_datetime(rows["hour_at"], utc=True)
    present = true.present.assign(hour_at=pd.to_datetime(true.present["hour_at"], utc=True))
    rows = rows.merge(present, on=["zone_id", "hour_at"], how="inner", validate="many_to_one")
    rows["value"] = rows[true.quantity]
    rows["quantity"] = true.quantity
    hour = rows["hour_at"].dt.tz_convert(ZoneInfo(charter.time_zone)).dt.hour
    rows["local_hour"] = hour
    choices = methods.section("score", charter.pilot)
    night = methods.section("weighting", charter.pilot)
    rows["is_day"] = hour.between(choices["day_start_hour"], choices["day_end_hour"])
    rows["is_night"] = hour.ge(night["night_start_hour"]) & hour.lt(night["night_end_hour"])
    rows["day"], rows["is_off"] = str(day), not night_hours.is_working(charter, day)
    return rows


def _one_factor(
    charter: Charter, area: Area, day: date, store: Store, rows: pd.DataFrame
) -> pd.Series:
    """Persons per device with one factor for the whole area: what a plain estimator has.

    The register's total over the devices of the median hour of the night that calibrates the
    day. So estimators can be compared before the night ratio mends each zone by itself.
    """
    if area.register is None:
        return pd.Series(1.0, index=rows.index)
    night = night_hours.night_for(charter, day, store)
    factor = {}
    for name, own in rows.groupby("estimator"):
        wide = own.pivot(index="zone_id", columns="hour_at", values="n_devices").to_numpy()
        is_own = night.is_own_for(str(name))
        dark = wide[:, night.today_hours] if is_own else night.devices[str(name)]
        factor[name] = float(area.register.sum() / max(np.nanmedian(dark.sum(axis=0)), 1e-9))
    return rows["estimator"].map(factor)


def _by_estimator(charter: Charter, rows: pd.DataFrame) -> dict[str, dict[str, float]]:
    return {
        str(name): figures(charter.pilot, own.sort_values(["zone_id", "hour_at"]))
        for name, own in rows.groupby("estimator", sort=True)
    }


def figures(pilot: str, rows: pd.DataFrame) -> dict[str, float]:
    """Scores of one estimator's rows, as `beside_truth` gives them; `plain` only where it is."""
    level = methods.section("uncertainty", pilot)["level"]
    by_day, by_night = rows["is_day"].to_numpy(), rows["is_night"].to_numpy()
    figures: dict[str, float] = {}
    for label, chosen in (("day", by_day), ("night", by_night)):
        part = rows[chosen]
        if part.empty:
            continue
        true, value = part["n_true"].to_numpy(), part["value"].to_numpy()
        somebody = true > 0
        if somebody.any():
            figures[f"mape_{label}"] = scores.mape(true[somebody], value[somebody])
            if "plain" in part:
                plain = part["plain"].to_numpy()
                figures[f"mape_{label}_plain"] = scores.mape(true[somebody], plain[somebody])
        figures[f"wape_{label}"] = scores.wape(true, value)
        figures[f"bias_{label}"] = float((value.sum() - true.sum()) / max(true.sum(), 1.0))
    part = rows[by_day]
    if len(part) and part["n_persons_lower"].notna().all():
        true = part["n_true"].to_numpy()
        lower, upper = part["n_persons_lower"].to_numpy(), part["n_persons_upper"].to_numpy()
        figures["coverage"] = scores.interval_coverage(true, lower, upper)
        figures["interval_score"] = scores.interval_score(true, lower, upper, level=level)
    return {name: float(np.round(value, 6)) for name, value in figures.items()}


def as_tables(pilot: str) -> list[Table]:
    """The scores over all days: by estimator, by product, and of what was released."""
    charter = reading.load(pilot)
    record: dict[str, Any] = read_json(Store().scores(charter.pilot) / "scores.json")
    heads = [name.replace("_", "\n") for name in SHOWN]  # so narrow that 80 columns hold them all
    table = Table("estimator", *heads, title=f"{pilot}: {record['quantity']} on known truth")
    for name, figures in sorted(record["whole"].items()):
        table.add_row(name, *(f"{figures[m]:.3f}" if m in figures else "-" for m in SHOWN))
    more = []
    for product, figures in sorted(record.get("products", {}).items()):
        named = Table(*(m.replace("_", " ") for m in figures), title=f"{product}: mean over days")
        named.add_row(*(f"{value:.3f}" for value in figures.values()))
        more.append(named)
    if "released" in record:
        more.append(released.as_table(pilot, record["released"]))
    return [table, *more]
