"""The benchmark of location counts what it computed, and fails where it measured nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.location import Size, location
from benchmarks.recording import NothingMeasured
from peil.store.atomic import read_json


@pytest.mark.slow
def test_it_writes_rates_of_what_it_computed(tmp_path: Path) -> None:
    sizes = (Size(6, 1, 600), Size(6, 4, 200), Size(4, 1, 200, True))
    outcome = location(sizes, lambda text: None, tmp_path)
    record = read_json(tmp_path / "figures" / "location.json")
    plain, gap, headings = record["sizes"]
    assert plain["n_events"] == 600 and gap["n_events"] == 200
    # Events in a step: no more states than a cell has tiles; on the way they spread.
    assert 5 < plain["states_per_step"] <= 36 < 6 * gap["states_per_step"]
    assert plain["updates"] <= 2 * 600 * 36
    assert headings["updates"] > 9 * 200 * 4
    assert "| `LocationHMMHeading` | 4 × 4 |" in (tmp_path / "location.md").read_text()
    assert outcome.facts["events_per_core_s"] == plain["events_per_core_s"] > 1000


def test_nothing_measured_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(NothingMeasured, match="measured nothing"):
        location((), lambda text: None, tmp_path)


@pytest.mark.parametrize("broken", [{"n_breaks": 1}, {"updates": 0}])
def test_a_chain_that_broke_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: dict[str, int]
) -> None:
    figures = {"n_breaks": 0, "updates": 9} | broken
    monkeypatch.setattr("benchmarks.location._size", lambda size: figures)
    with pytest.raises(NothingMeasured, match="the chain broke"):
        location((Size(6, 1, 600),), lambda text: None, tmp_path)
    assert not list(tmp_path.iterdir())
