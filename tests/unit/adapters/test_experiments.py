"""What the registry gives back."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import Any

import pytest

from peil.adapters import tracking, versions
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


def test_what_fails_in_the_registry_is_raised_and_its_statement_shown_to_nobody(
    tiny: Any, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking, "_make_database", lambda _: None)
    monkeypatch.setattr(tracking, "MlflowClient", lambda **_: None)
    tracking.client(tiny.store)
    logging.getLogger("mlflow.store.db.utils").error("INSERT INTO metrics VALUES (0.1638)")
    assert capfd.readouterr() == ("", "")


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
