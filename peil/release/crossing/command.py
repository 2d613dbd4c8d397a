"""The command `peil receive`: what it takes, and what it says; the taking in is `receive`'s."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Annotated

import typer

from peil.outcome import Outcome, Refused


def receive_command(
    answering: Callable[[], AbstractContextManager[None]], say: Callable[[Outcome], None]
) -> Callable[..., None]:
    """Declare the command for typer, answering as the other commands do."""

    def receive(
        pilot: Annotated[str | None, typer.Argument(help="By default all of the outbox.")] = None,
    ) -> None:
        """Take in what the operator laid in the outbox; what does not hold stays there.

        On one machine `peil release` does so by itself. Signatures, hashes, approvals, pilot and
        period, and the signed head of the ledger are checked first.

        Example: [bold]peil receive[/bold]
        """
        from peil.release.crossing import receive as receiving

        with answering():
            refusals = []
            names = [pilot] if pilot else receiving.pilots()
            if not names:
                typer.echo("The outbox is empty: nothing is taken in.")
            for name in names:
                try:
                    say(receiving.receive(name))
                except Refused as refusal:  # of one pilot: others are taken in all the same
                    refusals.append(refusal)
            if refusals:
                raise refusals[0]

    return receive
