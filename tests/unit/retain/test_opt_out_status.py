"""A list of opt-outs that is newer than the one that was applied is told, though no day comes."""

from __future__ import annotations

from typing import Any

import pytest
from kept_day import DAY
from rich.console import Console
from test_opt_out import HEADER, LEAVES, ROWS, STAYS

from peil.commands import status_table
from peil.watch.retain.opt_out import opt_out


def told_by_status(capsys: pytest.CaptureFixture[str]) -> list[str]:
    status_table.tell_status("tiny", Console(width=200))
    return [line for line in capsys.readouterr().out.splitlines() if "opt-out list" in line]


def test_status_says_that_the_list_changed_until_it_is_applied(
    tiny: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny.deliver("a.csv", HEADER + ROWS)
    tiny.ingest()
    tiny.put("opt_out.csv", f"imsi\n+{LEAVES}\n")
    tiny.vouch()
    sentence = [
        "! the opt-out list of tiny changed since it was last applied: run `peil opt-out tiny`"
    ]
    assert told_by_status(capsys) == sentence
    opt_out("tiny")
    assert told_by_status(capsys) == []
    tiny.put("opt_out.csv", f"imsi\n{LEAVES}\n{STAYS}\n")
    assert told_by_status(capsys) == sentence
    (tiny.deliveries / "tiny" / "opt_out.csv").unlink()
    assert told_by_status(capsys) == []  # ingest refuses without it


def test_status_says_nothing_of_a_list_that_every_day_was_landed_with(
    tiny: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny.deliver("a.csv", HEADER + ROWS)
    assert told_by_status(capsys) == []
    tiny.ingest()
    assert told_by_status(capsys) == []
    assert not tiny.store.retained("tiny", DAY, "opt_out").exists()
