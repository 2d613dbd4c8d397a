"""Let Airflow forget: its own metadata by its own tool (`airflow db clean`), and its logs.

By the machine's clock, with which Airflow stamps both. They hold counts and names, no row.
"""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from peil.adapters.airflow.home import environment_of_a_child
from peil.settings import Settings
from peil.store.store import Store

# tables with what a run told (XComs), did and rendered; DAGs themselves and their versions stay
TABLES = ("xcom", "task_instance", "task_instance_history", "dag_run", "job", "log", "asset_event")
STAMP = re.compile(rb"^\[?(?:timestamp=)?(\d{4}-\d\d-\d\d)")


def forget(settings: Settings, at: datetime, days: int) -> int:
    """Delete runs, XComs and logs that are older than so many days; the number of log files."""
    home = Store(settings).airflow_home
    before = at - timedelta(days=days)
    schema = home / "schema"
    # nothing is older than the database, whose making left that file
    if schema.exists() and _touched(schema) < before and (home / "airflow.db").exists():
        _clean(settings, before)
    return sum(
        _is_cut(file, before) for file in sorted((home / "logs").rglob("*")) if file.is_file()
    )


def _clean(settings: Settings, before: datetime) -> None:
    command = [sys.executable, "-m", "airflow", "db", "clean", "--yes", "--skip-archive"]
    command += ["--clean-before-timestamp", before.isoformat(), "--tables", ",".join(TABLES)]
    done = subprocess.run(
        command, env=environment_of_a_child(settings, 8080), capture_output=True, check=False
    )
    if done.returncode:
        raise RuntimeError("`airflow db clean` failed: run it by hand, see docs/operate.md.")


def _touched(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, tz=UTC)


def _is_cut(file: Path, before: datetime) -> bool:
    """Delete a log that ended before, or take its lines from before out of one that goes on."""
    if _touched(file) < before:
        file.unlink()
        return True
    if file.suffix != ".log":
        return False
    content = file.read_bytes()
    lines = content.splitlines(keepends=True)
    first = next((n for n, line in enumerate(lines) if not _is_before(line, before)), len(lines))
    if not first or not any(STAMP.match(line) for line in lines[:first]):
        return False
    with file.open("r+b") as opened:  # the same file: whoever writes it has it open
        opened.write(b"".join(lines[first:]))
        opened.truncate()
    return True


def _is_before(line: bytes, before: datetime) -> bool:
    """Whether a line is stamped before; one without a stamp belongs to the line above it."""
    stamp = STAMP.match(line)
    return stamp is None or stamp[1].decode() < str(before.date())
