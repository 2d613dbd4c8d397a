"""A challenger estimates a day beside the champion, is told apart from it, and stops nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from peil import methods
from peil.adapters import versions
from peil.adapters.versions import CHALLENGER, Version
from peil.charter.period import Period
from peil.estimate import night as nights
from peil.estimate import shadow
from peil.estimate.estimators import ESTIMATORS
from peil.estimate.presence import Estimation
from peil.outcome import Refused
from peil.store.store import Store
from peil_models.footprint import FootprintSignalStrength
from peil_models.presence import PresenceByName
from tests.unit.estimate import test_presence as made

BLIND = {"presence.silent_times_threshold": 1e6}  # sees no outage


@pytest.fixture(scope="module")
def champion() -> pd.DataFrame:
    """What the champion, EM, made of a day in memory."""
    return estimation("em").run("em", "0")[0]


def parts() -> tuple[Any, ...]:
    of = made.area()
    hours = nights.positions(made.reading.load("demo"), made.DAY)
    night = nights.Night(made.DAY, True, True, hours, hours, "own")
    return of, made.counted(of, made.OUT), night, FootprintSignalStrength(**made.FOOTPRINT)


def estimation(name: str) -> Estimation:
    of, seen, night, footprint = parts()
    rows = {name: ESTIMATORS[name]}
    return Estimation(made.reading.load("demo"), of, seen, footprint, night, rows, name)


@pytest.fixture
def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, champion: pd.DataFrame) -> Any:
    """A way to estimate the champion's day with a challenger."""
    of, seen, night, footprint = parts()
    monkeypatch.setenv("PEIL_DATA", str(tmp_path))
    monkeypatch.setattr(shadow, "MEMBERS", ())  # EM is no mean of others

    def challenged(challenger: Version | Exception | None) -> shadow.Shadow | None:
        def alias(*words: Any) -> Version | None:
            assert words[-1] == CHALLENGER
            if isinstance(challenger, Exception):
                raise challenger
            return challenger

        monkeypatch.setattr(versions, "of_alias", alias)
        period = Period(made.reading.load("demo"), made.DAY, Store())
        inputs: dict[str, Any] = {"staged": "s"}
        return shadow.of_day(period, inputs, footprint, of, seen, night, champion)

    return challenged


def test_without_a_challenger_nothing_runs_beside(day: Any) -> None:
    assert day(None) is None


def test_the_same_presence_is_nowhere_apart_and_another_is(
    day: Any, champion: pd.DataFrame
) -> None:
    same = day(Version(2, "r", PresenceByName("em")))
    assert same.facts == {
        "challenger": "presence@2",
        "estimator": "em",
        "difference_share": 0.0,
        "outside_share": 0.0,
    }
    shown = ["zone_id", "hour_at", "n_devices", "n_persons"]
    pd.testing.assert_frame_equal(same.table[shown], champion[shown])
    other = day(Version(3, "r", PresenceByName("em", choices=BLIND)))
    assert other.facts["difference_share"] > 0.001
    assert set(other.table["run_id"]) != set(same.table["run_id"])
    assert methods.section("presence", "demo").items() & BLIND.items() == set()  # as it was


@pytest.mark.parametrize(
    ("challenger", "why"),
    [
        (Refused("Version 2 of presence__tiny cannot be read."), "Version 2 of presence__tiny"),
        (ValueError("with a figure of somebody in it"), "ValueError"),
        (Version(2, "r", PresenceByName("mine")), "Peil has no estimator mine"),
    ],
)
def test_a_challenger_that_fails_is_told_and_stops_nothing(
    day: Any, challenger: Any, why: str
) -> None:
    beside = day(challenger)
    assert beside.table is None and beside.facts["failed"].startswith(why)
    assert "somebody" not in beside.facts["failed"]


def test_how_far_two_tables_are_apart() -> None:
    rows = {"zone_id": ["a", "b", "all"], "hour_at": [1, 1, 1]}
    first = pd.DataFrame({**rows, "n_persons": [100.0, 100.0, 200.0]})
    first = first.assign(n_persons_lower=first["n_persons"] - 10, n_persons_upper=lambda t: 120.0)
    second = first.assign(n_persons=[95.0, 125.0, 220.0])
    assert shadow.apart(first, second, ["a", "b"]) == {
        "difference_share": 0.15,
        "outside_share": 0.5,
    }
    unknown = {"difference_share": None, "outside_share": None}
    assert shadow.apart(first.assign(n_persons=float("nan")), second, ["a", "b"]) == unknown
