"""Killed at every rename, the verbs of an hour end as if nothing had been: same bytes, one mail."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from killing import At, End, Nursery

from benchmarks.soak import inbox
from peil.settings import Settings
from peil.store import ledger
from peil.store.store import Store
from tests.end_to_end.hours import small_city
from tests.end_to_end.hours.small_city import PILOT, READERS, City

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
BEFORE, STADIUM = "02T19", "02T20"
VERBS = ("ingest", "stage", "estimate", "release", "outlook")
MOST_DEATHS = 60  # of one verb: more means that it does not get on
MADE = ("agency/released", "agency/outlook")  # what must have the same bytes


@dataclass
class Life:
    """A store, the mail that came of it, and where its verbs died."""

    city: City
    data: Path
    nursery: Nursery
    deaths: dict[str, list[str]] = field(default_factory=dict)
    mails: list[str] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return Store(Settings(data=self.data))  # type: ignore[call-arg]

    def run(self, verb: str, hour: str, box: inbox.Inbox, at: At | None = None) -> End:
        environment = self.city.environment(self.data) | box.environment()
        environment |= {"PEIL_CITY_SMTP_TO": READERS}
        log = self.data.with_name(f"{self.data.name}.log")
        return self.nursery.run(verb, str(self.city.hour(hour)), environment, log, at=at)

    def through(self, hour: str, kill: bool = False) -> None:
        """Take an hour through its verbs; killed at each rename, then run once more."""
        with inbox.opened() as box:
            for verb in VERBS:
                reached = self.deaths.setdefault(verb, [])
                while True:
                    at = At("rename", frozenset(reached)) if kill else None
                    end = self.run(verb, hour, box, at)
                    if not end.was_killed:
                        break
                    reached.append(end.reached)
                    assert len(reached) < MOST_DEATHS, (verb, reached)
                assert end.error == "", (verb, end.error)
                again = self.run(verb, hour, box)
                assert set(again.statuses) == {"unchanged"}, (verb, again)
            own = str(self.data)  # a link leads into the store that sent it
            self.mails = [text.replace(own, "") for text in box.texts() if PILOT in text]

    def made(self) -> dict[str, bytes]:
        """Tables and their records at the agency, by name. Who signed, and when, is the store's."""
        return {
            str(file.relative_to(self.data)): file.read_bytes()
            for place in MADE
            for file in sorted((self.data / place).rglob("*"))
            if file.suffix in {".csv", ".parquet"} or file.name == "outlook.json"
        }


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """The hour before the match, released, and the models of the week."""
    folder = tmp_path_factory.mktemp("killed hours")
    city = small_city.made(folder)
    life = Life(city, city.settings.data, Nursery(PILOT))
    for hour in (BEFORE, STADIUM):
        city.drop(city.hour(hour))
    life.through(BEFORE)
    assert life.mails == []
    return life


def _another(base: Life, name: str) -> Life:
    data = base.data.with_name(name)
    shutil.copytree(base.data, data, symlinks=True)
    return Life(base.city, data, base.nursery)


def test_killed_at_every_rename_an_hour_has_the_same_bytes_and_tells_the_city_once(
    base: Life,
) -> None:
    undisturbed, killed = _another(base, "undisturbed"), _another(base, "killed")
    undisturbed.through(STADIUM)
    killed.through(STADIUM, kill=True)
    assert len(undisturbed.mails) == 1 and killed.mails == undisturbed.mails
    expected = undisturbed.made()
    assert any("outlook" in name for name in expected)
    assert any(str(base.city.hour(STADIUM)) in name for name in expected)
    assert killed.made() == expected
    faults = ledger.check(killed.store, PILOT)
    assert faults == []
    periods = [
        entry["facts"]["period"]
        for entry in ledger.entries(killed.store.ledger(PILOT))
        if entry["kind"] == "release"
    ]
    assert periods == [str(base.city.hour(hour)) for hour in (BEFORE, STADIUM)]
    left = [path for path in killed.data.rglob(".*") if path.suffix in {".part", ".old"}]
    assert left == []
    reached = {verb: len(set(names)) for verb, names in killed.deaths.items()}
    print("died at", reached)
    assert min(reached.values()) >= 2 and reached["release"] >= 4, killed.deaths
