"""Released trips: entries of a public plan, silent under the threshold, withheld ones counted."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from peil.area.area import Area
from peil.charter.clock import hours_of
from peil.estimate.linked.origin_plan import origin_plan
from peil.estimate.linked.plan import flow_plan
from peil.outcome import Refused
from peil.pages.portal_tables import ReleasedFlows
from peil.release import flows as released_flows

DAY = date(2026, 3, 2)
ZONES = ["A1", "A2", "A3", "B1", "B2"]
RESIDENTS = [60_000.0, 9_000.0, 300.0, 20_000.0, 400.0]
T = 15


@pytest.fixture
def area() -> Area:
    """Squares of 3 km in a row, of very different size."""
    zones = gpd.GeoDataFrame(
        {
            "zone_id": [*ZONES, "A", "B", "W"],
            "parent_id": ["A", "A", "A", "B", "B", "W", "W", None],
        },
        geometry=gpd.GeoSeries([None] * 8),
    )
    east = np.arange(15) * 1000.0
    tiles = pd.DataFrame({"x_m": east, "y_m": 0.0, "zone_id": np.repeat(ZONES, 3)})
    return Area(tiles, zones, pd.Series(RESIDENTS, index=ZONES), "local")


@pytest.fixture
def charter(tiny: Any) -> Any:
    tiny.write_charter(
        products=["presence", "flows", "visitors"],
        linkage_days=2,
        retention__staged_days=2,
        threshold=T,
    )
    return tiny.charter


def estimates(charter: Any, area: Area, folder: Path, seed: int, day: date = DAY) -> pd.DataFrame:
    """Some of the plan's entries, with counts around the threshold that say nothing of it."""
    rng = np.random.default_rng(seed)
    rows = released_flows.planned_entries(charter, area, day).drop(columns="last_at")
    rows = rows[rng.random(len(rows)) < 0.8].reset_index(drop=True)
    rows["n_devices"] = rng.integers(1, 40, len(rows))
    rows["n_trips"] = rows["n_devices"] * 1.5
    rows["n_person_trips"] = rows["n_devices"] * 3.0
    rows["n_person_trips_lower"] = rows["n_devices"] * 2.0
    rows["n_person_trips_upper"] = rows["n_devices"] * 4.0
    rows.to_parquet(folder / "est_flows__by_pair_period.parquet")
    return rows


def test_a_plan_has_every_trip_between_zones_in_one_entry(charter: Any, area: Area) -> None:
    hours = hours_of(DAY, charter.time_zone)
    plan = flow_plan(charter, area, hours)
    ends = np.stack(np.meshgrid(np.arange(5), np.arange(5), np.arange(24), indexing="ij"))
    unit, period = plan.entry_of(*ends.reshape(3, -1))
    is_within = (ends[0] == ends[1]).ravel()
    assert (unit[is_within] == -1).all() and (unit[~is_within] >= 0).all()
    every = set(plan.entries(np.arange(24)).itertuples(index=False, name=None))
    assert set(zip(unit[~is_within], period[~is_within], strict=True)) == every
    assert {"H", "D"} < set(plan.freq[sorted({number for _, number in every})])
    codes = list(zip(plan.from_code, plan.to_code, strict=True))
    assert len(set(codes)) == len(codes) and ("A1", "A2") in codes
    assert any(code.endswith("_O") for pair in codes for code in pair)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_shown_or_withheld_is_the_plan_whatever_was_counted(
    charter: Any, area: Area, tmp_path: Path, seed: int
) -> None:
    rows = estimates(charter, area, tmp_path, seed)
    table = released_flows.flows(charter, area, tmp_path, DAY)
    planned = released_flows.planned_entries(charter, area, DAY)
    counts = table.groupby("REF_AREA_FROM")["N_ENTRIES"].sum()
    assert counts.to_dict() == planned.groupby("from_area_id").size().to_dict()
    shown = table[table["OBS_VALUE"].notna()]
    assert len(shown) == (rows["n_devices"] >= T).sum() and shown["OBS_VALUE"].min() >= 3 * T
    hidden = table[table["OBS_VALUE"].isna()]
    assert set(hidden["REF_AREA_TO"]) == {"_X"} and set(hidden["OBS_STATUS"]) == {"Q"}
    assert len(hidden) <= len(counts)


def test_counts_that_change_places_change_nothing_of_the_plan(
    charter: Any, area: Area, tmp_path: Path
) -> None:
    """A plan is made of charter, map and register alone: it is given nothing else."""
    before = released_flows.planned_entries(charter, area, DAY)
    levels = origin_plan(charter, area, hours_of(DAY, charter.time_zone)).level
    rows = estimates(charter, area, tmp_path, 1)
    figures = [name for name in rows if name.startswith("n_")]
    mixed = rows[figures].sample(frac=1.0, random_state=2).to_numpy()
    rows.assign(**dict(zip(figures, mixed.T, strict=True))).to_parquet(
        tmp_path / "est_flows__by_pair_period.parquet"
    )
    table = released_flows.flows(charter, area, tmp_path, DAY)
    after = released_flows.planned_entries(charter, area, DAY)
    pd.testing.assert_frame_equal(before, after)
    totals = table.groupby("REF_AREA_FROM")["N_ENTRIES"].sum().to_dict()
    assert totals == before.groupby("from_area_id").size().to_dict()
    same = origin_plan(charter, area, hours_of(DAY, charter.time_zone)).level
    assert (levels == same).all() and len(np.unique(levels)) > 1


def test_an_entry_that_is_none_of_the_plans_releases_nothing(
    charter: Any, area: Area, tmp_path: Path
) -> None:
    rows = estimates(charter, area, tmp_path, 1)
    rows.loc[0, "to_area_id"] = "A1_O"
    rows.to_parquet(tmp_path / "est_flows__by_pair_period.parquet")
    with pytest.raises(Refused, match="1 are none of the plan's"):
        released_flows.flows(charter, area, tmp_path, DAY)


def test_a_day_that_an_older_version_estimated_is_estimated_again_first(
    charter: Any, area: Area, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match=r"run `peil estimate tiny 2026-03-02 --product flows` again"):
        released_flows.flows(charter, area, tmp_path, DAY)


def test_without_a_register_pairs_are_released_by_day(charter: Any, area: Area) -> None:
    planned = released_flows.planned_entries(charter, replace(area, register=None), DAY)
    assert len(planned) == 20 and set(planned["freq"]) == {"D"}


def test_without_a_register_trips_are_of_devices_as_the_page_calls_them(
    charter: Any, area: Area, tmp_path: Path
) -> None:
    bare = replace(area, register=None)
    planned = released_flows.planned_entries(charter, bare, DAY)
    rows = planned.drop(columns="last_at").assign(n_devices=20, n_trips=30.0)
    persons = ["n_person_trips", "n_person_trips_lower", "n_person_trips_upper"]
    rows.assign(**dict.fromkeys(persons, np.nan)).to_parquet(
        tmp_path / "est_flows__by_pair_period.parquet"
    )
    table = released_flows.flows(charter, bare, tmp_path, DAY)
    (unit,) = set(table["UNIT_MEASURE"])
    assert unit in get_args(ReleasedFlows.model_fields["unit"].annotation) and unit != "PS_TRIP"
    assert set(table["OBS_VALUE"]) == {30}


def test_of_one_zone_there_is_no_entry_and_every_trip_is_within_it(
    charter: Any, area: Area, tmp_path: Path
) -> None:
    single = replace(
        area,
        zones=area.zones[area.zones["zone_id"] == "A1"].assign(parent_id=None),
        register=area.register[:1] if area.register is not None else None,
        tiles=area.tiles[area.tiles["zone_id"] == "A1"],
    )
    plan = flow_plan(charter, single, hours_of(DAY, charter.time_zone))
    unit, period = plan.entry_of(np.zeros(3, int), np.zeros(3, int), np.arange(3))
    assert unit.tolist() == period.tolist() == [-1, -1, -1]
    estimates(charter, area, tmp_path, 1)[:0].to_parquet(
        tmp_path / "est_flows__by_pair_period.parquet"
    )
    assert released_flows.flows(charter, single, tmp_path, DAY).empty


def test_entries_that_nobody_observed_in_part_are_missing_and_not_withheld(
    charter: Any, area: Area, tmp_path: Path
) -> None:
    rows = estimates(charter, area, tmp_path, 3)
    hours = hours_of(DAY, charter.time_zone)
    record = {"unobserved_hours": [hours[12].isoformat()]}
    (tmp_path / "estimated.json").write_text(json.dumps(record))
    table = released_flows.flows(charter, area, tmp_path, DAY)
    missing = table[table["REF_AREA_TO"] == "_Z"]
    assert set(missing["OBS_STATUS"] + missing["CONF_STATUS"]) == {"LF"}
    shown = table[table["OBS_STATUS"] == "A"]
    assert not shown["FREQ"].eq("D").any() and len(shown) > 0 and rows["freq"].eq("D").any()
    at_noon = shown["TIME_PERIOD"].str[11:13].eq("12") & shown["FREQ"].eq("H")
    assert not at_noon.any()
    planned = released_flows.planned_entries(charter, area, DAY)
    assert table["N_ENTRIES"].sum() == len(planned)


@pytest.mark.parametrize(
    ("day", "hour", "gone"),
    [
        (date(2026, 10, 25), 24, {"D", "H", "H4"}),  # 25 hours: the last, 23 h, of the evening
        (date(2026, 10, 25), 6, {"D", "H", "H6"}),  # 05 h, of the night with two hours of 02
        (date(2026, 3, 29), 5, {"D", "H", "H4"}),  # 23 hours: 06 h, none of the night's
        (date(2026, 3, 29), 4, {"D", "H", "H6"}),
    ],
)
def test_an_hour_that_nobody_observed_is_of_the_periods_of_the_plan_where_clocks_change(
    charter: Any, area: Area, tmp_path: Path, day: date, hour: int, gone: set[str]
) -> None:
    rows = estimates(charter, area, tmp_path, 3, day)
    hours = hours_of(day, charter.time_zone)
    plan = flow_plan(charter, area, hours)
    record = {"unobserved_hours": [hours[hour].isoformat()]}
    (tmp_path / "estimated.json").write_text(json.dumps(record))
    table = released_flows.flows(charter, area, tmp_path, day)
    assert set(plan.freq[plan.period[:, hour]]) == gone
    starts = pd.to_datetime([hours[n] for n in plan.start[plan.period[:, hour]]], utc=True)
    shown = table[table["OBS_STATUS"] == "A"]
    at = pd.to_datetime(shown["TIME_PERIOD"], utc=True)
    for freq, start in zip(plan.freq[plan.period[:, hour]], starts, strict=True):
        assert not (shown["FREQ"].eq(freq) & at.eq(start)).any(), freq
        rows = rows[~(rows["freq"].eq(freq) & rows["period_at"].eq(start))]
    assert len(shown) == (rows["n_devices"] >= T).sum()  # and no other is missing


def test_an_entry_that_is_none_of_the_plans_is_refused_where_hours_are_missing_too(
    charter: Any, area: Area, tmp_path: Path
) -> None:
    rows = estimates(charter, area, tmp_path, 1)
    rows.loc[0, "to_area_id"] = "A1_O"
    rows.to_parquet(tmp_path / "est_flows__by_pair_period.parquet")
    record = {"unobserved_hours": [rows["period_at"][0].isoformat()]}
    (tmp_path / "estimated.json").write_text(json.dumps(record))
    with pytest.raises(Refused, match="1 are none of the plan's"):
        released_flows.flows(charter, area, tmp_path, DAY)


def test_an_entry_of_exactly_the_threshold_is_shown(
    charter: Any, area: Area, tmp_path: Path
) -> None:
    rows = estimates(charter, area, tmp_path, 1).assign(n_devices=3, n_person_trips=400.0)
    for number, (devices, trips) in enumerate([(T, T), (T - 1, 400), (T, T - 0.1), (400, T)]):
        rows.loc[number, ["n_devices", "n_person_trips"]] = [devices, float(trips)]
    rows.to_parquet(tmp_path / "est_flows__by_pair_period.parquet")
    table = released_flows.flows(charter, area, tmp_path, DAY)
    assert len(table[table["OBS_VALUE"].notna()]) == 2


def test_an_entry_of_few_devices_that_would_be_shown_releases_nothing() -> None:
    rows = pd.DataFrame({"n_devices": [float(T), T - 1], "is_planned": "both"})
    released_flows._refuse(rows, pd.Series([True, False]), T)
    with pytest.raises(Refused, match="would show 1 of few devices"):
        released_flows._refuse(rows, pd.Series([True, True]), T)
