"""What ingest flags: files that were refused, and corrections of what was landed or released.

Trouble is left in a file beside the quarantine, in place of what an earlier run had left for the
day, so that it ends when its cause does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from peil.alerts import inbox as left
from peil.alerts.trouble import Trouble
from peil.charter import reading
from peil.charter.schema import Charter
from peil.ingest import deliveries
from peil.ingest.file_check import is_still, look
from peil.ingest.readers.refusal import FileRefused, shown
from peil.store.atomic import read_json
from peil.store.store import Store


def keep(store: Store, pilot: str, day: date, troubles: Sequence[Trouble]) -> None:
    """Leave what is wrong with a day's delivery now, for the watch; none takes the file away."""
    left.keep(store, pilot, day, "ingest", troubles)


def refused(charter: Charter, day: date, files: Iterable[dict[str, str]]) -> list[Trouble]:
    """One trouble for each refused file: the rest of its day went on without it."""
    troubles = []
    for file in files:
        what, _, remedy = file["why"].rpartition(": ")
        troubles.append(
            Trouble(
                pilot=charter.pilot,
                kind=f"file_{file['reason']}",
                where=file["name"],
                day=str(day),
                since=str(day),
                severity="note",
                owner="operator",
                what=f"{what} (delivery of {day}; it is not landed).",
                what_to_do=remedy[:1].upper() + remedy[1:],
            )
        )
    return troubles


def growing(charter: Charter, day: date, name: str) -> Trouble:
    """A file that is still being written: its day waits for it."""
    return Trouble(
        pilot=charter.pilot,
        kind="file_still_growing",
        where=name,
        day=str(day),
        since=str(day),
        severity="stop",
        owner="operator",
        what=f"{name} is still being written, so the delivery of {day} waits for it.",
        what_to_do="Nothing if it ends soon; else look why its transfer does not end.",
    )


def corrected(before: dict[str, Any], files: dict[str, str]) -> list[dict[str, str]]:
    """Files of a day that came again with another content, before anything was released.

    Parameters
    ----------
    before : dict
        The manifest of what was landed.
    files : dict of str to str
        Name → content hash of what lies there now.
    """
    was = {file["name"]: file["sha256"] for file in before.get("files", [])}
    return [
        {"name": name, "was": was[name], "is": digest}
        for name, digest in sorted(files.items())
        if name in was and was[name] != digest
    ]


def after_release(
    charter: Charter, day: date, store: Store, is_left_out: bool = False
) -> list[Trouble]:
    """Files of a released day that are not what the release rests on. None of them is read in.

    Parameters
    ----------
    is_left_out : bool
        Whether nothing of it was landed: it is an hour that its day was bundled without.

    Raises
    ------
    Refused
        The folder of outside deliveries is not named.
    """
    landed = store.raw_manifest(charter.pilot, day)
    if not (landed.exists() or is_left_out):
        return []  # shredded: what was landed cannot be told any more
    record = read_json(landed) if landed.exists() else {"files": []}
    refused_hashes = {file["sha256"] for file in record.get("refused", []) if "sha256" in file}
    was = {file["name"]: file for file in record["files"]}
    known_hashes = refused_hashes | {file["sha256"] for file in record["files"]}
    troubles = []
    folder, path = reading.root(charter, store), charter.inputs.events.path
    names = deliveries.names(folder, path, day, deliveries.files(folder, path, day))
    for file, name in names.items():
        state = tuple(was.get(name, {}).get("state", ()))
        if len(state) == 2 and is_still(file, state):
            continue
        try:
            deliveries.require_within(folder, file)
            digest = look(file, store.settings.unpacked_ratio).sha256
        except FileRefused:
            continue  # what cannot be read corrects nothing
        if digest not in known_hashes:
            troubles.append(_correction(charter, day, shown(name), name in was))
    return troubles


def _correction(charter: Charter, day: date, name: str, is_known: bool) -> Trouble:
    came = "came again with other content" if is_known else "came for the first time"
    return Trouble(
        pilot=charter.pilot,
        kind="correction_after_release",
        where=name,
        day=str(day),
        since=str(day),
        severity="note",
        owner="agency",
        what=f"{name} {came} after {day} was released: the release rests on what was landed "
        "before, and nothing was replaced.",
        what_to_do="Ask the operator what changed, and decide whether to withdraw the release.",
    )
