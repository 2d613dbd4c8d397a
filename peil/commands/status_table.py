"""Print where each day of a pilot stands, why it waits, and what to do of a day set aside."""

from __future__ import annotations

from datetime import datetime

from rich.console import Console
from rich.table import Table

from peil import status
from peil.charter import reading, retention, windows
from peil.charter.clock import machine_now, now
from peil.charter.schema import Charter
from peil.estimate import by_ledger
from peil.ingest import new_opt_outs
from peil.stage.readiness import missing
from peil.store import ledger
from peil.store.atomic import read_json
from peil.store.faults import disk
from peil.store.store import Store
from peil.watch.retain import overdue

MARKS = {"released": "✓", "waits": "·", "ready": "·"}
SIGNS = {"open": "✓", "closed": "✗", "-": "·"}


def tell_status(
    pilot: str, console: Console, at: datetime | None = None, machine_at: datetime | None = None
) -> None:
    """Print a row per day, the legend, which models stand, what is set aside, what windows lack.

    Parameters
    ----------
    at, machine_at : datetime, optional
        Other moments than the pilot's own and the machine's, by which rows are kept too long.
    """
    charter, store = reading.load(pilot), Store()
    is_there = store.root.is_dir()
    late = overdue.line(charter, store, at or now(charter), machine_at or machine_now())
    days = status.of_pilot(charter, store)
    linked = [product.name for product in windows.linked_products(charter)]
    console.print(_table(charter, days, linked))
    console.print("✓ open   ✗ closed   · not judged yet")
    if linked:
        console.print(f"products: {', '.join(linked)}   ✓ released   ≈ estimated   · not yet")
    lines = [*models(charter, store), *gone(charter, store), *new_opt_outs.in_words(charter, store)]
    if not is_there:
        lines.append(f"No folder at {store.root}: nothing has run there, or correct PEIL_DATA.")
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    faults = [f"✗ {fault}" for fault in ledger.check(store, charter.pilot)]
    others = [*disk.look(store, charter.pilot), *set_aside(charter, store)]
    for line in [*late, *faults, *broken(days), *others]:
        console.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
    for window in windows.windows(charter) if linked else []:
        left = missing(charter, window, store)
        if left:
            console.print(
                f"{' and '.join(linked)} of {window} wait until {len(left)} more "
                f"day{'s are' if len(left) > 1 else ' is'} staged and believed.",
                soft_wrap=True,
            )


def _table(charter: Charter, days: list[status.DayStatus], linked: list[str]) -> Table:
    table = Table(title=f"{charter.pilot}: gates in the order {', '.join(status.STATES)}")
    for name in ("day", "state", "gates", "ledger", *(["products"] if linked else [])):
        table.add_column(name, no_wrap=True)
    table.add_column("why it waits")
    has_trouble = any(day.trouble for day in days)
    if has_trouble:
        table.add_column("trouble", style="red")
    for day in days:
        gates = " ".join(SIGNS[day.gates[state]] for state in status.STATES)
        others = " ".join(MARKS.get(day.products.get(name, "waits"), "≈") for name in linked)
        cells = [str(day.day), "broken" if day.broken else day.state, gates, day.ledger[:8]]
        cells += [*([others] if linked else []), day.why, *([day.trouble] if has_trouble else [])]
        table.add_row(*cells, style="bold red" if day.is_set_aside or day.broken else "")
    return table


def models(charter: Charter, store: Store) -> list[str]:
    """Say which versions of models took another's place, and where more is told."""
    sentences = by_ledger.in_words(store, charter.pilot)
    more = f"(peil compare {charter.pilot} shows all versions)"
    return [f"models: {'; '.join(sentences)} {more}"] if sentences else []


def gone(charter: Charter, store: Store) -> list[str]:
    """Say of which days rows are gone, part by part, and whether the pilot was stopped."""
    lines = []
    for part in retention.PARTS:
        days = [d for d in charter.units() if retention.is_gone(store, charter.pilot, d, part)]
        if days:
            what = {"raw": "raw rows", "staged": "staged rows", "linked": "pseudonym keys"}[part]
            lines.append(f"† {what} deleted: {', '.join(map(str, days))}")
    if store.stopped(charter.pilot).exists():
        lines.append(f"† {charter.pilot} was stopped for good: no verb opens it again.")
    return lines


def broken(days: list[status.DayStatus]) -> list[str]:
    """Say of each release that is not as it was signed what is wrong with it, and what to do."""
    return [
        f"✗ {day.day} {product} is released and broken: {fault} Show it to nobody; find out who "
        "changed it, restore it from a copy, and run `peil verify`."
        for day in days
        for product, fault in day.broken.items()
    ]


def set_aside(charter: Charter, store: Store) -> list[str]:
    """Say of each day, or product of a day, that is set aside: which, why, and what to do."""
    files = sorted(store.quarantine(charter.pilot).glob("*.closed.json"))
    return [
        f"✗ {file.name.removesuffix('.closed.json')} is set aside: {alert['what']} "
        f"{alert['what_to_do']}"
        for file in files
        for alert in [read_json(file)]
    ]
