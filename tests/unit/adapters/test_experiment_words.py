"""MLflow shows a pilot's experiment with words and columns, and Peil says where."""

from __future__ import annotations

import json
from typing import Any

import pytest

from peil.adapters import experiment_words, experiments, tracking

pytestmark = pytest.mark.usefixtures("with_registry")


def test_an_experiment_has_words_and_a_view_of_its_columns(tiny: Any) -> None:
    flow = tracking.client(tiny.store)
    number = experiments.experiment_of(flow, tiny.store, "tiny")
    tags = flow.get_experiment(number).tags
    assert "**tiny**" in tags["mlflow.note.content"]
    assert f"]({experiment_words.path_of(number)})" in tags["mlflow.note.content"]
    assert tags["mlflow.experimentKind"] == "custom_model_development"
    view = json.loads(tags["mlflow.sharedViewState.peil"])
    assert {"tags.`peil.day`", "metrics.`misfit_share`"} <= set(view["selectedColumns"])
    assert experiments.places(tiny.store) == {"tiny": experiment_words.path_of(number)}


def test_words_of_before_are_written_anew_and_those_that_stand_are_left(tiny: Any) -> None:
    flow = tracking.client(tiny.store)
    number = flow.create_experiment("tiny", tags={"mlflow.note.content": "of before"})
    assert experiments.places(tiny.store) == {}
    assert experiments.experiment_of(flow, tiny.store, "tiny") == number
    assert "**tiny**" in flow.get_experiment(number).tags["mlflow.note.content"]
    flow.set_experiment_tag = None  # what stands is not written again
    assert experiments.experiment_of(flow, tiny.store, "tiny") == number
