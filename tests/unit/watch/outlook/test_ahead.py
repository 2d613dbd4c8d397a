"""Models fitted ahead of the outlook are those that it uses; where it finds none it fits them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from peil.commands import run
from peil.outcome import Refused
from peil.watch.outlook import ahead, models
from peil.watch.outlook import outlook as verb
from tests.unit.watch.outlook.conftest import WEEK, Weeks, write_history


@pytest.fixture
def short(weeks: Weeks) -> Weeks:
    """Five weeks of history, which are fitted at once, and no model of any test before."""
    (weeks.store.agency / "models").unlink()
    write_history(weeks.store, weeks=5)
    return weeks


def nothing_is_fitted(*_: Any) -> None:
    raise AssertionError("fitted again")


@pytest.mark.parametrize("days", [0, 3])
def test_the_outlook_finds_what_was_fitted_before_anything_was_released(
    short: Weeks, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    assert ahead.fit("tiny", str(WEEK + timedelta(days=days)))
    assert ahead.fit("tiny", f"{WEEK}T20")
    monkeypatch.setattr(models, "_fit", nothing_is_fitted)
    short.release(0)
    assert verb.outlook("tiny").facts["registered"] == "outlook@1"
    with pytest.raises(AssertionError, match="fitted again"):
        ahead.fit("tiny", str(WEEK + timedelta(days=7)))


def test_what_is_wrong_is_left_to_the_outlook_to_tell(
    short: Weeks, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = short.store.history("tiny")
    file.write_bytes(b"no table")
    assert not ahead.fit("tiny", str(WEEK))
    assert run.walk(run.AHEAD, "tiny", str(WEEK)) == []
    short.release(0)
    with pytest.raises(Refused, match="is no Parquet file"):
        verb.outlook("tiny")
    file.unlink()
    assert not ahead.fit("tiny", str(WEEK))
    monkeypatch.setenv("PEIL_PLANE", "operator")
    write_history(short.store, weeks=5)
    assert not ahead.fit("tiny", str(WEEK))
    assert not list((short.store.agency).glob("models/tiny/*"))
