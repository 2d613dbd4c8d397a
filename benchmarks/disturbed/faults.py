"""Do seeded faults to a store, take the way out that is named, and compare with the undisturbed.

Each fault has a store of its own in which a day waits to be released. It ends well when no trace
was printed, the released bytes are the undisturbed ones in the end, and nothing half made is left.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.disturbed import seeded
from benchmarks.disturbed.seeded import SIGNALS, End, Fault
from benchmarks.measuring.process import CommandFailed, measured
from benchmarks.recording import NothingMeasured, when_and_where, write_figures
from peil.outcome import Fact, Outcome
from peil.store.atomic import sha256

N_DEVICES = 1_000
MOST_TRIES = 4  # of a way out, each taken as the sentence before it says


def faults(
    n_faults: int, minutes: float, tell: Callable[[str], object], out: Path | None = None
) -> Outcome:
    """Do faults 0 to `n_faults` - 1, as many as fit in the minutes; write the page and its record.

    Raises
    ------
    NothingMeasured
        Not one fault was done.
    """
    rows: list[dict[str, Any]] = []
    ends_at = time.monotonic() + 60 * minutes
    with tempfile.TemporaryDirectory(prefix="peil-faults-") as name:
        folder = Path(name)
        base, undisturbed, seconds = _base(folder)
        tell(f"undisturbed: {len(undisturbed)} released files in {seconds} s")
        for number in range(n_faults):
            if time.monotonic() > ends_at:
                break
            store = folder / "store"
            shutil.copytree(base, store, symlinks=True)
            fault = seeded.drawn(number, store / "operator")
            row = _one(fault, store, base, undisturbed, seconds)
            rows.append(row)
            tell(f"[{number}] {fault.kind} {fault.place}: {row['first']}, {_verdict(row)}")
            shutil.rmtree(store)
    if not rows:
        raise NothingMeasured("The benchmark faults measured nothing: no fault fits in the time.")
    record = {**when_and_where(), "n_devices": N_DEVICES, "faults": rows}
    return write_figures("faults", record, report, facts, out)


def _base(folder: Path) -> tuple[Path, dict[str, str], float]:
    """A store in which a day is estimated, and what its release is when nothing disturbs it."""
    base, other = folder / "base", folder / "undisturbed"
    words = ["simulate", "--devices", str(N_DEVICES), "--days", "1"]
    command = [sys.executable, "-m", "peil.cli", *words]
    measured(command, {"PEIL_DATA": str(base)}, folder)
    prepared = seeded.run(base, verbs=seeded.VERBS[:-1])
    shutil.copytree(base, other, symlinks=True)
    whole = seeded.run(other)
    for end in (prepared, whole):
        if end.code:
            raise CommandFailed(f"Undisturbed it ends with {end.code}: {end.words}{end.trace}")
    return base, released(other), whole.seconds


def _one(
    fault: Fault, store: Path, base: Path, undisturbed: dict[str, str], seconds: float
) -> dict[str, Any]:
    """Do one fault, then what the sentences say, until the day is released or nothing helps."""
    seeded.harm(fault, store / "operator")
    first = _first(fault, store, seconds)
    end, ways = first, []
    for _ in range(MOST_TRIES):
        if end.code == 0 and released(store):
            break
        ways.append(_way_out(end, store, base))
        end = seeded.run(store)
    left = [
        path
        for path in store.rglob("*")
        if path.name.startswith(".") or path.suffix in {".part", ".old", ".wal"}
    ]
    return {
        "number": fault.number,
        "kind": fault.kind,
        "place": fault.place or "-",
        "first": _kind_of(first),
        "words": first.words.replace(str(store), "STORE") or "-",
        "ways": ways or ["none needed"],
        "is_same": released(store) == undisturbed,
        "n_left": len(left),
        "n_traces": int(bool(first.trace)) + int(bool(end.trace)),
        "seconds": first.seconds,
    }


def _first(fault: Fault, store: Path, seconds: float) -> End:
    if fault.kind in SIGNALS:
        return seeded.run(store, signal_after=(SIGNALS[fault.kind], fault.share * seconds))
    if fault.kind == "disk full":
        return seeded.run(store, full_at=1 + int(fault.share * 12))
    if fault.kind == "two at once":
        both = [seeded.start(store) for _ in range(2)]
        ends = [seeded.end_of(started) for started in both]
        return max(ends, key=lambda end: (bool(end.trace), end.code))
    return seeded.run(store)


def _way_out(end: End, store: Path, base: Path) -> str:
    """Take the way out that a sentence names; say which it was."""
    if end.trace:
        return "trace"
    if end.code < 0 or end.code > 128 or "is full" in end.words or "is held by" in end.words:
        return "run again"
    move = re.search(r"(\S+/store/\S+?)(?: of the store)? is (?:damaged|gone)", end.words)
    file = Path(move.group(1)) if move else None
    if "move it away" in end.words and file is not None:
        file.unlink(missing_ok=True)
        return "moved away"
    if re.search(r"run `peil (ingest|stage|estimate|train|score)", end.words):
        return "run the verb"
    if re.search("restore|backup|copy|destroyed", end.words):
        shutil.rmtree(store / "operator")
        shutil.copytree(base / "operator", store / "operator", symlinks=True)
        return "restored"
    return "no way out"


def released(store: Path) -> dict[str, str]:
    """Hashes of the tables that lie on the agency's side, by their names."""
    folder = store / "agency" / "released"
    return {str(file.relative_to(folder)): sha256(file) for file in sorted(folder.rglob("*.csv"))}


def _kind_of(end: End) -> str:
    if end.trace:
        return "trace"
    if end.code == 0:
        return "healed"
    return "sentence" if end.words else "killed"


def _is_well(row: dict[str, Any]) -> bool:
    return bool(row["is_same"] and not row["n_traces"] and not row["n_left"])


def _verdict(row: dict[str, Any]) -> str:
    return "the same bytes" if _is_well(row) else "NOT WELL"


def facts(record: dict[str, Any]) -> dict[str, Fact]:
    """Return what the last line of the command says."""
    rows = record["faults"]
    return {"n_faults": len(rows), "n_well": sum(map(_is_well, rows))}


def report(record: dict[str, Any]) -> str:
    """Return the page for people."""
    rows = record["faults"]
    lines = [
        "# Faults",
        "",
        f"`python -m benchmarks faults` on {record['date']}, {record['machine']}: a day of "
        f"{record['n_devices']} simulated devices waits to be released; one fault is done, then "
        "what the sentence says. *Well*: no trace, nothing half made left, and the released bytes "
        f"of the undisturbed day in the end. {sum(map(_is_well, rows))} of {len(rows)} end well.",
        "",
        "| fault | done | healed at once | a sentence | trace | well |",
        "|---|---|---|---|---|---|",
    ]
    for kind in seeded.KINDS:
        own = [row for row in rows if row["kind"] == kind]
        first = Counter(row["first"] for row in own)
        if own:
            lines.append(
                f"| {kind} | {len(own)} | {first['healed']} | {first['sentence']} | "
                f"{first['trace']} | {sum(map(_is_well, own))} |"
            )
    others = [row for row in rows if not _is_well(row)]
    lines += ["", "## Not well", ""]
    lines += [
        f"- {row['number']}, {row['kind']} `{row['place']}`: {row['first']}, "
        f"{', '.join(row['ways'])}; {row['n_left']} left, "
        f"{'the same' if row['is_same'] else 'other'} bytes."
        for row in others
    ] or ["None."]
    return "\n".join(lines) + "\n"
