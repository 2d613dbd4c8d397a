"""The command `peil export`: what people outside ask of a pilot, as a folder."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from peil.commands import terminal
from peil.commands.pilot_name import name_of


def export_app(
    answering: Callable[[], AbstractContextManager[None]], console: Console
) -> typer.Typer:
    """The group of commands as typer takes it, answering as the other commands do."""
    export = typer.Typer(help="Hand out what people outside ask for.", no_args_is_help=True)

    @export.callback()
    def group() -> None:
        """Hand out what people outside ask for."""

    @export.command("regulator")
    def regulator(
        pilot: Annotated[str, typer.Argument(help="A pilot's name, or its charter's path.")],
        folder: Annotated[Path, typer.Argument(help="Folder to write; an earlier export of it.")],
    ) -> None:
        """Write ledger, charters, releases, deletions, access list and records for a regulator.

        Example: [bold]peil export regulator demo for-the-regulator[/bold]
        """
        from peil.release.regulator import export as write

        with answering():
            terminal.say(write(name_of(pilot), folder), console)

    return export
