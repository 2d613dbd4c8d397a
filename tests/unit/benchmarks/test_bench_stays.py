"""The benchmark of stays measures what it says, and fails where it measured nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.stays import stays
from peil.store.atomic import read_json


def test_it_writes_rates_of_what_it_segmented_and_placed(tmp_path: Path) -> None:
    outcome = stays((6_000, 12_000), lambda said: None, tmp_path)
    record = read_json(tmp_path / "estimate_stays.json")
    assert [one["n_events"] for one in record["sizes"]] == [6_000, 12_000]
    for one in record["sizes"]:
        assert one["n_segments"] >= one["n_stays"] + one["n_moves"] > 0
        assert one["events_per_core_s"] > 100_000
    assert "| 12,000 |" in (tmp_path / "estimate_stays.md").read_text()
    assert outcome.facts["n_events"] == 12_000


def test_nothing_measured_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="measured nothing"):
        stays((), lambda said: None, tmp_path)
