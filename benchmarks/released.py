"""What a pilot releases, on known truth: `python -m benchmarks released --on demo,clustered`.

Every world is a whole pilot, from its deliveries to its released tables, in a store of its own. By
default its seeds are those on which nothing is tuned. What the page says is in `released_page`.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from benchmarks.limits import limit
from benchmarks.measuring.process import CommandFailed
from benchmarks.recording import FOLDER, record_file, when_and_where, write_figures
from benchmarks.released_page import facts, report
from benchmarks.released_targets import MANY, UNTIMED
from peil.outcome import Outcome, Refused
from peil.settings import PROJECT
from peil.store.atomic import read_json
from peil_models.synthetic import MAKES, SCORED_SEEDS
from peil_models.synthetic.makes import DEMO

__all__ = ["UNTIMED", "makes_of", "released", "report", "seeds_of"]

SEEDS = tuple(SCORED_SEEDS)
DEVICES, DAYS = 12_000, 7
NOW, BEFORE, TRAINED = "now", "before", "trained"
MANY_FROM = 100_000  # devices of a world whose figures stand apart, as those of many
NIGHTS = ("2026-03-02", "2026-03-03")  # one to fit a footprint on, one to judge it


def released(
    on: Sequence[str],
    seeds: Sequence[int],
    tell: Callable[[str], object],
    out: Path | None = None,
    stores: Path | None = None,
    devices: int = DEVICES,
    days: int = DAYS,
    period: str = NOW,
) -> Outcome:
    """Run worlds of some makes, score what each released, and write record and page.

    Parameters
    ----------
    on : sequence of str
        Makes of the simulated country, see `peil_models.synthetic.MAKES`; demo by default. What
        the record holds of other makes stays.
    seeds : sequence of int
        Of people and of country alike.
    tell : callable
        Called with a sentence about progress.
    out : Path, optional
        Folder of page and record.
    stores : Path, optional
        Folder of the worlds' stores, ``<make>/<seed>``, which then stay: a world that is finished
        there is scored, not run again. By default each has a store that goes.
    devices, days : int
        Size of each world.
    period : {"now", "before", "trained", "untimed"}
        Under which name the figures are written. *before* is what stands before a change, beside
        which later ones are shown; *trained* has the footprint calibrated on the first two nights
        (`peil train`) before anything is released; of *untimed* the charter names no timing
        advance. Of `MANY_FROM` devices now and trained stand as *many*.

    Raises
    ------
    Refused
        No such make, no seed, or a baseline of a make that has one.
    CommandFailed
        A world did not come to its end.
    """
    makes = makes_of(on)
    is_trained = period == TRAINED
    if period in (NOW, TRAINED) and devices >= MANY_FROM:
        period = MANY
    if not seeds:
        raise Refused("No seed: give whole numbers, as in --seeds 21,22.")
    file = record_file(out or FOLDER, "released")
    standing = read_json(file).get(BEFORE, {}) if period == BEFORE and file.exists() else {}
    if again := [make for make in makes if make in standing]:
        raise Refused(f"Make {again[0]} has a baseline in {file}: it stays as it was measured.")
    for make in makes:
        worlds = {}
        for seed in seeds:
            with contextlib.ExitStack() as stack:
                place = (
                    Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="peil-bench-")))
                    if stores is None
                    else stores / make / str(seed)
                )
                commands = _commands(make, seed, (devices, days), is_trained=is_trained)
                worlds[str(seed)] = {
                    **_world(
                        f"{make}, world {seed}", commands, place, tell, is_timed=period != UNTIMED
                    ),
                    "limit": limit(
                        make, seed, devices, days, is_served=period not in (MANY, UNTIMED)
                    ),
                }
        # make by make: a later one that fails takes nothing of this one away
        record: dict[str, Any] = read_json(file) if file.exists() else {}
        measured = {"devices": devices, "days": days, "worlds": worlds, **when_and_where()}
        record.setdefault(period, {})[make] = measured
        outcome = write_figures(
            "released", record, report, partial(facts, makes=makes, period=period), out
        )
    return outcome


def _commands(
    make: str, seed: int, size: tuple[int, int], is_trained: bool
) -> list[tuple[str, ...]]:
    """What a person would type: simulate a world, perhaps train, run its pilot and score it."""
    numbers = ("--devices", str(size[0]), "--days", str(size[1]))
    world = ("--make", make, "--seed", str(seed), "--world-seed", str(seed))
    nights = [(verb, "demo", night) for night in NIGHTS for verb in ("ingest", "stage")]
    training = [*nights, ("train", "demo", "--fit-days", "1", "--judge-days", "1")]
    simulating = ("simulate", *numbers, *world)
    return [simulating, *(training if is_trained else ()), ("run", "demo"), ("score", "demo")]


def _untimed(folder: Path) -> Path:
    """Write a charter that names no timing advance, and return the folder of charters."""
    charter = yaml.safe_load((PROJECT / "pilots" / "demo.yml").read_text(encoding="utf-8"))
    del charter["inputs"]["events"]["columns"]["timing_advance"]
    folder.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(charter, allow_unicode=True, sort_keys=False)
    (folder / "demo.yml").write_text(text, encoding="utf-8")
    return folder


def _world(
    name: str,
    commands: Sequence[tuple[str, ...]],
    store: Path,
    tell: Callable[[str], object],
    is_timed: bool,
) -> dict[str, Any]:
    """Run the commands of a world, the last of which scores it.

    A gate that closes is a result, not a failure: what it says is under `closed`.
    """
    environment = {**os.environ, "PEIL_DATA": str(store)}
    for variable in ("PEIL_DELIVERIES", "PEIL_TRUTH", "PEIL_MLFLOW_URI", "PEIL_PILOTS"):
        environment.pop(variable, None)
    if not is_timed:
        environment["PEIL_PILOTS"] = str(_untimed(store / "charters"))
    scores = store / "operator/estimated/demo/scores/scores.json"
    for words in commands[-1:] if scores.exists() else commands:
        tell(f"{name}: peil {words[0]}")
        done = subprocess.run(
            [sys.executable, "-m", "peil.cli", *words],
            check=False,
            env=environment,
            cwd=PROJECT,
            stdout=subprocess.DEVNULL,
        )
        closed = _closed(store)
        if done.returncode != 0 and not closed:
            raise CommandFailed(f"{name} failed at peil {words[0]}: see its own error above.")
    scored: dict[str, Any] = read_json(scores) if scores.exists() else {}
    if "released" not in scored and not closed:
        raise CommandFailed(f"{name} released nothing: there is nothing to score.")
    of_world: dict[str, Any] = dict(scored.get("released", {}))
    if "whole" in scored:
        of_world["estimators"] = {
            estimator: figures["mape_day"] for estimator, figures in scored["whole"].items()
        }
    return of_world | ({"closed": closed} if closed else {})


def _closed(store: Path) -> list[str]:
    """Return what each closed gate of a world's pilot says, with its day."""
    files = sorted((store / "operator/quarantine/demo").glob("*.closed.json"))
    return [
        f"{file.name.removesuffix('.closed.json')}: {read_json(file)['what']}" for file in files
    ]


def makes_of(on: Sequence[str]) -> list[str]:
    """Read names of makes, each given by itself or several with commas between; demo by default.

    >>> makes_of(["demo,clustered", "erratic"])
    ['demo', 'clustered', 'erratic']
    """
    names = [name.strip() for text in on for name in text.split(",") if name.strip()]
    for name in names:
        if name not in MAKES:
            raise Refused(f"No released tables of {name} to score: there is {', '.join(MAKES)}.")
    return list(dict.fromkeys(names or [DEMO.name]))


def seeds_of(text: str | None) -> list[int]:
    """Read a list of seeds.

    >>> seeds_of("21, 22")
    [21, 22]
    """
    if text is None:
        return list(SEEDS)
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(part.isdecimal() for part in parts):
        raise Refused(f"--seeds {text}: give whole numbers, as in --seeds 21,22.")
    return [int(part) for part in parts]
