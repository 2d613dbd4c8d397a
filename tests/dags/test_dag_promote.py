"""The DAG of a promotion: evidence first, then a person's answer, and only a yes moves anything."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from peil.adapters.airflow.home import DAGS
from peil.outcome import Outcome
from peil.score.promoting import promote
from peil.settings import PROJECT
from peil.tasks import asking

DONE = Outcome("promote", "demo", "small", "done", {"champion": "presence@2"}, [])


class Instance:
    """What a task leaves for the next."""

    def __init__(self) -> None:
        self.left: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.left[key] = value

    def xcom_pull(self, task_ids: str, key: str) -> Any:
        assert task_ids == "promote"
        return self.left[key]


@pytest.fixture
def steps(read_dags: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The two tasks of the DAG as functions, what they left, and what was promoted."""
    dag = read_dags(DAGS, PROJECT / "pilots").dags["promote__demo"]
    instance, asked = Instance(), []
    context = {"ti": instance, "params": {"candidate": " em@few ", "study": "small"}}
    functions = [dag.get_task(name).python_callable for name in ("promote", "approved_operator")]
    for function in functions:
        monkeypatch.setitem(function.__globals__, "get_current_context", lambda: context)
        monkeypatch.setitem(function.__globals__, "report_outcome", lambda outcome: outcome.facts)

    def promoted(*words: str, **named: str) -> Outcome:
        asked.append((*words, *named.values()))
        return DONE

    monkeypatch.setattr(promote, "promote", promoted)
    shown = promote.ShownPromotion("presence@2", ["errs less by 3%"])
    monkeypatch.setattr(promote, "show", lambda *_: shown)
    return SimpleNamespace(weigh=functions[0], record=functions[1], left=instance.left, asked=asked)


def answer(option: str) -> dict[str, Any]:
    return {"chosen_options": [option], "responded_by_user": {"name": "anna"}}


def test_a_person_is_shown_the_evidence_and_only_a_yes_promotes(
    steps: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "can_be_asked", lambda *_: True)
    assert steps.weigh() is True
    assert steps.left["version"] == "presence@2" and "errs less by 3%" in steps.left["shown"]
    assert steps.record(answer("Reject")) is None and steps.asked == []
    assert steps.record(answer("Approve")) == DONE.facts
    assert steps.asked == [("demo", "presence@2", "small", "anna")]


def test_where_nobody_is_asked_the_verb_itself_decides(
    steps: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "can_be_asked", lambda *_: False)
    assert steps.weigh() is False  # what follows is skipped
    assert steps.asked == [("demo", "em@few", "small")]


def test_of_a_simulated_pilot_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_accounts", lambda _: [{"id": "anna", "name": "anna"}])
    assert not asking.can_be_asked(SimpleNamespace(name="demo"), "operator")  # type: ignore[arg-type]
