"""The client of Airflow asks again where its database was busy, and never where it was refused."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from peil.adapters.airflow.rest import TRIES, Airflow

# as a started Airflow wrote it
BUSY = {"detail": {"reason": "Database error", "statement": "hidden", "message": "Serious error"}}
STARTED = {"dag_run_id": "manual__1"}


@contextmanager
def answering(*answers: tuple[int, dict[str, Any]]) -> Iterator[tuple[Airflow, list[str]]]:
    """An API server that gives these answers, the last of them for ever, and what it was asked."""
    asked_of_it: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            if self.path == "/auth/token":
                status, content = 201, {"access_token": "token"}
            else:
                status, content = answers[min(len(asked_of_it), len(answers) - 1)]
                asked_of_it.append(self.path)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(content, separators=(",", ":")).encode())

        def log_message(self, *words: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield Airflow(f"http://127.0.0.1:{server.server_port}", "password", pause_s=0.0), asked_of_it
    server.shutdown()
    server.server_close()


def test_a_busy_database_is_asked_again() -> None:
    with answering((500, BUSY), (500, BUSY), (200, STARTED)) as (airflow, asked_of_it):
        assert airflow.trigger("stage__real", "2026-03-02") == "manual__1"
    assert len(asked_of_it) == 3


def test_a_database_that_stays_busy_is_told() -> None:
    told = pytest.raises(RuntimeError, match=r"dagRuns: 500 .*Database error")
    with answering((500, BUSY)) as (airflow, asked_of_it), told:
        airflow.trigger("stage__real", "2026-03-02")
    assert len(asked_of_it) == TRIES


@pytest.mark.parametrize("status", [400, 404, 409, 500])
def test_a_refusal_is_told_at_once(status: int) -> None:
    told = pytest.raises(RuntimeError, match=f"dagRuns: {status} .*No such DAG")
    with answering((status, {"detail": "No such DAG"})) as (airflow, asked_of_it), told:
        airflow.trigger("stage__real", "2026-03-02")
    assert len(asked_of_it) == 1


def test_a_question_is_asked_again_whatever_airflow_failed_at() -> None:
    with answering((500, {"detail": "Internal"}), (200, {"dags": []})) as (airflow, asked_of_it):
        assert airflow.dag_ids() == set()
    assert len(asked_of_it) == 2


def test_a_question_that_is_refused_is_not_asked_again() -> None:
    refused = pytest.raises(RuntimeError, match=r"404 .*No such DAG")
    with answering((404, {"detail": "No such DAG"})) as (airflow, asked_of_it), refused:
        airflow.dag_ids()
    assert len(asked_of_it) == 1
