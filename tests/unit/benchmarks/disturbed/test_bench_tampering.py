"""What a pilot at work uses is tampered with: a verb stops at it, and at nothing untouched."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from benchmarks.disturbed.in_use import asking, changes, measuring
from benchmarks.disturbed.in_use.page import report
from benchmarks.disturbed.in_use.pilot import SignedPilot, at_home
from peil import cli


@pytest.fixture(scope="module")
def pilot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignedPilot]:
    with at_home(tmp_path_factory.mktemp("signed")) as made:
        yield made


def test_each_verb_goes_on_with_what_is_untouched(pilot: SignedPilot) -> None:
    files = pilot.files()
    for verb in asking.VERBS:
        assert asking.said(pilot, verb) == ""
        pilot.put(files)
    assert pilot.files() == files


def test_each_subject_in_each_way_is_noticed_with_a_sentence(pilot: SignedPilot) -> None:
    files, draw = pilot.files(), random.Random(4)
    for subject, (kinds, verbs) in changes.SUBJECTS.items():
        for kind in kinds:
            after = changes.changed(pilot, files, subject, kind, draw)
            while not changes.is_meant(pilot, files, after):
                after = changes.changed(pilot, files, subject, kind, draw)
            verb = measuring.first_to_notice(pilot, after, verbs)
            pilot.put(files)
            assert verb, (subject, kind)


def test_who_notices_first_is_named_and_nobody_where_nothing_was_changed(
    pilot: SignedPilot,
) -> None:
    files, verbs = pilot.files(), changes.SUBJECTS["charter"][1]
    after = {file: state for file, state in files.items() if file != pilot.charter_file}
    assert measuring.first_to_notice(pilot, after, verbs) == "peil charter check"
    assert measuring.first_to_notice(pilot, after, verbs[::-1]) == "peil release"
    assert measuring.first_to_notice(pilot, files, verbs) == ""
    pilot.put(files)


def test_who_notices_is_a_command_that_there_is() -> None:
    for verb in asking.VERBS.keys() - {"any verb"}:
        peil, *words = verb.split()
        done = CliRunner().invoke(cli.app, [*words, "--help"])
        assert (peil, done.exit_code) == ("peil", 0), verb


def test_what_means_the_same_is_not_drawn(pilot: SignedPilot) -> None:
    files = pilot.files()
    charter, mode = files[pilot.charter_file]
    same = charter + b"# a remark\n"
    less = charter.replace(b"raw_hours: 24", b"raw_hours: 12")
    more = charter.replace(b"raw_hours: 24", b"raw_hours: 48")
    meant = [
        changes.is_meant(pilot, files, {**files, pilot.charter_file: (content, mode)})
        for content in (charter, same, less, more)
    ]
    assert meant == [False, False, False, True]


def test_a_dozen_are_noticed_and_the_page_says_by_whom(tmp_path: Path) -> None:
    used = measuring.measure(tmp_path, 12, seed=11)
    assert used["n_false_alarms"] == 0
    assert all(row["n_detected"] == row["n_tried"] for row in used["subjects"])
    assert all(
        row["by"].keys() <= set(changes.SUBJECTS[row["subject"]][1]) for row in used["subjects"]
    )
    by_two = {"n_tried": 5, "n_detected": 3, "by": {"peil verify": 1, "any verb": 2}}
    used["subjects"].append({"subject": "party", "kind": "swapped", **by_two})
    kinds = [{"kind": "cut", "n_tried": 2, "n_detected": 1}]
    record = {"kinds": kinds, "in_use": used, "n_false_alarms": 0, "seed": 11, "date": "2026-03-02"}
    record |= {"machine": "2 cores", "cpu_s_untouched": 0.01, "cpu_s_tampered": 0.01}
    page = report(record | {"a_day": {"n_entries": 3, "parts": [], "cpu_s": 0.1}})
    assert "19 random tamperings, of which 16 were noticed" in page
    assert "| what was changed | how | tried | " in page and "| noticed |" in page
    assert rows_of(page) == used["subjects"]


def rows_of(page: str) -> list[dict[str, Any]]:
    """What the page's table says was changed, how, how often, and how often which verb noticed."""
    table = page[page.index("| what was changed |") :].partition("\n\n")[0]
    heads, _, *rows = (
        [cell.strip(" `") for cell in line.split("|")[1:-1]] for line in table.splitlines()
    )
    return [
        {
            "subject": subject,
            "kind": kind,
            "n_tried": int(n_tried),
            "n_detected": int(n_detected),
            "by": {verb: int(n) for verb, n in zip(heads[3:-1], counts, strict=True) if n},
        }
        for subject, kind, n_tried, *counts, n_detected in rows
    ]
