"""Which MLflow is asked: the operator's, or the agency's own; and what is said where it is not.

The agency's holds what was fitted on released tables alone. What a person reads never holds the
address as it was given: it may name a password.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from filelock import FileLock
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from peil.adapters import registered
from peil.outcome import Refused
from peil.store.store import Store

PORTS = {"postgresql": 5432, "mysql": 3306, "https": 443}
REACH_S = 5.0
OUTLOOK = "outlook"  # the quantity that is the agency's
# what MLflow answers of things, not of itself
OF_THINGS = ("RESOURCE_", "INVALID_")
# modules whose errors are a connection's
CONNECTING = ("sqlalchemy", "psycopg2", "requests", "urllib3")

# a database as MLflow makes it: its migrations take seconds, and one store has two of them
_empty: list[bytes] = []


@dataclass(frozen=True)
class Tracking:
    """One side's MLflow.

    Attributes
    ----------
    uri : str
        Of runs and models; may hold a password, and is told to nobody.
    folder, artifacts : Path
        Where its database lies, where it is a file of the store, and its files.
    lock : Path
        Held while the database is made.
    """

    uri: str
    folder: Path
    artifacts: Path
    lock: Path

    @property
    def is_file(self) -> bool:
        """Whether its database is a file of the store."""
        return self.uri.startswith("sqlite")

    @property
    def place(self) -> str:
        """Where it listens, as people may read it."""
        parts = urlsplit(self.uri)
        port = parts.port or PORTS.get(parts.scheme.partition("+")[0], 80)
        return f"{parts.hostname}:{port}"


def tracking_of(store: Store, quantity: str = "") -> Tracking:
    """The MLflow that holds a quantity's models: the agency's for the outlook.

    `PEIL_MLFLOW_URI` is of the side whose process this is; where it is both's, of the operator.
    """
    is_agencys = quantity == OUTLOOK
    side = store.agency if is_agencys else store.operator
    given = store.settings.mlflow_uri if is_agencys == (store.plane == "agency") else None
    return Tracking(
        given or f"sqlite:///{side / 'mlflow.db'}",
        side,
        side / "mlflow",
        side / "locks" / "mlflow" / "database.lock",
    )


def client(store: Store, quantity: str = "") -> MlflowClient:
    """A client of the tracking store of a quantity; makes the store on first use.

    Raises
    ------
    Refused
        It is on another machine and does not answer, now or whenever it is asked.
    """
    own = tracking_of(store, quantity)
    own.folder.mkdir(parents=True, exist_ok=True)
    if own.is_file:
        _make_database(own)
        return MlflowClient(tracking_uri=own.uri, registry_uri=own.uri)
    _be_quiet()
    require_reachable(store, quantity)
    with answering(store, quantity):
        if not own.uri.startswith("http"):
            _knock(own.uri)
        return _Elsewhere(own, lambda: answering(store, quantity))


def make_ready(store: Store) -> None:
    """Make the databases that are files of this process's side, before anybody asks for them."""
    for quantity in ("",) if store.plane == "operator" else ("", OUTLOOK):
        own = tracking_of(store, quantity)
        if own.is_file:
            own.folder.mkdir(parents=True, exist_ok=True)
            _make_database(own)


class _Elsewhere(MlflowClient):  # type: ignore[misc, unused-ignore]
    """A client of another machine's MLflow, whose failures are a sentence."""

    def __init__(self, own: Tracking, answers: Callable[[], Any]) -> None:
        self._answers = answers
        super().__init__(tracking_uri=own.uri, registry_uri=own.uri)

    def __getattribute__(self, name: str) -> Any:
        member = super().__getattribute__(name)
        if name.startswith("_") or not callable(member):
            return member

        @wraps(member)
        def call(*values: Any, **named: Any) -> Any:
            with self._answers():
                return member(*values, **named)

        return call


@contextmanager
def answering(store: Store, quantity: str = "") -> Iterator[None]:
    """Say in a sentence, without its address as given, that another machine's MLflow failed."""
    own = tracking_of(store, quantity)
    try:
        yield
    except MlflowException as error:
        code = str(error.error_code)
        if own.is_file or code.startswith(OF_THINGS):
            raise
        raise Refused(_sentence(own, code)) from None
    except Exception as error:
        kind = type(error)
        is_connections = isinstance(error, OSError) or kind.__module__.startswith(CONNECTING)
        if own.is_file or not is_connections:
            raise
        raise Refused(_sentence(own, kind.__name__)) from None


def _sentence(own: Tracking, why: str) -> str:
    return (
        f"MLflow at {own.place} does not do what it is asked ({why}): look at its log, and at user "
        "and password in PEIL_MLFLOW_URI; then run this again."
    )


def require_reachable(store: Store, quantity: str = "") -> None:
    """Refuse, within seconds, where a registry of another machine does not answer.

    Raises
    ------
    Refused
        Nobody listens there.
    """
    own = tracking_of(store, quantity)
    if own.is_file:
        return
    host, _, port = own.place.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=REACH_S).close()
    except OSError:
        raise Refused(
            f"MLflow's registry at {own.place} cannot be reached: start it, or correct "
            "PEIL_MLFLOW_URI; nothing was changed."
        ) from None


def _knock(uri: str) -> None:
    """Log in to a database once: MLflow would try ten times, for a hundred seconds."""
    from sqlalchemy import create_engine

    engine = create_engine(uri)
    try:
        engine.connect().close()
    finally:
        engine.dispose()


def _be_quiet() -> None:
    """What fails is raised; its log would show statements with their values, and a trace."""
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _make_database(own: Tracking) -> None:
    """Make MLflow's database aside: its dozens of migrations cannot go on after a kill.

    Once in a process; any other is a copy of the first before anything was in it.
    """
    _be_quiet()
    file = own.folder / "mlflow.db"
    if file.exists():
        registered.follow(file, own.artifacts)
        return
    own.lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(own.lock):
        if file.exists():  # another process made it meanwhile
            return
        aside = file.with_name(f".{file.name}.part")
        for left in (aside, aside.with_name(f"{aside.name}-journal")):
            left.unlink(missing_ok=True)
        if _empty:
            aside.write_bytes(_empty[0])
        else:
            MlflowClient(tracking_uri=f"sqlite:///{aside}").search_experiments(max_results=1)
            _empty.append(aside.read_bytes())
        os.replace(aside, file)
