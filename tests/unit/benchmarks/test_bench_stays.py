"""The benchmark of stays measures what it says, and fails where it measured nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.recording import NothingMeasured
from benchmarks.stays import stays
from peil.store.atomic import read_json


def test_it_writes_rates_of_what_it_segmented_and_placed(tmp_path: Path) -> None:
    outcome = stays((6_000, 12_000), lambda text: None, tmp_path)
    record = read_json(tmp_path / "figures" / "stays.json")
    assert [size["n_events"] for size in record["sizes"]] == [6_000, 12_000]
    for size in record["sizes"]:
        assert size["n_segments"] >= size["n_stays"] + size["n_moves"] > 0
        assert size["events_per_core_s"] > 100_000
    assert "| 12,000 |" in (tmp_path / "stays.md").read_text()
    assert outcome.facts["n_events"] == 12_000


def test_nothing_measured_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(NothingMeasured, match="measured nothing"):
        stays((), lambda text: None, tmp_path)


@pytest.mark.parametrize("nobody", ["n_stays", "n_moves"])
def test_a_size_at_which_nobody_stayed_or_moved_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nobody: str
) -> None:
    counts = {"n_stays": 3, "n_moves": 2} | {nobody: 0}
    monkeypatch.setattr("benchmarks.stays._size", lambda model, placing, n_events: counts)
    with pytest.raises(NothingMeasured, match="no stay or no move"):
        stays((6_000,), lambda text: None, tmp_path)
    assert not list(tmp_path.iterdir())
