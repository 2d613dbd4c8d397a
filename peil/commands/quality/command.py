"""The command `peil quality`; the rest is imported only when it runs, since it takes a second."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Annotated

import typer
from rich.console import Console


def asked(
    answering: Callable[[], AbstractContextManager[None]], console: Console
) -> Callable[..., None]:
    """Declare the command for typer, answering as the other commands do."""

    def quality(
        pilot: Annotated[str, typer.Argument(help="A pilot's name, or its charter's path.")],
        start: Annotated[str | None, typer.Option("--from", help="First day.")] = None,
        end: Annotated[str | None, typer.Option("--to", help="Last day.")] = None,
        check: Annotated[str | None, typer.Option(help="One check, with its places.")] = None,
        as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
        page: Annotated[bool, typer.Option("--page", help="Make the page again first.")] = False,
    ) -> None:
        """Show rows, checks against their expected ranges, and trends; out of range first.

        Example: [bold]peil quality demo[/bold]

        Example: [bold]peil quality demo --from 2026-03-04 --to 2026-03-05[/bold]

        Example: [bold]peil quality demo --check count_added_rows --json[/bold]

        Example: [bold]peil quality demo --page[/bold]
        """
        from peil.commands.quality import telling

        with answering():
            if page:
                telling.make_page(pilot)
            telling.tell(pilot, start, end, check, as_json, console)

    return quality
