"""A file of the store that is not what its writer wrote: which, and how it is made again.

What is wrong with the disk under it is in `disk`.
"""

from __future__ import annotations

from pathlib import Path

from peil.outcome import Refused

# how a file is made again, by the end of its path; {pilot} and {day} are read off the path
AGAIN = {
    ".raw.json": "run `peil ingest {pilot} {day}`, which makes it again",
    ".staged.json": "run `peil stage {pilot} {day}`, which makes it again",
    "estimated.json": "run `peil estimate {pilot} {day}`, which makes it again",
    "trained.json": "run `peil train {pilot}`, which makes it again",
    "scores.json": "run `peil score {pilot}`, which makes it again",
    ".synthetic.json": "run `peil charter sign` again",
    ".figures.parquet": "move it away and run `peil stage {pilot} {day}`, which counts it again "
    "where its rows are still there",
    ".judged.parquet": "move it away and run `peil stage {pilot} {day}`, which judges it again",
}
# what was deleted is written nowhere else in these words, and a day without them opens again
RETAINED = "restore it from backup, and move it nowhere"
ELSE = "restore it from backup, or move it away and run the same again"


class Damaged(Refused):
    """A file of the store cannot be read as what it is (exit 2)."""


def damaged(path: Path) -> Damaged:
    """Make the refusal of a damaged file: where it lies, and what to do.

    >>> print(damaged(Path("/store/operator/sealed/demo/2026-03-02.raw.json")))
    The file /store/operator/sealed/demo/2026-03-02.raw.json of the store is damaged: run \
`peil ingest demo 2026-03-02`, which makes it again.
    >>> remedy(Path("/store/operator/estimated/demo/presence/2026-03-02/a.parquet"))
    'run `peil estimate demo 2026-03-02`, which makes it again'
    >>> remedy(Path("/store/operator/retained/demo/2026-03-02.raw.json"))
    'restore it from backup, and move it nowhere'
    """
    return Damaged(f"The file {path} of the store is damaged: {remedy(path)}.")


def remedy(path: Path) -> str:
    """Say how a file of the store is made again."""
    if "retained" in path.parts:
        return RETAINED
    words = next((words for end, words in AGAIN.items() if path.name.endswith(end)), ELSE)
    pilot = path.parent.name
    day = path.name.split(".")[0]
    if path.suffix == ".parquet" and len(path.parts) > 4 and path.parts[-5] == "estimated":
        words = AGAIN["estimated.json"]
        pilot, day = path.parts[-4], path.parent.name
    elif path.name == "estimated.json":  # <pilot>/<product>/<day>/estimated.json
        pilot, day = path.parts[-4] if len(path.parts) > 3 else "PILOT", path.parent.name
    elif path.name == "scores.json":
        pilot = path.parent.parent.name
    return words.format(pilot=pilot, day=day)
