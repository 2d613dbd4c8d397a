"""Tests of broken deliveries use the small pilot of the unit tests, with a richer mapping."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

UNIT = Path(__file__).parent.parent / "unit" / "conftest.py"
_spec = importlib.util.spec_from_file_location("tiny_pilot", UNIT)
assert _spec is not None and _spec.loader is not None
tiny_pilot = importlib.util.module_from_spec(_spec)
sys.modules["tiny_pilot"] = tiny_pilot
_spec.loader.exec_module(tiny_pilot)
sys.path.insert(0, str(Path(__file__).parent))  # tests import their corpus

from kinds import COLUMNS  # noqa: E402

tiny = tiny_pilot.tiny


@pytest.fixture
def pilot(tiny: Any) -> Any:
    """The small pilot: all event columns mapped, three cells, one subscriber who opted out."""
    tiny.write_charter(inputs__events__columns=COLUMNS)
    return tiny
