"""Measure the verifier: random tamperings with a small store, each of which it must name.

The store is written here with the writers that a release uses, without a pilot's run: three days of
two products, one of them withdrawn and released again. What the verifier checks is its own. What
only a holder of the operator's key can do is in `forging`.
"""

from __future__ import annotations

import hashlib
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.disturbed import forging, overhead
from benchmarks.disturbed.forging import Content, change, copies_of
from benchmarks.disturbed.hollow import certified
from benchmarks.recording import when_and_where, write_figures
from peil.charter import public_register, reading
from peil.charter.clock import now
from peil.charter.products import PRODUCTS
from peil.charter.schema import Charter
from peil.outcome import Outcome, Refused
from peil.release import bundle
from peil.settings import Settings
from peil.store import ledger, released_tables, verifying
from peil.store.atomic import fresh_folder, replace_folder, write_json
from peil.store.store import Store

TIMES, SEED = 1000, 20260302
PLAIN = ("bit flipped", "cut", "deleted", "added", "swapped", "reordered", "replayed")
KINDS = (*PLAIN, *forging.KINDS)


def candidate(
    store: Store, charter: Charter, product: str, day: date, table: pd.DataFrame
) -> dict[str, Any]:
    """Write and sign a bundle of a table where a candidate lies; returns its ledger's facts."""
    name = PRODUCTS[product].table("released")
    folder = fresh_folder(store.candidate(charter.pilot, product, day))
    csv = released_tables.write(table, folder, name)
    names = {"pilot": charter.pilot, "product": product, "period": str(day), "tier": charter.tier}
    names["table_sha256"] = hashlib.sha256(csv.encode()).hexdigest()
    counts = {"n_entries": len(table), "n_withheld": int(table["OBS_VALUE"].isna().sum())}
    made_by = certified(store, charter, product, day)
    rest = {"threshold": charter.threshold, **counts, **made_by}
    write_json(folder / "metadata.json", {**names, **rest})
    bundle.seal(store, folder, {**names, "table": name})
    return {**names, **counts, "bundle_sha256": verifying.manifest(folder).sha256}


def release(store: Store, charter: Charter, product: str, day: date, value: int) -> Path:
    """Write and enter a released bundle of two entries, as a release does without its figures."""
    columns = {"REF_AREA": ["A", "B"], "TIME_PERIOD": f"{day}T00:00:00+01:00"}
    table = pd.DataFrame({**columns, "OBS_VALUE": pd.array([value, None], dtype="Int64")})
    return cross(store, charter, product, day, table.assign(OBS_STATUS=["A", "Q"]))


def cross(store: Store, charter: Charter, product: str, day: date, table: pd.DataFrame) -> Path:
    """Write, sign, enter and release a table, without asking a gate."""
    facts = candidate(store, charter, product, day, table)
    ledger.append(store, charter.pilot, "release", now(charter), facts, once=False)
    folder = store.released(charter.pilot, product, day)
    return replace_folder(store.candidate(charter.pilot, product, day), folder)


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
    """Tamper with a store of the demonstration's charter; write the page and its record.

    Raises
    ------
    Refused
        A tampering was not detected, or an untouched store was refused; the figures are written.
    """
    tell(f"{times:,} tamperings")
    charter = reading.load("demo")
    folder = Path(tempfile.mkdtemp(prefix="peil-bench-"))
    try:
        store = Store(Settings(data=folder / "data"))  # type: ignore[call-arg]
        figures = measure(store, charter, times, SEED)
        tell("a day of a pilot of eight weeks")
        other = Store(Settings(data=folder / "day"))  # type: ignore[call-arg]
        public_register.enter(charter, other)
        figures["a_day"] = overhead.measure(other, charter)
    finally:
        shutil.rmtree(folder)
    outcome = write_figures("tampering", {**when_and_where(), **figures}, report, facts, out)
    n_missed = sum(row["n_tried"] - row["n_detected"] for row in figures["kinds"])
    if n_missed or figures["n_false_alarms"]:
        raise Refused(f"{n_missed} tamperings were not detected: see {outcome.look_at[0]}.")
    return outcome


def facts(record: dict[str, Any]) -> dict[str, int | float | str]:
    """Return what the last line of the command says."""
    n_tried = sum(row["n_tried"] for row in record["kinds"])
    alarms, spent = record["n_false_alarms"], record["a_day"]["cpu_s"]
    return {"n_tried": n_tried, "n_false_alarms": alarms, "cpu_s_a_day": spent}


def report(record: dict[str, Any]) -> str:
    """Return the page for people."""
    lines = [
        "# Tampering with a store",
        "",
        "`python -m benchmarks tampering`: released bundles, both copies of the ledger, the "
        "agency's heads and public key and the register's entry of a small store are changed at "
        "random, once each time, and `peil verify` is asked; then they are put back, and it is "
        "asked again. Entries are reordered and replayed alike on both sides. The kinds marked * "
        "are deeds of who holds the operator's key: chain and signatures are right afterwards, on "
        "both sides, and the heads that the agency signed are what does not agree.",
        "",
        "| tampering | tried | detected |",
        "|---|---|---|",
        *(
            f"| {r['kind']}{' *' * (r['kind'] in forging.KINDS)} | {r['n_tried']:,} "
            f"| {r['n_detected']:,} |"
            for r in record["kinds"]
        ),
        "",
        f"False alarms on the untouched store: {record['n_false_alarms']:,}. Verifying took "
        f"{1000 * record['cpu_s_untouched']:.1f} ms of CPU on average on the untouched store, and "
        f"{1000 * record['cpu_s_tampered']:.1f} ms until the first wrong thing of a tampered one "
        f"(seed {record['seed']}, {record['date']}, {record['machine']}).",
        "",
        "What is not drawn: whoever can write every file of both planes can put back all of an "
        "older state, heads and bundles too, or another key in the agency's place. Only somebody "
        "who kept a newer head, or brings the agency's key (`--agency-key`), can name that.",
        "",
        *overhead.lines(record["a_day"]),
    ]
    return "\n".join(lines) + "\n"
