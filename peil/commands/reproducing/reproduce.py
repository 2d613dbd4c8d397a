"""Are released tables made again from the same inputs, byte for byte? What differs is named.

What one was made of says its certificate. First what differs here is named; where nothing does, all
is done again in a store beside, and the protected tables are compared.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from rich.console import Console

from peil.charter.clock import now
from peil.charter.hour import day_of, unit_of
from peil.charter.period import Period
from peil.charter.products import PRESENCE
from peil.commands.progress import Step, shown
from peil.commands.reproducing import again, differences
from peil.outcome import Refused
from peil.release.certificate import LOOKED_AT, MODELS, Content, looked_at
from peil.release.hours.day import joined
from peil.store import ledger, lock, released_tables
from peil.store.atomic import canonical, read_json, read_whole

SHOWN = 12  # differences that are told; of the others only their number
# seconds a step takes on two cores for a day of the demo
WEIGHTS = {"ingest": 6.0, "stage": 5.0, "train": 12.0, "promote": 1.0, "stand": 0.1}
WEIGHTS |= {"estimate": 7.0, "release": 4.0}
REPRODUCED = "reproduced"


def reproduce(
    pilot: str,
    day: str | None,
    product: str | None,
    place: Path | None,
    anyway: bool,
    console: Console,
) -> Iterator[str]:
    """Compare what releases were made of, make them again, compare their tables; in sentences.

    Parameters
    ----------
    day, product : str, optional
        Of which releases; by default of all that have a certificate.
    place : Path, optional
        A certificate, or a folder of them; by default the store's own.
    anyway : bool
        Whether to make them again though something differs.
    console : Console
        Where the progress is shown.

    Raises
    ------
    Refused
        No certificate, one of another release, or something differs: the first things are named.
    """
    period = Period.open(pilot, day)
    if product is not None:
        product = period.product(product, to="release").name
    certificates = _certificates(period, day and str(period.day), product, place)
    yield from _inputs(period, certificates, anyway)
    steps = [
        Step(
            f"{task.verb} {task.product}".removesuffix(f" {PRESENCE}"), task.day, WEIGHTS[task.verb]
        )
        for task in again.tasks_of(certificates)
    ]
    charter, store = period.charter, period.store
    with (
        lock.held(store, charter.pilot, lock.REPRODUCE, "reproduce"),
        shown(console, f"Making {charter.pilot} again", steps) as tell,
    ):
        folder = store.beside(charter.pilot)
        results = again.made_again(charter, store, certificates, folder, tell)
    differing = []
    for certificate, result in zip(certificates, results, strict=True):
        own = differences.of_results(certificate, result)
        differing += own
        facts = {name: certificate[name] for name in ("product", "period", "table_sha256")}
        facts |= {"same": not own}
        ledger.append(store, charter.pilot, REPRODUCED, now(charter), facts, once=False)
        if not own:
            yield (
                f"{certificate['product']} {certificate['period']}: the same bytes "
                f"(sha256 {certificate['table_sha256'][:16]})."
            )
    if differing:
        raise Refused(_few(differing))
    hours = [each["period"] for each in certificates if "T" in each["period"]]
    for each in sorted({day_of(unit_of(hour)) for hour in hours}):
        yield from _bundled(period, each, hours)
    yield f"{len(certificates)} of {len(certificates)} made again, byte for byte; in the ledger."


def _bundled(period: Period, day: date, hours: list[str]) -> Iterator[str]:
    """Join hours that were made again, as the bundle of their day did, and compare the two.

    What is joined is their released tables, which have the bytes that were made just now.

    Raises
    ------
    Refused
        The bundle is another table than its hours.
    """
    store, pilot = period.store, period.pilot
    record = read_whole(store.released(pilot, PRESENCE, day) / "metadata.json")
    bundled: list[str] = record.get("hours", [])
    if not bundled or not set(bundled) <= set(hours):
        return  # not bundled, or only some of its hours were asked for
    name = period.product(PRESENCE, to="release").table("released")
    folders = [store.released(pilot, PRESENCE, unit_of(hour)) for hour in bundled]
    with tempfile.TemporaryDirectory() as folder:
        csv = released_tables.write(joined(folders, name), Path(folder), name)
    signed, present = record["table_sha256"], hashlib.sha256(csv.encode()).hexdigest()
    if present != signed:
        raise Refused(
            f"The bundle of {day} is no join of its {len(bundled)} hours: sha256 {signed[:8]} when "
            f"it was made, {present[:8]} here."
        )
    yield f"presence {day}: its bundle has the bytes of its hours (sha256 {signed[:16]})."


def _certificates(
    period: Period, day: str | None, product: str | None, place: Path | None
) -> list[Content]:
    """Read the certificates that are meant, each held against the bundle that carries its hash.

    Raises
    ------
    Refused
        There is none, or what is there is of more than one training of the footprint.
    """
    folder = place or period.store.certificate(period.pilot, PRESENCE, period.day).parent.parent
    files = [folder] if folder.is_file() else sorted(folder.glob("*/*.json"))
    read = [(file, read_json(file)) for file in files]
    meant = [
        (file, given)
        for file, given in read
        if given.get("pilot") == period.pilot
        and day in (None, given.get("period"), str(day_of(unit_of(given.get("period", "")))))
        and product in (None, given.get("product"))
    ]
    what = " ".join(filter(None, (period.pilot, product, day)))
    if not meant:
        raise Refused(
            f"{folder} holds no certificate of {what}: name the folder by --certificates, or "
            "release the day first."
        )
    for file, given in meant:
        _check(period, file, given)
    if len({canonical(given["footprint"]) for _, given in meant}) > 1:
        raise Refused(
            f"The releases of {what} rest on more than one footprint: name a day, and make them "
            "again one by one."
        )
    for name in MODELS:
        if len({given[name]["sha256"] for _, given in meant if name in given}) > 1:
            raise Refused(
                f"The releases of {what} rest on more than one version of {name}: name a day, and "
                "make them again one by one."
            )
    return [given for _, given in meant]


def _check(period: Period, file: Path, given: Content) -> None:
    """Refuse a certificate that is not the one with which the bundle here was signed."""
    day = unit_of(given["period"])
    metadata = period.store.released(period.pilot, given["product"], day) / "metadata.json"
    if metadata.is_file():
        signed = read_json(metadata).get("certificate_sha256")
        if signed != hashlib.sha256(canonical(given)).hexdigest():
            raise Refused(
                f"{file} is not the certificate with which the bundle of {given['product']} "
                f"{day} was signed: restore it from a copy."
            )


def _inputs(period: Period, certificates: list[Content], anyway: bool) -> Iterator[str]:
    """Say what is as it was; refuse where something is not, and nobody said to go on."""
    days = sorted({day for given in certificates for day in given["deliveries"]})
    present = looked_at(period, [unit_of(day) for day in days])
    differing = [words for each in certificates for words in differences.of_inputs(each, present)]
    if differing and not anyway:
        raise Refused(f"{_few(differing)} Put it back, or say --anyway to see what comes of it.")
    if differing:
        yield _few(differing)
    else:
        yield f"As it was: {', '.join(LOOKED_AT)}; {len(days)} days."


def _few(sentences: list[str]) -> str:
    """The first of them, each once, and how many more there are."""
    distinct = list(dict.fromkeys(sentences))
    more = len(distinct) - SHOWN
    return " ".join(distinct[:SHOWN] + ([f"And {more} more."] if more > 0 else []))
