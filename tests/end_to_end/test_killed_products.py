"""A product of a window that is killed, wherever, and made again is what an undisturbed one is."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import yaml
from killing import At, End, Nursery

from peil.charter import reading
from peil.ingest import deliveries as manifest
from peil.settings import PROJECT, Settings
from peil.store import ledger, parties
from peil.store.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
DAYS = [f"2026-03-0{day}" for day in (2, 3)]
VERBS = ("estimate_flows", "release_flows")
TABLE = "rel_flows__by_pair_period"


@dataclass
class Place:
    """A store and the charters that go with it, in a folder of its own."""

    folder: Path
    deliveries: Path
    nursery: Nursery

    @property
    def store(self) -> Store:
        return Store(Settings(data=self.folder / "data"))  # type: ignore[call-arg]

    def run(self, verb: str, day: str = DAYS[0], at: At | None = None) -> End:
        environment = {
            "PEIL_DATA": str(self.folder / "data"),
            "PEIL_DELIVERIES": str(self.deliveries),
            "PEIL_PILOTS": str(self.folder / "pilots"),
            "PEIL_THREADS": "1",
        }
        return self.nursery.run(verb, day, environment, self.folder / "log", at=at)

    def copy(self, folder: Path) -> Place:
        shutil.copytree(self.folder, folder, symlinks=True)
        return Place(folder, self.deliveries, self.nursery)

    def released(self) -> dict[str, bytes]:
        folders = [self.store.released("demo", "flows", date.fromisoformat(day)) for day in DAYS]
        return {
            f"{folder.name} {name}": (folder / name).read_bytes()
            for folder in folders
            for name in (f"{TABLE}.csv", f"{TABLE}.parquet", "metadata.json")
        }

    def leftovers(self) -> list[Path]:
        """Things made aside that nobody took away."""
        estimated = self.store.operator / "estimated"
        return [path for path in estimated.rglob(".*") if path.name.endswith((".part", ".old"))]


@pytest.fixture(scope="module")
def staged(small_deliveries: Settings, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Two days under one key, staged."""
    folder = tmp_path_factory.mktemp("window")
    (folder / "pilots").mkdir()
    content = yaml.safe_load((PROJECT / "pilots" / "demo.yml").read_text()) | {
        "period": {"start": DAYS[0], "end": DAYS[-1]},
        "linkage_days": 2,
        "threshold": 4,
        "products": ["presence", "flows"],
    }
    (folder / "pilots" / "demo.yml").write_text(yaml.safe_dump(content, allow_unicode=True))
    place = Place(folder, small_deliveries.deliveries_folder, Nursery())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEIL_PILOTS", str(folder / "pilots"))
        signer = parties.simulator(place.store)
        manifest.vouch(place.store, reading.load("demo"), place.deliveries / "demo", signer)
    for day in DAYS:
        for verb in ("ingest", "stage"):
            assert place.run(verb, day).error == ""
    return place


@pytest.fixture(scope="module")
def undisturbed(staged: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = staged.copy(tmp_path_factory.mktemp("undisturbed") / "one")
    assert [place.run(verb).statuses for verb in VERBS] == [("done",), ("done", "done")]
    assert all(len(content) > 100 for content in place.released().values())
    return place


def test_killed_at_every_rename_it_ends_as_if_nothing_had_happened(
    staged: Place, undisturbed: Place, tmp_path: Path
) -> None:
    place = staged.copy(tmp_path / "killed")
    reached: list[str] = []
    for verb in VERBS:
        passed: frozenset[str] = frozenset()
        for _ in range(60):
            end = place.run(verb, at=At("rename", passed))
            if not end.was_killed:
                assert end.error == "", (verb, end.error)
                break
            reached.append(end.reached)
            passed |= {end.reached}
        assert set(place.run(verb).statuses) == {"unchanged"}
    assert len(set(reached)) > 10, reached
    for part in ("linked/", "flows/", "candidate/", "released/", "ledger/"):
        assert any(part in name for name in reached), (part, reached)
    assert place.released() == undisturbed.released()
    assert ledger.check(place.store, "demo") == []
    kinds = [entry["kind"] for entry in ledger.entries(place.store.ledger("demo"))]
    assert kinds.count("release") == len(DAYS)
    assert place.leftovers() == []


@pytest.mark.parametrize(
    ("verb", "point"), [("estimate_flows", "run"), ("release_flows", "append")]
)
def test_killed_with_something_half_written_it_ends_the_same(
    staged: Place, undisturbed: Place, tmp_path: Path, verb: str, point: str
) -> None:
    place = staged.copy(tmp_path / "killed")
    for step in VERBS:
        if step == verb:
            assert place.run(step, at=At(point)).was_killed
        end = place.run(step)
        assert end.error == "" and "done" in end.statuses
    assert place.released() == undisturbed.released()
    assert ledger.check(place.store, "demo") == []
