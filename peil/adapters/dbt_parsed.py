"""Parse `dbt_project/` once, and keep it for the next process. Running it belongs in `transform`.

The manifest is the same for every day and pilot: all that differs is in the table `raw.batch`.
"""

from __future__ import annotations

import hashlib
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from peil.settings import PROJECT, Engine
from peil.store.atomic import write_bytes
from peil.store.store import Store

DBT_PROJECT = PROJECT / "dbt_project"
QUIET = (
    "--quiet",
    "--log-level",
    "none",
    "--log-level-file",
    "none",
    "--no-write-json",
    "--no-use-colors",
    "--no-version-check",
    "--cache-selected-only",
)

_manifests: dict[Engine, Any] = {}
TARGETS: dict[Engine, str] = {"duckdb": "sealed", "spark": "spark"}  # of profiles.yml


def manifest(engine: Engine = "duckdb") -> Any:
    """Parse dbt's project, once per process, with a cache in the store for the next process.

    The cache is named by a hash of the project's text, so that it can never be out of date.
    """
    if engine not in _manifests:
        from dbt.cli.main import dbtRunner

        cached = _cached_manifest(engine)
        with tempfile.TemporaryDirectory(prefix="peil_dbt_") as name:
            folder = Path(name)
            earlier = ["--partial-parse-file-path", str(cached)] if cached.exists() else []
            done = dbtRunner().invoke(
                ["parse", "--partial-parse", *earlier, *QUIET, *places(folder, engine)]
            )
            if not done.success:
                # the project's own text is at fault here: no row has been read
                raise RuntimeError(f"dbt_project/ cannot be parsed: {done.exception}")
            if not cached.exists():
                write_bytes(cached, (folder / "partial_parse.msgpack").read_bytes())
        _manifests[engine] = done.result
    return _manifests[engine]


def _cached_manifest(engine: Engine) -> Path:
    digest = hashlib.sha256(f"{DBT_PROJECT} {version('dbt-core')} {TARGETS[engine]}".encode())
    for file in sorted(DBT_PROJECT.rglob("*")):
        if file.suffix in (".sql", ".yml"):
            digest.update(str(file).encode() + b"\0" + file.read_bytes() + b"\0")
    return Store().operator / "work" / "dbt" / f"{digest.hexdigest()[:32]}.msgpack"


def places(target: Path, engine: Engine = "duckdb") -> list[str]:
    """Where dbt reads the project, for which engine, and where it leaves what it ran."""
    # a session begins without tables, and is not asked for them
    alone = ["--no-populate-cache"] if engine == "spark" else []
    return [
        *alone,
        "--target",
        TARGETS[engine],
        "--project-dir",
        str(DBT_PROJECT),
        "--profiles-dir",
        str(DBT_PROJECT),
        "--target-path",
        str(target),
        "--log-path",
        str(target / "logs"),
    ]


def tables_of(database: str) -> list[str]:
    """Tables of staging that lie in a database of DuckDB's: `staged`, or `memory` during a run."""
    return sorted(
        node.name
        for node in manifest().nodes.values()
        if node.resource_type == "model"
        and node.database == database
        and node.config.materialized == "table"
    )


def declared(table: str) -> str:
    """Columns of a table as its contract has them, in SQL of DuckDB."""
    columns = manifest().nodes[f"model.peil.{table}"].columns.values()
    return ", ".join(
        f"{column.name} {column.data_type}"
        + " not null" * any(each.type == "not_null" for each in column.constraints)
        for column in columns
    )


def name_no_caller() -> None:
    """Spare dbt the walk up the stack, with its sources, by which it names who set a flag.

    It does so for each flag of each invocation; under Airflow's many frames that is half a second.
    """
    from dbt_common.behavior_flags import BehaviorFlagRendered

    if hasattr(BehaviorFlagRendered, "_default_source"):
        BehaviorFlagRendered._default_source = staticmethod(lambda: "dbt")  # type: ignore[method-assign]
