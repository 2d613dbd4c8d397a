"""Leave trouble that a verb met in a file, from which the watch reads it.

Trouble that must be sent at once goes through `telling` instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

from peil.alerts.incidents import Look, standing
from peil.alerts.trouble import Trouble
from peil.store import atomic
from peil.store.store import Store

SUFFIX = ".troubles.json"


def keep(
    store: Store, pilot: str, day: date | str, source: str, troubles: Sequence[Trouble]
) -> Path:
    """Leave what a verb found wrong with a day, in place of what it had left before.

    Parameters
    ----------
    source : str
        Who found it, such as ``ingest``.
    troubles : sequence of Trouble
        Everything that is wrong now; none takes the file away, and so ends its incidents.

    Returns
    -------
    Path
        `operator/quarantine/<pilot>/<day>.<source>.troubles.json`.
    """
    file = store.quarantine(pilot) / f"{day}.{source}{SUFFIX}"
    if troubles:
        atomic.write_json(file, [asdict(trouble) for trouble in troubles])
    else:
        file.unlink(missing_ok=True)
    return file


def kept(store: Store, pilot: str, day: date | str, source: str) -> list[Trouble]:
    """Read what the last run of a verb found wrong with a day; nothing where all was well."""
    file = store.quarantine(pilot) / f"{day}.{source}{SUFFIX}"
    return [Trouble(**entry) for entry in atomic.read_json(file)] if file.exists() else []


def looks(store: Store, pilot: str) -> list[Look]:
    """Read all that verbs left, and nothing for each of which the file is gone."""
    looks_by_source = {}
    for file in sorted(store.quarantine(pilot).glob(f"*{SUFFIX}")):
        day, source = file.name.removesuffix(SUFFIX).split(".", 1)
        troubles = tuple(Trouble(**incident) for incident in atomic.read_json(file))
        looks_by_source[_name(source, day)] = Look(_name(source, day), day, troubles)
    for incident in standing(store, pilot):
        if incident.source.startswith("left by ") and incident.source not in looks_by_source:
            looks_by_source[incident.source] = Look(incident.source, incident.last_day)
    return list(looks_by_source.values())


def _name(source: str, day: str) -> str:
    return f"left by {source} {day}"
