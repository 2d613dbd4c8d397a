"""A second store over the same deliveries: what another way of running must make the same of."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

from peil.charter import reading
from peil.ingest.deliveries import vouch
from peil.settings import PROJECT, Settings
from peil.store import parties
from peil.store.store import Store

TABLE = "rel_presence__by_zone_hour.csv"


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment of a process that works on this store and no other."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "PEIL_"))}
    return {
        **clean,
        "PEIL_DATA": str(settings.data),
        "PEIL_DELIVERIES": str(settings.deliveries_folder),
        "PEIL_KEEP_DELIVERIES": "true",  # another store's, which others read after this
        "PEIL_TRUTH": str(settings.truth_folder),
        "PEIL_PILOTS": str(settings.pilots),
        "PYTHONPATH": str(PROJECT),
    }


def second_store(first: Settings, folder: Path) -> Settings:
    """Make an empty store with keys of its own, where the simulated deliveries are vouched for."""
    second = first.model_copy(
        update={
            "data": folder,
            "deliveries": first.deliveries_folder,
            "keep_deliveries": True,
            "truth": first.truth_folder,
        }
    )
    store, charter = Store(second), reading.load(first.pilots / "demo.yml")
    vouch(store, charter, first.deliveries_folder / "demo", parties.simulator(store))
    return second


def released(settings: Settings, days: list[date]) -> dict[str, bytes]:
    """The released table of each day that has one, byte for byte."""
    folders = {str(day): Store(settings).released("demo", "presence", day) for day in days}
    return {
        day: (folder / TABLE).read_bytes()
        for day, folder in folders.items()
        if (folder / TABLE).is_file()
    }
