"""One verb at a time on one period."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from typing import Any

import pytest

from peil.outcome import Waiting
from peil.store.lock import held


def test_a_second_run_says_who_holds_the_period_and_since_when(tiny: Any) -> None:
    with (
        held(tiny.store, "tiny", "2026-03-02", "stage"),
        pytest.raises(Waiting) as waiting,
        held(tiny.store, "tiny", "2026-03-02", "estimate"),
    ):
        pass
    said = str(waiting.value)
    assert said.startswith("tiny 2026-03-02 is held by stage, process ")
    assert f"process {os.getpid()}, since 20" in said


def test_other_days_and_pilots_are_free(tiny: Any) -> None:
    with (
        held(tiny.store, "tiny", "2026-03-02", "stage"),
        held(tiny.store, "tiny", "2026-03-03", "stage"),
        held(tiny.store, "other", "2026-03-02", "stage"),
    ):
        pass


def test_a_period_is_free_again_after_a_fault(tiny: Any) -> None:
    with pytest.raises(ZeroDivisionError), held(tiny.store, "tiny", "2026-03-02", "stage"):
        _ = 1 // 0
    with held(tiny.store, "tiny", "2026-03-02", "estimate"):
        pass


def test_a_process_that_died_holds_nothing(tiny: Any) -> None:
    code = (
        "import os; from peil.store.lock import held; from peil.store.store import Store\n"
        "with held(Store(), 'tiny', '2026-03-02', 'ingest'): os._exit(9)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=60)
    assert done.returncode == 9
    with held(tiny.store, "tiny", "2026-03-02", "stage"):
        pass


@pytest.mark.parametrize("verb", ["ingest", "stage"])
def test_a_verb_is_told_who_holds_its_day(
    tiny: Any, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.setattr("peil.stage.stage.require_open", lambda *_: None)
    tiny.deliver("a.csv", "imsi,at,mcc,mnc,cell,imei\n")
    tiny.vouch()
    function = getattr(import_module(f"peil.{verb}.{verb}"), verb)
    with (
        held(tiny.store, "tiny", "2026-03-02", "another verb"),
        pytest.raises(Waiting, match="is held by another verb, process"),
    ):
        function("tiny", "2026-03-02")
