"""What the machine's operator may set, and where everything lies."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from peil.outcome import Refused
from peil.settings import NO_SETTINGS, PROJECT, Settings, misspelt, settings
from peil.store.store import Store


def test_the_store_lies_in_the_checkout_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PEIL_OUTSIDE_DATA", raising=False)  # `.ci/run` sets it
    assert settings().data == PROJECT / "data"
    assert settings().deliveries_folder == PROJECT / "data" / "deliveries"
    assert settings().truth_folder == PROJECT / "data" / "truth"
    assert settings().outside_data is None


def test_a_wrong_variable_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("PEIL_THREADS", "0"), ("PEIL_MEMORY", "much"), ("PEIL_SETTLE_S", "-1")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            with pytest.raises(Refused, match=f"ariable {name}: .*correct or unset"):
                settings()


@pytest.mark.parametrize(
    ("variable", "value", "how"),
    [
        ("PEIL_MEMORY", "2gb", "write a whole number and its unit, as 2GB or 500MB"),
        ("PEIL_THREADS", "x", "write a whole number"),
        ("PEIL_THREADS", "0", "write 1 or more"),
        ("PEIL_PARTS", "65", "write 64 or less"),
        ("PEIL_SETTLE_S", "x", "write a number"),
        ("PEIL_KEEP_DELIVERIES", "ja", "write true or false"),
        ("PEIL_ENGINE", "x", "write 'duckdb' or 'spark'"),
        ("PEIL_MLFLOW_URI", "/x", "this is no address, write sqlite:////path or http://host:port"),
    ],
)
def test_a_wrong_variable_is_told_how_it_is_written(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, how: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(Refused) as refusal:
        settings()
    assert str(refusal.value) == f"Variable {variable}: {how}; correct or unset it."


@pytest.mark.parametrize(
    ("uri", "is_address"),
    [
        ("sqlite:////srv/mlflow.db", True),
        ("http://127.0.0.1:9", True),
        ("https://somebody:a@b@mlflow.example/x", True),
        ("postgresql+psycopg2://somebody:secret@[::1]:5432/mlflow", True),
        ("/x", False),
        ("mlflow:5000", False),
        ("http:///x", False),
        ("http://host:port", False),
        ("http://somebody:secret@/x", False),
    ],
)
def test_an_address_of_mlflow_has_a_host_or_a_file(
    monkeypatch: pytest.MonkeyPatch, uri: str, is_address: bool
) -> None:
    monkeypatch.setenv("PEIL_MLFLOW_URI", uri)
    if is_address:
        assert settings().mlflow_uri == uri
        return
    with pytest.raises(Refused) as refusal:
        settings()
    assert "secret" not in str(refusal.value)


def test_a_variable_that_nothing_reads_is_told_with_the_nearest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert misspelt() == []
    monkeypatch.setenv("PEIL_PART", "4")
    monkeypatch.setenv("PEIL_QWXYZQWXYZ", "4")
    assert misspelt() == [
        "Nothing reads the variable PEIL_PART: is PEIL_PARTS meant?",
        "Nothing reads the variable PEIL_QWXYZQWXYZ: see docs/operate.md for those that are read.",
    ]


def test_a_misspelt_variable_is_told_once_where_errors_go(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "peil.cli", "alerts", "--help"]
    told = {**os.environ, "PEIL_DATA": str(tmp_path), "PEIL_PART": "4"}
    done = subprocess.run(words, env=told, capture_output=True, text=True, check=True)
    assert done.stderr == "Nothing reads the variable PEIL_PART: is PEIL_PARTS meant?\n"


def test_every_variable_that_is_read_anywhere_is_among_those_that_are_read() -> None:
    read = NO_SETTINGS | {f"PEIL_{name.upper()}" for name in Settings.model_fields}
    files = [PROJECT / name for name in ("docker-compose.yml", "Makefile", ".ci/run")]
    for folder in ("peil", "benchmarks", "tests"):
        files += (PROJECT / folder).rglob("*.py")
    ways = r"(?:\$\{|environ(?:\.get\(|\[)\"|export |&& )(PEIL_[A-Z0-9_]+)"
    named = {name for file in files for name in re.findall(ways, file.read_text("utf-8"))}
    assert len(named) >= 20 and named <= read


def test_deliveries_and_truth_may_lie_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEIL_DELIVERIES", str(tmp_path / "in"))
    monkeypatch.setenv("PEIL_TRUTH", str(tmp_path / "truth"))
    assert settings().deliveries_folder == tmp_path / "in"
    assert settings().truth_folder == tmp_path / "truth"


def test_a_relative_store_is_taken_from_where_the_command_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PEIL_DATA", "here")
    assert Store().root == tmp_path / "here"


def test_nothing_of_the_operator_lies_on_the_agencys_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEIL_DATA", str(tmp_path))
    store, day = Store(), date(2026, 3, 2)
    own = [
        store.raw_file("p", day),
        store.staged_file("p", day),
        store.key("p", day, "pseudonym"),
        store.signing_key,
        store.estimated("p", day),
        store.candidate("p", "presence", day),
        store.quality("p", day),
        store.quarantine("p"),
        store.ledger("p"),
        store.retained("p", day, "raw"),
        store.airflow_home,
        store.work("p", day, "stage"),
        store.operator_page("p"),
        store.mlflow_artifacts,
    ]
    theirs = [
        store.released("p", "presence", day),
        store.agency_ledger("p"),
        store.heads("p"),
        store.agency_key,
        store.agency_public_key,
        store.public_entry("p"),
        store.portal("p"),
        store.vouched("p"),
    ]
    assert all(path.is_relative_to(tmp_path / "operator") for path in own)
    assert all(path.is_relative_to(tmp_path / "agency") for path in theirs)
    assert list(tmp_path.iterdir()) == []  # asking for a path makes no folder


def test_a_process_of_one_plane_has_its_own_folders_and_the_outbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEIL_DATA", str(tmp_path))
    day = date(2026, 3, 2)
    assert Store().outbound("p", "presence", day).is_relative_to(tmp_path / "outbox")
    monkeypatch.setenv("PEIL_PLANE", "agency")
    for place in ("ledger", "quality_page"):
        with pytest.raises(Refused, match=r"is the operator's, and this process is the agency's"):
            getattr(Store(), place)("p")
    own = [Store().released("p", "presence", day), Store().quarantine("p"), Store().agency_key]
    assert all(path.is_relative_to(tmp_path / "agency") for path in own)
    monkeypatch.setenv("PEIL_PLANE", "operator")
    own = [Store().released("p", "presence", day), Store().public_entry("p"), Store().ledger("p")]
    assert all(path.is_relative_to(tmp_path / "operator") for path in own)
    assert Store().heads("p").is_relative_to(tmp_path / "outbox")  # as the agency gave them back
    monkeypatch.setenv("PEIL_PLANE", "both sides")
    with pytest.raises(Refused, match=r"ariable PEIL_PLANE: .*correct or unset"):
        Store()
    assert list(tmp_path.iterdir()) == []
