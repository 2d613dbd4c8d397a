"""One small country of 500 devices, simulated and written once for all tests here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from peil.commands.simulate import simulate
from peil_models.synthetic import Simulation

DEVICES, DAYS = 500, 4  # until the outage (Thursday), past the match (Wednesday)


@dataclass(frozen=True)
class Written:
    """What `simulate` wrote, and the simulation itself."""

    deliveries: Path
    truth: Path
    answer: dict[str, object]
    simulation: Simulation

    def known(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.truth / "demo" / f"{name}.parquet")

    def tiles(self) -> pd.DataFrame:
        return pd.read_parquet(self.deliveries / "demo/reference/tiles.parquet")


@pytest.fixture(scope="session")
def simulation() -> Simulation:
    return Simulation(devices=DEVICES, days=DAYS)


@pytest.fixture(scope="session")
def events(simulation: Simulation) -> list[pd.DataFrame]:
    """Clean records of each day, as the network makes them."""
    return [delivered.lines[delivered.lines["kind"] == 0] for delivered in simulation.deliveries()]


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory, simulation: Simulation) -> Written:
    root = tmp_path_factory.mktemp("simulated")
    to, truth_folder = root / "deliveries", root / "truth"
    answer = simulate(devices=DEVICES, days=DAYS, deliveries=to, truth=truth_folder)
    return Written(to, truth_folder, answer, simulation)
