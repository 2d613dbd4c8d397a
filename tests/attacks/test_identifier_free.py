"""Figures rest on the counted table alone: no row of a device is read.

That no key shows in them is `test_linked_products`: two keys release the same bytes.
"""

from __future__ import annotations

import hashlib
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from peil.adapters import database, sealing
from peil.charter import reading
from peil.commands import verbs as steps
from peil.ingest import deliveries
from peil.settings import Settings
from peil.store import keys, parties
from peil.store.store import Store

DAY = date(2026, 3, 2)
ESTIMATED = ("est_presence__by_zone_hour", "est_presence__by_tile_hour", "unlocated")
READ = {
    "int_devices_counted__by_cell_hour",
    "int_devices_counted__by_hour",
    "int_devices_withheld__by_hour",
    "int_rows_counted__by_cell_hour",
    "stg_operator__cells",
}


def _store(small: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An empty store over the small deliveries, which the verbs find by `PEIL_*`."""
    monkeypatch.setenv("PEIL_DATA", str(folder))
    monkeypatch.setenv("PEIL_DELIVERIES", str(small.deliveries_folder))
    store = Store()
    signer = parties.simulator(store)
    deliveries.vouch(store, reading.load("demo"), small.deliveries_folder / "demo", signer)
    return store


def _estimated(store: Store) -> dict[str, str]:
    folder = store.estimated("demo", DAY)
    return {
        name: hashlib.sha256((folder / f"{name}.parquet").read_bytes()).hexdigest()
        for name in ESTIMATED
    }


@pytest.fixture
def released(small_pilot: Settings) -> Store:
    """The small pilot as `peil run` left it, with keys of its own."""
    return Store(small_pilot)


@pytest.mark.slow
def test_estimates_need_no_row_of_a_device(
    released: Store, small_deliveries: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sealed again with the counts and the plan only, the day gives the same bytes.

    The gate of staged has judged the whole file before, as it does in every run.
    """
    store = _store(small_deliveries, tmp_path / "data", monkeypatch)
    for plane in ("sealed", "keys", "ledger", "quality"):
        shutil.rmtree(store.operator / plane, ignore_errors=True)
        shutil.copytree(released.operator / plane, store.operator / plane)
    for entry in (store.ledger("demo"), store.agency_ledger("demo"), store.heads("demo")):
        entry.unlink(missing_ok=True)  # nothing was released here
    shutil.copytree(released.quality("demo", DAY), store.quality("demo", DAY))
    whole = released.staged_file("demo", DAY)
    _seal_without_devices(whole, store)
    # it is another file than was sealed, and judged: that is what is tried here
    monkeypatch.setattr("peil.store.sealed.is_sound", lambda *_: True)
    with database.connection(store, tmp_path / "spill") as opened:
        database.attach_staged(opened, store, "demo", DAY)
        left = opened.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'staged'"
        ).fetchall()
    assert {name for (name,) in left} == READ

    outcome = next(iter(steps.take("estimate", "demo", str(DAY))))
    assert outcome.status == "done"
    assert _estimated(store) == _estimated(released)


def _seal_without_devices(whole: Path, store: Store) -> None:
    """Copy the tables that estimation may read into a new sealed file under the same key."""
    file = store.staged_file("demo", DAY)
    file.unlink()
    key = keys.read_key(store.key("demo", DAY, "staged"))
    with duckdb.connect(":memory:") as opened:
        sealing.load_crypto(opened)
        sealing.bound(opened, "500MB", 1, store.work("demo", DAY, "test"))
        sealing.attach(opened, whole, "whole", key, True)
        sealing.attach(opened, file, "part", key, False)
        for table in sorted(READ):
            opened.execute(f"CREATE TABLE part.main.{table} AS FROM whole.main.{table}")
