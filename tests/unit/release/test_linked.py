"""Released visitors: silent where few are, withheld ones counted, nothing by subtraction."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from peil.area.area import Area
from peil.charter.clock import hours_of
from peil.estimate.linked.origin_plan import ELSEWHERE, OriginPlan
from peil.outcome import Refused
from peil.release import linked as released_linked
from peil_models.disclosure.line_audit import line_widths

DAY = date(2026, 3, 2)
ZONES = ["A1", "A2", "A3", "B1", "B2"]
T = 15


@pytest.fixture
def area() -> Area:
    zones = gpd.GeoDataFrame(
        {
            "zone_id": [*ZONES, "A", "B", "W"],
            "parent_id": ["A", "A", "A", "B", "B", "W", "W", None],
        },
        geometry=gpd.GeoSeries([None] * 8),
    )
    return Area(pd.DataFrame(), zones, pd.Series(1000.0, index=ZONES), "local")


@pytest.fixture
def charter(tiny: Any) -> Any:
    tiny.write_charter(
        products=["presence", "flows", "visitors"],
        linkage_days=2,
        retention__staged_days=2,
        threshold=T,
    )
    return tiny.charter


@pytest.fixture(autouse=True)
def origins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each zone tells its residents, those of its region and all others apart."""
    level = np.full((len(ZONES), 24), ELSEWHERE)
    plan = OriginPlan(ZONES, [zone[0] for zone in ZONES], level)
    monkeypatch.setattr(released_linked, "origin_plan", lambda *_: plan)


def with_interval(table: pd.DataFrame, value: str) -> pd.DataFrame:
    table[f"{value}_lower"], table[f"{value}_upper"] = table[value] * 0.9, table[value] * 1.1
    return table.assign(estimator="stays", run_id="r")


def visitors(seed: int, folder: Path) -> Path:
    """A day of estimates: many residents, few visitors, some zones and origins empty."""
    rng = np.random.default_rng(seed)
    rows = []
    for hour in hours_of(DAY, "Europe/Amsterdam"):
        for zone in ZONES:
            n_home = rng.poisson(rng.choice([10, 60, 300]))
            rows.append((zone, hour, "resident", zone, n_home))
            for kind, origin in (("region", zone[0]), ("rest", "_O")):
                rows.append((zone, hour, kind, origin, rng.poisson(rng.choice([2, 40, 80]))))
    table = pd.DataFrame(
        rows, columns=["zone_id", "hour_at", "origin_kind", "origin_id", "n_devices"]
    )
    table = table[table["n_devices"] > 0]
    table["n_persons"] = table["n_devices"] * 2.5
    with_interval(table, "n_persons").to_parquet(
        folder / "est_visitors__by_zone_hour_origin.parquet"
    )
    return folder


@pytest.mark.parametrize("seed", range(3))
def test_no_gap_follows_from_a_register_or_a_presence(
    charter: Any, area: Area, tmp_path: Path, seed: int
) -> None:
    """Each line's total is known; what the others leave must hide twice the threshold."""
    table = released_linked.visitors(charter, area, visitors(seed, tmp_path), DAY)
    given = pd.read_parquet(tmp_path / "est_visitors__by_zone_hour_origin.parquet")
    given["at"] = pd.to_datetime(given["hour_at"], utc=True)
    table["at"] = pd.to_datetime(table["TIME_PERIOD"], utc=True)
    planned = released_linked.planned_entries(charter, area, DAY)
    planned["at"] = pd.to_datetime(planned["hour_at"], utc=True)
    assert len(planned) == 5 * 3 * 24
    both = planned.merge(
        given.drop(columns="hour_at"), on=["zone_id", "origin_id", "at"], how="left"
    ).merge(
        table,
        left_on=["zone_id", "origin_id", "at"],
        right_on=["REF_AREA", "ORIGIN", "at"],
        how="left",
        validate="one_to_one",
    )
    both["n_devices"] = both["n_devices"].fillna(0)
    both["is_hidden"] = both["OBS_VALUE"].isna()
    assert both["n_devices"][~both["is_hidden"]].min() >= T
    assert 0.1 < both["is_hidden"].mean() < 0.9
    lines = [*both.groupby(["at", "line"]), *both.groupby(["at", "zone_id"])]
    assert len(lines) == 24 * (2 * 3 + 5)
    n_partly = 0
    for _, line in lines:
        hidden = line[line["is_hidden"]]
        if 0 < len(hidden) < len(line):
            n_partly += 1
            assert len(hidden) >= 2
            assert hidden["n_devices"].sum() >= 2 * T
    assert n_partly > 20
    # nor from both kinds of total together: registers exactly, zones to 1 %
    own = [both.index.get_indexer(line.index) for _, line in lines]
    hidden = both["is_hidden"].to_numpy()
    within = [0.0 if line["zone_id"].nunique() > 1 else 0.01 for _, line in lines]
    width = line_widths(both["n_persons"].fillna(0), hidden, own, within=within, rounded_to=1.0)
    narrow = hidden & (width < T * 2.5 * (1 - 1e-6))
    for line in own:  # a total so small that it says enough by itself, whatever is withheld
        assert not narrow[line].any() or hidden[line].all()


def test_a_row_a_zone_says_how_many_of_its_entries_are_withheld(
    charter: Any, area: Area, tmp_path: Path
) -> None:
    table = released_linked.visitors(charter, area, visitors(1, tmp_path), DAY)
    hidden = table[table["OBS_VALUE"].isna()]
    assert hidden["REF_AREA"].tolist() == ZONES and set(hidden["ORIGIN"]) == {"_X"}
    assert set(hidden["CONF_STATUS"]) == {"C"} and set(hidden["OBS_STATUS"]) == {"Q"}
    shown = table[table["OBS_VALUE"].notna()]
    assert set(shown["N_ENTRIES"]) == {1} and set(shown["FREQ"]) == {"H"}
    counts = table.groupby("REF_AREA")["N_ENTRIES"].sum()
    assert (counts == 3 * 24).all()  # each of the plan, published or withheld
    assert set(shown["ORIGIN"]) <= {*ZONES, "A", "B", "_O"}
    assert set(table["UNIT_MEASURE"]) == {"PS"}


def test_a_rule_that_misses_a_gap_releases_nothing(
    charter: Any, area: Area, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = visitors(2, tmp_path)
    file = made / "est_visitors__by_zone_hour_origin.parquet"
    many = pd.read_parquet(file).assign(n_devices=300, n_persons=750.0)
    many = many.reset_index(drop=True)
    many.loc[0, ["n_devices", "n_persons"]] = [3, 7.5]
    many.to_parquet(file)
    only_small = lambda devices, lines, threshold, **_: (np.asarray(devices) < threshold, 0)  # noqa: E731
    monkeypatch.setattr(released_linked, "suppress_crossing", only_small)
    with pytest.raises(Refused, match=r"give away [1-9]\d* withheld ones: nothing is released"):
        released_linked.visitors(charter, area, made, DAY)
    none = lambda devices, *_, **__: (np.zeros(len(devices), bool), 0)  # noqa: E731
    monkeypatch.setattr(released_linked, "suppress_crossing", none)
    with pytest.raises(Refused, match=r"would show [1-9]\d* of few devices"):
        released_linked.visitors(charter, area, made, DAY)


def test_without_a_register_devices_are_released(charter: Any, area: Area, tmp_path: Path) -> None:
    from dataclasses import replace

    bare = replace(area, register=None)
    made = visitors(3, tmp_path)
    file = made / "est_visitors__by_zone_hour_origin.parquet"
    pd.read_parquet(file).assign(
        n_persons=np.nan, n_persons_lower=np.nan, n_persons_upper=np.nan
    ).to_parquet(file)
    table = released_linked.visitors(charter, bare, made, DAY)
    assert set(table["UNIT_MEASURE"]) == {"DEV"}
    shown = table["OBS_VALUE"].dropna()
    assert len(shown) > 50 and shown.min() >= T
    assert table["OBS_LOWER"].isna().all()


def test_an_hour_that_nobody_observed_is_missing_and_not_withheld(
    charter: Any, area: Area, tmp_path: Path
) -> None:
    """A stay goes on over it: nothing is said of who was there, and nothing counts as withheld."""
    hours = hours_of(DAY, "Europe/Amsterdam")
    whole = released_linked.visitors(charter, area, visitors(1, tmp_path), DAY)
    record = {"unobserved_hours": [hour.isoformat() for hour in hours[10:12]]}
    (tmp_path / "estimated.json").write_text(json.dumps(record))
    table = released_linked.visitors(charter, area, visitors(1, tmp_path), DAY)
    missing = table[table["ORIGIN"] == "_Z"]
    assert set(missing["OBS_STATUS"] + missing["CONF_STATUS"]) == {"LF"}
    assert missing["OBS_VALUE"].isna().all()
    assert missing["N_ENTRIES"].sum() == table["N_ENTRIES"].sum() / 12
    shown = table[table["OBS_STATUS"] == "A"]
    assert not shown["TIME_PERIOD"].str[11:13].isin(["10", "11"]).any() and len(shown) > 50
    assert table["N_ENTRIES"].sum() == whole["N_ENTRIES"].sum()
    n_withheld = [of["N_ENTRIES"][of["OBS_STATUS"] == "Q"].sum() for of in (table, whole)]
    assert n_withheld[0] < n_withheld[1]


def test_an_origin_that_is_none_of_the_plans_releases_nothing(
    charter: Any, area: Area, tmp_path: Path
) -> None:
    made = visitors(1, tmp_path)
    file = made / "est_visitors__by_zone_hour_origin.parquet"
    rows = pd.read_parquet(file)
    rows.loc[0, "origin_id"] = "B1"  # of a zone of A, where B1 is told with its region
    rows.to_parquet(file)
    with pytest.raises(Refused, match="by origins that are none of the plan's"):
        released_linked.visitors(charter, area, made, DAY)


def test_a_figure_of_exactly_the_threshold_counts_by_its_devices() -> None:
    rows = pd.DataFrame({"n_devices": [30.0, 30.0], "n_persons": [T, T - 0.1]})
    assert released_linked._effective(rows, "n_persons", T).tolist() == [30.0, 0.0]


def test_entries_of_exactly_the_threshold_are_shown_and_give_away_nothing() -> None:
    line = np.arange(3)
    devices, shown = np.array([float(T), T, 2.0]), np.array([True, True, False])
    released_linked._refuse_gaps(devices, shown, [], T)
    for harm in ((devices - 1, []), (devices, [line])):
        with pytest.raises(Refused, match="nothing is released"):
            released_linked._refuse_gaps(harm[0], shown, harm[1], T)


def test_the_weight_of_a_device_is_read_off_entries_of_exactly_the_threshold(
    charter: Any, area: Area, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = pd.read_parquet(visitors(1, tmp_path) / "est_visitors__by_zone_hour_origin.parquet")
    given["n_devices"], given["n_persons"] = 20, 40.0
    given.loc[0, ["n_devices", "n_persons"]] = [T, 9.0 * T]
    given.loc[1, ["n_devices", "n_persons"]] = [T - 1, 90.0 * T]
    given.to_parquet(tmp_path / "est_visitors__by_zone_hour_origin.parquet")
    weights: set[float] = set()

    def told(devices: Any, *_: Any, persons_per_device: float, **__: Any) -> Any:
        weights.add(persons_per_device)
        return np.ones(len(devices), bool), 0

    monkeypatch.setattr(released_linked, "suppress_crossing", told)
    released_linked.visitors(charter, area, tmp_path, DAY)
    assert weights == {9.0}
