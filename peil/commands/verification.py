"""The command `peil verify`: what it takes, and what it says; the checking is in `store`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

Place = Annotated[
    Path | None,
    typer.Argument(
        help="A bundle's folder, a ledger, a regulator's view or a store; by default this store."
    ),
]
Key = Annotated[str, typer.Option(help="The operator's public key, from the register.")]
AgencyKey = Annotated[str, typer.Option(help="The agency's public key, from the agency.")]


def verify_command(console: Console, complaint: Console) -> Callable[..., None]:
    """Make the command, which prints on these consoles."""

    def verify(place: Place = None, key: Key = "", agency_key: AgencyKey = "") -> None:
        """Check signatures, hashes, names and ledger, and name the first thing that is wrong.

        Example: [bold]peil verify data/agency/released/demo/presence/2026-03-02[/bold]
        """
        from peil.commands.terminal import answering, plainly
        from peil.outcome import Refused
        from peil.store import checking, verifying
        from peil.store.store import Store

        words = (place or Store().verifiable, key, agency_key)
        with answering():
            if not words[0].exists():  # nobody changed what was never there
                raise Refused(f"{words[0]} is not there: name a bundle, ledger, view or store.")
        exit_code, sentence = verifying.answer(*words)
        if exit_code:  # not the fault of who is adding an entry at this moment
            store = Store()
            with checking.at_rest(store, *store.pilots_with_ledger()):
                exit_code, sentence = verifying.answer(*words)
        way_out = " Find out who changed it, then restore it from a copy." if exit_code else ""
        plainly(complaint if exit_code else console, sentence + way_out)
        raise typer.Exit(exit_code)

    return verify
