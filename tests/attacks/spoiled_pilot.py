"""A small pilot in which much goes wrong, with markers in its rows; and what it wrote meanwhile."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from peil.charter import reading
from peil.ingest import deliveries as manifest
from peil.settings import PROJECT, Settings
from peil.store import parties
from peil.store.store import Store
from tests.stores import take_along

DAYS = [date(2026, 3, day) for day in (2, 3, 4)]
MEMORY = "60MB"  # so little that ingest and stage spill
PLANTED = {
    "in the cell column": "204919999000001",
    "in a malformed row": "204919999000012",
    "in a row with too many fields": "204919999000023",
    "in a row that is not UTF-8": "204919999000034",
    "in the time column": "204919999000045",
    "in a refused file": "204919999000056",
    "on the opt-out list": "204919999000067",
    "behind a closed gate": "204919999000078",
    "a called number": "31699999001234",
}
# what every simulated subscriber's number begins with: which of them spill is left to chance
ANY_SUBSCRIBER = "204910000"


@dataclass(frozen=True)
class Spoiled:
    """What is left of the run."""

    store: Store
    markers: dict[str, str | bytes]
    output: bytes
    exit_code: int
    spilled: Path
    written_ahead: Path


def spoil(deliveries: Path) -> dict[str, str]:
    """Plant identifiers in the first day, break the second, and leave little of the third."""
    files = {day: sorted((deliveries / "demo" / "events" / str(day)).glob("*.gz")) for day in DAYS}
    lines = gzip.decompress(files[DAYS[0]][0].read_bytes()).split(b"\n")
    fields = [lines[len(lines) // 3].split(b";"), lines[-2].split(b";")]
    cell = fields[0][4].decode()
    at = "02-03-2026 08:30:00"
    planted = {name: marker.encode() for name, marker in PLANTED.items()}
    rows = [
        f"204910000000001;{at};204;91;{PLANTED['in the cell column']};LU;6;;",
        f"{PLANTED['in a malformed row']};not a time;x;y;{cell}",
        f"{PLANTED['in a row with too many fields']};{at};204;91;{cell};LU;6;;;;;;;;;;;;;;;",
        f"204910000000002;{PLANTED['in the time column']};204;91;{cell};LU;6;;",
        f"{PLANTED['on the opt-out list']};{at};204;91;{cell};LU;6;;",
        f"204910000000003;{at};204;91;{cell};LU;6;350000099999999;{PLANTED['a called number']}",
    ]
    more = [row.encode() for row in rows]
    more.append(planted["in a row that is not UTF-8"] + b";\xff\xfe;204;91;\xff;LU;6;;")
    _write(files[DAYS[0]][0], b"\n".join([*lines[:-1], *more, b""]))
    with (deliveries / "demo" / "opt_out.csv").open("a") as file:
        file.write(PLANTED["on the opt-out list"] + "\n")

    refused = files[DAYS[1]][0]
    _write(refused, lines[0] + b"\n" + planted["in a refused file"] + b";" * 8 + b"\n")
    refused.write_bytes(refused.read_bytes()[:-12])  # breaks off
    for file in files[DAYS[1]][1:]:  # nothing else of that day could be read in its place
        file.unlink()

    for file in files[DAYS[2]][1:]:
        file.unlink()
    bad = planted["behind a closed gate"]
    # of two causes, and few: records all spoiled alike would have the file refused before its gate
    spoiled = [bad + b";nothing;here", bad + f";{at};204;91;{cell};LU;6;;".encode()]
    _write(files[DAYS[2]][0], b"\n".join([lines[0], *spoiled * 25, b""]))
    (first, last) = ({"subscriber": values[0], "device": values[7]} for values in fields)
    simulated = {f"a simulated {name}": value.decode() for name, value in first.items()}
    simulated |= {f"a later simulated {name}": value.decode() for name, value in last.items()}
    return {**PLANTED, **simulated}


def _write(file: Path, content: bytes) -> None:
    file.write_bytes(gzip.compress(content, 1))


class _Catcher(threading.Thread):
    """Copies what lies in spill and write-ahead files while a run is under way."""

    def __init__(self, operator: Path, into: Path) -> None:
        super().__init__(daemon=True)
        self.operator, self.into = operator, into
        self.is_over = threading.Event()
        self.sizes: dict[Path, int] = {}

    def run(self) -> None:
        while not self.is_over.wait(0.02):
            for kind, pattern in (
                ("spilled", "work/**/*.tmp"),
                ("written_ahead", "sealed/**/.*.wal"),
                ("written_ahead", "mlflow.db-*l"),  # -journal, -wal
                ("written_ahead", "airflow/airflow.db-*l"),
            ):
                # a folder that goes while it is looked through: the next look is 20 ms away
                with suppress(OSError):
                    for file in self.operator.glob(pattern):
                        self.catch(kind, file)

    def catch(self, kind: str, file: Path) -> None:
        try:
            size = file.stat().st_size
            if size > self.sizes.get(file, 0):
                self.sizes[file] = size
                # what grows only is copied over; spilled blocks are overwritten, so each is kept
                which = size if kind == "spilled" else list(self.sizes).index(file)
                name = f"{file.parent.name}.{which}.{file.name.lstrip('.')}"
                shutil.copyfile(file, self.into / kind / name)
        except OSError:  # gone meanwhile
            return


def _kept_long(folder: Path) -> Path:
    """The demo's charter, by which raw rows outlive the run: the scan is to see all there is."""
    folder.mkdir()
    charter = (PROJECT / "pilots" / "demo.yml").read_text()
    (folder / "demo.yml").write_text(charter.replace("raw_hours: 24", "raw_hours: 168"))
    return folder


def run(small: Settings, folder: Path) -> Spoiled:
    """Run three days of the spoiled pilot through the real DAGs, in little memory."""
    deliveries = folder / "deliveries"
    shutil.copytree(small.deliveries_folder / "demo", deliveries / "demo")
    markers: dict[str, str | bytes] = {**spoil(deliveries)}
    store = Store(Settings(data=folder / "data", deliveries=deliveries))  # type: ignore[call-arg]
    manifest.vouch(store, reading.load("demo"), deliveries / "demo", parties.simulator(store))
    take_along(small, store.root)
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "PEIL_"))},
        "PEIL_DATA": str(store.root),
        "PEIL_DELIVERIES": str(deliveries),
        "PEIL_TRUTH": str(folder / "no_truth"),
        "PEIL_MEMORY": MEMORY,
        "PEIL_PILOTS": str(_kept_long(folder / "pilots")),
        "PYTHONPATH": str(PROJECT),
    }
    for kind in ("spilled", "written_ahead"):
        (folder / kind).mkdir()
    catcher = _Catcher(store.operator, folder)
    catcher.start()
    words = ["run", "demo", "--from", str(DAYS[0]), "--to", str(DAYS[-1])]
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "peil.cli", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        cwd=PROJECT,
        timeout=900,
        check=False,
    )
    catcher.is_over.set()
    catcher.join()
    print(f"peil run of the spoiled pilot: {time.monotonic() - started:.0f} s")
    keys = store.operator / "keys"
    for file in sorted(path for path in keys.rglob("*") if path.is_file()):
        markers[f"key {file.relative_to(keys)}"] = file.read_bytes().strip(b"\n")
    return Spoiled(
        store, markers, done.stdout, done.returncode, folder / "spilled", folder / "written_ahead"
    )
