"""The commands `peil party`: who may sign, in which role, with which key."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from peil.commands.terminal import plainly
from peil.outcome import Refused

Answering = Callable[[], AbstractContextManager[None]]
YEARS = 2  # a key holds, unless the enrolment says otherwise


def _day(text: str | None, default: date) -> date:
    try:
        return date.fromisoformat(text) if text else default
    except ValueError:
        raise Refused("That is not a day: write it as 2026-03-02.") from None


def commands(answering: Answering, console: Console) -> typer.Typer:
    """Declare the commands for typer, answering as the other commands do."""
    app = typer.Typer(help="Enrol who may sign.", no_args_is_help=True)

    @app.command("enroll")
    def enroll(
        role: Annotated[str, typer.Option(help="operator, data_protection_officer or agency.")],
        name: Annotated[str, typer.Option(help="Name of the person.")],
        key: Annotated[
            Path, typer.Option(help="Where the private key goes: a file, a token's URI")
        ],
        start: Annotated[str | None, typer.Option("--from", help="First day; today.")] = None,
        end: Annotated[str | None, typer.Option("--to", help="Last day; two years on.")] = None,
        account: Annotated[str, typer.Option(help="Their user in Airflow, to approve there.")] = "",
    ) -> None:
        """Draw a person's key where they say, and keep its public half beside the charters.

        Example: [bold]peil party enroll --role operator --name "A. Name" --key ~/a.key[/bold]
        """
        from peil.charter.clock import wall_today
        from peil.store import parties, private_keys
        from peil.store.store import Store

        with answering():
            mode = "" if private_keys.is_in_token(key) else " (0400)"
            first = _day(start, wall_today())
            last = _day(end, date(first.year + YEARS, first.month, min(first.day, 28)))
            store = Store()
            party = parties.enroll(store, role, name, key.expanduser(), (first, last), account)
            plainly(
                console,
                f"{party.name}, {parties.words(party.role)}, key {party.key_id}, holds from "
                f"{party.valid_from} to {party.valid_to}; the private key lies in {key}{mode}, "
                f"its public half in {store.parties}.",
            )

    @app.command("list")
    def list_parties() -> None:
        """Show who may sign.

        Example: [bold]peil party list[/bold]
        """
        from peil.store import parties
        from peil.store.store import Store

        with answering():
            store = Store()
            for party in parties.of_pilot(store, is_synthetic=True):
                where = ", simulated pilots only" if party.is_simulated else ""
                plainly(
                    console,
                    f"{party.key_id}  {parties.words(party.role)}: {party.name}, "
                    f"{party.valid_from} to {party.valid_to}{where}",
                )

    return app
