"""Real servers on loopback, and a pilot whose trouble they are told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from listening import Postbox, Web, web_server

from peil.adapters.airflow.standalone import free_port
from peil.alerts.channels import CHANNELS
from peil.store.store import Store


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Sending puts Airflow's settings in the environment: take them out again."""
    before = dict(os.environ)
    # PEIL_SMTP_ for PEIL_SMTP_TO: what belongs to an address is named after the same thing
    families = tuple(f"PEIL_{kind.address.upper().rpartition('_')[0]}_" for kind in CHANNELS)
    for name in before:
        if name == "PEIL_LINK_PREFIX" or name.startswith(families):
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
    with web_server() as server:
        yield server
