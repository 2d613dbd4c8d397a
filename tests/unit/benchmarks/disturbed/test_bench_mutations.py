"""Lies are told to what stops a verb, each of them alone, and the page lists those not noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.disturbed.mutants import ROOMS, mutants_of
from benchmarks.disturbed.mutations import mutations, report
from peil.outcome import Refused
from peil.settings import PROJECT

CODE = '''"""Words."""

def release(rows, threshold, floor):
    _check_approval(rows)
    with period.held("release"):
        if not rows:
            raise ValueError("é")
    return rows >= max(threshold, floor)
'''


def test_each_kind_of_lie_is_told_once_and_alone(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(CODE, encoding="utf-8")
    mutants = mutants_of(tmp_path, "a.py")
    assert [(mutant.line, mutant.what.split("` as `")[1]) for mutant in mutants] == [
        (4, "pass`"),
        (5, "__import__('contextlib').nullcontext()`"),
        (6, "False`"),
        (8, "min(threshold, floor)`"),
        (8, "(rows > max(threshold, floor))`"),
    ]
    for mutant in mutants:
        compile(mutant.content, "a.py", "exec")
        changed = [
            a != b for a, b in zip(CODE.splitlines(), mutant.content.splitlines(), strict=True)
        ]
        assert changed.count(True) == 1 and changed.index(True) == mutant.line - 1


DYING = '''"""Words."""

def retain(moment, at, parts):
    if moment <= at and all(parts):
        keys.shred(key)
    return _there([raw, staged]), max(ends) + timedelta(days=1)
'''


def test_of_what_dies_in_time_it_is_lied_that_it_stays_or_dies_too_early(tmp_path: Path) -> None:
    file = "peil/watch/retain/a.py"
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(DYING, encoding="utf-8")
    whats = [mutant.what for mutant in mutants_of(tmp_path, file)]
    assert whats == [
        "`all(parts)` as `any(parts)`",
        "`moment <= at` as `(moment < at)`",
        "`keys.shred(key)` as `pass`",
        "`max(ends) + timedelta(days=1)` as `max(ends)`",
        "`max(ends)` as `min(ends)`",
        "`raw` as `*()`",
        "`staged` as `*()`",
    ]
    (tmp_path / "a.py").write_text(DYING, encoding="utf-8")  # elsewhere the edge alone
    assert [mutant.line for mutant in mutants_of(tmp_path, "a.py")] == [4]


def test_files_that_are_lied_to_and_their_tests_are_there() -> None:
    for file, tests in ROOMS.items():
        assert (PROJECT / file).is_file() and all(
            (PROJECT / "tests/unit" / test).is_file() for test in tests
        )


def test_a_file_that_is_not_lied_to_is_refused() -> None:
    with pytest.raises(Refused, match=r"no lies are told to peil/cli\.py"):
        mutations(["peil/cli.py"], print)


def test_the_page_counts_by_file_and_lists_what_was_not_noticed() -> None:
    rows = [
        {"file": "peil/a.py", "line": 3, "what": "`x` as `False`", "is_killed": True},
        {"file": "peil/a.py", "line": 9, "what": "`y()` as `pass`", "is_killed": False},
    ]
    page = report({"machine": "2 cores", "date": "2026-03-02", "cpu_s": 7, "mutants": rows})
    assert "They noticed 1 of 2." in page and "| `peil/a.py` | 2 | 1 |" in page
    assert "- `peil/a.py`, line 9: `y()` as `pass`. To be held by a test." in page
