"""Do seeded faults to a store, take the way out that is named, and compare with the undisturbed.

A verb meets each fault in a store of its own. It ends well when no trace was printed, no sentence
named a way that did not lead on, nothing half made is left, and the released bytes are the
undisturbed ones in the end.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.disturbed import seeded, ways
from benchmarks.disturbed.arming import SIGNALS, Arming
from benchmarks.disturbed.seeded import Fault
from benchmarks.disturbed.warm import End
from benchmarks.disturbed.world import DEATHS, World, content, half_made, simulated
from benchmarks.recording import (
    FOLDER,
    NothingMeasured,
    record_file,
    when_and_where,
    write_figures,
)
from peil.outcome import Fact, Outcome
from peil.store.atomic import read_json

N_DEVICES = 1_000
WRITTEN_EVERY = 10
MOST_WAYS = 5  # one after the other, each as the sentence before it says


def faults(
    numbers: range,
    minutes: float,
    tell: Callable[[str], object],
    out: Path | None = None,
    stores: Path | None = None,
) -> Outcome:
    """Do the faults of some numbers, as many as fit in the minutes; write the page and its record.

    What was done of other numbers stays as it was read. The record is written now and then, so that
    who ends this loses little.

    Parameters
    ----------
    stores : Path, optional
        Folder of a store before every verb, which stays: the next run begins with it.

    Raises
    ------
    NothingMeasured
        Not one fault was done.
    """
    rows: list[dict[str, Any]] = []
    began = time.monotonic()
    file = record_file(out or FOLDER, "faults")
    before = read_json(file) if file.exists() else {}
    with ExitStack() as stack:
        if stores is None:
            temporary = tempfile.TemporaryDirectory(prefix="peil-faults-")
            stores = Path(stack.enter_context(temporary))
        world = simulated(stores, N_DEVICES)
        stack.callback(world.close)
        tell(f"a store before every verb, in {time.monotonic() - began:.0f} s")

        def write() -> Outcome:
            record = _record(before, rows, (time.monotonic() - began) / 60, world.has_disk)
            return write_figures("faults", record, report, facts, out)

        begun = time.monotonic()
        for number in numbers:
            if time.monotonic() - began > 60 * minutes:
                break
            row = one(number, world)
            rows.append(row)
            left = (time.monotonic() - begun) / len(rows) * (len(numbers) - len(rows))
            tell(f"{_line(row)}; {left / 60:.0f} minutes left")
            if len(rows) % WRITTEN_EVERY == 0:
                write()
        if not rows:
            raise NothingMeasured("The benchmark faults measured nothing: no fault fits.")
        return write()


def _record(
    before: dict[str, Any], rows: list[dict[str, Any]], minutes: float, has_disk: bool
) -> dict[str, Any]:
    """A record of these faults, and of those that were done before and not again."""
    done = {row["number"] for row in rows}
    others = [row for row in before.get("faults", []) if row["number"] not in done]
    return {
        **when_and_where(),
        "n_devices": N_DEVICES,
        "has_disk": has_disk,
        "minutes": round(minutes + (before.get("minutes", 0) if others else 0), 1),
        "faults": sorted([*others, *rows], key=lambda row: int(row["number"])),
    }


def one(number: int, world: World, by_clock: bool = True) -> dict[str, Any]:
    """Do one fault, then what the sentences say, until the day is released or nothing helps.

    Parameters
    ----------
    number : int
        Of the fault.
    world : World
    by_clock : bool, optional
        Whether signals may come at a moment of the clock; else all come at a write, which is the
        same on every machine.
    """
    _, verb = seeded.kind_and_verb(number)
    expected = world.undisturbed(verb)
    world.put(verb)
    fault = seeded.drawn(number, world.store)
    fault = replace(fault, is_timed=fault.is_timed and by_clock)
    seeded.harm(fault, world.store)
    first = _first(fault, world, expected.end)
    end, n_wrong, n_traces = first, 0, int(first.is_trace)
    taken: list[str] = []
    sentences = [first.words]
    is_over = first.code == 0 and fault.place != ""  # it went through to the end
    while not is_over and len(taken) < MOST_WAYS:
        way, typed = ("none needed", []) if end.code == 0 else ways.take(end, world, verb, number)
        if way != "none needed":
            taken.append(way)
        (end,) = world.warm.run([*typed, *world.whole(verb)])
        n_traces += end.is_trace
        n_wrong += bool(end.code and end.words == sentences[-1])
        sentences.append(end.words)
        is_over = end.code == 0
    left = sorted(set(half_made(world.store)) - expected.hidden)
    differs = dict(content(world.store, verb).items() ^ expected.content.items())
    # what was harmed and is of no use to the verb may stay so
    is_same = not set(differs) - ({fault.place} if verb in DEATHS else set())
    row = {
        "number": number,
        "kind": fault.kind,
        "verb": verb,
        "place": _shown(fault.place),
        "first": _kind_of(first),
        "ways": taken or ["none needed"],
        "is_well": bool(is_over and is_same and not (n_traces or n_wrong or left)),
    }
    if not row["is_well"]:
        row["seen"] = {
            "said": [words.replace(str(world.store), "STORE")[-800:] or "-" for words in sentences],
            "is_same": is_same,
            "n_wrong": n_wrong,
            "n_traces": n_traces,
            "left": left or ["nothing"],
        }
    return row


SCRATCH = ("operator", "work")  # folders of a store in which verbs work


def _shown(place: str) -> str:
    """Where a fault was, for the record; of a scratch file its name alone.

    >>> _shown("/".join([*SCRATCH, "demo", "stage", "a.sql"])), _shown("")
    ('a scratch file, a.sql', '-')
    """
    is_scratch = Path(place).parts[:2] == SCRATCH
    return f"a scratch file, {place.rpartition('/')[2]}" if is_scratch else place or "-"


def _first(fault: Fault, world: World, undisturbed: End) -> End:
    """The verb meets the fault; with what follows it where a file was harmed."""
    run, alone = world.warm.run, world.commands(fault.verb)
    if fault.kind in SIGNALS and fault.is_timed:
        return run(alone, after=(SIGNALS[fault.kind], fault.share * undisturbed.seconds))[0]
    if fault.kind == "two at once":
        ends = run(alone, n_at_once=2)
        return max(ends, key=lambda end: (end.is_trace, end.code != 0, abs(end.code)))
    if fault.kind in seeded.OF_FILES:
        return run(world.whole(fault.verb))[0]
    n_points = undisturbed.n_opens if fault.kind == "EIO" else undisturbed.n_writes
    at = 1 + int(fault.share * n_points)
    share = seeded.drawn(fault.number + 1_000_003, world.store).share
    return run(alone, Arming(fault.kind, at, share, str(world.ballast)))[0]


def _kind_of(end: End) -> str:
    if end.is_trace:
        return "trace"
    if end.code == 0:
        return "healed"
    return "killed" if end.code < 0 else "sentence"


def _line(row: dict[str, Any]) -> str:
    verdict = "well" if row["is_well"] else f"NOT WELL {row['seen']}"
    return (
        f"[{row['number']}] {row['kind']} in {row['verb']} {row['place']}: {row['first']}, "
        f"{', '.join(row['ways'])}: {verdict}"
    )


def facts(record: dict[str, Any]) -> dict[str, Fact]:
    """Return what the last line of the command says."""
    rows = record["faults"]
    return {"n_faults": len(rows), "n_well": sum(row["is_well"] for row in rows)}


def report(record: dict[str, Any]) -> str:
    """Return the page for people."""
    rows = record["faults"]
    disk = (
        "a disk of its own, which is filled up"
        if record["has_disk"]
        else "the machine's disk, of which it is only said that it is full"
    )
    lines = [
        "# Faults",
        "",
        f"`python -m benchmarks faults` on {record['date']}, {record['machine']}, in "
        f"{record['minutes']:.0f} minutes: a verb of a pilot of {record['n_devices']} simulated "
        "devices meets one fault; what the sentence says is done, then the same again, and what "
        f"follows until the day is released. The store lies on {disk}. *Well*: no trace, no "
        "sentence that came again after its way out was taken, nothing half made left, and in the "
        "end the undisturbed run's released bytes, scores and training, and a store that "
        f"`peil verify` passes. {sum(row['is_well'] for row in rows)} of {len(rows)} end well.",
        "",
        "| fault | done | healed at once | killed | a sentence | trace | well |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind in seeded.KINDS:
        own = [row for row in rows if row["kind"] == kind]
        first = Counter(row["first"] for row in own)
        if own:
            counts = [first[name] for name in ("healed", "killed", "sentence", "trace")]
            n_well = sum(row["is_well"] for row in own)
            lines.append(f"| {kind} | {len(own)} | {' | '.join(map(str, counts))} | {n_well} |")
    lines += ["", "| verb | done | well |", "|---|---|---|"]
    for verb in (*seeded.VERBS, *seeded.LATER):
        own = [row["is_well"] for row in rows if row["verb"] == verb]
        lines += [f"| {verb} | {len(own)} | {sum(own)} |"] if own else []
    taken = Counter(way for row in rows for way in row["ways"])
    lines += ["", "Ways out that sentences named and that were taken: "]
    lines[-1] += ", ".join(f"{way} {n}" for way, n in sorted(taken.items())) + "."
    lines += ["", "## Not well", ""]
    lines += [
        f"- {row['number']}, {row['kind']} in {row['verb']} `{row['place']}`: {row['first']}, "
        f"{', '.join(row['ways'])}; {row['seen']['n_traces']} traces, "
        f"{row['seen']['n_wrong']} ways that did not lead on, left {row['seen']['left'][0]}, "
        f"{'the same' if row['seen']['is_same'] else 'other'} bytes."
        for row in rows
        if not row["is_well"]
    ] or ["None."]
    return "\n".join(lines) + "\n"
