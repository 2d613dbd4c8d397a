"""A plan that takes more memory than there is, is refused before anything is made of it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from peil import train
from peil.estimate import memory
from peil.outcome import Refused
from peil.settings import Settings
from peil_models.footprint import FootprintSignalStrength

N = 30_000


def square(n: int, width_m: float, seed: int) -> pd.DataFrame:
    """Places in a square that any cell of it reaches."""
    return pd.DataFrame(
        np.random.default_rng(seed).random((n, 2)) * width_m, columns=["x_m", "y_m"]
    )


def test_a_large_plan_is_counted_at_once_and_training_on_it_refused() -> None:
    cells, tiles = square(N, 3000.0, 1), square(N, 3000.0, 2)
    began = time.process_time()
    with pytest.raises(Refused, match=r"900,000,000 pairs .* take 57.6 GB, and PEIL_MEMORY is 2GB"):
        memory.require(
            Settings(), "demo", FootprintSignalStrength(), cells, tiles, is_training=True
        )
    assert time.process_time() - began < 10


def test_presence_holds_so_many_cells_a_tile_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "BESIDES", 0)
    cells, tiles = square(2_000, 3000.0, 1), square(2_000, 3000.0, 2)
    bounded = FootprintSignalStrength(max_cells_per_tile=200)
    memory.require(Settings(memory="24MB"), "demo", bounded, cells, tiles)
    for footprint, limit in ((bounded, "23MB"), (FootprintSignalStrength(), "239MB")):
        with pytest.raises(Refused, match="nothing was begun"):
            memory.require(Settings(memory=limit), "demo", footprint, cells, tiles)


def test_a_small_plan_fits_in_little_memory() -> None:
    cells, tiles = square(150, 20_000.0, 1), square(30_000, 20_000.0, 2)
    memory.require(Settings(memory="60MB"), "demo", FootprintSignalStrength(), cells, tiles)


def test_training_asks_before_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: Any, is_training: bool) -> None:
        assert is_training
        raise Refused("Too large.")

    area = type("Area", (), {"tiles": square(3, 9.0, 1), "placed": staticmethod(lambda c: c)})
    area.residents_per_tile = staticmethod(lambda: np.array([0.0, 1.0, 2.0]))  # type: ignore[attr-defined]
    monkeypatch.setattr(train.memory, "require", stop)
    monkeypatch.setattr(train, "area_of", lambda *_: area)
    monkeypatch.setattr(train, "_inputs", lambda *_: {})
    monkeypatch.setattr(train.experiments, "close_cut_off", lambda *_: 0)
    monkeypatch.setattr(train, "_night_counts", lambda *_: (square(3, 9.0, 1), np.ones((3, 1))))
    monkeypatch.setattr(train, "calibrate_footprint", lambda *_: pytest.fail("it began"))
    store = type("Store", (), {"settings": Settings(), "trained": lambda *_: Path("/none")})
    charter = type("Charter", (), {"pilot": "demo"})
    with pytest.raises(Refused, match="Too large"):
        train._train(charter, train.Split([], []), store())  # type: ignore[arg-type]
