"""One incident, one line, one mail; in plain words, on the disk before anyone is told."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, fields
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from peil import alerts, atomic, gates
from peil.gates.report import Finding, GateReport


def closed(state: str = "raw", belief: str = "rows_were_delivered") -> GateReport:
    seen = {"n_rows": 0}
    failed = Finding(belief, "files", "No rows came.", "Ask for them.", "stop", False, seen)
    noted = Finding("a_note", "events", "It is odd.", "Look.", "note", False, {})
    held = Finding("fine", "cells", "It is so.", "Nothing.", "stop", True, {"n_cells": 8})
    return GateReport(state, "small", "2026-03-02", False, [failed, noted, held])  # type: ignore[arg-type]


def lines(store: Any) -> list[dict[str, str]]:
    file = store.quarantine("small") / "alerts.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_closing_twice_writes_one_alert(store: Any) -> None:
    assert gates.close(closed()) is True
    assert gates.close(closed()) is False

    (only,) = lines(store)
    assert set(only) == {field.name for field in fields(alerts.Alert)}
    assert only["since"] == only["day"] == "2026-03-02"
    assert only["where"] == "raw.files"
    assert only["what_to_do"] == "Ask for them."
    assert only["link"] == "operator/estimated/small/quality/2026-03-02/raw.json"
    assert "rows_were_delivered" in only["what"]
    assert "a_note" not in only["what"]


def test_another_reason_is_another_incident(store: Any) -> None:
    gates.close(closed())
    gates.close(closed(belief="rows_can_be_read"))
    gates.close(closed(state="staged"))

    assert len({line["incident"] for line in lines(store)}) == 3


def test_a_closed_day_says_so_beside_the_quarantine(store: Any) -> None:
    gates.close(closed())

    content = json.loads((store.quarantine("small") / "2026-03-02.closed.json").read_text())
    assert content == lines(store)[0]


def test_an_open_gate_is_not_set_aside(store: Any) -> None:
    with pytest.raises(ValueError, match="nothing to set aside"):
        gates.close(GateReport("raw", "small", "2026-03-02", True, []))


def test_half_a_line_is_dropped_and_the_whole_ones_stay(
    store: Any, caplog: pytest.LogCaptureFixture
) -> None:
    gates.close(closed())
    file = store.quarantine("small") / "alerts.jsonl"
    with file.open("ab") as opened:
        opened.write(b'{"incident": "0123')

    with caplog.at_level(logging.WARNING):
        gates.close(closed(state="staged"))

    assert [line["state"] for line in lines(store)] == ["raw", "staged"]
    assert "half a line" in caplog.text


def test_an_alert_cut_in_its_line_is_said_again(store: Any) -> None:
    gates.close(closed())
    file = store.quarantine("small") / "alerts.jsonl"
    os.truncate(file, file.stat().st_size - 10)

    assert gates.close(closed()) is True
    assert len(lines(store)) == 1


def test_the_line_is_synced_before_it_is_said(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    sync = os.fsync

    def spy(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_size)
        sync(descriptor)

    file = store.root / "alerts.jsonl"
    monkeypatch.setattr(os, "fsync", spy)
    alerts.append(file, alerts.alert(store, closed()))

    assert synced == [file.stat().st_size]


def test_many_at_once_write_whole_lines_once(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slowed between reading and writing, where two writers would lose a line."""
    canonical = atomic.canonical

    def slow(content: Any) -> bytes:
        time.sleep(0.01)
        return canonical(content)

    monkeypatch.setattr(atomic, "canonical", slow)
    file = store.root / "alerts.jsonl"
    said = [alerts.alert(store, closed(belief=f"belief_{n % 5}")) for n in range(20)]
    threads = [threading.Thread(target=alerts.append, args=(file, one)) for one in said]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    incidents = [json.loads(line)["incident"] for line in file.read_text().splitlines()]
    assert sorted(incidents) == sorted({one.incident for one in said})


def test_a_message_says_what_why_and_what_to_do(store: Any) -> None:
    subject, body = alerts.message(closed())

    assert subject == "Peil small 2026-03-02: the raw gate is closed"
    for words in ("rows_were_delivered", "n_rows 0", "No rows came.", "Ask for them.", "a_note"):
        assert words in body
    assert "fine" not in body
    assert str(store.quality("small", alerts.day_of(closed())) / "raw.json") in body


class Inbox:
    def __init__(self) -> None:
        self.received: list[Message] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.received.append(message_from_bytes(envelope.content))
        return "250 taken"


@pytest.fixture
def inbox(store: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    """A real mail server on loopback, on a port of its own."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    inbox = Inbox()
    server = Controller(inbox, hostname="127.0.0.1", port=port)
    server.start()
    before = dict(os.environ)
    monkeypatch.setenv("PEIL_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("PEIL_SMTP_PORT", str(port))
    monkeypatch.setenv("PEIL_SMTP_FROM", "peil@operator.example")
    monkeypatch.setenv("PEIL_SMTP_TO", "engineer@operator.example")
    yield inbox
    server.stop()
    for name in set(os.environ) - set(before):
        del os.environ[name]
    os.environ.update(before)


def test_a_mail_arrives_at_a_real_server(inbox: Inbox) -> None:
    assert alerts.send_mail(*alerts.message(closed())) is True

    (mail,) = inbox.received
    assert mail["Subject"] == "Peil small 2026-03-02: the raw gate is closed"
    assert mail["To"] == "engineer@operator.example"
    assert mail["From"] == "peil@operator.example"
    text = "".join(
        part.get_payload(decode=True).decode()  # type: ignore[union-attr]
        for part in mail.walk()
        if not part.is_multipart()
    )
    assert "Ask for them." in text


def test_a_server_that_is_away_hides_no_gate(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(alerts.log, "warning", lambda text, *parts: said.append(text % parts))
    monkeypatch.setenv("PEIL_SMTP_PORT", "1")

    assert alerts.send_mail("subject", "body") is False
    assert len(said) == 1
    assert "PEIL_SMTP_" in said[0]
    assert inbox.received == []


def test_without_a_server_no_mail_is_tried(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def reached(settings: Any) -> dict[str, str]:
        raise AssertionError("Airflow was set up for a mail that nobody asked for")

    monkeypatch.setattr("peil.airflow.home.environment", reached)

    assert alerts.send_mail("subject", "body") is False


def test_what_is_written_is_what_is_read(tmp_path: Path, store: Any) -> None:
    said = alerts.alert(store, closed())
    alerts.append(tmp_path / "a.jsonl", said)

    assert json.loads((tmp_path / "a.jsonl").read_text()) == asdict(said)
