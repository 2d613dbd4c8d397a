"""Tamper at random with a small store and with a pilot at work: each must be noticed.

The store, for the verifier, is written with the writers that a release uses, without a pilot's run:
three days of two products, one of them withdrawn and released again. What only a holder of the
operator's key can do is in `forging`; files that verbs use and it does not read are in `in_use`.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.disturbed import forging, overhead
from benchmarks.disturbed.bundles import release
from benchmarks.disturbed.forging import Content, change, copies_of
from benchmarks.disturbed.in_use import measuring
from benchmarks.disturbed.in_use.page import report as report
from benchmarks.recording import when_and_where, write_figures
from peil.charter import public_register, reading
from peil.charter.clock import now
from peil.charter.schema import Charter
from peil.outcome import Outcome, Refused
from peil.settings import Settings
from peil.store import ledger, verifying
from peil.store.store import Store

TIMES, SEED = 1000, 20260302
PLAIN = ("bit flipped", "cut", "deleted", "added", "swapped", "reordered", "replayed")
KINDS = (*PLAIN, *forging.KINDS)


def small_store(store: Store, charter: Charter) -> list[Content]:
    """Fill a store; returns what lay in it before each release, for replays."""
    public_register.enter(charter, store)
    before = [content(store)]
    for number, day in enumerate([*charter.days()[:3], charter.days()[1]]):
        for product in ("presence", "flows"):
            if number == 3:
                facts = {"product": product, "period": str(day), "why": "a measurement"}
                ledger.append(store, charter.pilot, "withdrawn", now(charter), facts, once=False)
            release(store, charter, product, day, 100 + number)
            before.append(content(store))
    return before[:-1]


def content(store: Store) -> Content:
    """Every file that the verifier answers for, with its bytes."""
    patterns = ("agency/released/*/*/*/*", "agency/register/*.json", "*/ledger/*.jsonl")
    files = (file for pattern in patterns for file in store.root.glob(pattern))
    return {file: file.read_bytes() for file in (*files, store.agency_public_key)}


def write(files: Content, root: Path) -> None:
    """Put a store into this state: what is not in it is removed."""
    for file in [
        f for kind in ("released", "register", "ledger") for f in root.glob(f"*/{kind}/**/*")
    ]:
        if file.is_file() and file not in files and file.suffix != ".lock":
            file.unlink()
    for file, data in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists() or file.read_bytes() != data:
            file.write_bytes(data)


def flipped(files: Content, draw: random.Random) -> Content:
    """One bit of one file is another."""
    file = draw.choice(sorted(file for file in files if files[file]))
    data = bytearray(files[file])
    data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return {**files, file: bytes(data)}


def cut(files: Content, draw: random.Random) -> Content:
    """The tail of one file is gone."""
    file = draw.choice(sorted(file for file in files if files[file]))
    return {**files, file: files[file][: draw.randrange(len(files[file]))]}


def deleted(files: Content, draw: random.Random) -> Content:
    """One file is gone, or a whole bundle."""
    file = draw.choice(sorted(files))
    is_whole = "released" in file.parts and draw.random() < 0.5
    gone = {other for other in files if other.parent == file.parent} if is_whole else {file}
    return {other: data for other, data in files.items() if other not in gone}


def added(files: Content, draw: random.Random) -> Content:
    """A file more lies in a bundle, or beside the bundles."""
    folder = draw.choice(sorted({file.parent for file in files if "released" in file.parts}))
    place = folder if draw.random() < 0.7 else folder.parent
    return {**files, place / draw.choice(("extra.csv", ".hidden", "verify.pyc")): b"A,1\n"}


def swapped(files: Content, draw: random.Random) -> Content:
    """Two files of one name, or two bundles, have changed places."""
    folders = sorted({file.parent for file in files if "released" in file.parts})
    one_folder, other = draw.sample(folders, 2)
    moved = {
        (other if file.parent == one_folder else one_folder) / file.name: data
        for file, data in files.items()
        if file.parent in {one_folder, other}
    }
    if draw.random() < 0.5:
        return {f: d for f, d in files.items() if f.parent not in {one_folder, other}} | moved
    name = draw.choice(sorted({file.name for file in moved} - {"verify.py"}))
    return {**files, **{file: data for file, data in moved.items() if file.name == name}}


def reordered(files: Content, draw: random.Random) -> Content:
    """Entries of the ledger, alike on both sides, or heads are exchanged, left out or doubled."""
    heads = [file for file in files if file.name.endswith(".heads.jsonl")]
    logs = draw.choice((copies_of(files), heads))
    lines = files[logs[0]].splitlines(keepends=True)
    one_line, other = draw.sample(range(len(lines)), 2)
    kind = draw.choice(("exchanged", "left out", "doubled"))
    if kind == "exchanged":
        lines[one_line], lines[other] = lines[other], lines[one_line]
    elif kind == "left out":
        del lines[one_line]
    else:
        lines.insert(other, lines[one_line])
    return {**files, **dict.fromkeys(logs, b"".join(lines))}


def replayed(files: Content, draw: random.Random, before: list[Content]) -> Content:
    """A bundle, or the ledger of both sides, with its heads or without, is an older one."""
    older = draw.choice(before)
    if draw.random() < 0.5:
        back = copies_of(files) if draw.random() < 0.5 else list(older)
        ledgers = [file for file in back if file.parent.name == "ledger"]
        return {**files, **{file: older[file] for file in ledgers}}
    bundles = sorted(
        {f.parent for s in before for f in s if files.get(f) not in {None, s[f]}}
        - {f.parent for f in files if f.parent.name in {"ledger", "register"}}
    )
    folder = draw.choice(bundles)
    first = next(state for state in before if folder / verifying.NAME in state)
    return {**files, **{f: d for f, d in first.items() if f.parent == folder}}


def tampered(
    store: Store, files: Content, before: list[Content], draw: random.Random
) -> tuple[str, Content]:
    """Draw a tampering that changes something: its kind, and the store after it."""
    doers = dict(zip(PLAIN, (flipped, cut, deleted, added, swapped, reordered), strict=False))
    while True:
        kind = draw.choice(KINDS)
        if kind in doers:
            after = doers[kind](files, draw)
        elif kind == "replayed":
            after = replayed(files, draw, before)
        else:
            after = forging.forged(kind, store, files, before, draw)
        if after != files:
            return kind, after


def measure(store: Store, charter: Charter, times: int, seed: int) -> dict[str, Any]:
    """Tamper so many times with a new store; counts of tried, detected and of false alarms."""
    draw, before = random.Random(seed), small_store(store, charter)
    files = content(store)
    tried: Counter[str] = Counter()
    detected: Counter[str] = Counter()
    n_alarms = 0
    cpu_s = dict.fromkeys(("tampered", "untouched"), 0.0)

    def is_named(state: str) -> int:
        verifying.checked.cache_clear()  # as a process does that was started for it
        start = time.process_time()
        exit_code, _ = verifying.answer(store.root)
        cpu_s[state] += time.process_time() - start
        return exit_code

    for _ in range(times):
        kind, after = tampered(store, files, before, draw)
        change(files, after)
        tried[kind] += 1
        detected[kind] += is_named("tampered")
        change(after, files)
        n_alarms += is_named("untouched")
    kinds = [
        {"kind": kind, "n_tried": tried[kind], "n_detected": detected[kind]}
        for kind in sorted(tried)
    ]
    cost = {f"cpu_s_{state}": round(spent / times, 5) for state, spent in cpu_s.items()}
    return {"kinds": kinds, "seed": seed, "n_false_alarms": n_alarms, **cost}


def tampering(times: int, tell: Callable[[str], object], out: Path | None = None) -> Outcome:
    """Tamper with a store of the demonstration's charter, and as often with a pilot at work.

    Writes the page and its record.

    Raises
    ------
    Refused
        A tampering was not noticed, or something untouched was refused; the figures are written.
    """
    tell(f"{times:,} tamperings")
    charter = reading.load("demo")
    folder = Path(tempfile.mkdtemp(prefix="peil-bench-"))
    try:
        store = Store(Settings(data=folder / "data"))  # type: ignore[call-arg]
        figures = measure(store, charter, times - times // 2, SEED)
        figures["in_use"] = measuring.measure(folder / "in_use", times // 2, SEED)
        tell("a day of a pilot of eight weeks")
        other = Store(Settings(data=folder / "day"))  # type: ignore[call-arg]
        public_register.enter(charter, other)
        figures["a_day"] = overhead.measure(other, charter)
    finally:
        shutil.rmtree(folder)
    outcome = write_figures("tampering", {**when_and_where(), **figures}, report, facts, out)
    counts = facts(figures)
    if counts["n_noticed"] != counts["n_tried"] or counts["n_false_alarms"]:
        raise Refused(
            f"{counts['n_noticed']} of {counts['n_tried']} tamperings were noticed, with "
            f"{counts['n_false_alarms']} false alarms: see {outcome.look_at[0]}."
        )
    return outcome


def facts(record: dict[str, Any]) -> dict[str, int | float | str]:
    """Return what the last line of the command says."""
    rows, used = record["kinds"], record["in_use"]
    return {
        "n_tried": sum(row["n_tried"] for row in (*rows, *used["subjects"])),
        "n_noticed": sum(row["n_detected"] for row in (*rows, *used["subjects"])),
        "n_false_alarms": record["n_false_alarms"] + used["n_false_alarms"],
        "cpu_s_a_day": record["a_day"]["cpu_s"],
    }
