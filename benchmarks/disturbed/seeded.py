"""Draw faults by number, and do to a store's files what they say; what a process meets is `arming`.

What the verbs make of it, and whether the way out that they name leads out, is in `faults`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

KINDS = (
    "kill",
    "stop",
    "disk full",
    "EIO",
    "EROFS",
    "byte",
    "cut",
    "delete",
    "two at once",
    "clock back",
)
OF_FILES = ("byte", "cut", "delete")
VERBS = ("retain", "score", "approve", "release", "ingest", "stage", "estimate", "train", "run")
# each verb meets every kind once, then those again that cost the least
TURNS = (*VERBS, "ingest", *("retain", "score", "approve", "release") * 2, "retain", "release")
# with numbers of their own, so that those before draw what they always drew
LATER = ("receive", "opt-out", "shred", "stop")
FIRST_LATER = 1000
PLANES = ("operator", "agency", "pilots")
# a lock holds nothing, a log is for people only
NO_STATE = (".lock", ".holder", ".log")


@dataclass(frozen=True)
class Fault:
    """One fault: its number draws everything else.

    Attributes
    ----------
    number : int
    kind : str
        One of `KINDS`.
    verb : str
        One of `VERBS` or `LATER`: it meets the fault.
    place : str
        A file below the store, of the kinds that harm one; else empty.
    share : float
        How far into a verb, or into a file, from 0 to 1.
    is_timed : bool
        Of a signal whether it comes by the clock; else at a write to the store.
    """

    number: int
    kind: str
    verb: str
    place: str
    share: float
    is_timed: bool


def kind_and_verb(number: int) -> tuple[str, str]:
    """Which kind of fault a number is, and which verb it meets.

    >>> len({kind_and_verb(number) for number in range(90)})
    90
    >>> kind_and_verb(1030)
    ('kill', 'stop')
    """
    if number >= FIRST_LATER:
        return KINDS[number % len(KINDS)], LATER[(number // len(KINDS)) % len(LATER)]
    return KINDS[number % len(KINDS)], TURNS[number // len(KINDS) % len(TURNS)]


def drawn(number: int, store: Path) -> Fault:
    """The fault of a number, in a store in which its verb is about to be run."""
    draw = random.Random(f"fault {number}")
    kind, verb = kind_and_verb(number)
    place = ""
    if kind in OF_FILES:
        rooms = places(store)
        place = draw.choice(rooms[draw.choice(sorted(rooms))])
    return Fault(number, kind, verb, place, draw.random(), draw.random() < 0.5)


def places(store: Path) -> dict[str, list[str]]:
    """Files that a fault may harm, by the room of the store that they lie in."""
    rooms: dict[str, list[str]] = {}
    for plane in PLANES:
        for file in sorted((store / plane).rglob("*")):
            if file.is_file() and file.suffix not in NO_STATE:
                parts = file.relative_to(store).parts
                rooms.setdefault("/".join(parts[:2]), []).append("/".join(parts))
    return rooms


def harm(fault: Fault, store: Path) -> None:
    """Damage, cut or delete the fault's file; nothing for the other kinds."""
    file = store / fault.place
    if not fault.place:
        return
    mode = file.stat().st_mode
    content = bytearray(file.read_bytes())
    file.unlink()
    if fault.kind == "delete":
        return
    at = int(fault.share * len(content))
    if fault.kind == "cut":
        content = content[:at]
    elif content:
        content[min(at, len(content) - 1)] ^= 0x55
    file.write_bytes(content)
    file.chmod(mode)
