"""A tiny pilot with one day in every place that retention must reach."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from peil.adapters import database, sealing
from peil.charter import windows
from peil.redteam import leaks
from peil.store import keys
from peil.store.atomic import write_bytes, write_json, write_text
from peil.store.store import Store
from peil.watch.retain.remains import DRAWS

DAY = date(2026, 3, 2)
STAGED_AT = datetime(2026, 3, 2, 23, tzinfo=UTC)  # the midnight that ends it in Amsterdam
RAW_END, STAGED_END = STAGED_AT + timedelta(hours=24), STAGED_AT + timedelta(days=1)
IMSI = "204080000012345"
MACHINE = datetime(2026, 11, 20, tzinfo=UTC)


@dataclass
class Kept:
    """The pilot, and what to look for in its folders."""

    tiny: Any

    def stage(self, day: date = DAY) -> None:
        """A sealed staged file, its key and manifest, as if dbt had made them."""
        store = self.tiny.store
        for kind in ("staged", "pseudonym"):
            keys.new_key(store.key("tiny", day, kind))
        with database.connection(store, self.tiny.folder / "spill") as opened:
            key = keys.read_key(store.key("tiny", day, "staged"))
            sealing.attach(opened, store.staged_file("tiny", day), "staged", key, False)
            opened.execute("CREATE TABLE staged.main.int_devices AS SELECT 1 AS device_no")
        write_json(
            store.staged_manifest("tiny", day),
            {"staged_at": STAGED_AT.isoformat(), "facts": {"n_staged": 1}, "accounting": []},
        )

    def fill(self) -> None:
        """Everything else that a day leaves behind, with a subscriber's identifier in it."""
        store, name = self.tiny.store, str(DAY)
        estimated = store.estimated("tiny", DAY)
        write_bytes(estimated / DRAWS, IMSI.encode())
        write_json(estimated / "estimated.json", {"run_ids": {}, "facts": {}})
        write_text(store.candidate("tiny", "presence", DAY) / "table.csv", IMSI)
        write_text(
            store.linked("tiny", windows.window_of(self.tiny.charter, DAY).first) / "s", IMSI
        )
        write_text(store.work("tiny", DAY, "stage") / "spill" / "tmp", IMSI)
        write_text(store.quarantine("tiny") / f"{name}.ingest.troubles.json", "[]")
        sealed = store.raw_file("tiny", DAY)
        write_text(sealed.with_name(f".{sealed.name}.part"), IMSI)
        log = store.airflow_home / "logs" / "dag_id=ingest__tiny" / "attempt=1.log"
        write_text(log, IMSI)
        then = (MACHINE - timedelta(days=2)).timestamp()
        os.utime(log, (then, then))
        write_text(
            store.airflow_home / "logs" / "walk.log",
            f"2026-11-17T09:00 of {IMSI}\n  and its trace {IMSI}\n2026-11-20T09:00 new\n",
        )
        (store.mlflow_artifacts / "1").mkdir(parents=True)
        self.leave_reproduced()

    @property
    def beside(self) -> Path:
        """Where `peil reproduce` works, and what one that was killed leaves."""
        return self.tiny.store.work("tiny", "reproduce", "store")

    def leave_reproduced(self) -> None:
        """A store beside, as a killed `peil reproduce` leaves it: rows, and keys of their own."""
        beside = Store(self.tiny.store.settings.model_copy(update={"data": self.beside}))
        key = beside.key("tiny", DAY, "raw")
        write_bytes(key, self.tiny.store.key("tiny", DAY, "raw").read_bytes())
        write_text(beside.raw_file("tiny", DAY), IMSI)
        write_text(beside.work("tiny", DAY, "stage") / "spill" / "tmp", IMSI)

    def markers(self) -> dict[str, bytes | str]:
        """The subscriber, and each key of the day."""
        store = self.tiny.store
        kinds: Any = ("raw", "staged", "pseudonym")
        of_keys = {kind: store.key("tiny", DAY, kind).read_bytes() for kind in kinds}
        return {"subscriber": IMSI, **of_keys}

    def readable(self, markers: dict[str, Any]) -> list[str]:
        """Where in the whole store a marker lies, and every file that is sealed."""
        root = self.tiny.store.root
        hits = [finding.file for finding in leaks.scan(markers, {"store": root})]
        return sorted({*hits, *(str(f.relative_to(root)) for f in root.rglob("*.duckdb"))})

    def state(self) -> dict[str, Any]:
        """Every file of the store and what is in it; locks, which say who was last, left out."""
        root = self.tiny.store.root
        return {
            str(file.relative_to(root)): file.read_bytes()
            for file in sorted(root.rglob("*"))
            if file.is_file() and "/locks/" not in str(file) and file.suffix != ".lock"
        }

    def receipts(self) -> list[dict[str, Any]]:
        """Ledger entries of what was deleted, without signature and chain."""
        lines = self.tiny.store.ledger("tiny").read_text().splitlines()
        entries = [json.loads(line) for line in lines]
        return [e for e in entries if e["kind"] in {"deleted", "shredded", "stopped"}]

    def run(self, command: Any, *words: Any, **named: Any) -> Any:
        return command("tiny", *words, **named)

    def save(self, name: str) -> Path:
        """A copy of the whole folder, to go back to."""
        return Path(shutil.copytree(self.tiny.store.root, self.tiny.folder / name, symlinks=True))

    def restore(self, saved: Path) -> None:
        shutil.rmtree(self.tiny.store.root)
        shutil.copytree(saved, self.tiny.store.root, symlinks=True)


@pytest.fixture
def full(tiny: Any) -> Kept:
    """One day ingested, staged, estimated, with a candidate; nothing of it deleted yet."""
    head = "imsi,at,mcc,mnc,cell,imei\n"
    rows = "".join(f"{IMSI},2026-03-02T0{n}:00:00,204,08,c1,x\n" for n in range(5))
    tiny.deliver("a.csv", head + rows)
    tiny.ingest()
    kept = Kept(tiny)
    kept.stage()
    kept.fill()
    return kept
