"""Every verb leaves the operator's page that it points to, also where its gate closed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from peil import cli
from peil.outcome import GateClosed, Outcome, Refused

DAY = "2026-03-02"


def stopping(stop: Exception) -> Any:
    def take(*_: str) -> Iterator[Outcome]:
        raise stop
        yield

    return take


@pytest.mark.parametrize("verb", ["ingest", "stage", "estimate", "release"])
def test_a_verb_makes_the_operators_page(
    tiny: Any, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    def take(name: str, pilot: str, day: str) -> Iterator[Outcome]:
        yield Outcome(name, pilot, day, "done")

    monkeypatch.setattr("peil.commands.verbs.take", take)
    page = tiny.store.operator_page("tiny")
    result = CliRunner().invoke(cli.app, [verb, "tiny", DAY])
    assert (result.exit_code, page.is_file()) == (0, True)
    assert DAY in page.read_text()


def test_a_closed_gate_is_on_the_page_that_its_sentence_points_to(tiny: Any) -> None:
    header = "imsi,at,mcc,mnc,cell,imei\n"
    # rows of another day: landed, and not believed
    rows = "".join(f"20408{n:010d},2026-02-0{n} 08:00:00,204,08,c1,\n" for n in range(1, 9))
    tiny.deliver("a.csv", header + rows)
    tiny.vouch()
    result = CliRunner().invoke(cli.app, ["ingest", "tiny", DAY])
    assert result.exit_code == 3, result.output
    assert "gate" in result.stderr and "closed" in result.stderr
    page = tiny.store.operator_page("tiny").read_text()
    assert '"gate":"closed"' in page


@pytest.mark.parametrize(("stop", "code"), [(Refused("wrong."), 2), (GateClosed("closed."), 3)])
def test_a_page_that_fails_hides_no_outcome(
    tiny: Any, monkeypatch: pytest.MonkeyPatch, stop: Exception, code: int
) -> None:
    def breaks(*_: Any) -> None:
        raise OSError("no room")

    monkeypatch.setattr("peil.commands.verbs.take", stopping(stop))
    monkeypatch.setattr("peil.pages.operator_reading.build", breaks)
    result = CliRunner().invoke(cli.app, ["stage", "tiny", DAY])
    assert result.exit_code == code
    assert result.stderr.splitlines()[-1] == str(stop)
    assert "The operator's page could not be made again (OSError)" in result.stderr


def test_a_day_outside_the_period_makes_no_page(tiny: Any) -> None:
    result = CliRunner().invoke(cli.app, ["stage", "tiny", "2026-12-01"])
    assert result.exit_code == 2 and "lies outside the period" in result.stderr
    assert not tiny.store.operator_page("tiny").exists()
