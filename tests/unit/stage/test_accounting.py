"""What became of every delivered row, file by file, adds up to what was delivered."""

from __future__ import annotations

from datetime import date
from typing import Any

from peil.stage.accounting import accounts, rows_of
from peil.store.atomic import write_json

DAY = date(2026, 3, 2)
ROWS = [
    {"file_name": "a.csv", "outcome": "staged", "reason": "", "n_rows": 7},
    {"file_name": "a.csv", "outcome": "opted_out", "reason": "", "n_rows": 2},
    {"file_name": "a.csv", "outcome": "quarantined", "reason": "late", "n_rows": 1},
    {"file_name": "b.csv", "outcome": "quarantined", "reason": "late", "n_rows": 3},
    {"file_name": "b.csv", "outcome": "quarantined", "reason": "null_value", "n_rows": 1},
]


def manifests(tiny: Any, n_delivered: int = 10) -> None:
    files = [{"name": "a.csv", "n_rows": n_delivered}, {"name": "b.csv", "n_rows": 4}]
    write_json(tiny.store.raw_manifest("tiny", DAY), {"files": files})
    write_json(tiny.store.staged_manifest("tiny", DAY), {"accounting": ROWS})


def test_each_file_is_accounted_for_by_outcome_and_reason(tiny: Any) -> None:
    manifests(tiny)
    first, second = accounts(tiny.charter, tiny.store, DAY)
    assert (first.n_delivered, first.n_staged, first.n_opted_out) == (10, 7, 2)
    assert first.quarantined == {"late": 1}
    assert second.quarantined == {"late": 3, "null_value": 1}
    assert (first.n_missing, second.n_missing) == (0, 0)


def test_a_row_that_went_nowhere_is_missing(tiny: Any) -> None:
    manifests(tiny, n_delivered=12)
    assert [account.n_missing for account in accounts(tiny.charter, tiny.store, DAY)] == [2, 0]


def test_a_day_that_is_not_staged_has_no_account(tiny: Any) -> None:
    assert accounts(tiny.charter, tiny.store, DAY) == []


def test_rows_of_an_outcome_are_summed_over_files_and_reasons() -> None:
    assert [rows_of(ROWS, outcome) for outcome in ("staged", "quarantined")] == [7, 5]
