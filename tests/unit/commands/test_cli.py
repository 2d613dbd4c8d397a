"""The command: one sentence for a person, one exit code for a script."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from peil import cli
from peil.charter.products import PRODUCTS
from peil.outcome import GateClosed, Outcome, Refused, Waiting

HEADER = "imsi,at,mcc,mnc,cell,imei\n"
ROW = "204080000000001,2026-03-02 10:00:00,204,08,c1,\n"


def commands(group: Any = None, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in (group or typer.main.get_command(cli.app)).commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*before, name))
        else:
            yield (*before, name)


COMMANDS = sorted(commands())


def run(*words: str) -> Any:
    return CliRunner().invoke(cli.app, list(words))


def test_the_commands_are_found() -> None:
    assert len(COMMANDS) >= 14
    assert {("run",), ("ingest",), ("charter", "check")} <= set(COMMANDS)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_the_help_of_every_command_has_an_example_of_itself(words: tuple[str, ...]) -> None:
    result = run(*words, "--help")
    assert result.exit_code == 0
    text = re.sub(r"[│╭╰─╮╯\s]+", " ", result.output)
    assert f"Example: peil {' '.join(words)}" in text


def test_a_wrong_input_is_exit_2_and_one_sentence(tiny: Any) -> None:
    for words in (
        ("status", "nobody"),
        ("ingest", "tiny", "2026-12-01"),
        ("ingest", "tiny", "yesterday"),
    ):
        result = run(*words)
        assert result.exit_code == 2, words
        assert len(result.stderr.strip().splitlines()) == 1 and "Traceback" not in result.output


def test_an_earlier_state_that_is_missing_is_exit_2(tiny: Any) -> None:
    assert run("ingest", "tiny", "2026-03-02").exit_code == 2


def test_an_unknown_option_is_exit_2() -> None:
    assert run("run", "demo", "--frsh").exit_code == 2


@pytest.mark.parametrize(
    ("stop", "code"),
    [(Refused("wrong."), 2), (Waiting("later."), 2), (GateClosed("not believable."), 3)],
)
def test_each_way_to_stop_has_its_exit_code(
    tiny: Any, monkeypatch: pytest.MonkeyPatch, stop: Exception, code: int
) -> None:
    def stops(*_: str) -> Iterator[Outcome]:
        raise stop
        yield

    monkeypatch.setattr("peil.commands.verbs.take", stops)
    result = run("stage", "tiny", "2026-03-02")
    assert (result.exit_code, result.stderr) == (code, f"{stop}\n")


def test_a_fault_of_ours_is_exit_1(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: str) -> Iterator[Outcome]:
        raise ZeroDivisionError
        yield

    monkeypatch.setattr("peil.commands.verbs.take", breaks)
    assert run("stage", "tiny", "2026-03-02").exit_code == 1


def test_a_trace_shows_no_local_value(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """What a shell would print of a fault: where it is, never what a variable held there."""

    def broken(*_: Any, **__: Any) -> None:
        subscriber = "20408" + "0000000001"
        raise ZeroDivisionError(len(subscriber))

    monkeypatch.setattr("peil.charter.reading.load", broken)
    with pytest.raises(ZeroDivisionError) as fault:
        cli.app(["charter", "check", "tiny"])
    sys.excepthook(fault.type, fault.value, fault.tb)
    trace = capsys.readouterr().err
    assert "ZeroDivisionError" in trace and "broken" in trace
    assert "204080000000001" not in trace and "locals" not in trace


def test_what_was_done_is_exit_0_and_says_where_to_look(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def done(verb: str, pilot: str, day: str) -> Iterator[Outcome]:
        yield Outcome(verb, pilot, day, "done", {"n_staged": 3}, ["/a/place"])

    monkeypatch.setattr("peil.commands.verbs.take", done)
    result = run("stage", str(tiny.charter_file), "2026-03-02")
    assert result.exit_code == 0
    page = tiny.store.operator_page("tiny")
    assert result.stdout.splitlines() == [
        "stage tiny 2026-03-02: done (3 rows staged)",
        "  look at /a/place",
        f"Operator's page: {page}",
    ]
    assert page.is_file()


def test_a_charter_outside_the_folder_of_charters_is_told(tiny: Any) -> None:
    copy = tiny.folder / "elsewhere" / "tiny.yml"
    copy.parent.mkdir()
    copy.write_bytes(tiny.charter_file.read_bytes())
    result = run("ingest", str(copy), "2026-03-02")
    assert result.exit_code == 2 and "set PEIL_PILOTS to its folder" in result.stderr
    assert run("charter", "check", str(copy)).exit_code == 0


def test_a_charter_is_checked_and_its_scope_said(tiny: Any) -> None:
    result = run("charter", "check", "tiny")
    assert result.exit_code == 0
    assert "presence for method_development, 2026-03-02 to 2026-03-08" in result.stdout
    tiny.write_charter(legal_basis="pseudonymised")
    assert run("charter", "check", "tiny").exit_code == 2


def test_a_named_person_vouches_for_a_simulated_set(tiny: Any) -> None:
    tiny.deliver("a.csv", HEADER + ROW)
    key = tiny.folder / "keys" / "a.key"
    words = ("--role", "operator", "--name", "A. Name", "--key", str(key))
    assert run("party", "enroll", *words).exit_code == 0
    vouch = ("charter", "sign", "tiny", "--synthetic", str(tiny.deliveries))
    by_name = run(*vouch, "--by", "A. Name")
    assert by_name.exit_code == 2 and "A typed name signs nothing" in by_name.stderr
    result = run(*vouch, "--key", str(key))
    assert (result.exit_code, "3 files vouched for by A. Name" in result.stdout) == (0, True)
    signed = json.loads(tiny.store.vouched("tiny").read_text())
    assert signed["vouched_by"] == "A. Name"


def test_status_shows_every_day_and_its_reason(tiny: Any) -> None:
    tiny.deliver("a.csv", HEADER + ROW)
    tiny.ingest()
    result = run("status", "tiny")
    assert result.exit_code == 0
    for day in tiny.charter.days():
        assert str(day) in result.stdout
    text = " ".join(result.stdout.split())
    assert re.search(rf"{date(2026, 3, 2)} │ raw\b.*stage has not run", text)
    assert "no delivery landed" in text


def test_a_day_that_lies_before_the_other_is_told(tiny: Any) -> None:
    result = run("run", "tiny", "--from", "2026-03-05", "--to", "2026-03-04")
    assert (
        result.exit_code == 2 and "--to 2026-03-04 lies before --from 2026-03-05" in result.stderr
    )


def test_fresh_is_refused_for_a_released_period_of_real_data(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from peil.charter.clock import now
    from peil.store import ledger

    tiny.write_charter(
        legal_basis="statute",
        threshold=15,
        expires="2028-03-08",
    )
    tiny.sign()
    facts = {"product": "presence", "period": "2026-03-02"}
    ledger.append(tiny.store, "tiny", "release", now(tiny.charter), facts, once=False)
    result = run("run", "tiny", "--to", "2026-03-02", "--fresh")
    assert result.exit_code == 2
    assert "a released period is never made again" in " ".join(result.stderr.split())
    kinds = [entry["kind"] for entry in ledger.entries(tiny.store.ledger("tiny"))]
    assert "withdrawn" not in kinds


def test_release_offers_what_is_released_and_nothing_else() -> None:
    names = {row.name for row in PRODUCTS.values()}
    shown = set(re.findall(r"\w+", run("release", "--help").output)) & names
    assert shown == {row.name for row in PRODUCTS.values() if row.is_releasable}
    assert set(re.findall(r"\w+", run("estimate", "--help").output)) >= names
