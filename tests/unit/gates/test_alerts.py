"""A closed gate is an incident: told once, beside its quarantine, and ended when it opens."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest
from typer.testing import CliRunner

from peil import cli, gates
from peil.alerts import listing, messages, telling
from peil.charter import reading
from peil.commands import verbs
from peil.gates import closing
from peil.gates.report import Finding, GateReport
from peil.outcome import Outcome


def closed(
    state: str = "raw", belief: str = "rows_were_delivered", day: str = "2026-03-02"
) -> GateReport:
    counts = {"n_rows": 0}
    failed = Finding(belief, "files", "No rows came.", "Ask for them.", "stop", False, counts)
    noted = Finding("a_note", "events", "It is odd.", "Look.", "note", False, {})
    held = Finding("fine", "cells", "It is so.", "Nothing.", "stop", True, {"n_cells": 8})
    return GateReport(state, "small", day, False, [failed, noted, held])  # type: ignore[arg-type]


def opened(state: str = "raw", day: str = "2026-03-02") -> GateReport:
    return GateReport(state, "small", day, True, [])  # type: ignore[arg-type]


def lines(store: Any) -> list[dict[str, str]]:
    file = store.quarantine("small") / "alerts.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()]


def open_gate(store: Any, report: GateReport) -> None:
    closing.open_gate(store, reading.load("small"), report)


def test_closing_twice_writes_one_alert(store: Any) -> None:
    assert gates.close(closed()) is True
    assert gates.close(closed()) is False

    (only,) = lines(store)
    assert set(only) == {field.name for field in fields(listing.Alert)}
    assert only["since"] == only["day"] == "2026-03-02"
    assert only["state"] == "raw" and only["kind"] == "gate_closed"
    assert only["where"] == "raw 2026-03-02, rows_were_delivered"
    assert only["what_to_do"] == "Ask for them."
    assert only["link"] == "operator/estimated/small/quality/2026-03-02/raw.json"
    assert "rows_were_delivered" in only["what"]
    assert "a_note" not in only["what"]


def test_another_reason_state_or_day_is_another_incident(store: Any) -> None:
    gates.close(closed())
    gates.close(closed(belief="rows_can_be_read"))
    gates.close(closed(state="staged"))
    gates.close(closed(day="2026-03-03"))

    assert len({line["incident"] for line in lines(store)}) == 4


def test_a_gate_that_closes_for_another_reason_ends_the_first(store: Any) -> None:
    gates.close(closed())
    gates.close(closed(belief="rows_can_be_read"))
    gates.close(closed(state="staged"))

    assert [incident.trouble.where for incident in telling.standing(store, "small")] == [
        "raw 2026-03-02, rows_can_be_read",
        "staged 2026-03-02, rows_were_delivered",
    ]


def test_a_gate_that_opens_ends_its_own_incident_only(store: Any) -> None:
    gates.close(closed())
    gates.close(closed(state="staged"))
    gates.close(closed(day="2026-03-03"))
    open_gate(store, opened())

    assert [
        incident.trouble.where.split(",")[0] for incident in telling.standing(store, "small")
    ] == [
        "staged 2026-03-02",
        "raw 2026-03-03",
    ]


def test_a_gate_that_closes_again_is_new(store: Any) -> None:
    gates.close(closed())
    open_gate(store, opened())
    assert gates.close(closed()) is True


def test_an_open_gate_without_trouble_writes_nothing(store: Any) -> None:
    open_gate(store, opened())
    assert not store.quarantine("small").exists()


def test_a_closed_day_says_so_beside_the_quarantine(store: Any) -> None:
    gates.close(closed())
    file = store.quarantine("small") / "2026-03-02.closed.json"
    assert json.loads(file.read_text()) == lines(store)[0]

    open_gate(store, opened(state="staged"))
    assert file.is_file()
    open_gate(store, opened())
    assert not file.exists()


def test_a_refusal_says_which_gate_why_with_counts_what_to_do_and_where_to_read(
    store: Any,
) -> None:
    report = closed()
    second = replace(report.stopped[0], expectation="rows_can_be_read", why="Half is unread.")
    refusal = replace(report, results=[*report.results, second]).refusal()

    assert refusal.startswith(
        "The raw gate of small 2026-03-02 is closed: rows_were_delivered, rows_can_be_read. "
        "Nothing downstream of it has moved. No rows came (n_rows 0). Half is unread (n_rows 0). "
        "What to do: Ask for them. Read "
    )
    for file in (report.file(store), store.operator_page("small")):
        assert str(file) in refusal
    assert report.file(store) == store.quality("small", date(2026, 3, 2)) / "raw.json"
    for word in ("fine", "a_note", "It is odd", "Look"):
        assert word not in refusal
    assert "\n" not in refusal


def test_an_open_gate_refuses_nothing(store: Any) -> None:
    with pytest.raises(ValueError, match="nothing to refuse"):
        opened().refusal()


def test_a_verb_typed_at_a_closed_gate_is_answered_with_its_refusal(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = closed()
    outcome = Outcome("ingest", "small", report.day, "done", {"n_rows": 0})
    monkeypatch.setattr(verbs, "_function", lambda verb: lambda pilot, day: outcome)
    monkeypatch.setattr(gates, "check", lambda *asked_for: report)

    answer = CliRunner().invoke(cli.app, ["ingest", "small", report.day])

    assert answer.exit_code == 3
    assert report.refusal() in answer.output.splitlines()
    assert (store.quarantine("small") / "2026-03-02.closed.json").is_file()


def test_an_open_gate_is_not_set_aside(store: Any) -> None:
    with pytest.raises(ValueError, match="nothing to set aside"):
        gates.close(opened())


def test_a_message_says_what_why_and_what_to_do(store: Any) -> None:
    gates.close(closed())
    (incident,) = telling.standing(store, "small")
    (message,) = messages.compose([(incident, "opened")], store.root)

    assert message.subject == "Peil small [stop] gate closed: raw 2026-03-02, rows_were_delivered"
    link = store.quality("small", date(2026, 3, 2)) / "raw.json"
    for words in ("rows_were_delivered n_rows 0", "No rows came.", "Ask for them.", str(link)):
        assert words in message.text
    assert "fine" not in message.text and "a_note" not in message.text
