"""The command `peil approve`: see what would leave, then approve or reject it in your role."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from peil.commands.signing.party import Answering
from peil.commands.terminal import plainly
from peil.outcome import Refused


def asked(answering: Answering, console: Console) -> Callable[..., None]:
    """Declare the command for typer, answering as the other commands do."""

    def approve(
        pilot: Annotated[str, typer.Argument(help="A pilot's name, or its charter's path.")],
        day: Annotated[str, typer.Argument(help="A day of the period, as 2026-03-02.")],
        product: Annotated[str, typer.Option(help="presence, flows or visitors.")] = "presence",
        role: Annotated[str, typer.Option("--as", help="operator or agency.")] = "",
        key: Annotated[Path | None, typer.Option(help="Your private key.")] = None,
        candidate: Annotated[str, typer.Option(help="Which one you were shown.")] = "",
        reject: Annotated[bool, typer.Option("--reject", help="No, and --reason why.")] = False,
        reason: Annotated[str, typer.Option(help="Why it is rejected.")] = "",
    ) -> None:
        """Show a release candidate; with --as, --key and --candidate approve or reject it.

        Example: [bold]peil approve demo 2026-03-02[/bold]

        Example: [bold]peil approve demo 2026-03-02 --as agency --key FILE --candidate HASH[/bold]

        A rejection has --reject --reason "A feast is missing" besides.
        """
        from peil.charter.clock import wall_today
        from peil.commands.pilot_name import name_of
        from peil.release import approvals
        from peil.store import parties
        from peil.store.store import Store

        with answering():
            name = name_of(pilot)
            shown = approvals.show(name, day, product)
            digits = shown.candidate[: approvals.SHORTEST]
            plainly(console, f"{name} {shown.day}, {product}: candidate {digits}")
            for line in [*shown.lines, *(f"look at {place}" for place in shown.places)]:
                plainly(console, f"  {line}")
            if not role and key is None and not reject:
                plainly(
                    console,
                    f"To approve: `peil approve {name} {shown.day} --product {product} --as ROLE "
                    f"--key FILE --candidate {digits}`; or --reject --reason WHY.",
                )
                return
            if reject != bool(reason.strip()):
                raise Refused("--reject and --reason go together: a rejection leaves a reason.")
            if key is None:
                raise Refused("--key FILE: an answer is signed with your key.")
            signer = parties.signer_of(Store(), role, key.expanduser(), wall_today())
            approvals.answer(name, day, signer, candidate, product, reason.strip())
            plainly(
                console,
                f"{signer.party.name}, {parties.words(role)}, "
                f"{'rejects' if reject else 'approves'} {digits}; the ledger has it.",
            )

    return approve
