"""What the machine's operator may set, and where everything lies."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from peil.outcome import Refused
from peil.settings import PROJECT, settings
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
