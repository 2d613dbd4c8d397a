"""Weights and tables of the products that follow devices, on sums small enough to add by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from peil.area.area import Area
from peil.area.regions import regions
from peil.charter.windows import Window
from peil.estimate.linked import flow_tables
from peil.estimate.linked import tables as product_tables
from peil.estimate.linked.origin_plan import ALL, OriginPlan
from peil.estimate.linked.plan import FlowPlan
from peil.estimate.linked.sums import PARTS, Origins
from peil.estimate.linked.tables import Weighing
from peil_models.disclosure import PairGrain

ZONES = ["A1", "A2", "B1"]
ORIGINS = Origins(ZONES)
GERMANY = int(ORIGINS.of(np.array([-1]), np.array([262]))[0])
HOURS = [datetime(2026, 3, 1, 23, tzinfo=UTC) + timedelta(hours=n) for n in range(48)]
N_HOURS = len(HOURS)
# the two zones of region A with B1 by part of the day, the other pairs by day
PLAN = FlowPlan(
    PairGrain(
        np.array([[-1, 0, 1], [0, -1, 1], [0, 0, -1]]),
        np.array([0, 3]),
        np.array([1, 2]),
        np.array([False, False]),
        np.array([[2, 2], [1, 1]]),
    ),
    np.array(["X", "A"], dtype=object),
    np.array(["Y", "B1"], dtype=object),
    np.arange(N_HOURS) % 24 // 12,
    np.stack([np.arange(N_HOURS), 48 + np.arange(N_HOURS) // 12, 52 + np.arange(N_HOURS) // 24]),
    np.concatenate([np.arange(N_HOURS), np.arange(0, N_HOURS, 12), [0, 24]]),
    np.array(["H"] * N_HOURS + ["H12"] * 4 + ["D"] * 2, dtype=object),
    np.zeros(54, dtype=bool),
)
TOLD_APART = OriginPlan(ZONES, ["A", "A", "B"], np.zeros((3, N_HOURS), dtype=np.int64))
DAY = product_tables.TablePeriod(
    Window(date(2026, 3, 2), date(2026, 3, 3)), HOURS, list(range(24)), "r", PLAN, TOLD_APART
)
WIDTH = {"level": 0.9, "sampling_overdispersion": 1.5, "model_error_share": 0.1}
CHOICES: dict[str, dict[str, Any]] = {
    "linked": {"without_phone_share": 0.2},
    "trips": {**WIDTH, "without_phone_workday": 0.5, "without_phone_weekend": 1.0},
    "linked_interval": WIDTH,
}


def weighing() -> Weighing:
    zones = gpd.GeoDataFrame(
        {"zone_id": [*ZONES, "A", "B", "W"], "parent_id": ["A", "A", "B", "W", "W", None]},
        geometry=gpd.GeoSeries([None] * 6),
    )
    register = pd.Series([300.0, 50.0, 1000.0], index=ZONES)
    homes = pd.DataFrame(
        {"origin": [0, 1, 2, ORIGINS.unknown, GERMANY], "n_devices": [100, 20, 200, 9, 30]}
    )
    return Weighing(Area(pd.DataFrame(), zones, register, "local"), CHOICES, homes)


def without_register() -> Weighing:
    one = weighing()
    return replace(one, area=replace(one.area, register=None))


FLOWS = pd.DataFrame(
    [
        (0, 0, 2, 8, 40, 30),
        (1, 0, 2, 8, 4, 4),
        (ORIGINS.unknown, 0, 2, 8, 7, 5),
        (GERMANY, 0, 2, 8, 6, 5),
        (0, 2, 0, 30, 11, 10),
    ],
    columns=["origin", "from_zone", "to_zone", "hour", "n_parts", "n_devices"],
).assign(n_parts=lambda table: table["n_parts"] * PARTS)
# two devices of zone B1 may be in A1 or in B1 at 8: they are counted where they are likelier
PRESENT = pd.DataFrame(
    [
        (0, 0, 8, 60, 60),
        (0, 2, 8, 20, 20),
        (1, 0, 8, 5, 5),
        (1, 1, 8, 5, 5),
        (2, 2, 8, 99.5, 100),
        (2, 0, 8, 0.5, 0),
        (ORIGINS.unknown, 2, 8, 3, 3),
        (GERMANY, 1, 8, 12, 12),
        (2, 2, 30, 90, 90),
    ],
    columns=["origin", "zone", "hour", "n_parts", "n_devices"],
).assign(n_parts=lambda table: (table["n_parts"] * PARTS).astype(int))


def test_a_home_weight_makes_the_devices_that_live_in_a_zone_its_register() -> None:
    weights = weighing().per_device(weighing().homed())
    assert weights is not None
    assert weights[:3].tolist() == [3.0, 2.5, 5.0]
    assert weights[ORIGINS.unknown] == 0.0
    # as many as the register has per device, less those without a phone
    assert weights[GERMANY] == pytest.approx(0.8 * 1350.0 / 320.0)


def test_trips_of_a_day_are_weighted_by_home_and_leave_the_homeless_out() -> None:
    table = flow_tables.by_hour(weighing(), FLOWS, DAY)
    assert len(table) == 1
    (row,) = table.to_dict("records")
    assert (row["from_zone_id"], row["to_zone_id"], row["hour_at"]) == ("A1", "B1", HOURS[8])
    assert (row["n_devices"], row["n_trips"]) == (30 + 4 + 5, 40 + 4 + 6)
    assert row["n_person_trips"] == pytest.approx(0.9 * (40 * 3.0 + 4 * 2.5) + 6 * 3.375)
    assert row["n_person_trips_lower"] < row["n_person_trips"] < row["n_person_trips_upper"]


ENTRIES = pd.DataFrame(
    [(0, 1, 48, 40, 30), (1, 1, 48, 4, 4), (GERMANY, 0, 52, 6, 5), (0, 1, 50, 11, 10)],
    columns=["origin", "unit", "period", "n_trips", "n_devices"],
)


def test_entries_of_a_day_are_named_by_area_start_and_length() -> None:
    table = flow_tables.by_period(weighing(), ENTRIES, DAY)
    key = ["from_area_id", "to_area_id", "period_at", "freq", "n_devices", "n_trips"]
    assert table[key].to_numpy().tolist() == [
        ["X", "Y", HOURS[0], "D", 5, 6.0],
        ["A", "B1", HOURS[0], "H12", 34, 44.0],
    ]
    assert table["n_person_trips"].tolist() == pytest.approx([6 * 3.375, 0.9 * 130.0])
    weekend = replace(DAY, plan=replace(PLAN, is_weekend=np.ones(54, dtype=bool)))
    table = flow_tables.by_period(weighing(), ENTRIES, weekend)
    assert table["n_person_trips"].tolist() == pytest.approx([6 * 3.375, 130.0])


def test_visitors_of_an_hour_add_up_to_the_register_and_the_roamers() -> None:
    table = product_tables.visitors(weighing(), PRESENT, DAY)
    kinds = table.groupby("origin_kind")["n_persons"].sum()
    assert kinds["country"] == pytest.approx(12 * 3.375)
    assert kinds.sum() - 12 * 3.375 == pytest.approx(300.0 + 50.0 + 1000.0)
    named = table.set_index(["zone_id", "origin_kind", "origin_id"])
    assert set(named.index) == {
        ("A1", "resident", "A1"),
        ("A2", "resident", "A2"),
        ("B1", "resident", "B1"),
        ("A1", "region", "A"),
        ("B1", "region", "A"),
        ("A1", "region", "B"),
        ("A2", "country", "SIM_O"),
    }
    assert named.loc[("A1", "region", "B"), ["n_devices", "n_persons"]].tolist() == [0, 5.0]
    assert named.loc[("A1", "region", "A"), "n_persons"] == pytest.approx(25.0)
    assert named.loc[("A1", "resident", "A1"), "n_persons"] == pytest.approx(225.0)


def test_visitors_from_abroad_stand_for_persons_when_no_resident_is_there() -> None:
    alone = PRESENT[PRESENT["origin"] == GERMANY].assign(hour=9)
    (row,) = product_tables.visitors(weighing(), alone, DAY).to_dict("records")
    assert row["n_persons"] == pytest.approx(12 * 3.375)
    assert row["n_persons_lower"] < row["n_persons"] < row["n_persons_upper"]


@pytest.mark.parametrize("product", ["trips", "visitors"])
def test_an_interval_is_that_of_the_few_who_stand_for_many(product: str) -> None:
    """Of A1 4 in 10 carry the operator's phones, of B1 1 in 50: drawn apart, then weighted."""
    homed, counts = np.array([120_000, 20_000, 20_000]), np.array([40, 5])
    place, width = weighing(), {**WIDTH, "sampling_overdispersion": 1.0, "model_error_share": 0.0}
    place = replace(
        place,
        area=replace(place.area, register=pd.Series([3e5, 5e4, 1e6], index=ZONES)),
        homes=pd.DataFrame({"origin": [0, 1, 2], "n_devices": homed}),
        choices={
            "linked": {"without_phone_share": 0.0},
            "trips": {**width, "without_phone_workday": 1.0, "without_phone_weekend": 1.0},
            "linked_interval": width,
        },
    )
    rows = pd.DataFrame({"origin": [0, 2], "hour": 8, "n_devices": counts})
    if product == "trips":
        rows = rows.assign(from_zone=0, to_zone=2, n_parts=counts * PARTS)
        table = flow_tables.by_hour(place, rows, DAY)
    else:
        others = pd.DataFrame({"origin": [0, 1, 2], "hour": 8, "n_devices": homed - [40, 0, 5]})
        rows = pd.concat([rows.assign(zone=1), others.assign(zone=0)], ignore_index=True)
        rows = rows.assign(n_parts=rows["n_devices"] * PARTS)
        together = replace(TOLD_APART, level=np.full((3, N_HOURS), ALL))
        table = product_tables.visitors(place, rows, replace(DAY, origins=together))
        table = table[table["zone_id"] == "A2"]
    value, lower, upper = table.filter(regex="^n_person").to_numpy()[0]
    assert value == pytest.approx(40 * 2.5 + 5 * 50.0)
    true = np.random.default_rng(1).gamma(counts + 0.5, size=(100_000, 2)) @ [2.5, 50.0]
    assert [lower, upper] == pytest.approx(np.quantile(true, [0.05, 0.95]), rel=0.07)


def test_residence_is_told_beside_the_register() -> None:
    window = Window(date(2026, 3, 2), date(2026, 3, 3))
    table = product_tables.residence(
        weighing(), PRESENT, product_tables.TablePeriod(window, HOURS, [], "r")
    )
    assert table["n_devices"].tolist() == [100, 20, 200]
    assert table["market_share"].tolist() == pytest.approx([1 / 3, 0.4, 0.2])
    assert (table["market_share_lower"] < table["market_share"]).all()
    assert (table["market_share_upper"] > table["market_share"]).all()


@pytest.mark.parametrize("product", ["flows", "visitors", "residence"])
def test_without_a_register_devices_stand_for_nobody(product: str) -> None:
    one = without_register()
    if product == "residence":
        table = product_tables.residence(one, PRESENT, DAY)
    else:
        make = flow_tables.by_hour if product == "flows" else product_tables.visitors
        table = make(one, FLOWS if product == "flows" else PRESENT, DAY)
    persons = [name for name in table if "person" in name or "market" in name]
    assert persons and table[persons].isna().all(axis=None)
    assert table["n_devices"].sum() > 0


def test_a_day_without_a_trip_has_no_row() -> None:
    table = flow_tables.by_hour(weighing(), FLOWS[:0], DAY)
    assert table.empty and "n_person_trips_upper" in table


def test_a_region_is_the_zone_above_unless_that_is_the_whole() -> None:
    area = weighing().area
    assert regions(area) == {"A1": "A", "A2": "A", "B1": "B"}
    flat = area.zones[area.zones["zone_id"].isin([*ZONES, "W"])].assign(
        parent_id=["W", "W", "W", None]
    )
    assert regions(replace(area, zones=flat)) == {one: one for one in ZONES}
