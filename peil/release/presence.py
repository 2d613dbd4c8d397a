"""Released presence by zone and hour, of one estimator: protected, audited, under SDMX names."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from peil import methods
from peil.area.area import Area
from peil.charter.schema import Charter
from peil.charter.thresholds import threshold_of as threshold_of
from peil.estimate.champion import released_estimator
from peil.outcome import Refused
from peil.release import invariants
from peil.store.faults.written import read_parquet
from peil_models.disclosure import AuditReport, audit, outward_ends, protect
from peil_models.disclosure.audit import narrow_entries
from peil_models.disclosure.protect import HIDDEN


def presence(charter: Charter, area: Area, estimated: Path, day: date) -> pd.DataFrame:
    """The table to release of one day's estimates; the folder holds that day and no other.

    Raises
    ------
    Refused
        The audit found an entry that the others give away.
    """
    return released_table(charter, area, _protect(charter, area, estimated, day))


def _protect(charter: Charter, area: Area, estimated: Path, day: date) -> pd.DataFrame:
    """Keep the released estimator's rows, mark what must be withheld, audit what is left."""
    rows = read_parquet(estimated / "est_presence__by_zone_hour.parquet")
    released = released_estimator(estimated)
    rows = rows[rows["estimator"] == released].drop(columns=["estimator", "run_id"])
    if rows.empty or "n_devices_counted" not in rows:
        raise Refused(
            f"{charter.pilot}: the day was estimated before {released} was an estimator: "
            "run `peil estimate` for it again, then release it."
        )
    zones = area.zones[["zone_id", "parent_id", "level"]]
    whole = rows.merge(zones, on="zone_id", how="left", validate="many_to_one")
    is_observed = whole["n_devices"].notna()
    tidy, unobserved = whole[is_observed], whole[~is_observed]  # no entry: nothing to protect
    threshold = threshold_of(charter)
    night = invariants.own_night(charter, estimated, day)
    figures_of = [name for name in HIDDEN if name in tidy]
    closed: set[Hashable] = set()
    while True:
        judged = _judged(area, tidy, threshold, night, closed)
        shown = ~judged["is_withheld"].astype(bool)
        protected = judged.assign(**{name: tidy[name].where(shown) for name in figures_of})
        report = _audit(area, tidy, protected, threshold, night)
        more = _weak_hours(area, tidy, protected, threshold, night) if not report.holds else set()
        if not more:
            break
        closed |= more
    if not report.holds:
        if len(area.bottom()) == 1:
            raise Refused(
                f"{charter.pilot}: the area is one zone, whose persons its register tells: an hour "
                f"under {threshold} devices cannot be withheld from whoever reads that; take a "
                "larger area, or one of several zones."
            )
        raise Refused(
            f"{charter.pilot}: the published entries would give away {report.n_recoverable} "
            f"withheld ones, narrow {report.n_narrow} more, and leave {report.n_small_differences} "
            "small differences: nothing is released; tell the maintainers, the suppression rule "
            "missed a case."
        )
    if unobserved.empty:
        return protected
    return pd.concat([protected, unobserved.assign(is_withheld=False)], ignore_index=True)


def _resting_on_counts(area: Area, tidy: pd.DataFrame) -> pd.DataFrame:
    """The rows with the devices, and the persons, that published counts alone put there.

    A withheld count that was read is an expectation and no evidence. Persons of a zone fall in
    proportion, so that a device stands for as many as it does in the figures. Where devices stand
    for less than a person each, as few persons as the threshold are withheld as well: whoever
    reads the figure sees that it is kept.
    """
    evidence = tidy[["n_devices", "n_devices_counted"]].min(axis=1)
    if area.register is None:
        return tidy.assign(n_devices=evidence)
    share = (evidence / tidy["n_devices"].where(tidy["n_devices"] > 0)).fillna(0.0)
    resting = tidy.assign(n_devices=evidence, n_persons=tidy["n_persons"] * share)
    bottom = area.bottom()
    lowest = resting.pivot(index="zone_id", columns="hour_at", values="n_persons").loc[bottom]
    sums = {zone: lowest.iloc[rows].sum(axis=0) for zone, rows in area.members()}
    key = pd.MultiIndex.from_frame(resting[["zone_id", "hour_at"]])
    persons = pd.concat(sums, names=["zone_id"]).reindex(key).to_numpy()
    return resting.assign(n_persons=persons, n_devices=np.minimum(evidence, persons))


def _weak_hours(
    area: Area, tidy: pd.DataFrame, protected: pd.DataFrame, threshold: int, night: pd.DatetimeIndex
) -> set[Hashable]:
    """Hours of which something is published, and that narrows what is withheld of them."""
    if area.register is None:
        return set()
    units = _persons_per_device(area, tidy)
    weak = narrow_entries(protected, **_known(area, tidy, protected, threshold, night, units))
    shown = tidy.loc[~protected["is_withheld"].astype(bool), "hour_at"]
    return set(tidy.loc[weak, "hour_at"]) & set(shown)


def _judged(
    area: Area,
    tidy: pd.DataFrame,
    threshold: int,
    night: pd.DatetimeIndex,
    closed: set[Hashable],
) -> pd.DataFrame:
    """Say what is withheld, until the median night, which is the register, narrows none of it.

    Of the closed hours that is everything.
    """
    resting = _resting_on_counts(area, tidy)
    resting.loc[tidy["hour_at"].isin(closed), ["n_devices", "n_persons"]] = 0.0
    judged = protect(resting, threshold=threshold)
    if area.register is None or not len(night):
        return judged
    nights = tidy[np.asarray(_utc(tidy["hour_at"]).isin(night))]
    units = _persons_per_device(area, tidy)  # of the day, as the audit of the day has them
    while True:
        of_night = judged.loc[nights.index]
        of_night = of_night.assign(n_persons=nights["n_persons"].where(~of_night["is_withheld"]))
        narrow = narrow_entries(of_night, **_known(area, nights, of_night, threshold, night, units))
        more = invariants.also_withheld(area, nights, of_night["is_withheld"], narrow, night)
        if not len(more):
            return judged
        # as if nobody were there: withheld for itself
        resting.loc[more, ["n_devices", "n_persons"]] = 0.0
        judged = protect(resting, threshold=threshold)


def _known(
    area: Area,
    tidy: pd.DataFrame,
    protected: pd.DataFrame,
    threshold: int,
    night: pd.DatetimeIndex,
    units: dict[Hashable, float],
) -> dict[str, Any]:
    """What an attacker knows of published persons: what a device stands for, totals, nights."""
    return {
        "no_secret": invariants.public_totals(area, tidy)
        | invariants.silent_hours(area, tidy, protected["is_withheld"], night),
        "threshold": threshold,
        "value": "n_persons",
        "units_per_device": units,
        "rounded_to": 1.0,
        "extra_rows": invariants.rows_of_audit(area, tidy, protected["is_withheld"], night),
    }


def _persons_per_device(area: Area, tidy: pd.DataFrame) -> dict[Hashable, float]:
    """Most persons that a device stands for in each lowest zone, in any hour of the day."""
    bottom = tidy[tidy["zone_id"].isin(area.bottom()) & (tidy["n_devices"] > 0)]
    ratio = (bottom["n_persons"] / bottom["n_devices"]).groupby(bottom["zone_id"]).max()
    return {zone: float(ratio.get(zone, 1.0)) for zone in area.bottom()}


def _audit(
    area: Area,
    tidy: pd.DataFrame,
    protected: pd.DataFrame,
    threshold: int,
    night: pd.DatetimeIndex,
) -> AuditReport:
    """Attack what is published (persons in whole numbers, else devices) with its own sums.

    And with what the weights hold fixed: totals of hours, and the median night of each zone.
    """
    if area.register is None:
        return audit(protected, threshold=threshold, rounded_to=1.0)
    units = _persons_per_device(area, tidy)
    return audit(protected, **_known(area, tidy, protected, threshold, night, units))


def released_table(charter: Charter, area: Area, protected: pd.DataFrame) -> pd.DataFrame:
    """SDMX names, whole numbers, nothing but a status where an entry is withheld or unobserved."""
    zone = ZoneInfo(charter.time_zone)
    unit, columns = (
        ("DEV", ["n_devices"])
        if area.register is None
        else ("PS", ["n_persons", "n_persons_lower", "n_persons_upper"])
    )
    rows = protected.sort_values(["zone_id", "hour_at"], ignore_index=True)
    rows = with_rounded_ends(charter, rows, columns)
    is_withheld = rows["is_withheld"].to_numpy(dtype=bool)
    unobserved = ~is_withheld & rows["n_devices"].isna().to_numpy()
    table = pd.DataFrame(
        {"REF_AREA": rows["zone_id"].astype(str), "TIME_PERIOD": local_hours(rows["hour_at"], zone)}
    )
    return figures(table, rows, columns, ~is_withheld & ~unobserved, unit, unobserved)


def with_rounded_ends(
    charter: Charter,
    rows: pd.DataFrame,
    columns: list[str],
    share: str = "interval_step_share",
) -> pd.DataFrame:
    """Round the ends of intervals outwards: exact ones are formulas of the devices counted.

    Parameters
    ----------
    columns : list of str
        Columns of `rows`: the value, and where there are, the ends of its interval.
    share : str
        The choice in `methods.toml` [disclosure] that says how coarsely.
    """
    if len(columns) == 1:
        return rows
    choices = methods.section("disclosure", charter.pilot)
    lower, upper = outward_ends(
        rows[columns[1]],
        rows[columns[2]],
        share=choices[share],
        least=choices["interval_step_least"],
    )
    return rows.assign(**{columns[1]: lower, columns[2]: upper})


def figures(
    table: pd.DataFrame,
    rows: pd.DataFrame,
    columns: list[str],
    shown: np.ndarray,
    unit: str,
    unobserved: np.ndarray | None = None,
) -> pd.DataFrame:
    """Add value, interval, statuses and unit to a table's keys; null where an entry is not shown.

    Parameters
    ----------
    table : DataFrame
        The keys, in the order of `rows`.
    rows : DataFrame
        Estimates.
    columns : list of str
        Columns of `rows`: the value, and where there are, the ends of its interval.
    shown : ndarray of bool
        Which entries are published.
    unit : str
        UNIT_MEASURE.
    unobserved : ndarray of bool, optional
        Entries of hours that nobody observed: of those not shown, the ones that are not withheld.
        Their status is L of SDMX's CL_OBS_STATUS: data exist but were not collected.
    """
    for name, column in zip(("OBS_VALUE", "OBS_LOWER", "OBS_UPPER"), columns, strict=False):
        # half to even on a value that is far from a tie: the same whole number everywhere
        whole = np.rint(rows[column].round(6)).astype("Int64")
        table[name] = whole.where(shown)
    for name in ("OBS_LOWER", "OBS_UPPER"):
        if name not in table:
            table[name] = pd.Series(pd.NA, index=table.index, dtype="Int64")
    is_free = shown if unobserved is None else shown | unobserved
    table["OBS_STATUS"] = np.where(shown, "A", np.where(is_free, "L", "Q"))
    table["CONF_STATUS"] = np.where(is_free, "F", "C")
    table["UNIT_MEASURE"] = unit
    return table


def local_hours(moments: pd.Series, zone: ZoneInfo) -> Any:
    """Local hours with their offset, as ISO writes them: an array of text, though it be empty."""
    return pd.array([moment.tz_convert(zone).isoformat() for moment in _utc(moments)], dtype="str")


def outages(charter: Charter, record: dict[str, Any]) -> list[dict[str, Any]]:
    """Zones and local hours whose figures rest on the neighbours of silent cells, as estimated.

    Of the operator's network, and of no device: a cell is called silent only where many were to be
    expected.
    """
    zone = ZoneInfo(charter.time_zone)
    return [
        {**entry, "hour_at": pd.Timestamp(entry["hour_at"]).tz_convert(zone).isoformat()}
        for entry in record.get("outages", [])
    ]


def _utc(moments: pd.Series) -> pd.DatetimeIndex:
    index = pd.DatetimeIndex(moments)
    return index.tz_localize("UTC") if index.tz is None else index.tz_convert("UTC")
