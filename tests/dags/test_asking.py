"""Who may answer in Airflow whether a candidate leaves: accounts enrolled in the role, today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from peil.outcome import Refused
from peil.tasks import asking


@dataclass(frozen=True)
class Person:
    role: str
    account: str
    until: date = date(2099, 1, 1)

    def holds_on(self, day: date) -> bool:
        return day <= self.until


PEOPLE = [
    Person("operator", "anna"),
    Person("agency", "bram"),
    Person("operator", ""),  # approves by `peil approve`
    Person("operator", "before", date(2020, 1, 1)),
]


def test_only_accounts_enrolled_in_a_role_answer_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking.parties, "of_pilot", lambda *_, **__: PEOPLE)
    assert asking._accounts("operator") == [{"id": "anna", "name": "anna"}]
    assert asking._accounts("agency") == [{"id": "bram", "name": "bram"}]


def test_where_a_partys_file_was_changed_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    def changed(*_: Any, **__: Any) -> list[Person]:
        raise Refused("operator.json is not as it was signed: restore it from backup.")

    monkeypatch.setattr(asking.parties, "of_pilot", changed)
    assert asking._accounts("operator") == []


def test_what_is_to_be_looked_at_is_a_link_where_the_store_is_served(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PEIL_DATA", str(tmp_path))
    page = tmp_path / "operator/page/demo/index.html"
    assert asking._to_look_at([page]) == [f"look at `{page}`"]
    monkeypatch.setenv("PEIL_LINK_PREFIX", "https://peil.example")
    where = "https://peil.example/operator/page/demo/index.html"
    assert asking._to_look_at([page]) == [f"look at [index.html]({where})"]
