"""Persons of every hour sum to the register, levels to each other, whatever the footprint says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peil.area.area import Area
from peil.estimate.estimators import ESTIMATORS, RELEASED_ESTIMATOR
from peil.estimate.presence import Estimation
from peil.stage.counted import Counted, PlanOfHours
from tests.unit.estimate.test_presence import HOURS, area, counted, estimated, plan

AWAY = 0.005  # weighting.residents_away_share
REGISTER = 9 * 900


def with_regions() -> Area:
    """The nine squares in three regions of three."""
    place = area()
    zones = place.zones.copy()
    zones.loc[:8, "parent_id"] = [f"R{n // 3}" for n in range(9)]
    regions = zones.iloc[[9, 9, 9]].assign(zone_id=["R0", "R1", "R2"], parent_id="ALL")
    return replace(place, zones=pd.concat([zones, regions], ignore_index=True))


def by_hour(made: Estimation, zones: list[str], column: str = "n_persons") -> np.ndarray:
    table = made.run(RELEASED_ESTIMATOR, "0")[0]
    rows = table[table["zone_id"].isin(zones)]
    return rows.groupby("hour_at", sort=True)[column].sum().to_numpy()


@settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    order=st.permutations(range(9)),
    power=st.lists(st.floats(0.01, 500.0), min_size=9, max_size=9),
    inbound=st.integers(0, 300),
)
def test_persons_of_an_hour_sum_to_the_register_for_any_footprint(
    order: list[int], power: list[float], inbound: int
) -> None:
    """Masts exchanged at random, with any power: the plan is wrong, the sum is not."""
    place, seen = area(), counted(area())
    wrong = plan().assign(power_w=power)
    wrong[["x_m", "y_m"]] = wrong[["x_m", "y_m"]].to_numpy()[order]
    network = np.array([[2700.0] * 24, [float(inbound)] * 24])
    seen = replace(seen, plans=[replace(seen.plans[0], cells=wrong)], network=network)
    wanted = REGISTER * (1 - AWAY) * (1 + inbound / (2700 - inbound))
    persons = by_hour(estimated(place, seen), [f"Z{n}" for n in range(9)])
    assert persons == pytest.approx(wanted, rel=1e-9)


def test_levels_are_sums_to_the_last_digit_and_so_are_their_draws() -> None:
    made = estimated(with_regions(), counted(with_regions()))
    zones, regions = [f"Z{n}" for n in range(9)], ["R0", "R1", "R2"]
    for column in ("n_persons", "n_devices"):
        lowest, middle, whole = (by_hour(made, part, column) for part in (zones, regions, ["ALL"]))
        assert lowest == pytest.approx(middle, rel=1e-12)
        assert lowest == pytest.approx(whole, rel=1e-12)
    table = made.run(RELEASED_ESTIMATOR, "0")[0].set_index(["zone_id", "hour_at"])
    draws = made.draws.astype(np.float64)
    lower, upper = np.quantile(draws[:, :3].sum(axis=1), [0.05, 0.95], axis=0)
    region = table.loc["R0"]
    assert region["n_persons_lower"].to_numpy() == pytest.approx(lower, rel=1e-5)
    assert region["n_persons_upper"].to_numpy() == pytest.approx(upper, rel=1e-5)


def test_adding_a_level_changes_no_other_figure() -> None:
    flat, deep = (estimated(place, counted(place)) for place in (area(), with_regions()))
    tables = [made.run(RELEASED_ESTIMATOR, "0")[0] for made in (flat, deep)]
    same = tables[1][~tables[1]["zone_id"].str.startswith("R")].reset_index(drop=True)
    pd.testing.assert_frame_equal(tables[0], same)


COUNTS = st.integers(0, 2**31).map(
    lambda seed: np.random.default_rng(seed).poisson(
        np.random.default_rng(seed + 1).exponential(300.0, (9, 1)), (9, 24)
    )
)


def in_regions(of: list[int]) -> Area:
    """The nine squares in up to three regions, of any shape."""
    place, used = area(), sorted(set(of))
    zones = place.zones.copy()
    zones.loc[:8, "parent_id"] = [f"R{region}" for region in of]
    above = zones.iloc[[9] * len(used)].assign(zone_id=[f"R{r}" for r in used], parent_id="ALL")
    return replace(place, zones=pd.concat([zones, above], ignore_index=True))


@settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(devices=COUNTS, of=st.lists(st.integers(0, 2), min_size=9, max_size=9))
def test_whatever_is_counted_levels_are_sums_and_a_level_more_changes_nothing(
    devices: np.ndarray, of: list[int]
) -> None:
    """Persons, devices, and in every draw: the interval of a level is that of summed draws."""
    deep_place, flat_place = in_regions(of), area()
    plans = [PlanOfHours(plan(), np.arange(24), devices.astype(np.float64))]
    deep, flat = (
        estimated(place, replace(counted(place), plans=plans)) for place in (deep_place, flat_place)
    )
    table, plain = (made.run(RELEASED_ESTIMATOR, "0")[0] for made in (deep, flat))
    same = table[~table["zone_id"].str.startswith("R")].reset_index(drop=True)
    pd.testing.assert_frame_equal(plain, same, check_exact=True)
    assert (deep.draws == flat.draws).all()
    persons, draws = deep._persons(RELEASED_ESTIMATOR, deep.estimates[RELEASED_ESTIMATOR].zones)
    assert persons is not None and draws is not None
    rows = table.set_index("zone_id")
    for zone, members in deep_place.members():
        ends = np.quantile(draws[:, members].sum(axis=1), [0.05, 0.95], axis=0)
        whole = persons[members].sum(axis=0)
        wanted = {
            "n_persons": whole,
            "n_persons_lower": np.minimum(ends[0], whole),
            "n_persons_upper": np.maximum(ends[1], whole),
        }
        for name, values in wanted.items():
            assert rows.loc[zone, name].to_numpy() == pytest.approx(values, rel=1e-12), name
        parts = rows.loc[[deep_place.bottom()[m] for m in members]]
        for name in ("n_persons", "n_devices", "n_devices_counted"):
            summed = parts.groupby("hour_at")[name].sum().to_numpy()
            assert rows.loc[zone, name].to_numpy() == pytest.approx(summed, rel=1e-12), name


def test_a_part_of_a_country_is_held_to_nothing() -> None:
    place = replace(area(), is_whole_country=False)
    seen = counted(place)
    half = replace(
        seen.plans[0], devices=seen.plans[0].devices * np.r_[np.ones(12), np.full(12, 0.5)]
    )
    persons = by_hour(estimated(place, replace(seen, plans=[half])), [f"Z{n}" for n in range(9)])
    assert persons[12:] == pytest.approx(persons[0] / 2, rel=0.02)


def test_a_withheld_cell_keeps_its_people() -> None:
    """A village of twelve devices beside towns: withheld, it is not empty, by any estimator."""
    place = area()
    devices = np.array(counted(place).plans[0].devices)
    devices[4] = 0.0
    withheld = np.full(24, 12.0)
    network = np.zeros((2, 24))
    seen = Counted([PlanOfHours(plan(), np.arange(24), devices)], withheld, HOURS, network)
    made = estimated(place, seen)
    # out by the prior: two thresholds expected and nobody counted, so that it is a silent cell
    assert made.n_silent_cells == [1]
    few = np.array(counted(place).plans[0].devices)
    few[4] = 20.0
    few[:, 12:] = np.where(np.arange(9)[:, None] == 4, 0.0, few[:, 12:])
    withheld = np.where(np.arange(24) < 12, 0.0, 14.0)
    withheld[12:] = 15.0
    made = estimated(
        place, Counted([PlanOfHours(plan(), np.arange(24), few)], withheld, HOURS, network)
    )
    assert made.n_silent_cells == [0]
    assert made.censored[12:] == pytest.approx(14.0) and made.censored[:12].max() == 0.0
    for name in ESTIMATORS:
        table, lost, _ = made.run(name, "0")
        whole = table[table["zone_id"] == "ALL"].sort_values("hour_at")["n_devices"].to_numpy()
        total = whole + lost["n_devices_unlocated"].to_numpy()
        assert total == pytest.approx(few.sum(axis=0) + made.censored)


def test_an_entry_rests_on_published_counts_alone() -> None:
    """What was read into a withheld cell puts people in its zone, and no evidence."""
    place = area()
    few = np.array(counted(place).plans[0].devices)
    few[4] = 20.0
    few[4, 12:] = 0.0
    withheld = np.where(np.arange(24) < 12, 0.0, 15.0)
    network = np.zeros((2, 24))
    seen = Counted([PlanOfHours(plan(), np.arange(24), few)], withheld, HOURS, network)
    made = estimated(place, seen)
    table = made.run(RELEASED_ESTIMATOR, "0")[0]
    whole = table[table["zone_id"] == "ALL"].sort_values("hour_at")
    assert whole["n_devices_counted"].to_numpy() == pytest.approx(few.sum(axis=0), rel=0.05)
    village = table[table["zone_id"] == "Z4"].sort_values("hour_at")
    share = (village["n_devices_counted"] / village["n_devices"]).to_numpy()
    assert share.max() <= 1.0 and share[12:].max() < share[:12].min()
    read = made.censored[12:]
    in_zone = (village["n_devices"] - village["n_devices_counted"]).to_numpy()[12:]
    assert read == pytest.approx(14.0) and in_zone.min() > 7.0


def test_a_plan_that_the_night_contradicts_widens_the_day_and_moves_no_figure() -> None:
    made = estimated(area(), counted(area()))
    assert made.spread.plan_doubt == 0.0
    sound = made.run(RELEASED_ESTIMATOR, "0")[0].query("zone_id == 'Z4'")
    made.spread.plan_doubt = 1.0
    doubted = made.run(RELEASED_ESTIMATOR, "0")[0].query("zone_id == 'Z4'")
    assert doubted["n_persons"].tolist() == sound["n_persons"].tolist()
    width, before = (
        (table["n_persons_upper"] - table["n_persons_lower"]).to_numpy()
        for table in (doubted, sound)
    )
    assert (width[8:20] > 1.2 * before[8:20]).all()


def test_doubt_of_a_plan_grows_with_its_misfit() -> None:
    turned = plan().assign(power_w=[500.0, 0.01] * 4 + [500.0])
    seen = replace(
        counted(area()),
        plans=[PlanOfHours(turned, np.arange(24), counted(area()).plans[0].devices)],
    )
    made = estimated(area(), seen)
    assert made.misfit_share > 0.45 and 0 < made.spread.plan_doubt <= 1


def test_errors_made_up_for_nearby_leave_regions_narrower_and_every_figure_as_it_was() -> None:
    made = estimated(with_regions(), counted(with_regions()))
    near, alone = made.run(RELEASED_ESTIMATOR, "0")[0], 1e-6  # no zone is so near to another
    made.spread.choices = {**made.spread.choices, "near_reach": alone}
    apart = made.run(RELEASED_ESTIMATOR, "0")[0]
    assert near["n_persons"].tolist() == apart["n_persons"].tolist()
    region = (near["zone_id"] == "R1").to_numpy()
    widths = [
        float((table["n_persons_upper"] - table["n_persons_lower"])[region].mean())
        for table in (near, apart)
    ]
    assert widths[0] < 0.99 * widths[1]  # here devices are few: most of it is sampling
