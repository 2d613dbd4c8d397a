"""Deliveries by content: their hashes, what came before, who vouches for simulated ones."""

from __future__ import annotations

import hashlib
import os
from datetime import date
from pathlib import Path
from typing import Any

from peil.charter.clock import now, wall_today
from peil.charter.hour import Hour, day_of
from peil.charter.schema import LEAST_DEVICES, Charter
from peil.ingest.readers.refusal import FileRefused, shown
from peil.outcome import Refused
from peil.store import ledger, parties
from peil.store.atomic import canonical, read_json, sha256, write_json
from peil.store.parties import Signatory, Signer, is_signed_by
from peil.store.store import Store


def pattern(path: str, day: date) -> str:
    """Fill a day, or an hour, into a path of the charter.

    >>> pattern("year={year}/month={month}/day={day_of_month}/*", date(2023, 1, 7))
    'year=2023/month=1/day=7/*'
    >>> pattern("{day}/{hour}/*", Hour(2026, 10, 25, 2, "+0100"))
    '2026-10-25/02+0100/*'
    """
    parts = {"day": day_of(day), "year": day.year, "month": day.month, "day_of_month": day.day}
    return path.format(**parts, hour=day.name if isinstance(day, Hour) else "")


def files(folder: Path, path: str, day: date) -> list[Path]:
    """Everything that lies where the delivery of a day is told to lie, by name.

    Hidden names are left out (a transfer in progress), and the marks that Spark leaves.
    """
    paths = folder.glob(pattern(path, day))
    return sorted(path for path in paths if not path.name.startswith((".", "_SUCCESS")))


def names(folder: Path, path: str, day: date, delivered: list[Path]) -> dict[Path, str]:
    """What each file of a day's delivery is called: its name, with its folder where one is open.

    So files of one name are told apart, and a file is called the same whatever lies beside it.

    >>> there = Path("/in/noord/2026-03-02")
    >>> list(names(Path("/in"), "noord/{day}/*", date(2026, 3, 2), [there / "a.csv"]).values())
    ['a.csv']
    >>> list(names(Path("/in"), "noord/{day}/*/*", date(2026, 3, 2), [there / "7/a.csv"]).values())
    ['7/a.csv']
    """
    folders = Path(pattern(path, day)).parts[:-1]
    open_at = (number for number, part in enumerate(folders) if set("*?[") & set(part))
    same = folder.joinpath(*folders[: next(open_at, len(folders))])
    return {file: file.relative_to(same).as_posix() for file in delivered}


def require_within(folder: Path, file: Path) -> None:
    """Refuse a link that leads out of the delivery folder, and a name that cannot be written."""
    leads = Path(os.path.realpath(file))  # of a link to itself too
    if not leads.is_relative_to(folder.resolve()):
        raise FileRefused(
            "not_a_file",
            f"{shown(file)} is a link out of the delivery folder: deliver the file itself.",
        )
    try:
        str(file).encode("utf-8")
    except UnicodeEncodeError:
        raise FileRefused(
            "unreadable", f"{shown(file)} has a name that is not UTF-8: rename it."
        ) from None


def vouch(store: Store, charter: Charter, folder: Path, signer: Signer) -> int:
    """Sign the list of all files under `folder` as simulated; who vouches is kept, by key.

    Returns the number of files. The basis `synthetic` holds for these contents and no others.
    """
    hashes = sorted({sha256(file) for file in folder.rglob("*") if file.is_file()})
    if not hashes:
        raise Refused(f"{folder} holds no file: name the folder of the simulated delivery.")
    body = {
        "pilot": charter.pilot,
        "vouched_by": signer.party.name,
        "key_id": signer.party.key_id,
        "vouched_on": str(wall_today()) if signer.party.role == "operator" else "",
        "sha256": hashes,
    }
    write_json(store.vouched(charter.pilot), {**body, "signature": signer.sign(body)})
    facts = {name: body[name] for name in ("vouched_by", "key_id")} | {"n_files": len(hashes)}
    facts["list_sha256"] = hashlib.sha256(canonical(body)).hexdigest()
    ledger.append(store, charter.pilot, "synthetic_vouched", now(charter), facts)
    return len(hashes)


def check_vouched(store: Store, charter: Charter, delivered: dict[Path, str]) -> None:
    """Refuse, under the basis `synthetic`, a delivery that nobody signed for."""
    if not charter.is_synthetic:
        return
    signed = check_basis(store, charter)
    vouched = set(signed["sha256"])
    for file, digest in delivered.items():
        if digest not in vouched:
            raise Refused(
                f"{file.name} is not in the signed list of simulated deliveries of "
                f"{charter.pilot}: real records need another legal basis; a new simulation "
                "must be signed for."
            )


def check_basis(store: Store, charter: Charter) -> dict[str, Any]:
    """Read the list on which the basis `synthetic` rests; a low threshold asks for our simulator.

    Raises
    ------
    Refused
        No list that an enrolled operator's key or the simulator of this store signed; or a
        threshold that only deliveries of `peil simulate` may have.
    """
    path = store.vouched(charter.pilot)
    signed: dict[str, Any] = read_json(path) if path.exists() else {}
    body = {name: value for name, value in signed.items() if name != "signature"}
    by = _who_vouched(store, body)
    is_whole = by is not None and is_signed_by(by, body, str(signed.get("signature", "")))
    if by is None or not is_whole or body.get("pilot") != charter.pilot:
        raise Refused(
            f"{charter.pilot} rests on the basis synthetic, but no signed list of simulated "
            f"deliveries stands at {path}: restore it from backup, or run `peil charter sign "
            f"{charter.pilot} --synthetic FOLDER --key FILE` if you know the set to be simulated."
        )
    if charter.threshold < LEAST_DEVICES and by.role != parties.SIMULATOR:
        raise Refused(
            f"{charter.pilot}, threshold: {charter.threshold} is for deliveries that "
            f"`peil simulate` wrote itself; at least {LEAST_DEVICES} for what a person vouched for."
        )
    return signed


def _who_vouched(store: Store, body: dict[str, Any]) -> Signatory | None:
    """The simulator of this store, or an operator's enrolled key that held when it signed."""
    own = parties.simulator(store) if store.simulator_key.exists() else None
    if own and own.party.key_id == body.get("key_id"):
        return own.party
    for party in parties.enrolled(store.parties):
        if party.key_id == body.get("key_id") and party.role == "operator":
            day = str(body.get("vouched_on"))
            return party if str(party.valid_from) <= day <= str(party.valid_to) else None
    return None


def delivered_before(store: Store, pilot: str, day: date) -> dict[str, str]:
    """Content hash → day, of every file landed on other days of this pilot."""
    day_of_hash = {}
    for path in sorted(store.raw_manifest(pilot, day).parent.glob("*.raw.json")):
        other = path.name.removesuffix(".raw.json")
        if other != str(day):
            for file in read_json(path)["files"]:
                day_of_hash[file["sha256"]] = other
    return day_of_hash
