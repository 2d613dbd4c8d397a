"""The commands `peil compare`, `peil promote` and `peil rollback`, as they are typed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from peil.commands.pilot_name import name_of
from peil.commands.signing.party import Answering
from peil.commands.terminal import plainly, say
from peil.outcome import Refused

Pilot = Annotated[str, typer.Argument(help="A pilot's name, or the path of its charter.")]
OnStudy = Annotated[str, typer.Option("--on", help="The study that tries them.")]


def add_to(app: typer.Typer, answering: Answering, working: Answering, console: Console) -> None:
    """Declare the commands for typer, answering as the other commands do."""

    @app.command("compare")
    def compare(
        pilot: Pilot,
        incumbent: Annotated[str, typer.Argument(help="A version, as presence@1.")] = "",
        candidate: Annotated[str, typer.Argument(help="Another, or one of the study.")] = "",
        on: OnStudy = "",
        html: Annotated[Path | None, typer.Option(help="A page to write, with maps.")] = None,
    ) -> None:
        """Show estimators and versions side by side; two versions on the worlds of a study.

        Example: [bold]peil compare demo[/bold]

        Example: [bold]peil compare demo presence@1 presence@2 --on demo --html page.html[/bold]
        """
        from peil.commands import comparison
        from peil.commands.modelling import versions

        with answering():
            if bool(incumbent) != bool(candidate) or bool(candidate) != bool(on):
                raise Refused("Two versions and --on STUDY go together: name all three, or none.")
            if not incumbent:
                for table in comparison.tables(name_of(pilot)):
                    console.print(table)
                return
            for part in versions.beside(name_of(pilot), incumbent, candidate, on, html):
                if isinstance(part, str):
                    plainly(console, part)
                else:
                    console.print(part)

    @app.command("promote")
    def promote(
        pilot: Pilot,
        candidate: Annotated[str, typer.Argument(help="presence@2, or one of the study.")],
        on: OnStudy,
        role: Annotated[str, typer.Option("--as", help="operator: who approves it.")] = "operator",
        key: Annotated[Path | None, typer.Option(help="Your private key.")] = None,
    ) -> None:
        """Let a better version of presence take the incumbent's place, on a study's evidence.

        Example: [bold]peil promote demo combined@more_steps --on demo[/bold]

        Of a real pilot it waits for a person of the operator: --as operator --key FILE.
        """
        from peil.charter.clock import wall_today
        from peil.score.promoting import promote as promoting
        from peil.store import parties
        from peil.store.store import Store

        with working():
            signer = None
            if key is not None:
                signer = parties.signer_of(Store(), role, key.expanduser(), wall_today())
            say(promoting.promote(name_of(pilot), candidate, on, signer), console)

    @app.command("rollback")
    def rollback(
        pilot: Pilot,
        model: Annotated[
            str, typer.Argument(help="footprint, presence, stays, flows or visitors.")
        ] = "footprint",
    ) -> None:
        """Let the model that was champion before stand again, for days not yet released.

        Example: [bold]peil rollback demo[/bold]

        Example: [bold]peil rollback demo presence[/bold]
        """
        from peil import train as training

        with working():
            say(training.rollback(name_of(pilot), model), console)
