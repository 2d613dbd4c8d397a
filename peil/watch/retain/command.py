"""The commands of this room: `peil retain`, `peil opt-out`, `peil shred`, `peil stop`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Annotated

import typer
from rich.console import Console

from peil.outcome import Outcome, Refused

Answering = Callable[[], AbstractContextManager[None]]
Pilot = Annotated[str, typer.Argument(help="A pilot's name.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask: it cannot be taken back.")]


def add_to(app: typer.Typer, answering: Answering, console: Console) -> None:
    """Add the commands of this room to the command line."""

    def say(outcome: Outcome) -> None:
        console.print(outcome.sentence(), markup=False, highlight=False, soft_wrap=True)

    @app.command("retain")
    def retain(
        pilot: Annotated[str | None, typer.Argument(help="By default every pilot.")] = None,
    ) -> None:
        """Delete what is past the time that the charter gives it, keys first, with receipts.

        Example: [bold]peil retain demo[/bold]
        """
        from peil.charter import reading
        from peil.watch.retain import retain as retention

        with answering():
            refusals = []
            for name in [pilot] if pilot else reading.pilots():
                try:
                    say(retention.retain(name))
                except Refused as refusal:  # of one pilot: rows of others die all the same
                    refusals.append(refusal)
            if refusals:
                raise refusals[0]

    @app.command("opt-out")
    def opt_out(pilot: Pilot) -> None:
        """Apply the opt-out list as it is now to every day whose rows are still there.

        Example: [bold]peil opt-out demo[/bold]
        """
        from peil.watch.retain import opt_out as opting

        with answering():
            say(opting.opt_out(pilot))

    @app.command("shred")
    def shred(
        pilot: Pilot,
        day: Annotated[str, typer.Argument(help="As 2026-03-02.")],
        is_sure: Yes = False,
    ) -> None:
        """Delete all rows of a day now, keys first; what was released of it stays.

        Example: [bold]peil shred demo 2026-03-02[/bold]
        """
        from peil.watch.retain import stop as stopping

        _sure(is_sure, f"Every row of {pilot} {day} will be gone.")
        with answering():
            say(stopping.shred(pilot, day))

    @app.command("stop")
    def stop(pilot: Pilot, is_sure: Yes = False) -> None:
        """Stop a pilot for good: no verb opens it again; rows, keys and unreleased figures die.

        Example: [bold]peil stop demo[/bold]
        """
        from peil.watch.retain import stop as stopping

        _sure(is_sure, f"{pilot} will be stopped for good, and its rows and keys gone.")
        with answering():
            say(stopping.stop(pilot))


def _sure(is_sure: bool, what: str) -> None:
    if not is_sure:
        typer.confirm(f"{what} This cannot be taken back. Go on?", abort=True)
