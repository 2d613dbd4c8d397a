"""Say on the terminal how a command ended: outcomes, refusals, what lasts, where to look.

Tables have modules of their own (`status_table`, `comparison`), as has the summary of a run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from peil.outcome import GateClosed, Outcome, Refused, Stopped
from peil.settings import misspelt
from peil.store.faults import disk, stopping
from peil.store.store import Store


@contextmanager
def answering() -> Iterator[None]:
    """Turn a refusal, a closed gate or a stop into one sentence and its exit code.

    An error of the disk or of a database is a refusal too: `peil.store.faults.disk` words it.
    What the command writes is its owner's alone, whatever the machine's umask.
    """
    os.umask(0o077)
    try:
        yield
    except (Refused, GateClosed, Stopped) as stop:
        complain(str(stop))
        raise typer.Exit(stop.exit_code) from None
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        refusal = disk.in_words(error, Store())
        if refusal is None:
            raise
        complain(str(refusal))
        raise typer.Exit(refusal.exit_code) from None


@contextmanager
def working() -> Iterator[None]:
    """Answer for a command that works for long: SIGTERM and Ctrl-C end it within ten seconds.

    It is the operator's: a process of the agency's plane is refused before anything is loaded.
    """
    with answering(), stopping.heeding(complain):
        _ = Store().operator
        yield


def warn_of_variables() -> None:
    """Say on stderr which variables `PEIL_*` nothing reads: what they should set is not set."""
    for line in misspelt():
        complain(line)


def complain(sentence: str) -> None:
    """Print a sentence in red where errors go, whatever a progress bar was doing."""
    complaint = Console(stderr=True)
    complaint.show_cursor()
    complaint.print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)


def plainly(console: Console, text: str) -> None:
    """Print a line as it is: no markup, no wrapping in its middle."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def say(outcome: Outcome, console: Console) -> None:
    """Print an outcome and where to look."""
    plainly(console, outcome.sentence())
    for place in outcome.look_at:
        plainly(console, f"  look at {place}")


def show_operator_page(pilot: str, console: Console, complaint: Console) -> None:
    """Make the operator's page again and say where it is; a failure hides nothing of the verb."""
    from peil.charter import reading
    from peil.pages import operator_reading

    try:
        page = operator_reading.build(reading.load(pilot), Store())
    except Exception as error:
        complaint.print(
            f"The operator's page could not be made again ({type(error).__name__}): the verb is "
            f"not touched by that; `peil status {pilot}` says where the day stands.",
            style="red",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    else:
        plainly(console, f"Operator's page: {page}")


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

    reasons = outbox.test(Store())
    for name, why in reasons.items():
        plainly(console, f"{name}: not sent ({why})" if why else f"{name}: sent")
    if any(reasons.values()):
        raise Refused("Not every channel took the message: correct its settings, try again.")
