"""The benchmark of the audit over all pilots measures what it says; its page is its record."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import disclosure
from benchmarks.disclosure import disclosure_audit
from benchmarks.recording import FOLDER, NothingMeasured, record_file
from peil.store.atomic import read_json


def test_it_measures_what_must_pass_and_what_must_be_refused(tmp_path: Path) -> None:
    outcome = disclosure_audit(1, 120, lambda text: None, tmp_path)
    record = read_json(tmp_path / "figures" / "disclosure.json")
    refused = {case["case"]: case["n_refused"] for case in record["cases"]}
    assert refused == {"finer": 0, "coarser": 0, "three tiles": 1}
    assert outcome.facts["n_days"] == 1 and record["n_withheld"] > 100


def test_the_committed_page_is_its_record_and_within_the_goal() -> None:
    record = read_json(record_file(FOLDER, "disclosure"))
    assert (FOLDER / "disclosure.md").read_text() == disclosure.report(record)
    assert (record["n_days"], record["n_zones"], record["n_hours"]) == (30, 345, 24)
    assert max(case["cpu_s"] for case in record["cases"]) <= disclosure.GOAL_S
    assert record["peak_gib"] <= disclosure.GOAL_GIB


def test_an_audit_that_refuses_nothing_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disclosure, "_is_refused", lambda store, release: False)
    with pytest.raises(NothingMeasured, match="three tiles was refused 0 times in 1 days"):
        disclosure_audit(1, 120, lambda text: None, tmp_path)
    assert not list(tmp_path.iterdir())
