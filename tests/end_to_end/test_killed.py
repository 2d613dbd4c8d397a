"""A verb that is killed, at any moment, and run again ends where an undisturbed one does."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from threading import Lock

import pytest
from killing import At, End, Nursery
from second_store import released, second_store

from peil.estimate.estimators import ESTIMATORS
from peil.settings import PROJECT, Settings
from peil.store import ledger
from peil.store.atomic import read_json
from peil.store.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

DAY, NEXT = "2026-03-02", "2026-03-03"
VERBS = ("ingest", "stage", "estimate", "release")
N_MOMENTS = int(os.environ.get("PEIL_KILLED_MOMENTS", "4"))  # beside every rename
SEED = 20260302
SIDE_BY_SIDE = 2
MOMENTS = [f"moment {number}" for number in range(N_MOMENTS)]
POINTS = ["every rename", "half written"]
PUBLISHED = "agency/ledger/demo.jsonl release"  # that entry reaches the agency


@dataclass
class Life:
    """What became of one store in which every verb was killed, and run again."""

    store: Store
    deaths: dict[str, list[End]] = field(default_factory=dict)
    again: dict[str, End] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)


class Lives:
    """Runs verbs in stores of their own, and knows how long each takes undisturbed."""

    def __init__(self, nursery: Nursery, settings: Settings, folder: Path) -> None:
        self.nursery, self.deliveries, self.folder = nursery, settings.deliveries_folder, folder
        self.fastest: dict[str, float] = {}
        self._lock = Lock()

    def place(self, name: str, base: Path) -> Path:
        """A folder for one life: its store, its charters, its own folder for scratch files."""
        folder = self.folder / name.replace(" ", "_")
        shutil.copytree(base, folder / "data", symlinks=True)
        (folder / "tmp").mkdir()
        shutil.copytree(PROJECT / "pilots", folder / "pilots")
        return folder

    def run(
        self, folder: Path, verb: str, day: str, after_s: float | None = None, at: At | None = None
    ) -> End:
        environment = {
            "PEIL_DATA": str(folder / "data"),
            "PEIL_DELIVERIES": str(self.deliveries),
            "PEIL_PILOTS": str(folder / "pilots"),
            "PEIL_THREADS": "1",
            "TMPDIR": str(folder / "tmp"),
        }
        end = self.nursery.run(verb, day, environment, folder / "log", after_s=after_s, at=at)
        if not end.was_killed and not end.error and "done" in end.statuses:
            with self._lock:
                self.fastest[verb] = min(end.seconds, self.fastest.get(verb, end.seconds))
        return end

    def amend_charter(self, folder: Path, verb: str) -> None:
        """Change the charter's contact, so that every verb has an entry to add to the ledger."""
        charter = folder / "pilots" / "demo.yml"
        text = (PROJECT / "pilots" / "demo.yml").read_text()
        charter.write_text(text.replace("privacy@agency.example", f"{verb}@agency.example"))

    def live(self, name: str, base: Path, verbs: tuple[str, ...]) -> Life:
        """Kill each verb as `name` says, and run it again, one after the other."""
        folder = self.place(f"{name} {len(verbs)}", base)
        life = Life(Store(Settings(data=folder / "data")))  # type: ignore[call-arg]
        for verb in verbs:
            self.amend_charter(folder, verb)
            life.deaths[verb] = self.kill(folder, name, verb)
            if name == "every rename":  # its last run was not killed
                life.faults[f"{verb} before"] = ledger.check(life.store, "demo")
            life.again[verb] = self.run(folder, verb, DAY)
            life.faults[verb] = ledger.check(life.store, "demo")
        return life

    def kill(self, folder: Path, name: str, verb: str) -> list[End]:
        deaths: list[End] = []
        if name == "half written":
            points = ["append", "run"] if verb in ("estimate", "train") else ["append"]
            return [self.run(folder, verb, DAY, at=At(point)) for point in points]
        while name == "every rename":
            passed = frozenset(death.reached for death in deaths)
            step = "publish" if PUBLISHED in passed else verb
            end = self.run(folder, step, DAY, at=At("rename", passed))
            if not end.was_killed:
                return deaths
            deaths.append(end)
        number = MOMENTS.index(name)
        share = (number + random.Random(f"{SEED} {verb} {number}").random()) / N_MOMENTS
        return [self.run(folder, verb, DAY, after_s=share * self.fastest[verb])]


@pytest.fixture(scope="session", autouse=True)
def nursery() -> Nursery:
    """Made first, so that its server imports while the undisturbed pilot runs."""
    return Nursery()


@pytest.fixture(scope="module")
def lives(
    nursery: Nursery, small_pilot: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Lives:
    return Lives(nursery, small_pilot, tmp_path_factory.mktemp("killed"))


@pytest.fixture(scope="module")
def empty(small_pilot: Settings, lives: Lives) -> Path:
    """A store in which nothing ran: its deliveries are vouched for."""
    return second_store(small_pilot, lives.folder / "empty").data


@pytest.fixture(scope="module")
def undisturbed(lives: Lives, empty: Path) -> Life:
    """Every verb run once without being killed; the store before training is kept apart."""
    folder = lives.place("undisturbed", empty)
    life = Life(Store(Settings(data=folder / "data")))  # type: ignore[call-arg]
    for verb in VERBS:
        life.again[verb] = lives.run(folder, verb, DAY)
    for verb in VERBS[:2]:
        life.again[f"{verb} next"] = lives.run(folder, verb, NEXT)
    shutil.copytree(folder / "data", lives.folder / "untrained", symlinks=True)
    life.again["train"] = lives.run(folder, "train", DAY)
    assert [end.error for end in life.again.values()] == [""] * 7
    return life


@pytest.fixture(scope="module")
def all_lives(lives: Lives, empty: Path, undisturbed: Life) -> Iterator[dict[str, list[Life]]]:
    """Two stores for each way to die: one goes through the four verbs, the other is trained."""
    untrained = lives.folder / "untrained"
    names = [*POINTS, *MOMENTS]  # the longest first
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        through = {name: pool.submit(lives.live, name, empty, VERBS) for name in names}
        trained = {name: pool.submit(lives.live, name, untrained, ("train",)) for name in names}
        yield {name: [through[name].result(), trained[name].result()] for name in names}


@pytest.fixture(params=[*MOMENTS, *POINTS])
def killed(request: pytest.FixtureRequest, all_lives: dict[str, list[Life]]) -> list[Life]:
    return all_lives[request.param]


def test_run_again_each_verb_ends_well(killed: list[Life]) -> None:
    assert {verb: end.error for life in killed for verb, end in life.again.items()} == (
        dict.fromkeys([*VERBS, "train"], "")
    )


def test_the_released_bytes_are_the_undisturbed_ones(
    killed: list[Life], undisturbed: Life, small_pilot: Settings
) -> None:
    day = [date.fromisoformat(DAY)]
    expected = released(small_pilot, day)
    assert expected[DAY].count(b"\n") > 100
    assert released(undisturbed.store.settings, day) == expected
    assert released(killed[0].store.settings, day) == expected


def test_training_ends_with_the_undisturbed_versions(killed: list[Life], undisturbed: Life) -> None:
    expected = read_json(undisturbed.store.trained("demo"))
    store, aliases = killed[1].store, "SELECT name, alias, version FROM registered_model_aliases"
    assert read_json(store.trained("demo")) == expected
    versions = _rows(store, "SELECT name, version FROM model_versions")
    assert versions == _rows(undisturbed.store, "SELECT name, version FROM model_versions")
    footprints = [("footprint__demo", 1), ("footprint__demo", 2)]
    assert {*footprints, ("presence__demo", 1)} <= set(versions)
    assert _rows(store, aliases) == _rows(undisturbed.store, aliases)


def test_no_run_is_left_running_and_each_is_logged_once(
    killed: list[Life], undisturbed: Life
) -> None:
    query = (
        "SELECT tags.value, runs.status FROM runs JOIN tags USING (run_uuid) "
        "WHERE tags.key = 'peil.run_id' AND runs.lifecycle_stage = 'active'"
    )
    # a run each estimator; training adds two footprints and a first version of each other model
    n_estimators, n_trained = len(ESTIMATORS), len(_rows(undisturbed.store, query))
    assert n_trained >= n_estimators + 3
    for life, n_runs in zip(killed, (n_estimators, n_trained), strict=True):
        assert _rows(life.store, "SELECT count(*) FROM runs WHERE status = 'RUNNING'") == [(0,)]
        logged = _rows(life.store, query)
        assert {status for _, status in logged} == {"FINISHED"}
        assert len(logged) == len({run_id for run_id, _ in logged}) == n_runs


def test_the_ledger_is_whole_after_every_verb(killed: list[Life]) -> None:
    faults_of_verb = {verb: faults for life in killed for verb, faults in life.faults.items()}
    assert faults_of_verb and not any(faults_of_verb.values())
    kinds = [entry["kind"] for entry in ledger.entries(killed[0].store.ledger("demo"))]
    assert (kinds.count("release"), kinds.count("approval")) == (1, 2)
    assert kinds.count("charter") == len(VERBS)  # one of each amended charter


def test_nothing_half_made_is_left_behind(killed: list[Life]) -> None:
    for life in killed:
        left = [
            str(path.relative_to(life.store.root))
            for path in life.store.root.rglob("*")
            if path.name.startswith(".") or path.suffix in {".part", ".old", ".wal"}
        ]
        assert left == []
        spilled = [path for path in life.store.operator.glob("work/**/spill/*") if path.is_file()]
        assert spilled == []


def test_most_moments_came_before_the_verb_ended(all_lives: dict[str, list[Life]]) -> None:
    for verb in (*VERBS, "train"):
        deaths = [
            end for name in MOMENTS for life in all_lives[name] for end in life.deaths.get(verb, [])
        ]
        assert len(deaths) == N_MOMENTS
        assert sum(end.was_killed for end in deaths) >= N_MOMENTS / 2, verb


def test_every_rename_was_died_at(all_lives: dict[str, list[Life]]) -> None:
    through, trained = all_lives["every rename"]
    reached = {
        verb: {Path(death.reached).name for death in deaths}
        for life in (through, trained)
        for verb, deaths in life.deaths.items()
    }
    assert {f"{DAY}.raw.duckdb", f"{DAY}.raw.json", "raw.json"} <= reached["ingest"]
    assert {f"{DAY}.staged.duckdb", f"{DAY}.staged.json", "staged.json"} <= reached["stage"]
    assert {DAY, "estimated.json"} <= reached["estimate"]
    assert {DAY, "released.json", "demo.jsonl approval"} <= reached["release"]
    told = {"demo.jsonl charter", "demo.jsonl footprint_promoted", "demo.jsonl read"}
    assert reached["train"] == {"trained.json", "demo.json", *told}
    crossed = f"agency/released/demo/presence/{DAY}"
    assert crossed in {death.reached for death in through.deaths["release"]}
    assert PUBLISHED in {death.reached for death in through.deaths["release"]}


def test_verbs_died_inside_the_ledgers_append_and_inside_a_run_of_mlflow(
    all_lives: dict[str, list[Life]],
) -> None:
    through, trained = all_lives["half written"]
    reached = {
        verb: [death.reached for death in deaths]
        for life in (through, trained)
        for verb, deaths in life.deaths.items()
    }
    assert reached == {
        **{verb: ["append"] for verb in VERBS},
        "estimate": ["append", "run"],
        "train": ["append", "run"],
    }


def _rows(store: Store, query: str) -> list[tuple[object, ...]]:
    file = store.operator / "mlflow.db"
    assert file.is_file()
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as opened:
        return sorted(opened.execute(query).fetchall())
