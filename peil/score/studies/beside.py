"""Ask estimators of your own, each in a process of its own that lies behind a wall (`walled`)."""

from __future__ import annotations

import atexit
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np

from peil.estimate.estimators import Estimator, Given
from peil.outcome import Refused
from peil.score.studies import walled
from peil.settings import PROJECT
from peil.store.atomic import sha256


class WalledProcess:
    """A process behind the wall that holds one file; it ends with this one."""

    def __init__(self, file: Path) -> None:
        self.file = file
        environment = {
            k: v for k, v in os.environ.items() if not k.startswith(("PEIL_", "AIRFLOW"))
        }
        paths = [str(PROJECT), str(PROJECT / "models"), environment.get("PYTHONPATH", "")]
        environment |= {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-BP", "-m", walled.__name__, str(file.absolute())],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
        atexit.register(self.end)
        self.row: dict[str, Any] | None = self._answer()["row"]

    def ask(self, given: Given, X: Any, y: np.ndarray) -> dict[str, Any]:
        """Have it fitted.

        Raises
        ------
        Refused
            It failed, or reached for what lies behind the wall.
        """
        assert self._process.stdin is not None
        try:
            walled.write(self._process.stdin, pickle.dumps((given, X, y)))  # type: ignore[arg-type]
        except BrokenPipeError:
            raise Refused(f"{self.file}: its process ended by itself.") from None
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        content = walled.read(self._process.stdout)  # type: ignore[arg-type]
        if content is None:
            raise Refused(f"{self.file}: its process ended by itself.")
        answer: dict[str, Any] = json.loads(content)
        if turned_away := answer["turned_away"]:
            raise Refused(
                f"{self.file} tried to {turned_away[0]}: an estimator of your own gets counts and "
                "footprints, and reads no file, network or store; leave that out."
            )
        if "failed" in answer:
            raise Refused(f"{self.file} cannot be run: {answer['failed']}.")
        return answer

    def end(self) -> None:
        """Let it go."""
        self._process.kill()
        self._process.wait()


_running: dict[tuple[Path, str], WalledProcess] = {}


def process_of(file: Path) -> WalledProcess:
    """The process of a file as it is now, started at its first use."""
    key = (file.absolute(), sha256(file))
    if key not in _running:
        _running[key] = WalledProcess(file)
    return _running[key]


class Walled:
    """An estimator of your own as estimation sees it: fitted elsewhere, only its result is here."""

    devices_: np.ndarray
    unlocated_: np.ndarray
    n_iter_: int

    def __init__(self, file: Path, given: Given) -> None:
        self.file, self.given = file, given

    def fit(self, X: Any, y: Any) -> Self:
        """Have it fitted behind the wall."""
        answer = process_of(self.file).ask(self.given, X, np.asarray(y))
        shape = tuple(int(n) for n in answer["shape"])
        self.devices_ = np.frombuffer(bytes.fromhex(answer["devices"])).reshape(shape)
        self.unlocated_ = np.frombuffer(bytes.fromhex(answer["unlocated"])).reshape(shape[1:])
        self.n_iter_ = int(answer["n_iter"])
        return self


def row_of(file: Path) -> Estimator | None:
    """The row that a file holds, its estimator behind the wall; none where it holds no row."""
    row = process_of(file).row
    if row is None:
        return None
    footprint: Literal["signal", "voronoi"] = (
        "voronoi" if row["footprint"] == "voronoi" else "signal"
    )
    return Estimator(
        str(row["name"]),
        lambda given: Walled(file, given),
        str(row["en"]),
        str(row["nl"]),
        footprint,
        bool(row["is_iterative"]),
    )
