"""A pilot that is stopped while its process is killed, at ten moments, and stopped again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from killing import Nursery

from peil.settings import PROJECT, Settings
from peil.store import ledger
from peil.store.store import Store

N_MOMENTS = 10


def state(data: Path, deliveries: Path) -> dict[str, Any]:
    """What lies there; locks and moments of the machine left out."""
    files = {
        str(file.relative_to(data)): file.read_bytes()
        for file in data.rglob("*")
        if file.is_file() and "locks" not in file.parts and file.suffix != ".lock"
    }
    left = {str(file): b"" for file in (deliveries / "demo/events").rglob("*") if file.is_file()}
    return files | left


@pytest.mark.slow
def test_stopped_again_after_a_kill_the_same_is_gone(small_pilot: Settings, tmp_path: Path) -> None:
    nursery = Nursery()

    def lived(name: str, after_s: float | None) -> tuple[dict[str, Any], float, bool]:
        data, deliveries = tmp_path / name / "data", tmp_path / name / "deliveries"
        shutil.copytree(small_pilot.data / "operator", data / "operator", symlinks=True)
        shutil.copytree(small_pilot.data / "agency", data / "agency", symlinks=True)
        shutil.copytree(small_pilot.deliveries_folder, deliveries, symlinks=True)
        environment = {
            "PEIL_DATA": str(data),
            "PEIL_DELIVERIES": str(deliveries),
            "PEIL_PILOTS": str(PROJECT / "pilots"),
        }
        log = tmp_path / f"{name}.log"
        end = nursery.run("stop", "", environment, log, after_s=after_s)
        again = nursery.run("stop", "", environment, log)
        assert not again.error, again.error
        store = Store(Settings(data=data))  # type: ignore[call-arg]
        assert ledger.check(store, "demo") == []
        assert not list((data / "operator/keys/demo").glob("*.key"))
        assert not list(data.rglob("*.duckdb"))
        result = {
            name.replace(str(tmp_path), ""): content
            for name, content in state(data, deliveries).items()
        }
        shutil.rmtree(tmp_path / name)
        return result, end.seconds, end.was_killed

    whole, seconds, _ = lived("whole", None)
    assert json.loads(whole["operator/retained/demo/stopped.json"])
    n_killed = n_tried = 0
    while n_killed < N_MOMENTS:
        moment = n_killed + 1
        ended, took, was_killed = lived(f"try{n_tried}", seconds * moment / (N_MOMENTS + 1))
        assert ended.keys() == whole.keys()
        assert {name for name in ended if ended[name] != whole[name]} == set(), moment
        n_killed, n_tried = n_killed + was_killed, n_tried + 1
        if not was_killed:  # it was quicker than the one before: its own time sets the moments
            seconds = min(0.9 * seconds, took)
        assert n_tried < 3 * N_MOMENTS, "nothing was killed: it ends before its moments"
