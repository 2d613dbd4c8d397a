"""The benchmark of draws estimates a day with its intervals, in a process of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import draws
from benchmarks.measuring.process import Cost
from benchmarks.recording import NothingMeasured
from peil.store.atomic import read_json


@pytest.mark.slow
def test_a_day_with_draws_is_measured_and_written(tmp_path: Path) -> None:
    outcome = draws.draws(((40, 6_400),), lambda text: None, tmp_path)
    (size,) = read_json(tmp_path / "figures" / "draws.json")["sizes"]
    assert size["n_zones"] == 4 and size["n_draws"] >= 100 and size["n_footprints"] >= 10
    assert 0.01 < size["width_share"] < 1 and size["n_pairs"] > 6_400 and size["peak_gib"] > 0.05
    assert 0 < size["draws_cpu_s"] < size["cpu_s"]
    assert "| 40 | 6,400 |" in (tmp_path / "draws.md").read_text()
    assert outcome.facts["n_tiles"] == 6_400


def test_a_day_without_intervals_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = json.dumps({"n_pairs": 9, "width_share": float("nan")})
    monkeypatch.setattr(draws, "measured", lambda *given: Cost(1.0, 1.0, 1.0, 0.0, nothing))
    for sizes in ((), ((40, 6_400),)):
        with pytest.raises(NothingMeasured, match="measured nothing"):
            draws.draws(sizes, lambda text: None, tmp_path)
    assert not list(tmp_path.iterdir())
