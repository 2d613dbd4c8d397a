"""A small simulated pilot as it lies before each verb, and what an undisturbed run makes of it.

The store that verbs work on lies at one place, on a disk of its own where this machine allows it,
and is put there from a copy for every fault.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from benchmarks.disturbed.warm import CANDIDATE, End, Warm
from benchmarks.measuring.process import CommandFailed
from peil.outcome import Refused
from peil.settings import PROJECT, Settings
from peil.store import parties
from peil.store.atomic import canonical, read_json, sha256
from peil.store.store import Store

PILOT, DAY, NEXT = "demo", "2026-03-02", "2026-03-03"
DISK = "400m"
Commands = list[list[str]]
TRAIN = ["train", PILOT, "--fit-days", "1", "--judge-days", "1"]
VERIFY = [["verify"]]
# what follows a verb until its day is released
REST: dict[str, tuple[str, ...]] = {
    "ingest": ("stage", "estimate", "release"),
    "stage": ("estimate", "release"),
    "train": ("estimate", "release"),
    "estimate": ("release",),
    "approve": ("release",),
}
FEWER = {
    "presence.em_max_iter": 3,
    "presence.landuse_n_folds": 2,
    "uncertainty.n_draws": 20,
    "uncertainty.n_footprints": 2,
}
WHOLE = "stores-of-every-verb"  # a file of this name stands where all were made
DEATHS = ("retain", "opt-out", "shred", "stop")  # of which it counts what is still there
HALF_MADE = {".part", ".old", ".wal"}


@dataclass(frozen=True)
class Undisturbed:
    """What a verb, and what follows it, come to when nothing is disturbed."""

    content: dict[str, str]
    hidden: frozenset[str]
    end: End


class World:
    """Copies of a pilot's store before each verb, and the place where verbs work on one.

    Parameters
    ----------
    folder : Path
        Empty, or with what `pilots` made; the store lies on a disk of its own below it.
    environment : dict of str to str
        Variables of the warm process, `PEIL_PILOTS` among them.
    bases : dict of str to Path
        A store as it lies before each verb.
    rest : dict of str to tuple of str
        What follows a verb until its day is released.
    """

    def __init__(
        self,
        folder: Path,
        environment: dict[str, str],
        bases: dict[str, Path],
        rest: dict[str, tuple[str, ...]],
        with_airflow: bool = False,
    ) -> None:
        self.folder, self.bases, self.rest = folder, bases, rest
        self.disk = folder / "disk"
        self.store = self.disk / "store"
        self.ballast = self.disk / "ballast"
        self.has_disk = _mounted(self.disk)
        self.reference: dict[str, Undisturbed] = {}
        self.warm = Warm(self.store, environment, with_airflow)

    def close(self) -> None:
        """End the warm process, and give the disk back."""
        self.warm.close()
        if self.has_disk:
            subprocess.run(["umount", "--lazy", str(self.disk)], check=False)

    def base(self, verb: str) -> Path:
        """The store as it lies before a verb."""
        return self.bases[verb]

    def put(self, verb: str) -> None:
        """Let the store be as it is before a verb."""
        self.ballast.unlink(missing_ok=True)
        if self.store.exists():
            shutil.rmtree(self.store)
        shutil.copytree(self.base(verb), self.store, symlinks=True)

    def commands(self, verb: str) -> Commands:
        """What is typed for a verb."""
        approve = ["approve", PILOT, DAY, "--candidate", CANDIDATE]
        if verb == "approve":
            return [
                [*approve, "--as", role, "--key", str(self.folder / "keys" / role)]
                for role in ("operator", "agency")
            ]
        whole = {
            "train": TRAIN,
            "score": ["score", PILOT],
            "retain": ["retain", PILOT],
            "run": ["run", PILOT, "--from", DAY, "--to", DAY],
            "opt-out": ["opt-out", PILOT],
            "receive": ["receive", PILOT],
            "shred": ["shred", PILOT, DAY, "--yes"],
            "stop": ["stop", PILOT, "--yes"],
        }
        return [whole.get(verb, [verb, PILOT, DAY])]

    def whole(self, verb: str) -> Commands:
        """What is typed for a verb, for those that follow, and to ask whether all is well."""
        verbs = (verb, *self.rest.get(verb, ()))
        return [command for each in verbs for command in self.commands(each)] + VERIFY

    def undisturbed(self, verb: str) -> Undisturbed:
        """What a verb and those after it come to; done once."""
        if verb not in self.reference:
            self.put(verb)
            alone = self.must(self.commands(verb))
            self.must(self.whole(verb)[len(self.commands(verb)) :])
            hidden = frozenset(half_made(self.store))
            self.reference[verb] = Undisturbed(content(self.store, verb), hidden, alone)
        return self.reference[verb]

    def must(self, commands: Sequence[Sequence[str]]) -> End:
        (end,) = self.warm.run(commands)
        if end.code:
            raise CommandFailed(f"Undisturbed it ends with {end.code}: {end.words}")
        return end


def simulated(folder: Path, n_devices: int) -> World:
    """A pilot of a small simulated country, run up to each verb; those of a folder that has them.

    A folder in which the making was ended holds a part of them, and is refused.
    """
    is_whole = (folder / WHOLE).exists()
    if not is_whole and folder.exists() and any(folder.iterdir()):
        raise Refused(f"{folder} holds no stores of all verbs: name an empty folder.")
    folder.mkdir(parents=True, exist_ok=True)
    if not is_whole:
        pilots(folder)
        quick_methods(folder)
    environment = {"PEIL_PILOTS": str(folder / "pilots")}
    environment["PEIL_METHODS"] = str(folder / "methods.toml")
    names = ("ingest", "stage", "estimate", "train", "release", "approve", "score")
    bases = {name: folder / "base" / name for name in names}
    bases |= {"run": bases["release"], "retain": bases["score"]}
    bases |= {verb: bases["score"] for verb in ("opt-out", "shred", "stop")}
    bases["receive"] = folder / "base" / "receive"
    world = World(folder, environment, bases, REST, with_airflow=True)
    try:
        if not is_whole:
            _fill(world, n_devices)
            (folder / WHOLE).touch()
    except BaseException:
        world.close()
        raise
    return world


def _fill(world: World, n_devices: int) -> None:
    def keep(verb: str) -> None:
        shutil.copytree(world.store, world.base(verb), symlinks=True)

    country = ["simulate", "--devices", str(n_devices), "--days", "2"]
    world.must([country, ["prepare", "airflow"]])
    keep("ingest")
    world.must(world.commands("ingest"))
    keep("stage")
    world.must(world.commands("stage"))
    keep("estimate")
    world.must([["ingest", PILOT, NEXT], ["stage", PILOT, NEXT]])
    keep("train")
    world.put("estimate")
    world.must(world.commands("estimate"))
    keep("release")
    world.must([["candidate", PILOT, DAY]])
    keep("approve")
    world.must(world.commands("release"))
    keep("score")
    shutil.copytree(sent(world.store), world.base("receive"), symlinks=True)


def sent(store: Path) -> Path:
    """Let the release of the day lie in the outbox again, not yet taken in; returns the store."""
    folder = store / "agency" / "released" / PILOT / "presence" / DAY
    outbox = Store(Settings(data=store)).outbound(PILOT, "presence", date.fromisoformat(DAY))  # type: ignore[call-arg]
    outbox.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(folder, outbox)
    return store


def _mounted(disk: Path) -> bool:
    """Put a disk of a known size there; whether this machine lets us."""
    disk.mkdir(parents=True, exist_ok=True)
    words = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "peil-faults", str(disk)]
    try:
        return subprocess.run(words, check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def pilots(folder: Path, products: Sequence[str] = ("presence",)) -> Path:
    """Make a charter of these products, and two people who may approve, each with a key."""
    charter = yaml.safe_load((PROJECT / "pilots" / f"{PILOT}.yml").read_text(encoding="utf-8"))
    charter["products"] = list(products)
    if products == ("presence",):
        del charter["linkage_days"]
    place = folder / "pilots"
    place.mkdir()
    (place / f"{PILOT}.yml").write_text(yaml.safe_dump(charter, allow_unicode=True))
    settings = Settings(data=folder / "disk" / "store", pilots=place)  # type: ignore[call-arg]
    store, always = Store(settings), (date(2020, 1, 1), date(2099, 12, 31))
    for role, name in (("operator", "Anna Operator"), ("agency", "Bram Agency")):
        parties.enroll(store, role, name, folder / "keys" / role, always)
    return place


def quick_methods(folder: Path) -> Path:
    """The statistical choices with fewer steps and draws: estimates that are made sooner."""
    text = (PROJECT / "methods.toml").read_text(encoding="utf-8")
    for name, value in FEWER.items():
        text, n_found = re.subn(rf"(?<=\n\[{name}\]\nvalue = )[0-9]+", str(value), text)
        assert n_found == 1, name
    file = folder / "methods.toml"
    file.write_text(text, encoding="utf-8")
    return file


def released(store: Path) -> dict[str, str]:
    """Hashes of the tables that lie on the agency's side, by their names."""
    folder = store / "agency" / "released"
    return {str(file.relative_to(folder)): sha256(file) for file in sorted(folder.rglob("*.csv"))}


def content(store: Path, verb: str) -> dict[str, str]:
    """What must be the same in the end: released tables, and what the verb itself is there for."""
    estimated, sealed = store / "operator" / "estimated" / PILOT, store / "operator" / "sealed"
    records = {
        "train": [estimated / "trained.json"],
        "score": [estimated / "scores" / "scores.json"],
        "run": [estimated / "scores" / "scores.json"],
    }
    contents = {
        str(file.relative_to(store)): sha256(file) if file.is_file() else "missing"
        for file in records.get(verb, [])
    }
    if verb in ("ingest", "stage"):
        for file in sealed.rglob("*.json"):  # without what other keys change
            record = read_json(file)
            facts = [record.get(name) for name in ("files", "cells", "content_sha256", "facts")]
            contents[str(file.relative_to(store))] = hashlib.sha256(canonical(facts)).hexdigest()
    if verb in DEATHS:
        rooms = ("operator/sealed", "operator/retained", f"operator/keys/{PILOT}", "deliveries")
        files = (f for room in rooms for f in (store / room).rglob("*") if f.is_file())
        contents |= {
            str(f.relative_to(store)): "there" for f in files if not f.name.startswith(".")
        }
    return {**released(store), **contents}


def half_made(store: Path) -> list[str]:
    """Names below the store of what somebody began to write and did not finish."""
    return sorted(
        str(path.relative_to(store))
        for path in store.rglob("*")
        if path.name.startswith(".") or path.suffix in HALF_MADE or path.name.endswith("-journal")
    )
