"""What a pilot releases, on known truth: `python -m benchmarks released --on demo --seeds 21,22`.

Other worlds than those that teach the intervals or that estimators were chosen on. Every world is
a whole pilot, from its deliveries to its released tables, in a store of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.accuracy.seeds import across
from benchmarks.process import CommandFailed
from benchmarks.recording import when_and_where, write_figures
from peil.outcome import Fact, Outcome, Refused
from peil.settings import PROJECT
from peil.store.atomic import read_json

PILOTS = ("demo",)
SEEDS = (21, 22, 23, 24, 25)
DEVICES, DAYS = 12_000, 7
HEADS = {
    "published_share": "true mass published",
    "mape": "MAPE",
    "wape": "WAPE",
    "bias": "bias",
    "coverage": "90 % intervals cover",
    "interval_score": "interval score",
    "fixed_share_score": "score of ± 10 %",
}
OF_WIDTH = ("interval_score", "fixed_share_score")


def released(
    on: Sequence[str],
    seeds: Sequence[int],
    tell: Callable[[str], object],
    out: Path | None = None,
    stores: Path | None = None,
) -> Outcome:
    """Run the worlds of a pilot, score what each released, and write record and page.

    Parameters
    ----------
    on : sequence of str
        Pilots; the simulated country is the only one whose released tables have a truth.
    seeds : sequence of int
        Of people and of country alike.
    tell : callable
        Called with a sentence about progress.
    out : Path, optional
        Folder of page and record.
    stores : Path, optional
        Folder of the worlds' stores, which then stay: a world that is finished there is scored,
        not run again. By default each has a store that goes.

    Raises
    ------
    Refused
        Another pilot than demo, or no seed.
    CommandFailed
        A world did not come to its end.
    """
    unknown = sorted(set(on) - set(PILOTS))
    if unknown:
        raise Refused(f"No released tables of {unknown[0]} to score: there is {', '.join(PILOTS)}.")
    if not seeds:
        raise Refused("No seed: give whole numbers, as in --seeds 21,22.")
    worlds = {}
    for seed in seeds:
        if stores is None:
            with tempfile.TemporaryDirectory(prefix="peil-bench-") as folder:
                worlds[str(seed)] = _world(seed, Path(folder), tell)
        else:
            worlds[str(seed)] = _world(seed, stores / str(seed), tell)
    record = {"devices": DEVICES, "days": DAYS, "worlds": worlds, **when_and_where()}
    return write_figures("released", record, report, facts, out)


def _world(seed: int, store: Path, tell: Callable[[str], object]) -> dict[str, Any]:
    """Simulate a world, run its pilot and score it, each by its own command."""
    environment = {**os.environ, "PEIL_DATA": str(store)}
    for name in ("PEIL_DELIVERIES", "PEIL_TRUTH", "PEIL_MLFLOW_URI", "PEIL_PILOTS"):
        environment.pop(name, None)
    size = ("--devices", str(DEVICES), "--days", str(DAYS))
    world = ("--seed", str(seed), "--world-seed", str(seed))
    scores = store / "operator/estimated/demo/scores/scores.json"
    whole = (("simulate", *size, *world), ("run", "demo"), ("score", "demo"))
    for words in whole[-1:] if scores.exists() else whole:
        tell(f"world {seed}: peil {words[0]}")
        done = subprocess.run(
            [sys.executable, "-m", "peil.cli", *words],
            check=False,
            env=environment,
            cwd=PROJECT,
            stdout=subprocess.DEVNULL,
        )
        if done.returncode != 0:
            raise CommandFailed(f"World {seed} failed at peil {words[0]}: see its own error above.")
    scored: dict[str, Any] = read_json(scores)
    if "released" not in scored:
        raise CommandFailed(f"World {seed} released nothing: there is nothing to score.")
    of_world: dict[str, Any] = scored["released"]
    return of_world


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


def facts(record: dict[str, Any]) -> dict[str, Fact]:
    """Return what the last line of the command says."""
    return {
        f"{product}_{part}_{name}".replace(" ", "_"): round(values[0], 4)
        for product, part in _parts(record)
        for name in ("mape", "coverage")
        if (values := _across(record, product, part, name)) is not None
    }


def report(record: dict[str, Any]) -> str:
    """Return the page: a row per product and part, mean ± half its 90 % interval over worlds."""
    worlds = record["worlds"]
    lines = [
        "# What is released, on known truth",
        "",
        "Made by `python -m benchmarks released`. "
        f"Read on {record['date']}, {record['machine']}. Demo worlds {', '.join(worlds)}, "
        f"{record['devices']} devices, {record['days']} days, whole pilots; 07–20 h; mean "
        "± half of its 90 % interval over worlds, where there are several. Read from the released "
        "tables: errors are those of published entries; scores of intervals (smaller is better) in "
        "persons. *Origins summed* is the estimate of the visitors before it is "
        "protected: another way to presence.",
        "",
        "| product | " + " | ".join(HEADS.values()) + " |",
        "|---|" + "---|" * len(HEADS),
    ]
    for product, part in _parts(record):
        cells = []
        for name in HEADS:
            values = _across(record, product, part, name)
            form = "{:.0f}" if name in OF_WIDTH else "{:.1%}"
            shown = values if len(worlds) > 1 else (values or ())[:1]
            cells.append(" ± ".join(form.format(v) for v in shown or ()) or "–")
        lines.append(f"| {product}, {part} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "Persons of an hour over the whole area, over those truly there (residents and roamers):",
        "",
        "| world | least | mean | most |",
        "|---|---|---|---|",
        *(
            f"| {seed} | "
            + " | ".join(f"{shares[name]:.3f}" for name in ("least", "mean", "most"))
            + " |"
            for seed, shares in ((seed, world["persons_of_hour"]) for seed, world in worlds.items())
        ),
        "",
    ]
    return "\n".join(lines)


def _parts(record: dict[str, Any]) -> list[tuple[str, str]]:
    """Products and parts of the first world, in its order: all worlds have the same."""
    first = next(iter(record["worlds"].values()))
    return [(row["product"], row["part"]) for row in first["rows"]]


def _across(
    record: dict[str, Any], product: str, part: str, name: str
) -> tuple[float, float] | None:
    """Mean over worlds of a figure and half its interval; None where no world has it."""
    values = [
        row[name]
        for world in record["worlds"].values()
        for row in world["rows"]
        if (row["product"], row["part"]) == (product, part) and name in row
    ]
    return across(values) if values else None
