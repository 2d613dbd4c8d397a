"""The command `python -m benchmarks NAME`: what is measured, and by which module."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from peil.commands.terminal import answering, say

app = typer.Typer(
    help="Measure, compare in the same run, and write the figures under benchmarks/.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
console = Console()
Sizes = Annotated[str | None, typer.Option(help="Sizes of days: 10M,30M,100M by default.")]
Parts = Annotated[list[str] | None, typer.Option(help="Parts to measure; all by default.")]


@app.command()
def accuracy(on: Parts = None) -> None:
    """Score estimators on known truth, part by part.

    Example: [bold]python -m benchmarks accuracy --on demo[/bold]
    """
    from benchmarks.accuracy import accuracy as measure

    with answering():
        say(measure(on or (), console.print), console)


@app.command()
def estimate(events: Sizes = None, on: Parts = None) -> None:
    """Time footprints, presence and products that follow devices, by size.

    Example: [bold]python -m benchmarks estimate --on products --events 10M[/bold]
    """
    from benchmarks.estimate import estimate as measure
    from benchmarks.stage import sizes_of

    with answering():
        say(measure(console.print, events=sizes_of(events), on=on or ()), console)


@app.command()
def location() -> None:
    """Time the recursions of the hidden Markov model, by number of states.

    Example: [bold]python -m benchmarks location[/bold]
    """
    from benchmarks.location import SIZES
    from benchmarks.location import location as measure

    with answering():
        say(measure(SIZES, console.print), console)


@app.command()
def simulate(devices: int = 20_000, days: int = 7) -> None:
    """Time the simulator of the demo country.

    Example: [bold]python -m benchmarks simulate --devices 12000[/bold]
    """
    from benchmarks.simulate import main as measure

    with answering():
        measure(devices, days)


@app.command()
def stage(events: Sizes = None) -> None:
    """Time ingest and staging beside what the same machine needs at the least.

    Example: [bold]python -m benchmarks stage --events 10M[/bold]
    """
    from benchmarks.stage import sizes_of
    from benchmarks.stage import stage as measure

    with answering():
        say(measure(sizes_of(events), console.print), console)


@app.command()
def stays() -> None:
    """Time the segmentation of devices into stays and moves, by size.

    Example: [bold]python -m benchmarks stays[/bold]
    """
    from benchmarks.stays import SIZES
    from benchmarks.stays import stays as measure

    with answering():
        say(measure(SIZES, console.print), console)


if __name__ == "__main__":
    app()
