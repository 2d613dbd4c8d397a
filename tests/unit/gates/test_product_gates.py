"""The gate of a release that follows devices: sound it opens, and each planted fault closes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from benchmarks.disturbed.bundles import candidate
from peil.charter import reading
from peil.charter.clock import hours_of
from peil.gates import products as product_gates
from peil.gates.report import MeasureError
from peil.outcome import GateClosed, Refused, Waiting
from peil.release import release
from peil.store.atomic import write_json
from peil.store.faults.damage import Damaged
from peil.store.store import Store
from tests.unit.conftest import CHARTER

DAY = date(2026, 3, 2)
ZONES = ["A", "B"]
Table = pd.DataFrame


@pytest.fixture
def pilot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A charter that names both products, an empty store, and a candidate of each that is sound."""
    content = {
        **CHARTER,
        "products": ["presence", "flows", "visitors"],
        "linkage_days": 2,
        "retention": {"raw_hours": 24, "staged_days": 2},
        "threshold": 15,
    }
    (tmp_path / "pilots").mkdir()
    (tmp_path / "pilots" / "tiny.yml").write_text(yaml.safe_dump(content))
    monkeypatch.setenv("PEIL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PEIL_PILOTS", str(tmp_path / "pilots"))
    for product in ("flows", "visitors"):
        write(product, *sound(product))
    return reading.load("tiny")


def sound(product: str) -> tuple[Table, Table]:
    """Released and estimated: one entry is published, the others are withheld."""
    keys = ("REF_AREA_FROM", "REF_AREA_TO") if product == "flows" else ("REF_AREA", "ORIGIN")
    theirs = ("from_area_id", "to_area_id") if product == "flows" else ("zone_id", "origin_id")
    hours = hours_of(DAY, "Europe/Amsterdam")
    rows = [(a, b, hour) for a in ZONES for b in ZONES for hour in hours]
    released = pd.DataFrame(
        {
            keys[0]: [a for a, _, _ in rows],
            keys[1]: [b for _, b, _ in rows],
            "FREQ": "H",
            "N_ENTRIES": 1,
            "TIME_PERIOD": [
                pd.Timestamp(h).tz_convert("Europe/Amsterdam").isoformat() for *_, h in rows
            ],
            "OBS_VALUE": pd.Series([pd.NA] * len(rows), dtype="Int64"),
            "OBS_LOWER": pd.Series([pd.NA] * len(rows), dtype="Int64"),
            "OBS_UPPER": pd.Series([pd.NA] * len(rows), dtype="Int64"),
            "OBS_STATUS": "Q",
            "CONF_STATUS": "C",
            "UNIT_MEASURE": "PS",
        }
    )
    released.loc[0, ["OBS_VALUE", "OBS_LOWER", "OBS_UPPER"]] = [40, 30, 55]
    released.loc[0, ["OBS_STATUS", "CONF_STATUS"]] = ["A", "F"]
    estimated = pd.DataFrame(
        {
            theirs[0]: ["A", "A"],
            theirs[1]: ["A", "B"],
            "period_at" if product == "flows" else "hour_at": [hours[0], hours[0]],
            "freq": ["H", "H"],
            "n_devices": [15, 14],
        }
    )
    return released, estimated


def write(product: str, released: Table, estimated: Table) -> None:
    store = Store()
    names = {
        "flows": "est_flows__by_pair_period",
        "visitors": "est_visitors__by_zone_hour_origin",
    }
    candidate(store, reading.load("tiny"), product, DAY, released)
    folder = store.estimated("tiny", DAY, product)
    folder.mkdir(parents=True, exist_ok=True)
    estimated.to_parquet(folder / f"{names[product]}.parquet", index=False)


def few_devices(released: Table, estimated: Table) -> None:
    estimated.loc[0, "n_devices"] = 14


def not_estimated(released: Table, estimated: Table) -> None:
    released.loc[released.index[-1], ["OBS_VALUE", "OBS_LOWER", "OBS_UPPER"]] = [40, 30, 55]
    released.loc[released.index[-1], ["OBS_STATUS", "CONF_STATUS"]] = ["A", "F"]


def small(released: Table, estimated: Table) -> None:
    released.loc[0, ["OBS_VALUE", "OBS_LOWER"]] = [14, 10]


def value_behind_a_mark(released: Table, estimated: Table) -> None:
    released.loc[1, "OBS_LOWER"] = 3


def gap_without_a_mark(released: Table, estimated: Table) -> None:
    released.loc[1, ["OBS_STATUS", "CONF_STATUS"]] = ["A", "F"]


def low_end(released: Table, estimated: Table) -> None:
    released.loc[0, "OBS_LOWER"] = 41


def high_end(released: Table, estimated: Table) -> None:
    released.loc[0, "OBS_UPPER"] = 39


FAULTS: dict[str, list[Callable[[Table, Table], None]]] = {
    "no_entry_rests_on_few_devices": [few_devices, not_estimated],
    "no_entry_is_small": [small],
    "withheld_entries_are_empty": [value_behind_a_mark],
    "empty_entries_say_why": [gap_without_a_mark],
    "lower_end_lies_below_the_figure": [low_end],
    "upper_end_lies_above_the_figure": [high_end],
}


@pytest.mark.parametrize("product", ["flows", "visitors"])
def test_a_sound_release_opens_its_gate(pilot: Any, product: Any) -> None:
    report = product_gates.require_open(pilot, product, DAY, Store())
    assert report.is_open and len(report.results) == 9
    assert all(finding.success for finding in report.results)
    written = json.loads((Store().quality("tiny", DAY) / f"released_{product}.json").read_text())
    assert written["is_open"] and written["state"] == f"released_{product}"


@pytest.mark.parametrize("product", ["flows", pytest.param("visitors", marks=pytest.mark.slow)])
@pytest.mark.parametrize("belief", FAULTS)
def test_a_planted_fault_closes_it_and_nothing_crosses(
    pilot: Any, product: Any, belief: str
) -> None:
    store = Store()
    for fault in FAULTS[belief]:
        released, estimated = sound(product)
        fault(released, estimated)
        write(product, released, estimated)
        with pytest.raises(GateClosed, match=rf"released_{product} gate .* is closed: .*{belief}"):
            product_gates.require_open(pilot, product, DAY, store)
    with pytest.raises(GateClosed):
        release.publish("tiny", str(DAY), product)
    assert not store.released("tiny", product, DAY).exists()
    assert (store.quarantine("tiny") / f"{DAY}.{product}.closed.json").exists()
    assert not (store.quarantine("tiny") / f"{DAY}.closed.json").exists()  # presence goes on
    write(product, *sound(product))
    assert product_gates.require_open(pilot, product, DAY, store).is_open
    assert not (store.quarantine("tiny") / f"{DAY}.{product}.closed.json").exists()


def test_an_empty_table_is_no_release(pilot: Any) -> None:
    released, estimated = sound("flows")
    write("flows", released[:0], estimated)
    with pytest.raises(GateClosed, match="there_is_something_to_release"):
        product_gates.require_open(pilot, "flows", DAY, Store())


def test_notes_stop_nothing(pilot: Any) -> None:
    released, estimated = sound("visitors")
    hour = released["TIME_PERIOD"].iloc[0]
    write("visitors", released[released["TIME_PERIOD"] != hour], estimated)
    report = product_gates.require_open(pilot, "visitors", DAY, Store())
    assert [finding.expectation for finding in report.noted] == [
        "something_is_published",
        "every_hour_is_released",
    ]


@pytest.mark.parametrize(("hour", "freq"), [(3, "H4"), (0, "D"), (23, "H2")])
def test_a_period_that_holds_another_of_its_pair_closes_the_gate(
    pilot: Any, hour: int, freq: str
) -> None:
    released, estimated = sound("flows")
    released.loc[hour, "FREQ"] = freq  # entries of an hour follow
    write("flows", released, estimated.assign(freq=released["FREQ"].iloc[0]))
    if hour == 23:  # the last of a day has none after it
        assert product_gates.require_open(pilot, "flows", DAY, Store()).is_open
        return
    with pytest.raises(GateClosed, match="no_period_is_published_twice"):
        product_gates.require_open(pilot, "flows", DAY, Store())


def test_what_nobody_observed_and_what_is_withheld_have_no_length(pilot: Any) -> None:
    """Their rows count entries of a whole day: they share no time with any."""
    released, estimated = sound("flows")
    for row, code, status in ((1, "_X", "Q"), (2, "_Z", "L")):
        released.loc[row, ["REF_AREA_TO", "FREQ", "OBS_STATUS"]] = [code, code, status]
    released.loc[2, "CONF_STATUS"] = "F"
    write("flows", released, estimated)
    assert product_gates.check(pilot, "flows", DAY, Store()).is_open


def test_without_a_candidate_it_waits_and_a_fault_of_ours_quotes_no_value(pilot: Any) -> None:
    released, estimated = sound("flows")
    write("flows", released.assign(TIME_PERIOD="secret"), estimated)
    with pytest.raises(product_gates.MeasureError, match="could not make") as fault:
        product_gates.check(pilot, "flows", DAY, Store())
    assert "secret" not in str(fault.value) and fault.value.__context__ is None
    (Store().candidate("tiny", "flows", DAY) / "rel_flows__by_pair_period.parquet").unlink()
    with pytest.raises(Waiting):
        product_gates.check(pilot, "flows", DAY, Store())


def test_a_csv_that_is_another_table_than_the_parquet_is_not_judged(pilot: Any) -> None:
    file = Store().candidate("tiny", "flows", DAY) / "rel_flows__by_pair_period.csv"
    file.write_text(file.read_text().replace(",40,30,55,", ",41,30,55,", 1))
    with pytest.raises(Refused, match=r"is not judged: .* Run `peil release` again\.$"):
        product_gates.check(pilot, "flows", DAY, Store())
    assert not (Store().quality("tiny", DAY) / "released_flows.json").exists()


def test_a_damaged_candidate_is_not_judged(pilot: Any) -> None:
    file = Store().candidate("tiny", "flows", DAY) / "rel_flows__by_pair_period.parquet"
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(Refused, match=r"cannot be read as Parquet\. Run `peil release` again\.$"):
        product_gates.check(pilot, "flows", DAY, Store())


@pytest.mark.parametrize("product", ["flows", "visitors"])
def test_a_damaged_candidate_without_a_csv_is_named_and_no_trace(pilot: Any, product: str) -> None:
    (file,) = Store().candidate("tiny", product, DAY).glob("*.parquet")
    file.with_suffix(".csv").unlink(missing_ok=True)
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(MeasureError, match=rf"could not make {file.stem} \(\w+\)"):
        product_gates.check(pilot, product, DAY, Store())


def test_a_table_of_estimates_that_is_not_what_was_written_is_named(pilot: Any) -> None:
    folder = Store().estimated("tiny", DAY, "flows")
    (file,) = folder.glob("*.parquet")
    write_json(folder / "estimated.json", {"tables": {file.name: "of another table"}})
    with pytest.raises(Damaged, match=rf"run `peil estimate tiny {DAY} --product flows`"):
        product_gates.require_open(pilot, "flows", DAY, Store())
