"""Check a released bundle, a ledger, a regulator's view or a whole store, and name what is wrong.

A copy lies in every bundle and runs by itself, `python verify.py [--key HEX] [PLACE]`: it needs
`cryptography` only, and with pyarrow also compares the tables.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from peil.store.verifying.logs import ledger, lone, released
from peil.store.verifying.signed import (
    NAMES,
    PERIOD,
    Broken,
    bundle,
    manifest,
    same_entries,
    same_table,
    whole,
)
from peil.store.verifying.views import view

KINDS = {".json", ".jsonl"}
BARE = "without heads of the agency, which do not lie here"


def store(root: Path, public: str = "", agency: str = "") -> Iterator[str]:
    """Check both ledgers of every pilot and every released bundle; yields what was verified."""
    places = (root / "agency").glob
    files = [f for kind in ("ledger", "register") for f in root.glob(f"*/{kind}/*.json*")]
    stems = {f.name.removesuffix(".heads.jsonl").removesuffix(f.suffix): f for f in files}
    pilots = {stem for stem, f in stems.items() if "." not in stem and f.suffix in KINDS}
    for pilot in sorted(pilots | {f.name for f in places("released/*")}):
        where = pilot
        try:
            log = ledger(root, pilot, public, agency)
            yield f"ledger of {pilot}{'' if log.heads else f', {BARE}'}"
            there = {(p.parent.name, p.name) for p in places(f"released/{pilot}/*/*")}
            there |= {(p.name, "") for p in places(f"released/{pilot}/*") if p.is_file()}
            for product, period in sorted(there | set(log.standing)):
                if re.fullmatch(rf"\.{PERIOD}\.(part|old)", period):
                    continue  # a killed run left it: nobody reads it
                where = f"{pilot} {product} {period}"
                folder = root / "agency" / "released" / pilot / product / period
                same_table(folder, (signed := released(folder, log)).predicate["table"])
                same_entries(folder, signed, folder.parent)
                yield f"bundle {where}"
        except Broken as fault:
            raise Broken(f"{where}: {fault}") from None


def alone(place: Path, public: str = "", agency: str = "") -> Iterator[str]:
    """Check a bundle, a view or a ledger, beside register and ledger of the store it lies in."""
    is_ledger, parents = place.is_file(), list(place.absolute().parents)
    signed = None if is_ledger else manifest(place, public)
    if signed and "view" in signed.predicate:
        yield view(place, whole(place, public), public, agency)
        return
    root = parents[min(2 if is_ledger else 4, len(parents) - 1)]
    pilot = str(signed.predicate.get("pilot")) if signed else place.stem
    log, whose = None, "the given" if public else "its own"
    if _lies_in(root, pilot, parents[0] if is_ledger else None):
        log = ledger(root, pilot, public, agency)
        whose = whose if public else "the register's"
    if is_ledger:
        log = log or lone(place, public, agency)
        yield (
            f"ledger of {pilot}, {len(log.entries)} entries, by {whose} key {log.key}"
            + (f", under the agency's head by key {log.agency_key}" if log.heads else f", {BARE}")
        )
        return
    if agency and not log:
        raise Broken(
            "No ledger of a store lies around this bundle, so that the given key of the agency "
            "vouches for nothing: verify the store, or leave that key out."
        )
    signed = released(place, log) if log else bundle(place, public)
    is_whole = same_table(place, signed.predicate["table"])
    if log:
        same_entries(place, signed, place.parent)
    names = " ".join(str(signed.predicate[name]) for name in NAMES)
    yield (
        f"bundle {names}, signed by {whose} key {signed.key}"
        + ("" if is_whole else "; Parquet not compared, pyarrow is not here")
        + ("" if log else "; no ledger of a store to look it up in")
    )


def _lies_in(root: Path, pilot: str, folder: Path | None) -> bool:
    """Whether a bundle, or the ledger in a folder, is one of a store that knows its pilot."""
    files = [root / "agency" / "register" / f"{pilot}.json"]
    files += [root / plane / "ledger" / f"{pilot}.jsonl" for plane in ("agency", "operator")]
    is_there = folder is None or folder in {file.parent for file in files[1:]}
    return (root / "agency").is_dir() and is_there and any(file.is_file() for file in files)


def answer(place: Path, public: str = "", agency: str = "") -> tuple[int, str]:
    """Verify a bundle, a view, a ledger or a store: exit code, and what is verified or wrong first.

    Parameters
    ----------
    public, agency : str
        Public keys (hex) of operator and agency; by default those that lie there.
    """
    try:
        parts = list((store if (place / "agency").is_dir() else alone)(place, public, agency))
    except Broken as fault:
        return 1, str(fault)
    if not parts:
        return 1, f"{place} holds no ledger and no bundle: name a store, a bundle or a ledger."
    several = f"{len(parts)} ledgers and bundles of {place}"
    if any(part.endswith(BARE) for part in parts):
        several += f", {BARE}"
    return 0, f"Verified: {several if parts[1:] else parts[0]}."


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("place", nargs="?", type=Path, default=Path(__file__).parent)
    parser.add_argument("--key", default="", help="the operator's public key, from the register")
    parser.add_argument("--agency-key", default="", help="the agency's public key, from the agency")
    exit_code, sentence = answer(*vars(parser.parse_args()).values())
    print(sentence, file=sys.stderr if exit_code else sys.stdout)
    sys.exit(exit_code)
