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
    "estimated.json": "run `peil estimate {pilot} {day}{product}`, which makes it again",
    "trained.json": "run `peil train {pilot}`, which makes it again",
    "scores.json": "run `peil score {pilot}`, which makes it again",
    ".synthetic.json": "restore it from backup, or run `peil charter sign {pilot} --synthetic "
    "FOLDER --key FILE`",
    ".figures.parquet": "move it away and run `peil stage {pilot} {day}`, which counts it again "
    "where its rows are still there",
    ".judged.parquet": "move it away and run `peil stage {pilot} {day}`, which judges it again",
}
# what was deleted is written nowhere else in these words, and a day without them opens again
RETAINED = "restore it from backup, and move it nowhere"
ELSE = "restore it from backup, or move it away and run the same again"
PLAIN = ("presence", "quality")  # folders of what `peil estimate` makes without a product's name


class Damaged(Refused):
    """A file of the store cannot be read as what it is (exit 2)."""


def damaged(path: Path) -> Damaged:
    """Make the refusal of a damaged file: where it lies, and what to do.

    >>> print(damaged(Path("/store/operator/sealed/demo/2026-03-02.raw.json")))
    The file /store/operator/sealed/demo/2026-03-02.raw.json of the store is damaged: run \
`peil ingest demo 2026-03-02`, which makes it again.
    >>> remedy(Path("/store/operator/estimated/demo/presence/2026-03-02/a.parquet"))
    'run `peil estimate demo 2026-03-02`, which makes it again'
    >>> remedy(Path("/store/operator/estimated/demo/flows/2026-03-02/estimated.json"))
    'run `peil estimate demo 2026-03-02 --product flows`, which makes it again'
    >>> remedy(Path("/store/operator/estimated/demo/linked/2026-03-02/homes.parquet"))
    'restore it from backup, or move it away and run the same again'
    >>> remedy(Path("/store/agency/register/demo.synthetic.json")).partition(", or ")[2]
    'run `peil charter sign demo --synthetic FOLDER --key FILE`'
    >>> remedy(Path("/store/operator/retained/demo/2026-03-02.raw.json"))
    'restore it from backup, and move it nowhere'
    """
    return Damaged(f"The file {path} of the store is damaged: {remedy(path)}.")


def remedy(path: Path) -> str:
    """Say how a file of the store is made again."""
    if "retained" in path.parts:
        return RETAINED
    words = next((words for end, words in AGAIN.items() if path.name.endswith(end)), ELSE)
    pilot, product = path.parent.name, ""
    day = path.name.split(".")[0]
    is_table = path.suffix == ".parquet" and path.parts[-5:-4] == ("estimated",)
    if is_table and path.parts[-3] != "linked":  # sums of a window: no product's own
        words = AGAIN["estimated.json"]
    if words == AGAIN["estimated.json"]:  # <pilot>/<product>/<day>/<file>
        pilot, folder, day = ("PILOT", "", *path.parts[:-1])[-3:]
        product = f" --product {folder}" if folder and folder not in PLAIN else ""
    elif path.name == "scores.json":
        pilot = path.parent.parent.name
    elif path.name.endswith(".synthetic.json"):  # <pilot>.synthetic.json
        pilot = day
    return words.format(pilot=pilot, day=day, product=product)
