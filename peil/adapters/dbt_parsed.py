"""Parse `dbt_project/` once, and keep it for the next process. Running it belongs in `transform`.

The manifest is the same for every day and pilot: all that differs is in the table `raw.batch`.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from peil.settings import KEPT, PROJECT, Engine
from peil.store.atomic import write_bytes
from peil.store.faults.garbage import not_among_what_stays
from peil.store.store import Store

DBT_PROJECT = PROJECT / "dbt_project"
WHOLE_DAY = "whole_day"  # tag of questions that cannot be asked of a part of a day
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

INSTALLED = KEPT / "dbt"
MOST_KEPT = 8

_manifests: dict[Engine, Any] = {}
TARGETS: dict[Engine, str] = {"duckdb": "sealed", "spark": "spark"}  # of profiles.yml


def manifest(engine: Engine = "duckdb") -> Any:
    """Parse dbt's project, once per process, and keep it for the next one, whatever its store.

    What is kept is named by a hash of the project's text, so that it can never be out of date.
    """
    if engine not in _manifests:
        files = kept(engine)
        with not_among_what_stays():
            _manifests[engine] = _read(files) or _parsed(engine, files)
    return _manifests[engine]


def kept(engine: Engine = "duckdb") -> list[Path]:
    """Where the parsed project may lie: beside what is installed, or in the store."""
    # an adapter brings macros of its own, which are parsed with ours
    libraries = ("dbt-core", "dbt-common", "dbt-adapters", f"dbt-{engine}")
    versions = " ".join(map(version, libraries))
    digest = hashlib.sha256(f"{DBT_PROJECT} {versions} {TARGETS[engine]}".encode())
    for file in sorted(DBT_PROJECT.rglob("*")):
        if file.suffix in (".sql", ".yml"):
            digest.update(str(file).encode() + b"\0" + file.read_bytes() + b"\0")
    name = f"{digest.hexdigest()[:32]}.msgpack"
    return [INSTALLED / name, Store().operator / "work" / "dbt" / name]


def _read(files: list[Path]) -> Any:
    """Read what an earlier process parsed; None where there is none, or a damaged one."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    for file in files:
        with suppress(OSError):
            digest, content = hashlib.sha256(), file.read_bytes()
            digest.update(content[digest.digest_size :])
            if content.startswith(digest.digest()):
                with suppress(OSError):  # whose it is may be somebody else
                    os.utime(file)  # the last to be removed by `_make_room`
                content = content[digest.digest_size :]
                return Manifest.from_msgpack(content, decoder=extended_mashumuro_decoder)
    return None


def _parsed(engine: Engine, files: list[Path]) -> Any:
    from dbt.cli.main import dbtRunner

    with tempfile.TemporaryDirectory(prefix="peil_dbt_") as name:
        folder = Path(name)
        done = dbtRunner().invoke(["parse", "--partial-parse", *QUIET, *places(folder, engine)])
        if not done.success:
            # the project's own text is at fault here: no row has been read
            raise RuntimeError(f"dbt_project/ cannot be parsed: {done.exception}")
        content = (folder / "partial_parse.msgpack").read_bytes()
    for file in files:
        # an environment that is not ours to write in, or a disk that is full: it can do without
        with suppress(OSError):
            write_bytes(file, hashlib.sha256(content).digest() + content)
            _make_room(file.parent)
            break
    return done.result


def _make_room(folder: Path) -> None:
    """Remove what was parsed of texts that nobody has read for longest, as after each change."""
    newest_first = sorted(folder.glob("*.msgpack"), key=lambda file: -file.stat().st_mtime_ns)
    for file in newest_first[MOST_KEPT:]:
        file.unlink(missing_ok=True)


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
    """Tables of staging that lie in a database of DuckDB's.

    That is `staged`, or `memory` or `passing` during a run.
    """
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


def runner_class() -> Any:
    """Import dbt's commands, and give the class that runs them."""
    with not_among_what_stays():
        from dbt.cli.main import dbtRunner

    _name_no_caller()
    return dbtRunner


def _name_no_caller() -> None:
    """Spare dbt the walk up the stack, with its sources, by which it names who set a flag.

    It does so for each flag of each invocation; under Airflow's many frames that is half a second.
    """
    from dbt_common.behavior_flags import BehaviorFlagRendered

    if hasattr(BehaviorFlagRendered, "_default_source"):
        BehaviorFlagRendered._default_source = staticmethod(lambda: "dbt")  # type: ignore[method-assign]
