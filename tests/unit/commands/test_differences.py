"""Each thing that differs from a certificate is named, by part, name and what it was."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from peil.commands.reproducing.again import tasks_of
from peil.commands.reproducing.differences import of_inputs, of_results

DAY = "2026-03-02"
CERTIFIED: dict[str, Any] = {
    "product": "presence",
    "period": DAY,
    "charter": {"threshold": 15, "area": {"tile_m": 250}},
    "deliveries": {
        DAY: {
            "events": {
                "a.csv.gz": {"sha256": "1", "n_rows": 1_204},
                "refused.csv": {"sha256": "", "n_rows": 0},
            },
            "cells": {"cells.csv": {"sha256": "2"}},
            "opt_out": "3",
        }
    },
    "reference": {"zones.geojson": "4"},
    "lock": "5",
    "environment": {"numpy": "2.1.0"},
    "parameters": {"presence": {"em_max_iter": 50}},
    "code": {"peil/estimate/presence.py": "6", "peil/methods.py": "7"},
    "staged": {DAY: {"n_staged": 1_200, "content_sha256": "8"}},
    "footprint": {"label": "version 2", "run_id": "9", "parameters": {"steepness": 0.2}},
    "presence": {"label": "version 2", "estimator": "em", "choices": {}, "sha256": "12"},
    "run_ids": {"combined": "10"},
    "table_sha256": "abcdefgh-11",
}
CHANGED: list[tuple[tuple[str, ...], Any, str]] = [
    (("charter", "threshold"), 10, "Charter threshold: 15 when it was made, 10 here."),
    (("charter", "area", "tile_m"), None, "Charter area.tile_m: 250 when it was made, nothing"),
    (
        ("deliveries", DAY, "events", "a.csv.gz", "sha256"),
        "other",
        f"Delivery of events {DAY}, a.csv.gz: is another file than then (it had 1,204 rows).",
    ),
    (
        ("deliveries", DAY, "events", "a.csv.gz"),
        None,
        f"Delivery of events {DAY}, a.csv.gz: is not there (it had 1,204 rows); have it",
    ),
    (("deliveries", DAY, "events", "b.csv.gz"), {"sha256": "1"}, "b.csv.gz: was not there when"),
    (("deliveries", DAY, "cells", "cells.csv", "sha256"), "other", "cells.csv: is another file"),
    (("deliveries", DAY, "opt_out"), "other", f"Opt-out list: is another than on {DAY}"),
    (("reference", "zones.geojson"), "other", "Reference file zones.geojson: is another"),
    (("lock",), "other", "Library list uv.lock: is another"),
    (("environment", "numpy"), "2.2.0", "Library numpy: 2.1.0 when it was made, 2.2.0 here."),
    (("parameters", "presence", "em_max_iter"), 40, "Parameter presence.em_max_iter: 50 when"),
    (("code", "peil/methods.py"), "other", "Code file peil/methods.py: is another than when"),
    (("code", "peil/methods.py"), None, "Code file peil/methods.py: is not there any more."),
    (("code", "peil/new.py"), "other", "Code file peil/new.py: was not there when it was made."),
]
LEFT: list[tuple[tuple[str, ...], Any, list[str]]] = [
    (
        ("staged", DAY, "n_staged"),
        1_199,
        [f"Staged {DAY}: n_staged was 1,200, and is 1,199 here."],
    ),
    (("staged", DAY, "content_sha256"), "x", [f"Staged {DAY}: as many rows, but other ones."]),
    (
        ("footprint", "run_id"),
        "x",
        ["Footprint: version 2 when it was made, version 2 here, of another training."],
    ),
    (
        ("footprint", "parameters", "steepness"),
        0.3,
        ["Footprint steepness: 0.2 when it was made, 0.3 here."],
    ),
    (
        ("presence", "sha256"),
        "x",
        ["Presence: em (version 2) when it was made, em (version 2) here, another model."],
    ),
    (
        ("presence",),
        None,
        ["Presence: em (version 2) when it was made, nothing here, another model."],
    ),
    (
        ("run_ids", "combined"),
        "x",
        [f"Estimates of presence {DAY}: another run id, so something that goes into them differs."],
    ),
    (
        ("table_sha256",),
        "12345678-",
        [
            f"Released table of presence {DAY}: sha256 abcdefgh when it was made, 12345678 here.",
        ],
    ),
]


def changed(place: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The certificate's content with one value changed, or taken away where it is None."""
    content = copy.deepcopy(CERTIFIED)
    part = content
    for name in place[:-1]:
        part = part[name]
    if value is None:
        del part[place[-1]]
    else:
        part[place[-1]] = value
    return content


def test_what_is_as_it_was_has_no_sentence() -> None:
    assert of_inputs(CERTIFIED, copy.deepcopy(CERTIFIED)) == []
    assert of_results(CERTIFIED, copy.deepcopy(CERTIFIED)) == []


@pytest.mark.parametrize(("place", "value", "words"), CHANGED)
def test_an_input_that_differs_is_named(place: tuple[str, ...], value: Any, words: str) -> None:
    (sentence,) = of_inputs(CERTIFIED, changed(place, value))
    assert words in sentence


@pytest.mark.parametrize(("place", "value", "sentences"), LEFT)
def test_the_step_that_left_the_certificate_is_named(
    place: tuple[str, ...], value: Any, sentences: list[str]
) -> None:
    assert of_results(CERTIFIED, changed(place, value)) == sentences


def test_a_promoted_presence_stands_before_anything_is_estimated_again() -> None:
    choices = {"presence.em_max_iter": 3}
    certificate = {
        **CERTIFIED,
        "period": DAY,
        "trained": {"fit": [DAY], "judge": [DAY]},
        "night": DAY,
        "presence": {**CERTIFIED["presence"], "choices": choices},
    }
    tasks = tasks_of([certificate])
    assert [task.verb for task in tasks] == [
        *("ingest", "stage", "train", "promote", "estimate", "release")
    ]
    assert (tasks[3].estimator, json.loads(tasks[3].choices)) == ("em", choices)
    as_released = {**certificate, "presence": {"estimator": "combined", "choices": {}}}
    assert "promote" not in [task.verb for task in tasks_of([as_released])]


def test_a_file_that_could_not_be_read_then_has_no_hash_to_compare() -> None:
    present = changed(("deliveries", DAY, "events", "refused.csv", "sha256"), "any")
    assert of_inputs(CERTIFIED, present) == []
