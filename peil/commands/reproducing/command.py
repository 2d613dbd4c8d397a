"""The command `peil reproduce`, as it is typed; what it does is `reproduce`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from peil.commands.pilot_name import name_of
from peil.commands.signing.party import Answering
from peil.commands.terminal import plainly


def reproduce_command(working: Answering, console: Console) -> Callable[..., None]:
    """Declare the command for typer, answering as the other commands do."""

    def reproduce(
        pilot: Annotated[str, typer.Argument(help="A pilot's name, or its charter's path.")],
        day: Annotated[str | None, typer.Argument(help="A released day; by default all.")] = None,
        product: Annotated[
            str | None, typer.Option(help="presence, flows or visitors; by default all.")
        ] = None,
        certificates: Annotated[
            Path | None, typer.Option(help="One, or a folder of them; by default the store's.")
        ] = None,
        anyway: Annotated[
            bool, typer.Option("--anyway", help="Make it again though something differs.")
        ] = False,
    ) -> None:
        """Make released tables again from the deliveries, and compare them byte for byte.

        Exit codes: 0 the same bytes, 2 something differs: the first things are named.

        Example: [bold]peil reproduce demo 2026-03-02 --product presence[/bold]

        Example: [bold]peil reproduce demo --certificates data/operator/certificates/demo[/bold]
        """
        with working():
            name = name_of(pilot)
            from peil.commands.reproducing import reproduce as reproducing
            from peil.commands.verbs import check_day

            if day is not None:
                check_day(name, day)
            for sentence in reproducing.reproduce(
                name, day, product, certificates, anyway, console
            ):
                plainly(console, sentence)

    return reproduce
