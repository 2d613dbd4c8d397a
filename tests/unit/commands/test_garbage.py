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
def _as_it_was() -> Iterator[None]:
    is_on = gc.isenabled()
    yield
    (gc.enable if is_on else gc.disable)()


def test_what_a_verb_imports_is_not_looked_through() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True, cwd=PROJECT
    )
    n_looks, n_stay, is_on = json.loads(done.stdout)
    assert n_looks < 100  # 576 where each library is imported as it comes
    assert n_stay > 100_000 and is_on


def test_what_was_made_stays_and_an_error_leaves_garbage_looked_for() -> None:
    gc.enable()
    before = gc.get_freeze_count()
    with pytest.raises(ValueError, match="ours"), not_among_what_stays():
        assert not gc.isenabled()
        stays = [[] for _ in range(1000)]  # type: ignore[var-annotated]
        raise ValueError("ours")
    assert gc.isenabled() and gc.get_freeze_count() >= before + len(stays)


def test_where_nothing_is_looked_for_nothing_changes() -> None:
    gc.disable()
    before = gc.get_freeze_count()
    with not_among_what_stays(), not_among_what_stays():
        assert not gc.isenabled()
    assert not gc.isenabled() and gc.get_freeze_count() == before
    gc.enable()
    with not_among_what_stays():
        with not_among_what_stays():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
