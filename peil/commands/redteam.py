"""The command `peil redteam`: attacks on what was made of a pilot, as anybody could run them.

Each attack is a row of `ATTACKS` and lies in `peil.redteam`, which knows no charter; what an attack
must know of a pilot is gathered here. What is heavy to import is imported when the command runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from peil.outcome import Refused

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from peil.charter.schema import Charter, Delivery
    from peil.redteam.leaks import Leak, Place
    from peil.store.store import Store

N_SUBSCRIBERS = 1_000  # drawn from each of two days
MOST_SHOWN = 20
SUCCEEDED = 3  # exit code of an attack that found what must not be there


@dataclass(frozen=True)
class Question:
    """What the command was asked to attack, and with what.

    Attributes
    ----------
    identifiers : list of str
        To look for; empty to draw a sample from the deliveries. Never printed.
    outputs : list of Path
        Files of captured output to look into too.
    """

    charter: Charter
    store: Store
    identifiers: list[str] = field(default_factory=list)
    outputs: list[Path] = field(default_factory=list)


def redteam_command(
    answering: Callable[[], AbstractContextManager[None]], console: Console
) -> Callable[..., None]:
    """The command as typer takes it, answering as the other commands do."""

    def redteam(
        pilot: Annotated[str, typer.Argument(help="A pilot's name, or its charter's path.")],
        only: Annotated[
            str | None, typer.Option(help="One attack; by default every one there is.")
        ] = None,
        marker: Annotated[
            list[str] | None,
            typer.Option(help="Look for this identifier, not for a sample of those delivered."),
        ] = None,
        output: Annotated[
            list[Path] | None, typer.Option(help="Look into this file of captured output too.")
        ] = None,
    ) -> None:
        """Attack what was made of a pilot; exit code 3 where an attack succeeds.

        leaks: does an identifier of a subscriber lie in the open, in any file of the store?

        Example: [bold]peil redteam demo --only leaks[/bold]

        Example: [bold]peil redteam demo --only leaks --output cron.log[/bold]
        """
        from peil.charter import reading
        from peil.store.store import Store

        with answering():
            attacks = chosen(only)
            question = Question(reading.load(pilot), Store(), marker or [], output or [])
            require_something_made(question)
            succeeded = [attack(question, console) for attack in attacks]
        if any(succeeded):
            raise typer.Exit(SUCCEEDED)

    return redteam


def chosen(only: str | None) -> list[Callable[[Question, Console], bool]]:
    """The attacks that were asked for.

    Raises
    ------
    Refused
        There is no such attack; the sentence lists those there are.
    """
    if only is None:
        return list(ATTACKS.values())
    if only not in ATTACKS:
        raise Refused(f"--only names no attack: give one of {', '.join(ATTACKS)}, or leave it out.")
    return [ATTACKS[only]]


def require_something_made(question: Question) -> None:
    """Refuse a pilot of which the store holds nothing: that nothing leaks would mean nothing."""
    store, pilot = question.store, question.charter.pilot
    folders = [store.operator / kind / pilot for kind in ("sealed", "estimated", "quarantine")]
    if not any(folder.is_dir() for folder in [*folders, store.agency / "released" / pilot]):
        raise Refused(
            f"The store {store.root} holds nothing of {pilot} yet: make it by `peil run {pilot}`, "
            "or name its store in PEIL_DATA."
        )


def find_leaks(question: Question, console: Console) -> bool:
    """Look for subscribers' identifiers in the thirteen places, and print what was found where.

    A control marker is planted in scratch files and must be found first.

    Returns
    -------
    bool
        Whether anything was found.

    Raises
    ------
    Refused
        The deliveries are gone and no identifier was given, or one that is too short.
    RuntimeError
        The control was missed.
    """
    from peil.redteam import control, leaks

    identifiers = _given(question.identifiers) or draw_subscribers(question)
    places: dict[str, Place] = {**leaks.places_of(question.store, question.charter.pilot)}
    if question.outputs:
        places["standard output"] = _present(question.outputs)
    n_files: Counter[str] = Counter()
    findings: list[Leak] = []
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f} places"),
        console=console,
        transient=True,
    ) as progress:
        bar = progress.add_task("A control first", total=len(places))
        with TemporaryDirectory(prefix="peil-control-") as scratch:
            if missed := control.missed(Path(scratch)):
                raise RuntimeError(
                    f"The scan missed its own control in {', '.join(missed)}: what it says of "
                    "the store cannot be believed; tell the maintainers."
                )
        for place, where in places.items():
            progress.update(bar, description=place)
            findings += leaks.scan(identifiers, {place: where}, lambda name: n_files.update([name]))
            progress.advance(bar)
    _print(question, places, n_files, findings, len(identifiers), console)
    return bool(findings)


def _given(identifiers: list[str]) -> dict[str, str]:
    """Identifiers from the command line, under names that may be printed."""
    from peil.redteam.leaks import SHORTEST

    if any(len(identifier.encode()) < SHORTEST for identifier in identifiers):
        raise Refused(
            f"--marker needs at least {SHORTEST} characters: a shorter one lies anywhere by chance."
        )
    return {f"identifier {n}": identifier for n, identifier in enumerate(identifiers, start=1)}


def draw_subscribers(question: Question) -> dict[str, str]:
    """A sample of the subscribers delivered on the first and the last day, the same every time.

    They are read by the pilot's own reader, so they are written as its rows are.

    Returns
    -------
    dict
        A name that may be printed → the identifier, which may not.

    Raises
    ------
    Refused
        No delivery of these days can be read.
    """
    from peil.adapters import database
    from peil.charter.reading import root
    from peil.ingest.deliveries import files

    charter, delivery = question.charter, question.charter.inputs.events
    folder = root(charter, question.store)
    by_day = {day: files(folder, delivery.path, day) for day in charter.units()}
    days = [day for day, delivered in by_day.items() if delivered]
    names: dict[str, str] = {}  # identifier → name
    for day in sorted({*days[:1], *days[-1:]}):
        with (
            TemporaryDirectory(prefix="peil-redteam-") as spill,
            database.connection(question.store, Path(spill) / "spill", [folder]) as opened,
        ):
            subscribers = _subscribers(opened, by_day[day], delivery, day)
        for n, subscriber in enumerate(subscribers, start=1):
            names.setdefault(subscriber, f"subscriber {n} of {day}")
    if not names:
        raise Refused(
            f"No delivery of {charter.pilot} can be read in {folder}, so there is no subscriber to "
            "look for: put a day's delivery back, or give an identifier by --marker."
        )
    return {name: subscriber for subscriber, name in names.items()}


def _subscribers(
    opened: DuckDBPyConnection, delivered: list[Path], delivery: Delivery, day: date
) -> list[str]:
    """Some subscribers of a day's first file that can be read, in the order of a hash."""
    import duckdb

    from peil.ingest.readers import READERS
    from peil.redteam.leaks import SHORTEST

    for file in delivered:
        try:
            READERS[delivery.reader].land_events(opened, file, 0, delivery)
            rows = opened.execute(
                "SELECT subscriber_id FROM (SELECT DISTINCT subscriber_id FROM incoming "
                f"WHERE defect IS NULL AND strlen(subscriber_id) >= {SHORTEST}) "
                f"ORDER BY md5('{day}' || subscriber_id), subscriber_id LIMIT {N_SUBSCRIBERS}"
            ).fetchall()
        except (Refused, duckdb.Error):  # ingest refuses it too, and says why
            continue
        if rows:
            return [str(subscriber) for (subscriber,) in rows]
    return []


def _present(outputs: list[Path]) -> list[Path]:
    for file in outputs:
        if not file.is_file():
            raise Refused(f"--output {file} is not there: name a file of captured output.")
    return outputs


def _print(
    question: Question,
    places: dict[str, Place],
    n_files: Counter[str],
    findings: list[Leak],
    n_identifiers: int,
    console: Console,
) -> None:
    from peil.commands.terminal import plainly
    from peil.redteam.control import PLANTS

    pilot = question.charter.pilot
    table = Table(title=f"{pilot}: identifiers in the open")
    for name in ("place", "files", "findings"):
        table.add_column(name, justify="left" if name == "place" else "right")
    counts = Counter(finding.place for finding in findings)
    for place in places:
        table.add_row(place, f"{n_files[place]:,}", f"{counts[place]:,}")
    if not question.outputs:
        table.add_row("standard output", "–", "not in the store: --output FILE")
    console.print(table)
    for finding in findings[:MOST_SHOWN]:
        plainly(console, finding.sentence())
    if len(findings) > MOST_SHOWN:
        plainly(console, f"… and {len(findings) - MOST_SHOWN:,} more.")
    origin = "given" if question.identifiers else "drawn from the deliveries"
    plainly(
        console,
        f"Looked for {n_identifiers:,} identifiers ({origin}) in {sum(n_files.values()):,} files; "
        f"a control was found first in each of {len(PLANTS)} kinds of file.",
    )
    if findings:
        plainly(
            console,
            f"Found {len(findings):,}. Next: release nothing of {pilot}, look at what wrote these "
            "files, delete them, and run this again.",
        )
    else:
        plainly(console, "Nothing was found. What this shows and does not: docs/privacy.md, A13.")


ATTACKS: dict[str, Callable[[Question, Console], bool]] = {"leaks": find_leaks}
