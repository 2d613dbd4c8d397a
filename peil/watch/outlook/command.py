"""The command `peil outlook`: what it takes, and what it says; the computing is `outlook`'s."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Annotated, Any

import typer

from peil.outcome import Outcome


def outlook_command(
    answering: Callable[[], AbstractContextManager[None]], say: Callable[[Outcome], None]
) -> Callable[..., None]:
    """Declare the command for typer, answering as the other commands do."""

    def outlook(
        pilot: Annotated[str, typer.Argument(help="A pilot's name, or the path of its charter.")],
        hour: Annotated[
            str | None,
            typer.Option(help="As at this local hour, as 2026-03-02T20: beside what stands."),
        ] = None,
    ) -> None:
        """Say what is normal, what is not, and what the next day brings, from released figures.

        Example: [bold]peil outlook demo --hour 2026-03-04T20[/bold]
        """
        with answering():
            from peil.watch.outlook import replay, sentences
            from peil.watch.outlook.outlook import outlook as compute

            outcome, place = replay.look_back(pilot, hour) if hour else (compute(pilot), None)
            say(outcome)
            for line in sentences.lines(outcome.pilot, place):
                typer.echo(line)
            if place:
                typer.echo(f"It lies in {place.folder}; the outlook that stands is not touched.")

    return outlook


def replay_command(
    answering: Callable[[], AbstractContextManager[None]],
    say: Callable[[Outcome], None],
    page_of: Callable[..., Any],
) -> Callable[..., None]:
    """Declare the command for typer, answering as the other commands do."""

    def replay(
        pilot: Annotated[str, typer.Argument(help="A pilot's name, or the path of its charter.")],
        speed: Annotated[
            float, typer.Option(min=1, help="Hours of the pilot in an hour of the clock.")
        ] = 600,
        start: Annotated[
            str | None, typer.Option("--from", help="First hour, as 2026-03-04T12.")
        ] = None,
        end: Annotated[str | None, typer.Option("--to", help="Last hour.")] = None,
        again: Annotated[bool, typer.Option(help="Begin at the first hour again.")] = False,
    ) -> None:
        """Walk the released hours as if live: outlook, page and city's messages, hour by hour.

        Example: [bold]peil replay demo --speed 600[/bold]
        Example: [bold]peil replay demo --from 2026-03-04T18 --to 2026-03-05T01[/bold]
        """
        with answering():
            from peil.watch.outlook.replay import replay as walk

            say(walk(pilot, speed, start, end, again, typer.echo, page_of=page_of))

    return replay
