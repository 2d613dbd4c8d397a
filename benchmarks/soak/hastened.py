"""A clock of pilots that goes faster than the machine's, in every process of a store.

A pilot tells its moment by `peil.charter.clock` alone. `lay` writes a module that Python imports at
its start wherever the folder is on PYTHONPATH; it has that clock read a file which says when the
hastened time began and how fast it goes. Without the file time stands still at its beginning.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

FILE = "HASTENED_CLOCK"  # variable that names the file
CLOCK = "peil.charter.clock"
AT_START = "from benchmarks.soak import hastened\n\nhastened.put_in_place()\n"


def lay(folder: Path, origin: datetime, speed: float) -> dict[str, str]:
    """Write what processes import at their start, and the clock, which stands still.

    Returns
    -------
    dict of str to str
        Variables of the processes whose pilots live by it; their PYTHONPATH begins with `folder`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(AT_START)
    file = folder / "clock.json"
    file.write_text(json.dumps({"origin": origin.isoformat(), "speed": speed, "began": None}))
    return {FILE: str(file), "PYTHONPATH": str(folder)}


def begin(folder: Path) -> None:
    """Let the hastened time go, from now on."""
    file = folder / "clock.json"
    aside = file.with_suffix(".new")
    aside.write_text(json.dumps({**json.loads(file.read_text()), "began": time.time()}))
    aside.replace(file)


def moment(file: Path) -> datetime:
    """Tell the hastened moment, in UTC, whole seconds."""
    clock = json.loads(file.read_text())
    origin = datetime.fromisoformat(clock["origin"])
    gone = 0.0 if clock["began"] is None else time.time() - clock["began"]
    at = origin + timedelta(seconds=gone * clock["speed"])
    return at.astimezone(UTC).replace(microsecond=0)


def speed_of(file: Path) -> float:
    """How many times as fast as the machine's the hastened time goes."""
    return float(json.loads(file.read_text())["speed"])


def put_in_place() -> None:
    """Have the pilots' clock hastened once it is imported, in this process."""
    if FILE in os.environ:
        sys.meta_path.insert(0, _Finder())


def _hasten(clock: ModuleType) -> None:
    file, now_before, today_before = Path(os.environ[FILE]), clock.now, clock.today

    def now(charter: Any) -> datetime:
        moment_before: datetime = now_before(charter)
        return moment_before if charter.is_synthetic else moment(file)

    def today(charter: Any) -> Any:
        if charter.is_synthetic:
            return today_before(charter)
        return moment(file).astimezone(ZoneInfo(charter.time_zone)).date()

    clock.now, clock.today = now, today  # type: ignore[attr-defined]


class _Finder(MetaPathFinder):
    """Finds the clock as every other finder does, and hastens it once it is there."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name != CLOCK:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.loader is not None
        execute = spec.loader.exec_module

        def and_hasten(module: ModuleType) -> None:
            execute(module)
            _hasten(module)

        spec.loader.exec_module = and_hasten  # type: ignore[method-assign]
        return spec
