"""The one door to dbt: run the SQL of one day, in this process, from a manifest parsed once."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from peil.outcome import Refused
from peil.settings import PROJECT

FOLDER = PROJECT / "dbt_project"


@dataclass(frozen=True)
class TransformSession:
    """What one run of dbt may open. Keys are given as files, never as values.

    `outputs` are Parquet files by table name, to be tested for their form.
    """

    memory_limit: str
    threads: int
    temp_directory: Path
    raw_file: Path | None = None
    raw_key: Path | None = None
    staged_file: Path | None = None
    staged_key: Path | None = None
    pseudonym_key: Path | None = None
    outputs: dict[str, Path] = field(default_factory=dict)


_session: TransformSession | None = None  # dbt's threads see a module, not a context variable


def current() -> TransformSession | None:
    """The session that dbt runs in now; the plugin asks for it."""
    return _session


@contextmanager
def _opened(session: TransformSession) -> Iterator[None]:
    global _session
    if _session is not None:
        raise RuntimeError("dbt is running already in this process")
    _session = session
    try:
        yield
    finally:
        _session = None
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.adapters.factory import reset_adapters

        # else the next run would write into this one's files, renamed since
        DuckDBConnectionManager.close_all_connections()
        reset_adapters()


def _runner(manifest: Any = None) -> Any:
    os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")  # telemetry's own name
    from dbt.cli.main import dbtRunner

    logging.getLogger("dbt").setLevel(logging.WARNING)
    return dbtRunner(manifest=manifest)


def _common(target: Path) -> list[str]:
    return ["--project-dir", str(FOLDER), "--profiles-dir", str(FOLDER), "--target-path",
            str(target), "--log-path", str(target), "--quiet", "--no-use-colors",
            "--log-level-file", "none", "--no-partial-parse", "--no-write-json",
            "--no-version-check"]  # fmt: skip


@cache
def _manifest(target: Path) -> Any:
    """Parse the project; it is the same for every pilot and day."""
    result = _runner().invoke(["parse", *_common(target)])
    if not result.success:
        raise RuntimeError("dbt_project/ cannot be parsed") from result.exception
    return result.result


def build(
    select: list[str], session: TransformSession, target: Path, command: str = "build"
) -> dict[str, str]:
    """Run the selected tables and their tests. Returns the status of each by its name.

    Parameters
    ----------
    select : list of str
        dbt selectors, such as ``path:models/staging``.
    target : Path
        Folder for what dbt writes; not in the source tree.

    Raises
    ------
    Refused
        A test of the form failed: names the tests, never a row.
    RuntimeError
        A table could not be made: a fault of ours.
    """
    target.mkdir(parents=True, exist_ok=True)
    with _opened(session):
        manifest = _manifest(target.parent / "parse")
        result = _runner(manifest).invoke(
            [command, "--select", *select, "--exclude", "resource_type:unit_test",
             *_common(target)]
        )  # fmt: skip
    return _judge(result)


def unit_tests(session: TransformSession, target: Path) -> dict[str, str]:
    """Run the unit tests of the SQL. Returns the status of each by its name."""
    with _opened(session):
        prepared = _runner().invoke(
            ["run", "--empty", "--select", "path:models/staging", "path:models/intermediate",
             *_common(target)]
        )  # fmt: skip
        _judge(prepared)
        result = _runner().invoke(["test", "--select", "test_type:unit", *_common(target)])
    return _judge(result)


def _judge(result: Any) -> dict[str, str]:
    runs = list(getattr(result.result, "results", None) or [])
    states = {run.node.name: str(run.status) for run in runs}
    broken = [run for run in runs if str(run.status) == "error"]
    failed = sorted(run.node.name for run in runs if str(run.status) == "fail")
    if broken or (not runs and not result.success):
        # dbt's own message may quote a row: only the node's name is told
        names = ", ".join(run.node.name for run in broken) or "dbt itself"
        raise RuntimeError(f"dbt could not make: {names}") from None
    if failed:
        raise Refused(
            f"dbt tests failed: {', '.join(failed)}: the table is not well formed; "
            "see dbt_project/ for what each asks."
        )
    if not states:
        raise RuntimeError("dbt selected nothing")
    return states
