"""A walk spares the seconds that Airflow's test of a DAG sleeps, and nobody else's."""

from __future__ import annotations

import time

import pytest

from peil.adapters.airflow.walking import _looking_again_at_once

SLEEPS = "import time\ndef rest(seconds):\n    time.sleep(seconds)\n"


@pytest.mark.parametrize(
    ("module", "least", "most"),
    [("airflow.sdk.definitions.dag", 0.0, 0.15), ("peil.ingest.ingest", 0.2, 5.0)],
)
def test_only_airflows_own_look_is_brief(module: str, least: float, most: float) -> None:
    space = {"__name__": module}
    exec(SLEEPS, space)
    before = time.sleep
    began = time.monotonic()
    with _looking_again_at_once():
        space["rest"](0.2)  # type: ignore[operator]
    assert least <= time.monotonic() - began < most
    assert time.sleep is before
