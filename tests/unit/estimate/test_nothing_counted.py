"""A night of which every count is under the threshold is refused in a sentence, not by a trace."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from peil.adapters.versions import Version
from peil.charter.period import Period
from peil.estimate import estimated_day as module
from peil.estimate.night import counted_night
from peil.outcome import Refused
from peil.store.atomic import write_json
from peil_models.presence import PresenceByName

DAY = date(2026, 3, 2)


class WentOnError(Exception):
    """Estimation began."""


@pytest.mark.parametrize(
    ("devices", "register", "goes_on"), [(0.0, True, False), (20.0, True, True), (0.0, False, True)]
)
def test_what_nobody_can_weigh_is_refused(
    tiny: Any, monkeypatch: pytest.MonkeyPatch, devices: float, register: bool, goes_on: bool
) -> None:
    def begin(*_: Any) -> None:
        raise WentOnError

    night: Any = SimpleNamespace(fingerprint="n", today_hours=[1], hours=[])
    night.observed = lambda _: night
    at_night = SimpleNamespace(devices=np.full((2, 1), devices))
    counted = SimpleNamespace(unobserved=[], of_hours=lambda hours: at_night, plans=[])
    area = SimpleNamespace(register=[1.0] if register else None)
    for name, value in (
        ("champion_of", SimpleNamespace(run_id="r", footprint=None, note="")),
        ("presence_of", Version(0, "defaults", PresenceByName("combined"))),
        ("counted_of", counted),
        ("area_of", area),
        ("fingerprint", "a"),
    ):
        monkeypatch.setattr(module, name, lambda *_, value=value: value)
    monkeypatch.setattr(module.night_hours, "night_for", lambda *_: night)
    monkeypatch.setattr(module.experiments, "close_cut_off", lambda *_: 0)
    monkeypatch.setattr(module, "Estimation", begin)
    store = tiny.store
    write_json(store.staged_manifest("tiny", DAY), {"content_sha256": "c"})
    store.staged_file("tiny", DAY).touch()
    period = Period(tiny.charter, DAY, store)
    expected = WentOnError if goes_on else Refused
    with pytest.raises(expected, match=None if goes_on else "under the threshold of 2 devices"):
        module.estimated(period)


def test_a_night_of_which_few_hours_have_a_count_is_refused(tiny: Any) -> None:
    """The median of every zone is 0, though some hours of the night hold devices."""
    some = np.zeros((2, 6))
    some[0, :2] = some[1, 2:4] = 20.0
    with pytest.raises(Refused, match="in most hours of the night no zone has a count of 2"):
        counted_night(some, tiny.charter)
    some[0, :4] = 20.0
    counted_night(some, tiny.charter)
