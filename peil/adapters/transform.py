"""Run parts of `dbt_project/` for one pilot and day; no other module starts dbt.

Belongs in here: what a run is given (`TransformSession`), running and closing. The parsed project
is in `dbt_parsed`, what a run came to, in words, in `dbt_outcome`, what the DuckDB adapter does
within a run in `dbt_plugin`. dbt is imported when it is first run (a second).
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from peil.adapters import dbt_outcome, sealing
from peil.adapters.dbt_outcome import TransformResult
from peil.adapters.dbt_parsed import QUIET, WHOLE_DAY, manifest, places, runner_class
from peil.charter.products import PRESENCE, PRODUCTS, State
from peil.outcome import Refused
from peil.settings import Engine, Settings
from peil.store import keys
from peil.store.raw_tables import CELL_COLUMNS, EVENT_COLUMNS

# what ingest writes beside events and cells, for the unit tests' empty file
OTHER_TABLES = {
    "files": "file_id INTEGER, file_name VARCHAR, sha256 VARCHAR, n_rows BIGINT, "
    "n_opted_out BIGINT",
    "batch": "pilot VARCHAR, day DATE, time_zone VARCHAR, threshold INTEGER, "
    "day_start_at TIMESTAMPTZ, day_end_at TIMESTAMPTZ, home_mcc INTEGER",
}
# columns of the source `given.cleaning`, with what an example of the SQL is judged by
CLEANING: dict[str, float] = {"far_m": 10_000.0, "fastest_m_per_s": 55.0}


@dataclass(frozen=True)
class TransformSession:
    """Files, keys and limits of one run. What is None is not attached.

    Attributes
    ----------
    raw_file, raw_key : Path
        Sealed raw file, read only, and the file of its key.
    staged_file, staged_key : Path
        Sealed staged file to write (aside; the caller renames it), and the file of its key.
    part : tuple of int
        Which part of the day is staged, of how many; (0, 1) is all of it. A part has a key of its
        own, derived from that of the staged file.
    pseudonym_key : Path
        File of the key of this pilot's and day's pseudonyms.
    memory_limit, threads, temp_directory
        DuckDB's limits, and its spill folder; spill is encrypted.
    passing_file : Path
        Where ordered rows lie meanwhile, under a key that nobody keeps; None: in memory.
    estimated, released, product
        Folders with the Parquet files of these states, and whose they are.
    cleaning : mapping of str to float
        Section ``[cleaning]`` of `methods.toml`; its columns are those of `CLEANING`.
    """

    raw_file: Path | None = None
    raw_key: Path | None = None
    staged_file: Path | None = None
    staged_key: Path | None = None
    part: tuple[int, int] = (0, 1)
    pseudonym_key: Path | None = None
    memory_limit: str = "2GB"
    threads: int = 2
    temp_directory: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="peil_")))
    passing_file: Path | None = None
    estimated: Path | None = None
    released: Path | None = None
    product: str = PRESENCE
    cleaning: Mapping[str, float] = field(default_factory=lambda: dict(CLEANING))

    @classmethod
    def bounded(cls, settings: Settings, work: Path) -> TransformSession:
        """A session that attaches nothing yet: the machine's limits, spill in a scratch folder."""
        return cls(
            memory_limit=settings.memory, threads=settings.threads, temp_directory=work / "spill"
        )


@dataclass
class _Run:
    """The run of this process: dbt keeps one connection per process, so there is one at most."""

    session: TransformSession
    connection: duckdb.DuckDBPyConnection | None = None
    error: Exception | None = None


_lock = threading.Lock()
_run: _Run | None = None


def current() -> TransformSession | None:
    """Give the session of the run in progress; None when a person calls dbt by hand."""
    return _run.session if _run else None


def remember(connection: duckdb.DuckDBPyConnection, error: Exception | None) -> None:
    """Take from the plugin the connection of the run, or why it could not be prepared."""
    if _run:
        _run.connection, _run.error = connection, error


def part_key(staged_key: Path, part: tuple[int, int]) -> bytes:
    """The key of a part of a day; of the whole day that of its staged file."""
    key = keys.read_key(staged_key)
    number, n_parts = part
    return key if n_parts == 1 else keys.derived(key, f"part {number} of {n_parts}")


def build(
    select: list[str], session: TransformSession, target: Path, *, asks_all: bool = True
) -> TransformResult:
    """Make the selected tables and ask their questions; unit tests of the SQL are left out.

    Parameters
    ----------
    select : list of str
        dbt's selection, such as ``path:models/staging``.
    session : TransformSession
    target : Path
        Folder outside the source tree where dbt leaves the SQL that it ran.
    asks_all : bool
        Whether questions are asked that need a table which is not made here, or the whole day.

    Raises
    ------
    Refused
        A table is not well-formed: one sentence for each test, free of row values.
    RuntimeError
        A table cannot be made; idem.
    """
    command = ["build", "--exclude-resource-type", "unit_test", "--indirect-selection"]
    command += ["eager"] if asks_all else ["cautious", "--exclude", f"tag:{WHOLE_DAY}"]
    return _invoke([[*command, "--select", *select]], session, target)


def finish(
    select: list[str], ask: list[str], session: TransformSession, target: Path
) -> TransformResult:
    """Make the last tables of a staged file that another engine made, and ask all of what is in it.

    Parameters
    ----------
    select : list of str
        What is made, in dbt's selection.
    ask : list of str
        Tables and sources whose questions are asked, as far as they need no other.

    Raises
    ------
    Refused, RuntimeError
        As `build`.
    """
    return _invoke(_made_then_asked(select, ask), session, target)


def build_in_spark(select: list[str], ask: list[str], target: Path) -> TransformResult:
    """Make tables in the session of Spark that this process has; the rest is as of `finish`."""
    from dbt.adapters.factory import reset_adapters

    with _lock:
        started = time.perf_counter()
        try:
            results, done, parse_s = _run_all(_made_then_asked(select, ask), target, "spark")
        finally:
            reset_adapters()  # type: ignore[no-untyped-call]
    dbt_outcome.raise_for_broken(results, done)
    return dbt_outcome.result_of(results, time.perf_counter() - started, parse_s)


def _made_then_asked(select: list[str], ask: list[str]) -> list[list[str]]:
    asking = ["test", "--exclude-resource-type", "unit_test", "--indirect-selection", "cautious"]
    return [["run", "--select", *select], [*asking, "--select", *ask]]


def check(
    state: State,
    folder: Path,
    session: TransformSession,
    target: Path,
    product: str = PRESENCE,
) -> TransformResult:
    """Ask of a product's files in a state whether they are well-formed; raises as `build`."""
    estimated, released = (folder, None) if state == "estimated" else (None, folder)
    session = replace(session, estimated=estimated, released=released, product=product)
    return build(list(PRODUCTS[product].output(state).views), session, target)


def unit_tests() -> TransformResult:
    """Ask whether the SQL does what its examples say, on an empty raw file made for it.

    Raises
    ------
    Refused
        An example does not come out: one sentence for each.
    """
    with tempfile.TemporaryDirectory(prefix="peil_dbt_") as name:
        folder = Path(name)
        raw_key, staged_key, pseudonym_key = (
            keys.new_key(folder / "keys" / f"{kind}.key") for kind in ("raw", "staged", "pseudonym")
        )
        session = TransformSession(
            raw_file=folder / "empty.raw.duckdb",
            raw_key=raw_key,
            staged_file=folder / "empty.staged.duckdb",
            staged_key=staged_key,
            pseudonym_key=pseudonym_key,
            memory_limit="500MB",
            # an example's rows come by UNION ALL, whose branches share the state of a window
            # without an order (duckdb/duckdb#25995); a table's rows, as each day's, do not
            threads=1,
            temp_directory=folder / "spill",
        )
        _make_empty(folder / "empty.raw.duckdb", raw_key, folder / "spill")
        # an example takes its columns' types from tables that are there, so they are made first
        select = ["--select", "path:models/staging", "path:models/intermediate"]
        commands = [["run", *select], ["test", "--resource-type", "unit_test", *select]]
        return _invoke(commands, session, folder)


def _make_empty(raw: Path, key: Path, spill: Path) -> None:
    tables = dict(OTHER_TABLES)
    for table, columns in (("events", EVENT_COLUMNS), ("cells", CELL_COLUMNS)):
        tables[table] = ", ".join(f"{column} {kind}" for column, kind in columns.items())
    with sealing.in_memory() as opened:
        sealing.load_crypto(opened)
        sealing.bound(opened, "500MB", 1, spill)
        sealing.attach(opened, raw, "raw", keys.read_key(key), False)
        for table, columns_sql in tables.items():
            opened.execute(f"CREATE TABLE raw.main.{table} ({columns_sql})")


def _invoke(commands: list[list[str]], session: TransformSession, target: Path) -> TransformResult:
    """Run dbt's commands one after the other on one connection; judge what came out."""
    global _run
    with _lock:
        started = time.perf_counter()
        _run = run = _Run(session)
        try:
            results, done, parse_s = _run_all(commands, target, "duckdb")
        finally:
            _run = None
            _close(run)
    if run.error is not None:
        raise run.error
    dbt_outcome.raise_for_broken(results, done)
    return dbt_outcome.result_of(results, time.perf_counter() - started, parse_s)


def _run_all(
    commands: list[list[str]], target: Path, engine: Engine
) -> tuple[list[Any], Any, float]:
    """Run commands until one fails: their results, what the last came to, seconds of parsing."""
    results: list[Any] = []
    started = time.perf_counter()
    parsed = manifest(engine)
    parse_s = time.perf_counter() - started
    runner = runner_class()
    for command in commands:
        # a run writes into its manifest, so it gets a copy
        done = runner(manifest=parsed.deepcopy()).invoke(
            [*command, *QUIET, *places(target, engine)]
        )
        results += list(getattr(done.result, "results", None) or [])
        if isinstance(done.exception, KeyboardInterrupt | SystemExit):  # dbt caught it
            raise done.exception
        if not done.success:
            break
    return results, done, parse_s


def _close(run: _Run) -> None:
    """Detach the sealed files, so that they are whole and may be renamed, and forget the run."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import reset_adapters

    if run.connection is not None:
        for alias in ("staged", "raw", "passing"):
            try:
                run.connection.execute(f"DETACH DATABASE IF EXISTS {alias}")
            except duckdb.Error as error:
                run.error = run.error or Refused(
                    f"The {alias} file could not be closed ({type(error).__name__})."
                )
        run.connection.close()
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    reset_adapters()  # type: ignore[no-untyped-call]
    shutil.rmtree(run.session.temp_directory, ignore_errors=True)
