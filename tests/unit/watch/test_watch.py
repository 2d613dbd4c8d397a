"""Who watches asks everybody who looks, tells what is new and ends what is over."""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime
from types import ModuleType
from typing import Any

import pytest
from typer.testing import CliRunner

from peil import cli, status
from peil.alerts import inbox, telling
from peil.alerts.trouble import Trouble
from peil.gates.report import Finding, GateReport
from peil.outcome import Refused
from peil.watch import watch

DAY = date(2026, 3, 2)


def trouble(kind: str, where: str, day: str = "2026-03-02") -> Trouble:
    return Trouble("tiny", kind, where, day, day, "note", "operator", "It is so.", "Look at it.")


def measure(tiny: Any, day: date) -> None:
    """Leave the mark of a day whose quality was measured."""
    mark = tiny.store.operator / "quality" / "tiny" / f"{day}.figures.parquet"
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()


def gate(tiny: Any, is_open: bool, day: date = DAY) -> None:
    belief = Finding("rows_can_be_read", "files", "w", "Compare.", "stop", is_open, {"n_rows": 3})
    report = GateReport("raw", "tiny", str(day), is_open, [belief])
    file = tiny.store.quality("tiny", day) / "raw.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(report.to_json())


class Drift(ModuleType):
    """Stands for `peil.quality.drift`: what it finds on which day."""

    def __init__(self) -> None:
        super().__init__("peil.quality.drift")
        self.__spec__ = type(sys.__spec__)("peil.quality.drift", None)
        self.on: dict[str, list[Trouble]] = {}
        self.asked: list[str] = []
        self.error: Exception | None = None

    def found(self, charter: Any, day: date, store: Any) -> list[Trouble]:
        self.asked.append(str(day))
        if self.error:
            raise self.error
        return self.on.get(str(day), [])


@pytest.fixture
def drift(monkeypatch: pytest.MonkeyPatch) -> Drift:
    stand_in = Drift()
    monkeypatch.setitem(sys.modules, "peil.quality.drift", stand_in)
    if "peil.quality" not in sys.modules:
        package = ModuleType("peil.quality")
        package.__spec__ = type(sys.__spec__)("peil.quality", None, is_package=True)
        monkeypatch.setitem(sys.modules, "peil.quality", package)
    return stand_in


def lasting(tiny: Any) -> list[tuple[str, str]]:
    return [
        (incident.trouble.kind, incident.trouble.where)
        for incident in telling.standing(tiny.store, "tiny")
    ]


def test_drift_is_asked_of_the_last_measured_day_and_ends_where_it_is_gone(
    tiny: Any, drift: Drift
) -> None:
    drift.on = {
        "2026-03-02": [trouble("silent_region", "Z01")],
        "2026-03-03": [trouble("silent_region", "Z01", "2026-03-03")],
    }
    assert watch.watch("tiny").status == "unchanged"
    assert drift.asked == []  # nothing is measured

    for day, expected in (
        ("02", [("silent_region", "Z01")]),
        ("03", [("silent_region", "Z01")]),
        ("04", []),
    ):
        measure(tiny, date(2026, 3, int(day)))
        watch.watch("tiny")
        assert drift.asked[-1] == f"2026-03-{day}"
        assert lasting(tiny) == expected


def test_a_day_that_was_not_measured_ends_nothing(tiny: Any, drift: Drift) -> None:
    drift.on = {"2026-03-02": [trouble("silent_region", "Z01")]}
    measure(tiny, DAY)
    watch.watch("tiny")
    watch.watch("tiny", "2026-03-03")
    assert drift.asked == ["2026-03-02"] and lasting(tiny) == [("silent_region", "Z01")]


def test_a_look_at_an_earlier_day_ends_nothing_of_a_later(tiny: Any, drift: Drift) -> None:
    drift.on = {"2026-03-03": [trouble("slow_loss", "events", "2026-03-03")]}
    measure(tiny, DAY)
    measure(tiny, date(2026, 3, 3))
    watch.watch("tiny")
    watch.watch("tiny", "2026-03-02")
    assert drift.asked == ["2026-03-03", "2026-03-02"]
    assert lasting(tiny) == [("slow_loss", "events")]


def test_a_closed_gate_that_nobody_told_is_told_and_ends_when_it_opens(tiny: Any) -> None:
    gate(tiny, is_open=False)
    first = watch.watch("tiny")
    assert (first.status, first.facts["n_began"], first.facts["n_lasting"]) == ("done", 1, 1)
    assert watch.watch("tiny").status == "unchanged"
    assert lasting(tiny) == [("gate_closed", "raw 2026-03-02, rows_can_be_read")]
    gate(tiny, is_open=True)
    assert watch.watch("tiny").facts["n_ended"] == 1


def test_a_late_delivery_is_told_until_it_lands(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.write_charter(inputs__events__due="06:00")
    monkeypatch.setattr(watch, "now", lambda charter: datetime(2026, 3, 3, 5, 7, tzinfo=UTC))
    watch.watch("tiny")
    assert lasting(tiny) == [("late_delivery", "events 2026-03-02")]
    tiny.deliver("a.csv", "x\n")
    watch.watch("tiny")
    assert lasting(tiny) == []


def test_what_a_verb_left_is_told_until_it_is_taken_away(tiny: Any) -> None:
    inbox.keep(tiny.store, "tiny", DAY, "ingest", [trouble("doubled_delivery", "a.csv")])
    inbox.keep(tiny.store, "tiny", DAY, "stage", [trouble("old_cell_plan", "cells")])
    watch.watch("tiny")
    assert lasting(tiny) == [("doubled_delivery", "a.csv"), ("old_cell_plan", "cells")]
    inbox.keep(tiny.store, "tiny", DAY, "ingest", [])
    watch.watch("tiny")
    assert lasting(tiny) == [("old_cell_plan", "cells")]


def test_what_two_days_have_in_common_lasts_until_both_are_rid_of_it(tiny: Any) -> None:
    days = ("2026-03-02", "2026-03-03")
    for day in days:
        inbox.keep(tiny.store, "tiny", day, "ingest", [trouble("file_empty", "a.csv", day)])
        watch.watch("tiny")
    inbox.keep(tiny.store, "tiny", days[0], "ingest", [])
    assert watch.watch("tiny").status == "unchanged"
    assert lasting(tiny) == [("file_empty", "a.csv")]
    inbox.keep(tiny.store, "tiny", days[1], "ingest", [])
    assert watch.watch("tiny").facts["n_ended"] == 1


def test_one_who_fails_to_look_keeps_nobody_else_from_telling(tiny: Any, drift: Drift) -> None:
    measure(tiny, DAY)
    drift.on = {"2026-03-02": [trouble("slow_loss", "events")]}
    watch.watch("tiny")
    gate(tiny, is_open=False)
    drift.error = ZeroDivisionError("ours")
    with pytest.raises(ZeroDivisionError):
        watch.watch("tiny")
    assert lasting(tiny) == [
        ("slow_loss", "events"),
        ("gate_closed", "raw 2026-03-02, rows_can_be_read"),
    ]


def test_a_day_outside_the_period_and_an_expired_charter_are_refused(tiny: Any) -> None:
    with pytest.raises(Refused, match="outside the period"):
        watch.watch("tiny", "2026-04-02")
    tiny.write_charter(
        legal_basis="statute",
        threshold=15,
        expires="2026-03-09",
    )
    with pytest.raises(Refused, match="expired on 2026-03-09"):
        watch.watch("tiny")


def test_the_terminal_says_what_lasts_and_what_to_do(tiny: Any) -> None:
    gate(tiny, is_open=False)
    done = CliRunner().invoke(cli.app, ["watch", "tiny"])
    assert done.exit_code == 0, done.output
    assert "watch tiny 2026-03-02: done (1 trouble lasting, 1 began, 0 ended" in done.output
    line = (
        "[stop] gate closed: raw 2026-03-02, rows_can_be_read, since 2026-03-02 (operator): "
        "The raw gate of tiny 2026-03-02 is closed: rows_can_be_read. Nothing downstream of it "
        "has moved. w Compare."
    )
    assert line in done.output
    assert watch.lines(tiny.store, "tiny") == [line]
    assert watch.lines(tiny.store, "tiny", {DAY}) == []
    assert watch.lines(tiny.store, "tiny", {date(2026, 3, 3)}) == [line]


def test_status_names_what_lasts_beside_its_days(
    tiny: Any, drift: Drift, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = {date(2026, 3, n) for n in (2, 3, 4)}
    for day in sorted(days):
        measure(tiny, day)
        drift.on[str(day)] = [trouble("slow_loss", "events", str(day))]
        watch.watch("tiny")
    gate(tiny, is_open=False, day=date(2026, 3, 3))
    watch.watch("tiny")

    trouble_of = {row.day: row.trouble for row in status.of_pilot(tiny.charter, tiny.store)}
    assert trouble_of[date(2026, 3, 2)] == trouble_of[date(2026, 3, 4)] == "slow loss events"
    assert trouble_of[date(2026, 3, 3)] == "slow loss events, gate closed raw"
    assert {trouble_of[day] for day in tiny.charter.days() if day not in days} == {""}
    monkeypatch.setattr(cli.console, "width", 140)
    shown = CliRunner().invoke(cli.app, ["status", "tiny"])
    assert "slow loss events, gate closed raw" in " ".join(shown.output.split())


def test_status_without_trouble_has_no_column_for_it(tiny: Any) -> None:
    assert "trouble" not in CliRunner().invoke(cli.app, ["status", "tiny"]).output


def test_a_failed_verb_is_told_without_the_words_of_a_fault(tiny: Any) -> None:
    store, charter = tiny.store, tiny.charter
    telling.verb_failed(store, charter, "stage", "2026-03-02", ValueError("204080000000001"))
    telling.verb_failed(store, charter, "ingest", "2026-03-02", Refused("a.csv is empty."))
    fault, refused = (incident.trouble for incident in telling.standing(store, "tiny"))
    assert fault.owner == "maintainers" and "stopped by ValueError" in fault.what
    assert "204080" not in json.dumps(vars(fault))
    assert refused.owner == "operator" and "a.csv is empty." in refused.what
    telling.verb_done(store, charter, "stage", "2026-03-02")
    assert lasting(tiny) == [("verb_failed", "ingest 2026-03-02")]


def test_an_awaited_delivery_with_a_deadline_is_told_by_the_deadline_only(tiny: Any) -> None:
    from peil.outcome import Waiting

    waiting = Waiting("No event delivery.")
    tiny.write_charter(inputs__events__due="06:00")
    telling.verb_failed(tiny.store, tiny.charter, "ingest", "2026-03-02", waiting)
    assert lasting(tiny) == []
    tiny.write_charter()
    telling.verb_failed(tiny.store, tiny.charter, "ingest", "2026-03-02", waiting)
    assert lasting(tiny) == [("verb_failed", "ingest 2026-03-02")]
