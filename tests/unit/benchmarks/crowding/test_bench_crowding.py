"""The benchmark of crowding scores what is there, refuses without data, and says what it asks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.crowding import cities, crowding, melbourne, page, peers, scoring
from benchmarks.crowding.surges import found_in_all, found_within, planted
from peil.outcome import Refused
from peil.store.atomic import read_json
from peil_models.crowding import QUANTILE_COLUMNS, SurgeDetector

AT = pd.date_range("2026-03-02", periods=28 * 24, freq="h", tz="Europe/Amsterdam")
EDGES = dict(zip(QUANTILE_COLUMNS, (800, 870, 930, 1000, 1070, 1130, 1200), strict=True))


def observed(seed: int) -> pd.DataFrame:
    value = np.random.default_rng(seed).normal(1000, 100, len(AT))
    return pd.DataFrame({"zone_id": "a", "hour_at": AT, "value": value})


def forecasts() -> pd.DataFrame:
    return pd.DataFrame({"zone_id": "a", "hour_at": AT, "issued_at": AT.normalize(), **EDGES})


def test_pinball_and_coverage_are_those_of_a_hand_calculation() -> None:
    truth = pd.DataFrame({"zone_id": "a", "hour_at": AT[:2], "value": [1100.0, np.nan]})
    hours = scoring.scored(forecasts(), truth)
    assert len(hours) == 1
    errors = [1100 - edge for edge in EDGES.values()]
    levels = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
    by_hand = [e * q if e > 0 else e * (q - 1) for e, q in zip(errors, levels, strict=True)]
    assert hours["pinball"][0] == pytest.approx(np.mean(by_hand))
    figures = scoring.summary(scoring.scored(forecasts(), observed(1)))
    assert figures["coverage_80"] == pytest.approx(0.8, abs=0.05)
    assert figures["coverage_95"] == pytest.approx(0.95, abs=0.03)
    assert figures["calibration"] == pytest.approx(levels, abs=0.05)
    assert list(figures["by_month"]) == ["2026-03"]


def test_methods_are_scored_on_the_hours_that_all_of_them_forecast() -> None:
    hours = scoring.scored(forecasts(), observed(1))
    both = scoring.alike({"one": hours[:-3], "other": hours[5:]})
    assert [len(frame) for frame in both.values()] == [len(hours) - 8] * 2


def test_large_surges_are_found_and_none_is_no_surge() -> None:
    detector = SurgeDetector().fit(observed(1), forecasts())
    calm = detector.episodes(observed(2), forecasts())
    places = planted(forecasts(), calm, np.random.default_rng(1))
    assert len(places) > 5
    gaps = np.diff(sorted(at for _, at in places)) / pd.Timedelta(hours=1)
    assert gaps.min() >= 24
    large = found_within(detector, observed(2), forecasts(), places, 2.0)
    none = found_within(detector, observed(2), forecasts(), places, 0.0)
    assert large["in_first_hour"] == 1.0
    assert none["within_two_hours"] == 0.0
    # each planting counts by its surges, and says what it says alone
    few = places[:2]
    both = found_in_all(detector, observed(2), forecasts(), [places, few], 0.4)
    alone = [found_within(detector, observed(2), forecasts(), p, 0.4) for p in (places, few)]
    shares = [row["in_first_hour"] for row in alone]
    assert both["in_first_hour_of_each"] == shares
    assert both["n"] == len(places) + 2
    hits = shares[0] * len(places) + shares[1] * 2
    assert both["in_first_hour"] == pytest.approx(hits / both["n"])


def test_without_the_data_it_refuses_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (None, tmp_path):
        with pytest.raises(Refused, match=r"needs melbourne_pedestrians/ped2019\.parquet in"):
            melbourne.read(folder)
    with pytest.raises(Refused, match="No part harbour of the crowding benchmark"):
        crowding(["harbour"], lambda text: None, tmp_path)
    monkeypatch.setattr(peers, "is_installed", lambda: False)
    with pytest.raises(Refused, match="statsforecast is not installed"):
        crowding(["statsforecast"], lambda text: None, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_part_is_measured_and_others_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cities, "SEEDS", (7,))
    monkeypatch.setattr(cities, "FITTED_DAYS", 56)
    monkeypatch.setattr(cities, "N_ZONES", 6)
    monkeypatch.setattr(
        cities, "CrowdingQuantiles", lambda: melbourne.CrowdingQuantiles(max_iter=5)
    )
    outcome = crowding(["cities"], lambda text: None, tmp_path)
    record = read_json(tmp_path / "figures" / "crowding.json")
    assert set(record) == {"cities"}
    assert record["cities"]["n_surges"] == cities.N_SURGES
    (city,) = record["cities"]["cities"]
    assert city["pinball"]["boosting"] < city["pinball"]["seasonal naive"]
    assert city["found_in_first_hour"] <= city["found_within_two_hours"] <= cities.N_SURGES
    text = (tmp_path / "crowding.md").read_text()
    assert text == page.report(record)
    assert outcome.facts["n_asked"] == 2
    cost = {"n_zones": 4, "n_days": 9, "n_hours": 1, "n_forecast": 1}
    cost |= {"fit_cpu_s": 1.0, "forecast_cpu_s": 2.0, "week_cpu_s": 9.0, "hours_cpu_s": [2.0, 4.0]}
    monkeypatch.setattr("benchmarks.crowding.cost.measure", lambda tell: cost)
    crowding(["cost"], lambda text: None, tmp_path)
    again = read_json(tmp_path / "figures" / "crowding.json")
    assert again["cities"] == record["cities"]
    words = {name: is_reached for name, _, _, is_reached in page.asked(again)}
    assert words["4 zones: fit on 9 days, CPU s"]
    assert words["the same: forecast of a day, CPU s"]
    assert not words["the same: an hour by the verb at most, CPU s"]
