"""The plugin that gives dbt its sealed files, the pseudonym and its limits.

dbt loads it by name (`dbt_project/profiles.yml`). Keys are read here from files of mode 0400 and
go to DuckDB as bound parameters or stay in a closure: none is in SQL, in `target/` or in a log.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb.func import ARROW

from peil.adapters import database, sealing, transform
from peil.adapters.pseudonyms import pseudonyms
from peil.charter import reading, windows
from peil.charter.hour import unit_of
from peil.charter.products import PRODUCTS, State
from peil.outcome import Refused, Waiting
from peil.store import keys
from peil.store.store import Store


def by_hand() -> transform.TransformSession:
    """Make the session of `PEIL_DBT_PILOT` and `PEIL_DBT_DAY`, for a person who calls dbt.

    It writes to `<day>.staged.duckdb.by_hand` in the day's scratch folder, never to the store's
    own staged file.
    """
    pilot, day = os.environ.get("PEIL_DBT_PILOT"), os.environ.get("PEIL_DBT_DAY")
    if not pilot or not day:
        raise Refused("Set PEIL_DBT_PILOT and PEIL_DBT_DAY, or use `peil stage`: no day is named.")
    store, when = Store(), unit_of(day)
    work = store.work(pilot, when, "by_hand")
    estimated, released = store.estimated(pilot, when), store.candidate(pilot, "presence", when)
    return transform.TransformSession(
        raw_file=store.raw_file(pilot, when),
        raw_key=store.key(pilot, when, "raw"),
        staged_file=work / f"{day}.staged.duckdb.by_hand",
        staged_key=store.key(pilot, when, "staged"),
        pseudonym_key=windows.pseudonym_key(store, reading.load(pilot), when),
        memory_limit=store.settings.memory,
        threads=store.settings.threads,
        temp_directory=work / "spill",
        estimated=estimated if estimated.is_dir() else None,
        released=released if released.is_dir() else None,
    )


class Plugin(BasePlugin):
    """Prepares the one connection of a dbt run; its cursors share all of it."""

    def update_connection_config(self, creds: Any, config: dict[str, Any]) -> None:
        with suppress(Refused):  # said where it is loaded, of a connection that is there
            config.update(sealing.once_checked())

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        session = transform.current() or by_hand()
        try:
            prepare(conn, session)
        except Exception as error:
            transform.remember(conn, error)
            raise
        transform.remember(conn, None)

    def configure_cursor(self, cursor: duckdb.DuckDBPyConnection) -> None:
        sealing.keep_order(cursor)


def prepare(conn: duckdb.DuckDBPyConnection, session: transform.TransformSession) -> None:
    """Attach what the session names, register the pseudonym, lock the connection.

    Raises
    ------
    Refused
        A key is gone or open to others, or does not open its file.
    Waiting
        A file of the state is not there.
    """
    places = (session.raw_file, session.staged_file)
    allowed = [file.parent for file in places if file is not None]
    allowed += [folder for folder in (session.estimated, session.released) if folder is not None]
    database.require_apart(Store(), allowed)
    sealing.load_crypto(conn)
    sealing.bound(conn, session.memory_limit, session.threads, session.temp_directory)
    # a cursor takes only global settings over from its connection
    conn.execute("SET GLOBAL TimeZone = 'UTC'")
    # neighbours in the ordered day are neighbours of each other only as long as DuckDB keeps it
    conn.execute("SET preserve_insertion_order = true")
    spelled = ", ".join(f"CAST(? AS DOUBLE) AS {name}" for name in transform.CLEANING)
    values = [float(session.cleaning[name]) for name in transform.CLEANING]
    conn.execute(f"CREATE TABLE memory.main.cleaning AS SELECT {spelled}", values)
    conn.execute(
        "CREATE TABLE memory.main.part AS SELECT CAST(? AS INTEGER) AS part_no, "
        "CAST(? AS INTEGER) AS n_parts",
        list(session.part),
    )
    if session.raw_file is not None and session.raw_key is not None:
        sealing.attach(conn, session.raw_file, "raw", keys.read_key(session.raw_key), True)
    if session.staged_file is not None and session.staged_key is not None:
        session.staged_file.parent.mkdir(parents=True, exist_ok=True)
        key = transform.part_key(session.staged_key, session.part)
        sealing.attach(conn, session.staged_file, "staged", key, False)
    if session.passing_file is None:
        conn.execute("ATTACH ':memory:' AS passing")
    else:
        sealing.attach(conn, session.passing_file, "passing", secrets.token_bytes(32), False)
    if session.pseudonym_key is not None:
        function = pseudonyms(keys.read_key(session.pseudonym_key))
        conn.create_function("pseudonym_of", function, ["VARCHAR"], "VARCHAR", type=ARROW)
    folders: tuple[tuple[State, Path | None], ...] = (
        ("estimated", session.estimated),
        ("released", session.released),
    )
    for state, folder in folders:
        if folder is not None:
            show(conn, state, folder, PRODUCTS[session.product].output(state).files)
    sealing.harden(conn, allowed, session.memory_limit, session.threads, session.temp_directory)


def show(
    conn: duckdb.DuckDBPyConnection, state: State, folder: Path, files: tuple[str, ...]
) -> None:
    """Make a view in memory over each Parquet file of a state."""
    conn.execute(f"CREATE SCHEMA IF NOT EXISTS memory.{state}")
    for name in files:
        file = folder.resolve() / f"{name}.parquet"
        if not file.is_file():
            raise Waiting(f"{file} is not there: make the {state} state first.")
        place = str(file).replace("'", "''")
        conn.execute(f"CREATE VIEW memory.{state}.{name} AS SELECT * FROM read_parquet('{place}')")
