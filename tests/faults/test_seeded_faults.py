"""Seeded faults: each ends in the undisturbed bytes by its way out.

Seven are in the ordinary run, since each starts verbs for seconds; the others are in the long run.
Five hundred of them, over every verb and up to the release, are `python -m benchmarks faults`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from benchmarks.disturbed import faults, seeded
from benchmarks.disturbed.world import DAY, PILOT, World, pilots, sent
from peil.settings import Settings
from tests.stores import new_store

# which of each verb's: few in the ordinary run, the rest in the long one; those more that cost less
FEW = {"retain": range(4), "approve": range(3)}
REST = {
    "retain": range(4, 44),
    "approve": range(3, 14),
    "score": range(4),
    "release": range(2),
    "ingest": range(3),
    "receive": range(5),
    "opt-out": range(5),
    "shred": range(5),
    "stop": range(5),
}
PRODUCTS = ("presence", "flows", "visitors")


@pytest.fixture(scope="module")
def world(small_pilot: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The released small pilot; before ingest an empty store, before release one without."""
    folder = tmp_path_factory.mktemp("faults")
    ended, unreleased = folder / "ended", folder / "unreleased"
    elsewhere = shutil.ignore_patterns("airflow", "deliveries", "truth")
    for place in (ended, unreleased):
        shutil.copytree(small_pilot.data, place, symlinks=True, ignore=elsewhere)
    shutil.rmtree(unreleased / "agency" / "released" / PILOT / "presence" / DAY)
    environment = {
        "PEIL_PILOTS": str(pilots(folder, PRODUCTS)),
        "PEIL_DELIVERIES": str(small_pilot.deliveries_folder),
        "PEIL_TRUTH": str(small_pilot.truth_folder),
        "PEIL_KEEP_DELIVERIES": "true",
    }
    bases = {verb: ended for verb in ("retain", "score", "approve")}
    outbox = folder / "outbox"
    shutil.copytree(ended, outbox, symlinks=True)
    bases |= {verb: ended for verb in ("opt-out", "shred", "stop")}
    bases |= {
        "receive": sent(outbox),
        "release": unreleased,
        "ingest": new_store(small_pilot, folder / "empty").data,
    }
    made = World(folder, environment, bases, rest={})
    yield made
    made.close()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("verb", FEW)
def test_a_seeded_fault_ends_in_the_undisturbed_bytes(world: World, verb: str) -> None:
    end_well(world, verb, FEW[verb])


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("verb", REST)
def test_many_seeded_faults_end_in_the_undisturbed_bytes(world: World, verb: str) -> None:
    end_well(world, verb, REST[verb])


def end_well(world: World, verb: str, which: range) -> None:
    """The faults of a verb with these numbers, counted among its own, are seen to end well."""
    own = [n for n in range(2000) if seeded.kind_and_verb(n)[1] == verb][which.start : which.stop]
    rows = [faults.one(number, world, by_clock=False) for number in own]
    ill = [row for row in rows if not row["is_well"]]
    assert ill == [], "\n".join(map(str, ill))
    assert len({row["kind"] for row in rows}) == min(len(which), len(seeded.KINDS))
