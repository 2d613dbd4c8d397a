"""Airflow's folder, settings, secrets and database.

Airflow reads its settings from the environment when it is first imported, so `environment`
is put in place before any `import airflow`. Secrets are files under `operator/keys/airflow`,
read by command when needed: they are in no environment and in no written configuration.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
import shlex
import sqlite3
import warnings
from contextlib import closing
from importlib import metadata
from pathlib import Path
from typing import Any, TextIO

from filelock import FileLock
from pydantic import SecretStr

from peil.outcome import Refused, Waiting
from peil.settings import PROJECT, Settings
from peil.store import parties
from peil.store.atomic import write_bytes
from peil.store.store import Store

CONSOLE_USER = parties.CONSOLE_USER
DAGS = PROJECT / "dags"
BUNDLE = "peil"


# pilots whose DAGs this process reads; none of them: those of every charter
_read_only: set[str] = set()


def read_only(*pilots: str) -> None:
    """Let DAG files declare the DAGs of these pilots and no other, from now on, in this process.

    A walk reads the files again for every run of a DAG, which takes as long as there are charters.
    """
    _read_only.clear()
    _read_only.update(pilots)


def is_read(pilot: str) -> bool:
    """Whether DAG files declare the DAGs of a pilot in this process."""
    return not _read_only or pilot in _read_only


def write_once(path: Path, content: str, mode: int = 0o400) -> Path:
    """Write a secret unless it is there. Two starters at a time end with one secret."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
            file.write(content)
        try:
            os.link(aside, path)  # fails where another was first: a link never replaces
        except FileExistsError:
            pass
        finally:
            aside.unlink()
    return path


def fernet_key() -> str:
    """Draw a key for what Airflow encrypts in its own database."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def passwords() -> str:
    """Draw the console's password, in the form Airflow's simple auth manager reads."""
    return json.dumps({CONSOLE_USER: secrets.token_urlsafe(24)}) + "\n"


def keys_folder(settings: Settings) -> Path:
    """Where the secrets of Airflow lie: with the keys of the plane that runs it."""
    folder = Store(settings).own / "keys" / "airflow"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def password_file(settings: Settings) -> Path:
    """The file with the passwords of the console and of each account. Airflow writes it: 0600."""
    file = write_once(keys_folder(settings) / "console.json", passwords(), 0o600)
    draw_missing(file, accounts(settings), 0o600)
    return file


def accounts(settings: Settings) -> list[str]:
    """The named users of people who approve: accounts of enrolled parties, in order."""
    try:
        people = parties.of_pilot(Store(settings), is_synthetic=False)
    except Refused:  # said by whatever asks for a signature
        return []
    return sorted({person.account for person in people if person.account})


def console_users(named: list[str]) -> str:
    """The users of the console as Airflow's simple auth manager reads them.

    Whoever approves sees and answers; only the console's own user may do more.

    >>> console_users(["anna"])
    'peil:admin,anna:user'
    """
    return ",".join([f"{CONSOLE_USER}:admin", *(f"{name}:user" for name in named)])


def draw_missing(file: Path, named: list[str], mode: int) -> None:
    """Draw the passwords of accounts that have none, since Airflow would print what it draws."""
    drawn = json.loads(file.read_text())
    missing = [account for account in named if account not in drawn]
    if missing:
        drawn |= {account: secrets.token_urlsafe(24) for account in missing}
        write_bytes(file, json.dumps(drawn).encode() + b"\n", mode)


def environment(settings: Settings, port: int = 8080) -> dict[str, str]:
    """Return Airflow's own variables for this store, and nothing secret.

    Parameters
    ----------
    settings : Settings
        Which store.
    port : int, default=8080
        Of the API server, always on loopback.
    """
    home = Store(settings).airflow_home
    keys = keys_folder(settings)
    fernet = write_once(keys / "fernet.key", fernet_key())
    signing = write_once(keys / "jwt.key", secrets.token_urlsafe(48))
    session = write_once(keys / "session.key", secrets.token_urlsafe(48))
    bundle = {
        "name": BUNDLE,
        "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
        "kwargs": {"path": str(DAGS), "refresh_interval": 30},
    }
    sections = {
        "core": {
            "dags_folder": str(DAGS),
            "load_examples": "False",
            "executor": "peil.adapters.airflow.preloading.PreloadedExecutor",
            "dagbag_import_timeout": "120",  # a busy machine, not a heavy file
            "parallelism": str(settings.threads),
            "fernet_key_cmd": f"cat {shlex.quote(str(fernet))}",
            "execution_api_server_url": f"http://127.0.0.1:{port}/execution/",
            "simple_auth_manager_users": console_users(accounts(settings)),
            "simple_auth_manager_passwords_file": str(password_file(settings)),
        },
        "database": {
            "sql_alchemy_conn": f"sqlite:///{home / 'airflow.db'}",
            # each connection at rest keeps pages of its own: one stays, fifteen at most at once
            "sql_alchemy_pool_size": "1",
            "sql_alchemy_max_overflow": "14",
        },
        "api": {
            "host": "127.0.0.1",
            "port": str(port),
            "base_url": f"http://127.0.0.1:{port}",
            "workers": "1",
            # what a worker gathers goes with it: another takes its place, and no request is lost
            "server_type": "gunicorn",
            "worker_refresh_interval": "1800",
            "secret_key_cmd": f"cat {shlex.quote(str(session))}",
            "expose_config": "False",
        },
        "api_auth": {"jwt_secret_cmd": f"cat {shlex.quote(str(signing))}"},
        "dag_processor": {
            "dag_bundle_config_list": json.dumps([bundle]),
            "min_file_process_interval": "30",
            "parsing_processes": "1",
            "dag_file_processor_timeout": "180",
        },
        "logging": {
            "base_log_folder": str(home / "logs"),
            "logging_level": "WARNING",
            "file_task_handler_new_folder_permissions": "0o700",  # else it opens them to all
            "file_task_handler_new_file_permissions": "0o600",
        },
        "scheduler": {
            "scheduler_idle_sleep_time": "1",
            # tasks of a scheduler that died are found so soon, not after five minutes
            "orphaned_tasks_check_interval": "30",
        },
        "usage_data_collection": {"enabled": "False"},
    }
    variables = {
        f"AIRFLOW__{section}__{key}".upper(): value
        for section, values in sections.items()
        for key, value in values.items()
    }
    variables |= {
        "AIRFLOW_HOME": str(home),
        "DO_NOT_TRACK": "true",
        "MALLOC_ARENA_MAX": "2",  # else each thread of a server keeps a heap of its own
    }
    return variables


def environment_of_a_child(settings: Settings, port: int) -> dict[str, str]:
    """Return the whole environment of an Airflow in processes of its own, for this store."""
    variables = {**os.environ, **environment(settings, port)}
    for name, value in settings.model_dump(exclude_none=True).items():
        variables[f"PEIL_{name}".upper()] = _spelled(value)
    folders = [*filter(None, [os.environ.get("PYTHONPATH")]), str(PROJECT)]
    return {**variables, "PYTHONPATH": os.pathsep.join(folders)}


def _spelled(value: Any) -> str:
    """Write a setting as its environment variable has it."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return str(value.absolute() if isinstance(value, Path) else value)


def claim(settings: Settings, alone: bool) -> TextIO:
    """Take Airflow's database, alone (a started Airflow) or together (walked DAGs).

    A scheduler would run the tasks of a DAG that is being walked a second time; so the two
    exclude each other. Held until the returned file is closed or the process dies.

    Raises
    ------
    Waiting
        The other is at work.
    """
    home = Store(settings).airflow_home
    home.mkdir(parents=True, exist_ok=True)
    held = (home / "claim.lock").open("a")
    try:
        fcntl.flock(held, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        held.close()
        other = "`peil run` is" if alone else "Airflow (`peil up`) is"
        raise Waiting(f"{other} at work on {home}: wait until it ends, or stop it.") from None
    return held


def prepare(settings: Settings) -> None:
    """Make Airflow's database, or bring it up to date. Cheap when there is nothing to do.

    Puts `environment` in this process: call it before anything imports Airflow.
    """
    home = Store(settings).airflow_home
    home.mkdir(parents=True, exist_ok=True)
    os.environ.update(environment(settings))
    marker, version = home / "schema", metadata.version("apache-airflow-core")
    with changing(settings):
        if _has_tables(home / "airflow.db") and marker.exists() and marker.read_text() == version:
            return
        with warnings.catch_warnings():
            # of libraries' own imports, which whoever runs a pilot can do nothing about
            warnings.simplefilter("ignore")
            from airflow.utils.db import initdb

            initdb()  # makes what is missing, or migrates what is older
        marker.write_text(version)


def _has_tables(database: Path) -> bool:
    """Whether Airflow's tables are there; not so where what was written ahead of it was lost."""
    if not database.is_file():
        return False
    with closing(sqlite3.connect(database)) as opened:
        found_tables = opened.execute(
            "SELECT count(*) FROM sqlite_master WHERE name IN ('dag_run', 'dag_bundle')"
        )
        return bool(found_tables.fetchone()[0] == 2)


def changing(settings: Settings) -> FileLock:
    """Make the lock under which one process at a time writes tables or DAGs to the database."""
    home = Store(settings).airflow_home
    home.mkdir(parents=True, exist_ok=True)
    return FileLock(home / "prepare.lock")
