"""What every belief must have, and what no belief may ask."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from expectations import released
from peil import gates, methods
from peil.gates import tables
from peil.outcome import Refused
from peil.quality import choices
from peil.settings import PROJECT, settings

# dbt asks these: keys, nulls of keys, accepted values, relations
ASKED_BY_DBT = {
    "ExpectColumnToExist",
    "ExpectColumnValuesToNotBeNull",
    "ExpectColumnValuesToBeUnique",
    "ExpectCompoundColumnsToBeUnique",
    "ExpectSelectColumnValuesToBeUniqueWithinRecord",
    "ExpectColumnValuesToBeInSet",
    "ExpectColumnValuesToBeOfType",
    "ExpectTableColumnsToMatchSet",
    "ExpectTableColumnsToMatchOrderedList",
}


def beliefs(state: str) -> list[Any]:
    return tables.beliefs(state, choices.limits_of("small"))


@pytest.mark.parametrize("state", gates.STATES)
def test_every_belief_says_why_and_what_to_do(store: Any, state: str) -> None:
    suite = beliefs(state)

    assert suite
    for belief in suite:
        assert belief.severity in ("stop", "note"), belief.name
        for sentence in (belief.why, belief.do):
            assert re.fullmatch(r"[A-Z][^\n]+\.", sentence), belief.name
    names = [belief.name for belief in suite]
    assert len(names) == len(set(names))
    assert {belief.severity for belief in suite} == {"stop", "note"}


@pytest.mark.parametrize("state", gates.STATES)
def test_no_belief_asks_what_dbt_asks(store: Any, state: str) -> None:
    kinds = {type(belief.expectation).__name__ for belief in beliefs(state)}

    assert kinds
    assert not kinds & ASKED_BY_DBT


@pytest.mark.parametrize("state", gates.STATES)
def test_a_suite_is_named_after_the_table_it_speaks_of(store: Any, state: str) -> None:
    suites = list(tables.suites(state))
    if state == "released":  # a product that follows devices has a release of its own
        suites += released.PRODUCT_SUITES.values()
    files = {
        file.stem for file in (PROJECT / "expectations" / state).glob("*.py") if file.stem[0] != "_"
    }

    assert {module.__name__.rsplit(".", 1)[1] for module in suites} == files
    for module in suites:
        spoken = {belief.table for belief in module.suite(choices.limits_of("small"))}
        assert spoken == {module.__name__.rsplit(".", 1)[1]}


@pytest.mark.parametrize("state", gates.STATES)
def test_a_belief_shows_columns_of_its_own_measure(batch: Any, state: str) -> None:
    batch.write(state)
    report = gates.check(state, batch.pilot, batch.day)
    shown = {finding.expectation: set(finding.observed) for finding in report.results}
    may_be_unknown = {"n_rows_usual", "volume_ratio"}  # no earlier week is there
    may_be_unknown |= {"first_unobserved_h", "unobserved_until_h"}  # each hour was observed

    for belief in beliefs(state):
        assert set(belief.shows) - may_be_unknown <= shown[belief.name], belief.name
        assert shown[belief.name] or belief.shows, belief.name


def test_expectations_import_great_expectations_and_nothing_else_of_ours() -> None:
    imported = set()
    for file in (PROJECT / "expectations").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                imported |= {name.name.split(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(str(node.module).split(".")[0])

    allowed = {"__future__", "dataclasses", "sys", "typing", "great_expectations", "expectations"}
    assert "great_expectations" in imported
    assert imported <= allowed


def test_every_limit_is_used_by_a_belief_or_a_measure(store: Any) -> None:
    text = "".join(
        file.read_text()
        for file in (PROJECT / "expectations").rglob("*.py")
        if file.name != "limits.py"
    )
    limits = methods.section("expectations", "small")

    assert limits
    assert [key for key in limits if key not in text] == []


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("raw_rows_min_stop", "raw_rows_min_stopp", "raw_rows_min_stop: is missing"),
        ("value = 0.8\n", 'value = "much"\n', "must be a number"),
        ("value = 0.8\n", "value = 1.8\n", "must lie in 0..1"),
    ],
)
def test_a_wrong_limit_is_refused_with_its_key(
    store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, sentence: str
) -> None:
    text = settings().methods.read_text()
    text = (
        text[text.index("[expectations.staged_share_min_stop]") :]
        + text[: text.index("[expectations.staged_share_min_stop]")]
    )
    (tmp_path / "methods.toml").write_text(text.replace(old, new, 1))
    tomllib.loads((tmp_path / "methods.toml").read_text())
    monkeypatch.setenv("PEIL_METHODS", str(tmp_path / "methods.toml"))

    with pytest.raises(Refused, match=sentence):
        choices.limits_of("small")


def test_the_samples_of_outside_have_limits_of_their_own(store: Any) -> None:
    """Ten devices and a quarter of an hour are believable for what they are."""
    everywhere = choices.limits_of("small")

    assert choices.limits_of("multimno_sample").raw_defect_share_max_stop > (
        everywhere.raw_defect_share_max_stop
    )
    assert choices.limits_of("essnet_sample").raw_hours_share_min_stop < 1 / 24
