"""When garbage is looked for: not while a verb's libraries are imported, and as usual after."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from peil.settings import PROJECT
from peil.store.faults.garbage import not_among_what_stays

IMPORTED = """
import gc, json
from peil.commands.verbs import _function
looks = lambda: sum(generation["collections"] for generation in gc.get_stats())
before = looks()
_function("stage")
import peil.gates.great
from peil.adapters.dbt_parsed import manifest
manifest()
print(json.dumps([looks() - before, gc.get_freeze_count(), gc.isenabled()]))
"""


@pytest.fixture(autouse=True)
def freezes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """Each freeze, and whether garbage was looked for at that time.

    Counted and not done: how many objects are frozen in a process moves by itself, since what
    was frozen may also go.
    """
    freezes: list[bool] = []
    monkeypatch.setattr(gc, "freeze", lambda: freezes.append(gc.isenabled()))
    is_on = gc.isenabled()
    yield freezes
    (gc.enable if is_on else gc.disable)()


def test_what_a_verb_imports_is_not_looked_through() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True, cwd=PROJECT
    )
    n_looks, n_stay, is_on = json.loads(done.stdout)
    assert n_looks < 100  # 576 where each library is imported as it comes
    assert n_stay > 100_000 and is_on


def test_what_was_made_stays_and_an_error_leaves_garbage_looked_for(freezes: list[bool]) -> None:
    gc.enable()
    with pytest.raises(ValueError, match="ours"), not_among_what_stays():
        assert not gc.isenabled() and not freezes
        raise ValueError("ours")
    assert gc.isenabled() and freezes == [False]


def test_where_nothing_is_looked_for_nothing_changes(freezes: list[bool]) -> None:
    gc.disable()
    with not_among_what_stays(), not_among_what_stays():
        assert not gc.isenabled()
    assert not gc.isenabled() and not freezes


def test_a_block_within_another_changes_nothing(freezes: list[bool]) -> None:
    gc.enable()
    with not_among_what_stays():
        with not_among_what_stays():
            pass
        assert not gc.isenabled() and not freezes
    assert gc.isenabled() and freezes == [False]
