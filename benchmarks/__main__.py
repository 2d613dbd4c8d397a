"""The command `python -m benchmarks NAME`: what is measured, and by which module."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.measuring.process import CommandFailed
from benchmarks.recording import NothingMeasured
from peil.commands.terminal import answering, plainly, say
from peil.outcome import Outcome

app = typer.Typer(
    help="Measure, compare in the same run, and write figures: a page for people in benchmarks/, "
    "its record in benchmarks/figures/.",
    epilog="Examples: [bold]python -m benchmarks stays[/bold] (one minute) · "
    "[bold]python -m benchmarks accuracy --on demo[/bold] (a quarter of an hour) · "
    "[bold]make bench[/bold] (all; hours)",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)
console = Console()
Sizes = Annotated[str | None, typer.Option(help="Events of a day; 10M,30M,100M by default.")]
Parts = Annotated[list[str] | None, typer.Option(help="A part, once or more; all by default.")]
Out = Annotated[Path | None, typer.Option(help="Folder, not benchmarks/.", file_okay=False)]
Stores = Annotated[
    Path | None, typer.Option(help="Folder of the stores, which stay; finished ones are read.")
]


def tell(text: str) -> None:
    """Print a sentence about progress."""
    plainly(console, text)


def run(measure: Callable[[], Outcome]) -> None:
    """Measure and print the outcome; a failure is one sentence and an exit code that is not 0."""
    with answering():
        try:
            say(measure(), console)
        except (NothingMeasured, CommandFailed) as failure:
            complaint = Console(stderr=True)
            complaint.print(str(failure), style="red", markup=False, highlight=False)
            raise typer.Exit(1) from None


@app.command()
def accuracy(on: Parts = None, out: Out = None) -> None:
    """Score estimators on known truth, part by part: demo, zuid_limburg, essnet, moves.

    Example: [bold]python -m benchmarks accuracy --on demo[/bold]
    """
    from benchmarks.accuracy import accuracy as measure

    run(lambda: measure(on or (), tell, out))


@app.command()
def consoles(
    folder: Annotated[Path, typer.Argument(help="Empty folder of the store, which stays.")],
    out: Out = None,
) -> None:
    """Take the pictures of docs/consoles.md: a pilot, a started Airflow, a browser.

    Example: [bold]python -m benchmarks consoles /srv/peil[/bold]
    """
    from benchmarks.consoles import consoles as look

    run(lambda: look(folder, tell, out))


@app.command()
def crowding(on: Parts = None, out: Out = None) -> None:
    """Score forecasts of crowding and planted surges: melbourne, statsforecast, demo, cities, cost.

    Example: [bold]python -m benchmarks crowding --on cities[/bold]
    """
    from benchmarks.crowding import crowding as measure

    run(lambda: measure(on or (), tell, out))


@app.command()
def disclosure(out: Out = None) -> None:
    """Time the audit of a release against what other pilots released of the same days.

    Example: [bold]python -m benchmarks disclosure[/bold]
    """
    from benchmarks.disclosure import N_DAYS, N_ZONES
    from benchmarks.disclosure import disclosure_audit as measure

    run(lambda: measure(N_DAYS, N_ZONES, tell, out))


@app.command()
def draws(out: Out = None) -> None:
    """Time presence of a day with its joint draws, up to 4 000 cells on 400 000 tiles.

    Example: [bold]python -m benchmarks draws[/bold]
    """
    from benchmarks.draws import SIZES
    from benchmarks.draws import draws as measure

    run(lambda: measure(SIZES, tell, out))


@app.command()
def estimate(events: Sizes = None, on: Parts = None, out: Out = None) -> None:
    """Time footprints and presence, rings (part rings), what follows devices (part products).

    Example: [bold]python -m benchmarks estimate --on products --events 10M[/bold]
    """
    from benchmarks.estimate import estimate as measure
    from benchmarks.stage import sizes_of

    run(lambda: measure(tell, events=sizes_of(events), on=on or (), out=out))


@app.command()
def faults(
    n: Annotated[int, typer.Option("--n", min=1, help="Faults, drawn by their numbers.")] = 500,
    minutes: Annotated[float, typer.Option(min=0.0, help="As many as fit in these.")] = 60.0,
    first: Annotated[int, typer.Option(min=0, help="Number of the first.")] = 0,
    stores: Stores = None,
    out: Out = None,
) -> None:
    """Kill, stop, fill the disk, damage files, set back the clock: does each verb find its way?

    Example: [bold]python -m benchmarks faults --n 90 --minutes 10[/bold]
    """
    from benchmarks.disturbed.faults import faults as measure

    run(lambda: measure(range(first, first + n), minutes, tell, out, stores))


@app.command()
def fuzz(
    n: Annotated[int, typer.Option("--n", min=1, help="Deliveries, drawn by their numbers.")] = 200,
    first: Annotated[int, typer.Option(min=0, help="Number of the first; others stay.")] = 0,
    minutes: Annotated[float, typer.Option(min=0.0, help="As many as fit in these.")] = 90.0,
    out: Out = None,
) -> None:
    """Take tiny odd deliveries through every verb and product, and count how they end.

    Example: [bold]python -m benchmarks fuzz --n 12[/bold]
    """
    from benchmarks.disturbed.fuzz import fuzz as measure

    run(lambda: measure(range(first, first + n), minutes, tell, out))


@app.command()
def location(out: Out = None) -> None:
    """Time the recursions of the hidden Markov model, by number of states.

    Example: [bold]python -m benchmarks location[/bold]
    """
    from benchmarks.location import SIZES
    from benchmarks.location import location as measure

    run(lambda: measure(SIZES, tell, out))


@app.command()
def mutations(on: Parts = None, out: Out = None) -> None:
    """Lie to refusals, gates, locks and thresholds, and count which lies the tests notice.

    Example: [bold]python -m benchmarks mutations --on peil/store/ledger.py[/bold]
    """
    from benchmarks.disturbed.mutations import mutations as measure

    run(lambda: measure(on or (), tell, out))


@app.command()
def released(
    on: Annotated[
        list[str] | None,
        typer.Option(help="Makes of world, as demo,clustered (see peil simulate --make)."),
    ] = None,
    seeds: Annotated[str | None, typer.Option(help="Worlds; 21,22,23,24,25 by default.")] = None,
    devices: Annotated[int, typer.Option(min=100, help="Devices of each world.")] = 12_000,
    days: Annotated[int, typer.Option(min=1, max=7, help="Days of each world.")] = 7,
    stores: Stores = None,
    baseline: Annotated[bool, typer.Option(help="Write as *before*, to compare with.")] = False,
    trained: Annotated[bool, typer.Option(help="Train on the first two nights first.")] = False,
    untimed: Annotated[bool, typer.Option(help="Do not read timing advance.")] = False,
    out: Out = None,
) -> None:
    """Score what pilots release on known truth: every product and level, its intervals too.

    Example: [bold]python -m benchmarks released --on demo,clustered --seeds 21,22[/bold]
    """
    from benchmarks.released import BEFORE, NOW, TRAINED, UNTIMED, seeds_of
    from benchmarks.released import released as measure

    if baseline + trained + untimed > 1:
        raise typer.BadParameter("One of --baseline, --trained and --untimed: rows of their own.")
    period = BEFORE if baseline else TRAINED if trained else UNTIMED if untimed else NOW
    run(lambda: measure(on or (), seeds_of(seeds), tell, out, stores, devices, days, period))


@app.command()
def rooms(
    pilot: Annotated[str, typer.Argument(help="A pilot of this store.")] = "demo",
    day: Annotated[str, typer.Argument(help="A released day of it.")] = "2026-03-02",
) -> None:
    """Count the rooms of `peil/` that the release of a day enters; writes nothing.

    Example: [bold]python -m benchmarks rooms demo 2026-03-02[/bold]
    """
    from benchmarks.rooms import report

    with answering():
        tell(report(pilot, day))


@app.command()
def simulate(
    devices: Annotated[int, typer.Option(min=100, help="Devices of the operator.")] = 20_000,
    days: Annotated[int, typer.Option(min=1, max=21, help="Days to simulate.")] = 7,
    out: Out = None,
) -> None:
    """Time the simulator of the demo country.

    Example: [bold]python -m benchmarks simulate --devices 12000[/bold]
    """
    from benchmarks.simulate import simulate as measure

    run(lambda: measure(devices, days, tell, out))


@app.command()
def soak(
    days: Annotated[int, typer.Option(min=1, max=21, help="Days of deliveries.")] = 14,
    pilots: Annotated[int, typer.Option(min=1, max=3, help="Pilots.")] = 3,
    speed: Annotated[float, typer.Option(min=1.0, help="Of the pilots' clock.")] = 200.0,
    kill_every: Annotated[float, typer.Option(min=1.0, help="Seconds between kills.")] = 600.0,
    devices: Annotated[int, typer.Option(min=100, help="Devices of each pilot.")] = 1000,
    folder: Annotated[
        Path | None, typer.Option(help="Empty folder of the stores, which stay.", file_okay=False)
    ] = None,
    out: Out = None,
) -> None:
    """Send weeks of deliveries through a started Airflow while its processes are killed.

    Example: [bold]python -m benchmarks soak --days 2 --speed 600 --kill-every 120[/bold]
    """
    from benchmarks.soak.soak import soak as measure

    run(lambda: measure(days, pilots, speed, kill_every, devices, tell, folder, out))


@app.command()
def stage(events: Sizes = None, on: Parts = None, out: Out = None) -> None:
    """Time ingest and staging: start, chains, parquet, csv, parts, engines.

    Example: [bold]python -m benchmarks stage --events 10M --on parquet[/bold]
    """
    from benchmarks.stage import sizes_of
    from benchmarks.stage import stage as measure

    run(lambda: measure(sizes_of(events), tell, out, on or ()))


@app.command()
def stays(out: Out = None) -> None:
    """Time the segmentation of devices into stays and moves, by size.

    Example: [bold]python -m benchmarks stays[/bold]
    """
    from benchmarks.stays import SIZES
    from benchmarks.stays import stays as measure

    run(lambda: measure(SIZES, tell, out))


@app.command()
def tampering(
    times: Annotated[int, typer.Option(min=1, help="Tamperings, each alone.")] = 1000,
    out: Out = None,
) -> None:
    """Tamper at random with a store and a pilot at work, and count who notices.

    Example: [bold]python -m benchmarks tampering[/bold]
    """
    from benchmarks.disturbed.tampering import tampering as measure

    run(lambda: measure(times, tell, out))


if __name__ == "__main__":
    app()
