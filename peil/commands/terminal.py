"""What longer commands print: `peil.cli` asks, this says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.table import Table

from peil.outcome import GateClosed, Outcome, Refused
from peil.store.store import Store


@contextmanager
def answering() -> Iterator[None]:
    """Turn a refusal or a closed gate into one sentence and its exit code."""
    try:
        yield
    except (Refused, GateClosed) as stop:
        complaint = Console(stderr=True)
        complaint.print(str(stop), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(stop.exit_code) from None


def plainly(console: Console, text: str) -> None:
    """Print a line as it is: no markup, no wrapping in its middle."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def say(outcome: Outcome, console: Console) -> None:
    """Print an outcome and where to look."""
    plainly(console, outcome.sentence())
    for place in outcome.look_at:
        plainly(console, f"  look at {place}")


def tell_run(pilot: str, report: object, console: Console, complaint: Console) -> None:
    """Print what a run did: outcomes, days stopped, what is amiss, and where the pages are."""
    from peil.commands.run import Report

    assert isinstance(report, Report)
    for outcome in report.outcomes:
        # a product that follows devices is released for a whole window, once it is complete
        is_product = outcome.verb.startswith("release_") and outcome.status == "done"
        if is_product or outcome.verb in {"publish", "train", "score"}:
            say(outcome, console)
    if report.unchanged:
        n = len(report.unchanged)
        console.print(f"{n} day{'s' if n > 1 else ''} released before: nothing was done again.")
    for line in [
        *(f"{day} stopped: {why}" for day, why in report.stopped.items()),
        *(f"Trouble: {line}" for line in report.troubles),
    ]:
        complaint.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
    console.print(f"What became of each day:   peil status {pilot}")
    if report.operator_page is not None:
        console.print(f"Operator's page:           {report.operator_page}", soft_wrap=True)
    if report.page is None:
        console.print("The page of the pilot is made with its first released day.")
    else:
        console.print(f"[bold]The page of the pilot:     {report.page}[/bold]", soft_wrap=True)


def tell_status(pilot: str, console: Console) -> None:
    """Print where each day stands, why it waits, and what trouble lasts."""
    from peil import status
    from peil.charter import reading, windows
    from peil.stage.readiness import missing

    charter, store = reading.load(pilot), Store()
    days = status.of_pilot(charter, store)
    table = Table(title=f"{charter.pilot}: gates in the order {', '.join(status.STATES)}")
    for name in ("day", "state", "gates", "ledger"):
        table.add_column(name, no_wrap=True)
    linked = [product.name for product in windows.linked_products(charter)]
    if linked:
        table.add_column("products", no_wrap=True)
    table.add_column("why it waits")
    has_trouble = any(row.trouble for row in days)
    if has_trouble:
        table.add_column("trouble", style="red")
    marks = {"released": "✓", "waits": "·", "ready": "·"}
    signs = {"open": "✓", "closed": "✗", "-": "·"}
    for row in days:
        gates = " ".join(signs[row.gates[state]] for state in status.STATES)
        others = " ".join(marks.get(row.products[name], "≈") for name in linked)
        cells = [str(row.day), row.state, gates, row.ledger, *([others] if linked else []), row.why]
        table.add_row(*cells, *([row.trouble] if has_trouble else []))
    console.print(table)
    console.print("✓ open   ✗ closed   · not judged yet")
    if linked:
        console.print(f"products: {', '.join(linked)}   ✓ released   ≈ estimated   · not yet")
        for window in windows.windows(charter):
            left = missing(charter, window, store)
            if left:
                console.print(
                    f"{' and '.join(linked)} of {window} wait until {len(left)} more "
                    f"day{'s are' if len(left) > 1 else ' is'} staged and believed.",
                    soft_wrap=True,
                )


def tell_watch(pilot: str, day: str | None, console: Console) -> None:
    """Watch, and print what is new and what lasts."""
    from peil.watch import watch

    say(watch.watch(pilot, day), console)
    for line in watch.lines(Store(), pilot):
        plainly(console, line)


def tell_alerts_test(console: Console) -> None:
    """Send a test message by every channel, and print what happened.

    Raises
    ------
    Refused
        No channel is configured, or one did not take the message.
    """
    from peil.alerts import outbox

    found = outbox.test(Store())
    for name, why in found.items():
        plainly(console, f"{name}: not sent ({why})" if why else f"{name}: sent")
    if any(found.values()):
        raise Refused("Not every channel took the message: correct its settings, try again.")
