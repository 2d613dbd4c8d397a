"""A trouble to tell, and servers on loopback that are told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from peil.alerts.trouble import Trouble


def trouble(where: str = "Z01", day: str = "2026-03-02", **changes: Any) -> Trouble:
    """A silent region, told in every field."""
    content: dict[str, Any] = {
        "pilot": "tiny",
        "kind": "silent_region",
        "where": where,
        "day": day,
        "since": day,
        "severity": "note",
        "owner": "operator",
        "what": f"Region {where} was silent.",
        "what_to_do": "Ask the operator whether its cells were off.",
        "link": "operator/page/tiny/index.html",
        "observed": {"n_cells": 8, "share": 0.0},
    }
    return Trouble(**{**content, **changes})


class Postbox:
    """What a real mail server on loopback took. `refuse` makes it answer 451."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.refuse = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.refuse:
            return "451 not now"
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.received.append(mail)
        return "250 taken"

    def subjects(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.received]

    def texts(self) -> list[str]:
        bodies = [mail.get_body(("html", "plain")) for mail in self.received]
        return [body.get_content().replace("\r\n", "\n") for body in bodies if body is not None]


@dataclass
class Web:
    """What a real HTTP server on loopback was posted. `status` is what it answers."""

    port: int
    received: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/secret-token"


@contextmanager
def web_server() -> Iterator[Web]:
    """A web server on loopback, on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            if web.status == 200:
                web.received.append(json.loads(content))
            self.send_response(web.status)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *words: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web = Web(server.server_port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield web
    server.shutdown()
    server.server_close()
