"""The small country as a pilot that follows devices: two days under one key, in this process."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from peil.charter import reading
from peil.commands import verbs as steps
from peil.ingest import deliveries
from peil.settings import PROJECT, Settings
from peil.store import parties
from peil.store.store import Store
from tests.stores import take_along

DAYS = [date(2026, 3, day) for day in (2, 3)]
PRODUCTS = ["presence", "flows", "visitors", "residence"]
THRESHOLD = 4  # so low that of a small country something is published


def write_charter(folder: Path, **changes: Any) -> Path:
    """The demo's charter for two days that are linked, with some keys changed."""
    content = yaml.safe_load((PROJECT / "pilots" / "demo.yml").read_text())
    content |= {
        "period": {"start": str(DAYS[0]), "end": str(DAYS[-1])},
        "products": PRODUCTS,
        "linkage_days": len(DAYS),
        "retention": {"raw_hours": 12, "staged_days": 7},
        "threshold": THRESHOLD,
    } | changes
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "demo.yml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True))
    return file


def open_store(small: Settings, folder: Path, patch: pytest.MonkeyPatch, **changes: Any) -> Store:
    """An empty store of its own over the small deliveries, found by `PEIL_*`."""
    write_charter(folder / "pilots", **changes)
    patch.setenv("PEIL_DATA", str(folder / "data"))
    patch.setenv("PEIL_PILOTS", str(folder / "pilots"))
    patch.setenv("PEIL_DELIVERIES", str(small.deliveries_folder))
    store = Store()
    signer = parties.simulator(store)
    deliveries.vouch(store, reading.load("demo"), small.deliveries_folder / "demo", signer)
    take_along(small, store.root)
    return store


def run(verbs: tuple[str, ...], days: list[date] = DAYS) -> None:
    """Verbs of presence, each with its gate."""
    for day in days:
        for verb in verbs:
            assert list(steps.take(verb, "demo", str(day)))
