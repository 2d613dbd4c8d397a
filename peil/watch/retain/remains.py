"""What lies in the store of a part of a day: keys, files, folders, and delivered files.

Nothing is deleted here. Row counts, manifests, reports of gates, estimates and releases are no part
of it: they hold no row of a device, and say afterwards what was done.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from peil.charter import reading, windows
from peil.charter.products import PRODUCTS
from peil.charter.retention import Part
from peil.charter.schema import Charter
from peil.ingest import deliveries
from peil.outcome import Refused
from peil.store import ledger
from peil.store.store import Store

DRAWS = "est_presence__draws.parquet"


@dataclass(frozen=True)
class Remains:
    """What dies together. Keys go first.

    Attributes
    ----------
    keys, places : list of Path
        Keys; files and folders of the store. Only what is there.
    delivered : list of Path
        Files of the delivery folder; moved aside before they are deleted.
    """

    keys: list[Path] = field(default_factory=list)
    places: list[Path] = field(default_factory=list)
    delivered: list[Path] = field(default_factory=list)

    def files(self) -> list[Path]:
        """Every file that dies, keys left out."""
        below = [
            file
            for place in self.places
            for file in ([place] if place.is_file() else sorted(place.rglob("*")))
            if file.is_file()
        ]
        return [*below, *self.delivered]

    def __bool__(self) -> bool:
        return bool(self.keys or self.places or self.delivered)


def of(charter: Charter, store: Store, day: date, part: Part) -> Remains:
    """What is there of a part of a day; of ``linked`` the day is the window's first."""
    pilot = charter.pilot
    if part == "raw":
        raw = store.raw_file(pilot, day)
        work = store.operator / "work" / pilot / str(day)
        has_worked = any(file.is_file() for file in work.rglob("*"))  # else nothing to tell of
        return Remains(
            _there([store.key(pilot, day, "raw")]),
            _there([*_with_parts(raw), *([work] if has_worked else [])]),
            delivered(charter, store, day) if is_ours(charter, store) else [],
        )
    if part == "staged":
        places = [
            *_with_parts(store.staged_file(pilot, day)),
            store.estimated(pilot, day) / DRAWS,
            *(path for name in PRODUCTS for path in _with_parts(store.candidate(pilot, name, day))),
            *store.quarantine(pilot).glob(f"{day}.*"),
        ]
        return Remains(_there([store.key(pilot, day, "staged")]), _there(places))
    linked = store.linked(pilot, day)
    return Remains(
        _there([windows.pseudonym_key(store, charter, day)]), _there(_with_parts(linked))
    )


def beside(charter: Charter, store: Store) -> Remains:
    """What a killed `peil reproduce` left: rows of all days, sealed under keys of their own."""
    folder = store.beside(charter.pilot)
    has_files = any(file.is_file() for file in folder.rglob("*"))
    keys = sorted((folder / "operator" / "keys" / charter.pilot).glob("*.key"))
    return Remains(keys, [folder.parent] if has_files else [])


def at_a_word(charter: Charter, store: Store, day: date, why: str) -> list[Path]:
    """What dies with a day's rows besides, when a person says so and not the calendar.

    Sums over the devices of its window, since they hold the day's too; and estimates that were
    never released, where its pilot is stopped, or somebody is in them who opted out.
    """
    pilot = charter.pilot
    sums = store.linked(pilot, windows.window_of(charter, day).first)
    estimates = [
        store.estimated(pilot, day, name)
        for name in PRODUCTS
        if (why == "stop" and not store.released(pilot, name, day).exists())
        or (why == "opt-out" and not ledger.is_released(store, pilot, name, str(day)))
    ]
    return _there([sums, *estimates])


def is_ours(charter: Charter, store: Store) -> bool:
    """Whether the delivery folder is ours to delete from: not a folder of samples from outside."""
    return charter.inputs.root == "deliveries" and not store.settings.keep_deliveries


def delivered(charter: Charter, store: Store, day: date) -> list[Path]:
    """Files of events that lie in the delivery folder for a day; the cell plan is of no person."""
    try:
        folder = reading.root(charter, store)
    except Refused:
        return []
    files = deliveries.files(folder, charter.inputs.events.path, day)
    return [file for file in files if file.is_symlink() or file.exists()]


def remove_with_parts(path: Path) -> None:
    """Remove a folder of figures, and what a killed run left beside it."""
    for place in _there(_with_parts(path)):
        shutil.rmtree(place)


def _with_parts(path: Path) -> list[Path]:
    """A file or folder, and what a killed run may have left beside it."""
    names = [f"{begin}{end}" for begin in (path.name, f".{path.name}.part") for end in ("", ".wal")]
    return [path.with_name(name) for name in [*names, f".{path.name}.old"]]


def _there(paths: Iterable[Path]) -> list[Path]:
    return [path for path in dict.fromkeys(paths) if path.exists()]
