"""Real servers on loopback, and a pilot whose trouble they are told."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from peil.airflow.standalone import free_port
from peil.store import Store

sys.path.insert(0, str(Path(__file__).parent))  # tests import what listens

from listening import Postbox, Web


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Sending puts Airflow's settings in the environment: take them out again."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(("PEIL_SMTP", "PEIL_WEBHOOK", "PEIL_APPRISE", "PEIL_LINK")):
            monkeypatch.delenv(name)
    yield
    for name in set(os.environ) - set(before):
        if name.startswith(("AIRFLOW", "DO_NOT_TRACK")):
            del os.environ[name]


@pytest.fixture
def store(tiny: Any, clean_environment: None) -> Store:
    """The tiny pilot's store, with no channel configured."""
    return Store()


@pytest.fixture
def postbox(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Postbox]:
    """A mail server that `PEIL_SMTP_*` names."""
    port, box = free_port(), Postbox()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    monkeypatch.setenv("PEIL_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("PEIL_SMTP_PORT", str(port))
    monkeypatch.setenv("PEIL_SMTP_FROM", "peil@operator.example")
    monkeypatch.setenv("PEIL_SMTP_TO", "engineer@operator.example, night@operator.example")
    yield box
    server.stop()


@pytest.fixture
def web(store: Store) -> Iterator[Web]:
    """A web server, which no setting names yet."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            if found.status == 200:
                found.received.append(json.loads(content))
            self.send_response(found.status)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *words: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Web(server.server_port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
