"""The benchmark of products follows real rows, and fails where it followed nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from benchmarks import estimate
from benchmarks.measuring import traffic
from benchmarks.measuring.process import Cost
from benchmarks.products import figures_of, growth
from benchmarks.recording import NothingMeasured
from peil.outcome import Refused
from peil.store.atomic import read_json, write_json

COST = Cost(9.0, 8.0, 1.5, 0.0, "")
COUNTED: dict[str, Any] = {
    "n_rows": 990,
    "n_devices": 10,
    "n_trips": 12,
    "wall_s": 2.0,
    "cpu_s": 1.98,
    "read_cpu_s": 1.0,
    "n_buckets": 3,
    "fixed_gib": 0.7,
}


def test_figures_are_of_the_rows_that_were_followed() -> None:
    figures = figures_of(1000, COUNTED, COST, COST)
    assert figures["cpu_s_per_million"] == 2000.0 and figures["events_per_s"] == 495
    assert figures["peak_gib"] == figures["verb_peak_gib"] == 1.5


@pytest.mark.parametrize(
    "nothing", [{"n_rows": 0}, {"n_rows": 800}, {"n_devices": 0, "n_trips": 0}, {"n_trips": 1}]
)
def test_a_pass_that_followed_nobody_is_no_measurement(nothing: dict[str, int]) -> None:
    with pytest.raises(NothingMeasured, match="measured nothing"):
        figures_of(1000, COUNTED | nothing, COST, COST)


def test_growth_is_told_beside_linear_whatever_the_order_of_sizes() -> None:
    sizes = [{"n_rows": 100, "cpu_s": 13.0}, {"n_rows": 10, "cpu_s": 1.0}]
    assert growth(sizes) == pytest.approx(0.3) == pytest.approx(growth(sizes[::-1]))


def test_a_device_that_travels_is_at_other_cells_by_day_than_by_night(tmp_path: Path) -> None:
    hour = "hour(observed_at + INTERVAL 1 HOUR)"  # local time
    apart = (
        "SELECT avg((by_day <> by_night)::INT) FROM (SELECT "
        f"mode(cell_id) FILTER ({hour} BETWEEN 0 AND 5) AS by_night, "
        f"mode(cell_id) FILTER ({hour} BETWEEN 10 AND 14) AS by_day "
        "FROM '{}/events/*/*.parquet' GROUP BY subscriber_id HAVING count(*) > 400)"
    )
    shares = []
    for travels in (False, True):
        folder = tmp_path / str(travels)
        traffic.write(folder, 100_000, lambda text: None, travels)
        with duckdb.connect(":memory:") as opened:
            opened.execute("SET TimeZone = 'UTC'")
            row = opened.execute(apart.format(folder)).fetchone()
        assert row is not None
        shares.append(row[0])
    assert shares[0] < 0.1 and shares[1] > 0.4


def test_a_part_that_is_not_measured_keeps_its_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = (("region", 20, 400),)
    measured = {
        "machine": "m",
        "date": "d",
        "memory_limit": "2GB",
        "threads": 2,
        "sizes": [figures_of(1000, COUNTED, COST, COST)],
    }
    monkeypatch.setattr(
        "benchmarks.estimate.products.products", lambda events, tell: measured | {"events": events}
    )
    estimate.estimate(lambda _: None, sizes, on=["presence"], out=tmp_path)
    first = read_json(tmp_path / "figures" / "estimate.json")
    write_json(tmp_path / "figures" / "estimate.json", first | {"date": "1999-01-01"})
    outcome = estimate.estimate(lambda _: None, events=[7], on=["products"], out=tmp_path)
    again = read_json(tmp_path / "figures" / "estimate.json")
    assert again["sizes"] == first["sizes"] and again["date"] == "1999-01-01"
    assert again["products"]["events"] == [7] and outcome.facts["n_events"] == 1000
    page = (tmp_path / "estimate.md").read_text()
    assert "| 1,000 | 10 | 12 | 3 |" in page and "footprint of a region" in page
    with pytest.raises(Refused, match="No part luck"):
        estimate.estimate(lambda _: None, on=["luck"], out=tmp_path)


@pytest.mark.slow
def test_the_benchmark_follows_a_staged_day(tmp_path: Path) -> None:
    outcome = estimate.estimate(lambda _: None, events=[300_000], on=["products"], out=tmp_path)
    (size,) = read_json(tmp_path / "figures" / "estimate.json")["products"]["sizes"]
    assert outcome.facts["n_events"] == size["n_events"] == 300_000
    assert size["n_devices"] == 3_000 and size["trips_per_device_day"] > 0.5
    assert 0 < size["read_cpu_s"] < size["cpu_s"] and 0.2 < size["fixed_gib"] <= size["peak_gib"]
