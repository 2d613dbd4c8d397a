"""Eight weeks with five planted faults: each is told with its cause, and clean weeks are quiet.

Thresholds were chosen on seeds 1 to 5; these tests are scored on 11 to 13, counted by hand: a test
compares single days with what the verbs count. The last three weeks of the first, with all faults,
go through the verbs as well; all weeks of all seeds where `PEIL_WEEKS_BY_VERBS=3` asks for it (six
minutes of processor each).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import counted_by_hand
import numpy as np
import pandas as pd
import pytest
import yaml
from eight_weeks import CHARTER, N_REGIONS, START, Fault, Network, days

from peil.alerts.trouble import Trouble
from peil.charter import reading
from peil.charter.schema import Charter
from peil.ingest import deliveries as manifest
from peil.quality import store as quality
from peil.quality.choices import choices_of
from peil.quality.drift import causes_of, found
from peil.store import parties
from peil.store.store import Store

DAYS = days()
SEEDS = (11, 12, 13)
N_BY_VERBS = int(os.environ.get("PEIL_WEEKS_BY_VERBS", "1"))
Deliver = Callable[[Network, date, Fault | None], None]


class Pilot:
    """A pilot whose days are measured by the verbs, or counted by hand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store: Store = Store()
        self.charter: Charter = reading.load("weeks")

    def by_verbs(self, network: Network, day: date, fault: Fault | None = None) -> None:
        """Deliver a day's files, ingest them, and stage the day behind its gate."""
        from peil.ingest.ingest import ingest
        from peil.stage.stage import stage

        deliveries = self.store.settings.deliveries_folder
        network.delivered(day, fault).write(deliveries, day)
        manifest.vouch(
            self.store, self.charter, deliveries / "weeks", parties.simulator(self.store)
        )
        ingest("weeks", str(day))
        stage("weeks", str(day))

    def by_hand(self, network: Network, day: date, fault: Fault | None = None) -> None:
        """Count the same day by hand, and put the figures where `stage` would."""
        rows = counted_by_hand.figures(network.delivered(day, fault), day)
        quality.write(self.store, "weeks", day, "figures", rows, "by hand")

    def found(self, day: date) -> list[Trouble]:
        return found(self.charter, day, self.store)


@pytest.fixture
def pilot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pilot:
    (tmp_path / "pilots").mkdir()
    (tmp_path / "pilots" / "weeks.yml").write_text(yaml.safe_dump(CHARTER))
    monkeypatch.setenv("PEIL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PEIL_PILOTS", str(tmp_path / "pilots"))
    monkeypatch.setenv("PEIL_SETTLE_S", "0")
    return Pilot(tmp_path)


def planted(network: Network) -> dict[str, tuple[Fault, date]]:
    """Each fault of a day, and the day it is planted on; the plan is a day old on a day on which
    the network changed, since on any other day that is no fault."""
    changed = next(day for day in DAYS[35:] if network.changes_on(day))
    return {
        "silent_region": (Fault(silent_region=network.seed % N_REGIONS), DAYS[37]),
        "doubled_delivery": (Fault(is_doubled=True), DAYS[40]),
        "old_cell_plan": (Fault(plan_days_old=1), changed),
        "clock_off": (Fault(clock_hours=1 if network.seed % 2 else -1), DAYS[44]),
    }


def incidents_of_clean_weeks(pilot: Pilot) -> list[tuple[date, str, str]]:
    """What is told of the eight weeks as they are, each incident once."""
    incidents: list[tuple[date, str, str]] = []
    lasting: set[tuple[str, str]] = set()
    for day in DAYS:
        causes = causes_of(pilot.charter, day, pilot.store, choices_of("weeks"))
        names = {(cause.kind, cause.where) for cause in causes}
        incidents += [(day, *name) for name in sorted(names - lasting)]
        lasting = names
    return incidents


def first_told_of_a_loss(pilot: Pilot, network: Network, deliver: Deliver) -> int:
    """On which day a loss of 3 % a day is told of; nothing else may be."""
    for number, day in enumerate(DAYS[46:50], start=1):
        deliver(network, day, Fault(kept_share=0.97**number))
        troubles = pilot.found(day)
        assert {trouble.kind for trouble in troubles} <= {"slow_loss"}
        if troubles:
            assert date.fromisoformat(troubles[0].since) < day
            return number
    raise AssertionError("a loss of 3 % a day was not told of in four days")


def score(pilot: Pilot, network: Network, deliver: Deliver) -> dict[str, object]:
    """Deliver eight clean weeks, then each fault in its turn; what was told of them."""
    for day in DAYS:
        deliver(network, day, None)
    clean = incidents_of_clean_weeks(pilot)
    answers: dict[str, object] = {"clean": clean}
    for kind, (fault, day) in planted(network).items():
        file = quality.file_of(pilot.store, "weeks", day, "figures")
        shutil.copy(file, pilot.folder / "kept")
        deliver(network, day, fault)
        troubles = pilot.found(day)
        assert [trouble.kind for trouble in troubles] == [kind], (network.seed, kind, troubles)
        assert troubles[0].since == troubles[0].day == str(day)
        answers[kind] = troubles[0]
        shutil.copy(pilot.folder / "kept", file)
    answers["slow_loss"] = first_told_of_a_loss(pilot, network, deliver)
    assert len(clean) <= 1, (network.seed, clean)
    return answers


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_eight_weeks_counted_by_hand(pilot: Pilot, seed: int) -> None:
    network = Network(seed)
    answers = score(pilot, network, pilot.by_hand)
    silent, plan = answers["silent_region"], answers["old_cell_plan"]
    assert isinstance(silent, Trouble) and isinstance(plan, Trouble)
    region = seed % N_REGIONS
    assert silent.where == f"E{region % 3 * 20:.1f}N{region // 3 * 20:.1f}"
    before = str(date.fromordinal(date.fromisoformat(plan.day).toordinal() - 1))
    assert f"the plan is that of {before}" in plan.what
    clock = answers["clock_off"]
    assert isinstance(clock, Trouble)
    assert clock.observed["shift_hours"] == (1 if seed % 2 else -1)


@pytest.mark.parametrize(
    ("day", "fault"),
    [
        pytest.param(DAYS[55], None, marks=pytest.mark.slow),  # 23 hours
        (DAYS[40], Fault(is_doubled=True)),
        (DAYS[41], Fault(plan_days_old=1, clock_hours=-1, silent_region=3)),
    ],
)
def test_the_verbs_count_what_is_counted_by_hand(
    pilot: Pilot, day: date, fault: Fault | None
) -> None:
    network = Network(11)
    assert network.changes_on(DAYS[41]) and day <= START.replace(month=3, day=29)
    pilot.by_verbs(network, day, fault)
    key = ["check", "scope", "place", "hour_at"]
    verbs = quality.figures(pilot.store, "weeks", [day]).set_index(key)["value"]
    pilot.by_hand(network, day, fault)
    hand = quality.figures(pilot.store, "weeks", [day]).set_index(key)["value"]
    assert len(hand) > 100
    both = pd.DataFrame({"hand": hand, "verbs": verbs.reindex(hand.index)})
    differ = both[~np.isclose(both["hand"], both["verbs"], equal_nan=True)]
    assert differ.empty, differ.head()


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", SEEDS[:N_BY_VERBS])
def test_eight_weeks_through_the_verbs(
    pilot: Pilot, seed: int, record_property: Callable[[str, object], None]
) -> None:
    def deliver(network: Network, day: date, fault: Fault | None) -> None:
        by = pilot.by_hand if N_BY_VERBS == 1 and day < DAYS[35] else pilot.by_verbs
        by(network, day, fault)

    answers = score(pilot, Network(seed), deliver)
    record_property("told", str(answers))
    print(f"\nseed {seed}: {answers}")
