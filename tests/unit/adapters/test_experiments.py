"""What the registry gives back."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from peil.adapters import experiments, tracking, versions
from peil.settings import Settings
from peil.store.store import Store
from peil_models.footprint import FootprintSignalStrength


def test_a_version_from_before_a_parameter_takes_its_default(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = FootprintSignalStrength(path_loss_exponent=4.2)
    del old.steepness
    number = versions.register(
        tiny.store, "tiny", "a" * 32, old, {}, {}, {"peil.footprint": "version 1"}
    )
    versions.promote(tiny.store, "tiny", number)
    champion = versions.champion(tiny.store, "tiny")
    assert champion is not None
    assert champion.footprint.path_loss_exponent == 4.2
    assert champion.footprint.steepness == FootprintSignalStrength().steepness


def test_another_score_of_the_same_figures_takes_the_place_of_the_one_before(tiny: Any) -> None:
    run_id = "e" * 32
    own = experiments.log_run(tiny.store, "tiny", run_id, "em", {}, {"mape_day": 0.06}, {})
    for scores in ({"mape_day": 0.08}, {"mape_day": 0.04, "coverage": 0.9}, {"mape_day": 0.04}):
        experiments.add_scores(tiny.store, "tiny", run_id, scores)
        shown = tracking.client(tiny.store).get_run(own).data.metrics
        assert shown["mape_day"] == scores["mape_day"]
    history = tracking.client(tiny.store).get_metric_history(own, "mape_day")
    assert [each.value for each in history] == [0.06, 0.08, 0.04]


def test_what_fails_in_the_registry_is_raised_and_its_statement_shown_to_nobody(
    tiny: Any, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking, "_make_database", lambda _: None)
    monkeypatch.setattr(tracking, "MlflowClient", lambda **_: None)
    tracking.client(tiny.store)
    logging.getLogger("mlflow.store.db.utils").error("INSERT INTO metrics VALUES (0.1638)")
    assert capfd.readouterr() == ("", "")


def test_a_second_database_is_a_copy_of_the_first_before_anything_was_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking, "_empty", [])
    first, second = (Store(Settings(data=tmp_path / name)) for name in ("first", "second"))
    tracking.client(first).create_experiment("of the first")
    real, asked = tracking.MlflowClient, []

    def counted(tracking_uri: str, **words: Any) -> Any:
        asked.append(tracking_uri.rpartition("/")[-1])
        return real(tracking_uri, **words)

    monkeypatch.setattr(tracking, "MlflowClient", counted)
    of_second = tracking.client(second)
    assert asked == ["mlflow.db"]  # none aside, where migrations run
    assert [experiment.name for experiment in of_second.search_experiments()] == ["Default"]
    assert of_second.get_experiment(of_second.create_experiment("of the second")) is not None
    assert not list(tmp_path.rglob("*.part"))


LOUD = """
import sys, types, warnings

class Loud(types.ModuleType):
    def __getattr__(self, name):
        if not name.startswith("__"):
            warnings.warn(name, FutureWarning)
        raise AttributeError(name)

sys.modules["loud"] = Loud("loud")
import peil.adapters.experiments
from peil.adapters import fitted
fitted.library()
"""


@pytest.mark.slow
def test_the_door_is_opened_in_silence_beside_modules_that_warn_of_names() -> None:
    done = subprocess.run([sys.executable, "-c", LOUD], capture_output=True, text=True, check=True)
    assert "loud" not in done.stderr and "FutureWarning" not in done.stderr
