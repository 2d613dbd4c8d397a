"""Take odd deliveries through every verb and product, and count how each of them ends.

Whatever is delivered, a verb ends in a table or in one sentence. Faults of ours are a trace, a
sentence with an identifier, and a released entry that the charter's threshold does not allow.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import yaml

from benchmarks.disturbed.odd import ODDITIES, Odd, drawn
from benchmarks.disturbed.shortcut import Replay, shortened
from benchmarks.recording import FOLDER, NothingMeasured, record_file, when_and_where, write_figures
from peil.charter import reading
from peil.charter.products import PRODUCTS, Product
from peil.commands import verbs
from peil.ingest import deliveries
from peil.outcome import Fact, GateClosed, Outcome, Refused, Waiting
from peil.pages import build
from peil.store import ledger, parties
from peil.store.atomic import read_json
from peil.store.store import Store

EVERY = 4  # one of so many meets gates and dbt as they are
SENTENCE = r"[^\n]{20,1000}[.:)]"
Kind = Literal["done", "waits", "refused", "gate closed", "trace"]
STOPS: dict[type, Kind] = {Waiting: "waits", Refused: "refused", GateClosed: "gate closed"}


@dataclass(frozen=True)
class Step:
    """What a verb made of a delivery: its kind of end, and the sentence where it stopped."""

    name: str
    kind: Kind
    words: str = ""


@dataclass
class End:
    """How a delivery ended: every verb of every day and product, the page last.

    `published` and `withheld` are entries of each product that stands released; `faults` is what
    must not be, empty where all is well.
    """

    steps: list[Step] = field(default_factory=list)
    published: dict[str, int] = field(default_factory=dict)
    withheld: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @property
    def stop(self) -> Step | None:
        """The first verb that did not end in a table."""
        return next((step for step in self.steps if step.kind != "done"), None)


def fuzz(
    numbers: range, minutes: float, tell: Callable[[str], object], out: Path | None = None
) -> Outcome:
    """Take the deliveries of these numbers, as many as fit in the minutes, and write.

    What the record holds of other numbers stays, so that many can be taken in parts.

    Raises
    ------
    NothingMeasured
        Not one was taken.
    """
    file = record_file(out or FOLDER, "fuzz")
    before = read_json(file)["deliveries"] if file.exists() else []
    rows, replay, ends_at = [], Replay(), time.monotonic() + 60 * minutes
    with tempfile.TemporaryDirectory(prefix="peil-fuzz-") as name:
        for number in numbers:
            if time.monotonic() > ends_at:
                break
            odd, is_wide = drawn(number), number % EVERY != 0
            end = taken(odd, Path(name), replay if is_wide else None)
            rows.append(row_of(odd, end, is_wide))
            tell(f"[{number}] {', '.join(odd.oddities)}: {rows[-1]['end']}")
            for fault in end.faults:
                tell(fault)
    if not rows:
        raise NothingMeasured("The benchmark fuzz measured nothing: no delivery fits in the time.")
    every = {row["number"]: row for row in [*before, *rows]}
    rows = [every[number] for number in sorted(every)]
    return write_figures("fuzz", {**when_and_where(), "deliveries": rows}, report, facts, out)


def taken(odd: Odd, folder: Path, replay: Replay | None = None) -> End:
    """Take a delivery through every verb in this process, in the store of a folder.

    Parameters
    ----------
    odd : Odd
    folder : Path
        Its store is shared by all deliveries that are taken in it, as a store by pilots.
    replay : Replay, optional
        Then gates let everything pass, so that later verbs are tried too, and dbt runs once.
    """
    end = End()
    for name, content in odd.files.items():
        file = folder / "deliveries" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    charters = folder / "pilots"
    charters.mkdir(exist_ok=True)
    (charters / f"{odd.pilot}.yml").write_text(yaml.safe_dump(odd.charter, allow_unicode=True))
    with ExitStack() as stack:
        stack.enter_context(environment(folder))
        if replay is not None:
            stack.enter_context(shortened(replay))
        store = Store()
        delivered = folder / "deliveries" / odd.pilot
        deliveries.vouch(store, reading.load(odd.pilot), delivered, parties.simulator(store))
        for name, take in _verbs(odd):
            end.steps.append(_step(name, take))
        for product in (row for row in PRODUCTS.values() if row.is_releasable):
            _look_at(odd, product, store, end)
    end.faults += [f"{step.name}: {step.words}" for step in end.steps if step.kind == "trace"]
    for step in end.steps:
        if step.kind not in ("done", "trace") and not re.fullmatch(SENTENCE, step.words):
            end.faults.append(f"{step.name}: not one sentence: {step.words!r}")
        if any(subscriber in step.words for subscriber in odd.subscribers):
            end.faults.append(f"{step.name}: a sentence names a subscriber")
    return end


@contextmanager
def environment(folder: Path) -> Iterator[None]:
    """Let verbs of this process find a store, its deliveries and charters in a folder."""
    own = {
        "PEIL_DATA": str(folder / "store"),
        "PEIL_DELIVERIES": str(folder / "deliveries"),
        "PEIL_PILOTS": str(folder / "pilots"),
        "PEIL_SETTLE_S": "0",
        "PEIL_MEMORY": "500MB",
    }
    before = {name: os.environ.get(name) for name in own}
    os.environ.update(own)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def _taken(verb: str, pilot: str, day: str) -> list[Outcome]:
    return list(verbs.take(verb, pilot, day))


def _verbs(odd: Odd) -> Iterator[tuple[str, Callable[[], Any]]]:
    pilot, days = odd.pilot, [str(day) for day in odd.days]
    for names in (("ingest", "stage"), ("estimate", "release")):
        for day in days:
            for name in names:
                yield name, partial(_taken, name, pilot, day)
    for row in PRODUCTS.values():
        if row.follows_devices:
            yield f"estimate {row.name}", _of_product("estimate", pilot, row, days[:1])
            if row.is_releasable:
                yield f"release {row.name}", _of_product("release", pilot, row, days)
    yield "page", lambda: build.rebuild(pilot)


def _of_product(verb: str, pilot: str, row: Product, days: list[str]) -> Callable[[], Any]:
    return lambda: [list(verbs.take_product(verb, pilot, row.name, day)) for day in days]


def _step(name: str, take: Callable[[], Any]) -> Step:
    try:
        take()
    except (Waiting, Refused, GateClosed) as stop:
        kind = next(kind for stops, kind in STOPS.items() if isinstance(stop, stops))
        return Step(name, kind, str(stop))
    except Exception:  # what must not be, and is counted
        lines = traceback.format_exc().splitlines()
        place = [line.strip() for line in lines if line.startswith("  File ")][-1]
        return Step(name, "trace", f"{lines[-1]} ({place})")
    return Step(name, "done")


def _look_at(odd: Odd, product: Product, store: Store, end: End) -> None:
    """Count the entries of what stands released, and see that each may stand there."""
    threshold = odd.charter["threshold"]
    for day in odd.days:
        if not ledger.is_released(store, odd.pilot, product.name, str(day)):
            continue
        folder = store.released(odd.pilot, product.name, day)
        metadata = read_json(folder / "metadata.json")
        table = pd.read_csv(folder / f"{product.table('released')}.csv")
        shown = table[table["OBS_STATUS"] == "A"]
        end.published[product.name] = end.published.get(product.name, 0) + len(shown)
        withheld = end.withheld.get(product.name, 0) + metadata["n_withheld"]
        end.withheld[product.name] = withheld
        hidden = table.loc[table["OBS_STATUS"] != "A", ["OBS_VALUE", "OBS_LOWER", "OBS_UPPER"]]
        value, low, high = (shown[name] for name in ("OBS_VALUE", "OBS_LOWER", "OBS_UPPER"))
        is_wrong = {
            "a figure where none may be": hidden.notna().any(axis=None),
            "an entry without a figure": value.isna().any(),
            "a figure beside its interval": ((value < low) | (value > high)).any(),
            "a figure under the threshold": (value < threshold).any(),
        }
        end.faults += [
            f"{product.name} {day}: {words}" for words, is_so in is_wrong.items() if is_so
        ]


def row_of(odd: Odd, end: End, is_wide: bool) -> dict[str, Any]:
    """What a record holds of a delivery."""
    stop = end.stop
    n_products = sum(row.is_releasable for row in PRODUCTS.values())
    if end.faults:
        kind = "fault"
    elif len(end.published) == n_products:
        kind = "all released"
    else:
        kind = "some released" if end.published else "refused"
    return {
        "number": odd.number,
        "oddities": list(odd.oddities),
        "is_wide": is_wide,
        "threshold": odd.charter["threshold"],
        "end": kind,
        "stop": asdict(stop) if stop else {"name": "-", "kind": "done", "words": "-"},
        "n_published": sum(end.published.values()),
        "n_withheld": sum(end.withheld.values()),
        "faults": end.faults or ["-"],
    }


def facts(record: dict[str, Any]) -> dict[str, Fact]:
    """Return what the last line of the command says."""
    rows = record["deliveries"]
    counts = Counter(row["end"] for row in rows)
    return {
        "n_deliveries": len(rows),
        **{f"n_{end.replace(' ', '_')}": counts[end] for end in ENDS},
    }


ENDS = ("all released", "some released", "refused", "fault")


def report(record: dict[str, Any]) -> str:
    """Return the page for people."""
    rows = record["deliveries"]
    ends = Counter(row["end"] for row in rows)
    lines = [
        "# Odd deliveries",
        "",
        f"`python -m benchmarks fuzz` on {record['date']}, {record['machine']}: {len(rows)} tiny "
        "deliveries, drawn by their numbers, go through every verb and product. Each is odd in the "
        f"ways that it is drawn with. One in {EVERY} meets gates and dbt as they are; the others "
        "run the SQL that dbt ran before and pass every gate, so that later verbs are tried too. "
        "*Released*: every product that leaves, of every day; *some*: not all of them; *refused*: "
        "nothing, and a sentence says why; *fault*: a trace, a sentence that is none or names a "
        "subscriber, or a figure that may not stand there.",
        "",
        f"{ends['all released']} are released, {ends['some released']} in part, "
        f"{ends['refused']} are refused, {ends['fault']} end in a fault.",
        "",
        "| oddity | deliveries | released | some | refused | fault |",
        "|---|---|---|---|---|---|",
    ]
    for name, words in ODDITIES.items():
        own = Counter(row["end"] for row in rows if name in row["oddities"])
        if own:
            counts = " | ".join(str(own[end]) for end in ENDS)
            lines.append(f"| *{name}*: {words} | {own.total()} | {counts} |")
    lines += ["", "## Where they stopped first", ""]
    lines += ["| verb | how | gates | deliveries | as in |", "|---|---|---|---|---|"]
    stops: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        if row["stop"]["kind"] != "done":
            gates = "all open" if row["is_wide"] else "as they are"
            key = (row["stop"]["name"], row["stop"]["kind"], gates)
            stops.setdefault(key, []).append(row)
    for where, stopped in sorted(stops.items()):
        words = stopped[0]["stop"]["words"]
        lines.append(f"| {' | '.join(where)} | {len(stopped)} | {words} |")
    faults = [row for row in rows if row["end"] == "fault"]
    lines += ["", "## Faults", ""]
    lines += [f"- {row['number']}: {'; '.join(row['faults'])}" for row in faults] or ["None."]
    return "\n".join(lines) + "\n"
