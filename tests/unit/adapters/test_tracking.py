"""Whatever fails between Peil and another machine's MLflow is a sentence, without its password."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from peil import cli
from peil.adapters import experiments, tracking, version_rows, versions
from peil.adapters.tracking import OUTLOOK
from peil.estimate import champion
from peil.estimate.linked import versions as followed
from peil.outcome import Refused
from peil.settings import PROJECT, Settings
from peil.store.store import Store

SECRET = "s3cret"
DOORS = {"tracking.py"}  # the one module that makes a client


class Refusing(BaseHTTPRequestHandler):
    """A server that answers each question in one way, and says what it was asked."""

    code = 401

    def answer(self) -> None:
        self.send_response(self.code)
        self.end_headers()
        self.wfile.write(f"{self.path} {SECRET}".encode())

    do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def http(code: int) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), type("Handler", (Refusing,), {"code": code}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://somebody:{SECRET}@127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@contextmanager
def deaf(scheme: str) -> Iterator[str]:
    """A port that hangs up on whoever calls."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            while True:
                try:
                    listening.accept()[0].close()
                except OSError:
                    return

        threading.Thread(target=hang_up, daemon=True).start()
        yield f"{scheme}://somebody:{SECRET}@127.0.0.1:{listening.getsockname()[1]}/mlflow"


@contextmanager
def nobody(scheme: str) -> Iterator[str]:
    yield f"{scheme}://somebody:{SECRET}@127.0.0.1:9/mlflow"


WAYS = {
    "refused": lambda: http(401),
    "broken": lambda: http(500),
    "deaf server": lambda: deaf("http"),
    "deaf database": lambda: deaf("postgresql"),
    "no server": lambda: nobody("http"),
    "no database": lambda: nobody("postgresql"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_verb_says_a_sentence_without_the_password(
    tiny: Any, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    with WAYS[way]() as uri:
        monkeypatch.setenv("PEIL_MLFLOW_URI", uri)
        for words in (("compare", "tiny"), ("rollback", "tiny")):
            done = CliRunner().invoke(cli.app, list(words), env={"COLUMNS": "400"})
            assert done.exit_code == 2, done.output
            assert done.output.count("\n") == 1 and done.output.startswith("MLflow")
            assert "127.0.0.1:" in done.output and "PEIL_MLFLOW_URI" in done.output
            assert SECRET not in done.output and "somebody" not in done.output


def asked(store: Store) -> dict[str, Any]:
    """What verbs ask of MLflow, each of them once."""
    agencys = Store(store.settings.model_copy(update={"plane": "agency"}))
    return {
        "log_run": lambda: experiments.log_run(store, "tiny", "r", "n", {}, {}, {}),
        "add_scores": lambda: experiments.add_scores(store, "tiny", "r", {"x": 1.0}),
        "close_cut_off": lambda: experiments.close_cut_off(store, "tiny", "2026-03-02"),
        "forget": lambda: experiments.forget(store, "tiny"),
        "places": lambda: experiments.places(store),
        "compare": lambda: version_rows.compare(store, "tiny"),
        "champion": lambda: champion.champion_of(store, "tiny"),
        "presence": lambda: champion.presence_of(store, "tiny"),
        "stays": lambda: followed.standing_of(store, "tiny", "stays"),
        "first_presence": lambda: champion.first_presence(store, "tiny"),
        "outlook": lambda: versions.numbers(agencys, "tiny", OUTLOOK),
    }


@pytest.mark.parametrize("way", ["refused", "deaf database"])
def test_whatever_is_asked_of_it_ends_in_a_sentence(tiny: Any, way: str) -> None:
    with WAYS[way]() as uri:
        store = Store(tiny.store.settings.model_copy(update={"mlflow_uri": uri}))
        for name, ask in asked(store).items():
            with pytest.raises(Refused, match=r"^MLflow at 127.0.0.1:\d+ does not do") as told:
                ask()
            assert SECRET not in str(told.value), name
            assert told.value.__suppress_context__  # a trace would quote what it came from


def test_a_failure_between_two_questions_is_a_sentence_too(tiny: Any) -> None:
    with http(401) as uri:
        store = Store(tiny.store.settings.model_copy(update={"mlflow_uri": uri}))
        flow = tracking.client(store)
        with pytest.raises(Refused, match="does not do what it is asked"):
            flow.get_run("a")
        with tracking.answering(store), pytest.raises(ZeroDivisionError):  # that is ours
            _ = 1 / 0


def test_what_is_wrong_in_a_file_of_the_store_is_raised_as_it_is(tiny: Any) -> None:
    flow = tracking.client(tiny.store)
    with pytest.raises(experiments.MlflowException):
        flow.get_run("a" * 32)


def test_one_module_makes_clients() -> None:
    making = {
        file.name
        for folder in ("peil", "benchmarks")
        for file in (PROJECT / folder).rglob("*.py")
        if re.search(r"\bMlflowClient\(\w", file.read_text())
    }
    assert making == DOORS


def test_a_setting_of_before_still_names_the_operators(tiny: Any) -> None:
    store = Store(Settings(data=tiny.store.root, mlflow_uri="http://u:p@h"))  # type: ignore[call-arg]
    assert tracking.tracking_of(store).place == "h:80"


@pytest.mark.parametrize(
    ("plane", "sides"), [("operator", ["operator"]), ("", ["agency", "operator"])]
)
def test_databases_are_made_before_they_are_asked_for_on_this_processs_side_alone(
    plane: str, sides: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEIL_DATA", str(tmp_path))
    if plane:
        monkeypatch.setenv("PEIL_PLANE", plane)
    store = Store()
    monkeypatch.setattr(tracking, "_make_database", lambda own: (own.folder / "mlflow.db").touch())
    tracking.make_ready(store)
    assert sorted(file.parent.name for file in tmp_path.glob("*/mlflow.db")) == sides


def test_a_database_elsewhere_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEIL_DATA", str(tmp_path))
    monkeypatch.setenv("PEIL_PLANE", "operator")
    monkeypatch.setenv("PEIL_MLFLOW_URI", "http://127.0.0.1:9")
    tracking.make_ready(Store())
    assert not list(tmp_path.rglob("mlflow.db"))
