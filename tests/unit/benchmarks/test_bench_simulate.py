"""The benchmark of the simulator writes its figures as the others do, and holds them to the bar."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import simulate
from benchmarks.recording import NothingMeasured, record_file
from peil.outcome import Refused
from peil.store.atomic import read_json


def test_a_size_replaces_its_own_figures_and_no_others(tmp_path: Path) -> None:
    progress: list[str] = []
    outcome = simulate.simulate(120, 1, progress.append, tmp_path)
    (first,) = read_json(record_file(tmp_path, "simulate"))["sizes"]
    assert first["n_events"] == outcome.facts["n_events"] > 1_000 and first["n_persons"] > 120
    assert first["cpu_s"] > 0 and first["peak_gib"] > 0.05
    simulate.simulate(100, 1, progress.append, tmp_path)
    simulate.simulate(120, 1, progress.append, tmp_path)
    sizes = read_json(record_file(tmp_path, "simulate"))["sizes"]
    assert [(size["devices"], size["days"]) for size in sizes] == [(100, 1), (120, 1)]
    assert sizes[1]["n_events"] == first["n_events"]
    assert f"| 120 | 1 | {first['n_events']:,} |" in (tmp_path / "simulate.md").read_text()
    assert progress == ["120 devices, 1 days", "100 devices, 1 days", "120 devices, 1 days"]


def test_a_missed_bar_is_written_and_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = {
        "machine": "m",
        "date": "d",
        "load": 7.5,
        "devices": 9,
        "days": 1,
        "n_events": 5,
        "n_persons": 2,
        "wall_s": 61.0,
        "cpu_s": 20.0,
        "peak_gib": 0.5,
    }
    monkeypatch.setattr(simulate, "measure", lambda devices, days: figures)
    with pytest.raises(Refused, match=r"9 devices and 1 days took 61.0 s .* bar is 60 s and 2 GiB"):
        simulate.simulate(9, 1, lambda text: None, tmp_path)
    assert read_json(record_file(tmp_path, "simulate"))["sizes"] == [figures]


def test_a_simulation_without_events_measured_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "peil.commands.simulate.simulate", lambda **given: {"n_events": 0, "n_persons": 0}
    )
    with pytest.raises(NothingMeasured, match="simulate measured nothing"):
        simulate.measure(9, 1)
