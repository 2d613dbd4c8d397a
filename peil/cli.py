"""The command `peil`. Each command calls one function; its last lines say what to look at."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import typer
from rich.console import Console

from peil.commands import terminal
from peil.commands.export import export_app
from peil.commands.modelling import command as modelling
from peil.commands.pilot_name import name_of
from peil.commands.quality import command as quality
from peil.commands.redteam import redteam_command
from peil.commands.reproducing.command import reproduce_command
from peil.commands.signing import approve, charter, party
from peil.commands.studying.command import studies
from peil.commands.terminal import answering, working
from peil.commands.verification import verify_command
from peil.inspecting import command
from peil.outcome import Refused, Stopped
from peil.release.crossing.command import receive_command
from peil.store.faults import leaving, stopping
from peil.store.faults.garbage import look_less_often
from peil.watch.outlook.command import outlook_command, replay_command
from peil.watch.retain import command as retaining

app = typer.Typer(
    help="Run a pilot with mobile network records properly: "
    "scheduled, reproducible, measured, accountable.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,  # locals may hold row values
)
STOPPED = {Stopped(number).exit_code for number in stopping.SIGNALS}
Port = Annotated[int, typer.Option(min=1, max=65535, help="Where it listens, on loopback.")]
console = Console()
complaint = Console(stderr=True)

Pilot = Annotated[str, typer.Argument(help="A pilot's name, or the path of its charter.")]
Day = Annotated[str, typer.Argument(help="A day of the pilot's period, as 2026-03-02.")]
OfProduct = Annotated[
    str, typer.Option("--product", help="presence, flows, visitors or residence.")
]
OfReleased = Annotated[str, typer.Option("--product", help="presence, flows or visitors.")]

say = partial(terminal.say, console=console)


@app.command()
def simulate(
    devices: Annotated[int, typer.Option(min=100, help="Devices of the operator.")] = 12_000,
    days: Annotated[int, typer.Option(min=1, max=7, help="Days from Monday on.")] = 7,
    seed: Annotated[int, typer.Option(help="Seed of people and events.")] = 1,
    world_seed: Annotated[int, typer.Option(help="Seed of country and network.")] = 1,
    make: Annotated[
        str, typer.Option(help="demo, clustered, antennas, erratic, shares or seconds.")
    ] = "demo",
    hourly: Annotated[
        bool, typer.Option("--hourly", help="Also by the hour, for the pilot demo_hourly.")
    ] = False,
) -> None:
    """Write the demo country's deliveries, and the truth beside them.

    Example: [bold]peil simulate --devices 1000 --days 2 --make clustered[/bold]
    """
    from peil.commands import demo
    from peil.commands.progress import in_turn, shown

    with answering(), shown(console, "Simulating Peilland", demo.steps_of(devices, days)) as tell:
        outcome = demo.simulate_demo(devices, days, seed, world_seed, in_turn(tell), make, hourly)
    say(outcome)


def _gated(verb: str, pilot: str, day: str, product: str = "presence") -> None:
    from peil.commands import verbs

    with working():
        name = name_of(pilot)
        verbs.check_day(name, day)
        try:
            for outcome in verbs.take_product(verb, name, product, day):
                say(outcome)
        finally:
            terminal.show_operator_page(name, console, complaint)


@app.command()
def ingest(pilot: Pilot, day: Day) -> None:
    """Land a day's delivery in the sealed raw file, then look at its gate.

    Example: [bold]peil ingest demo 2026-03-02[/bold]
    """
    _gated("ingest", pilot, day)


@app.command()
def stage(
    pilot: Pilot,
    day: Day,
    part: Annotated[
        str, typer.Option(help="Only this part of the day, as 2/4; PEIL_PARTS=4 joins all four.")
    ] = "",
) -> None:
    """Pseudonymise, clean and count a day in SQL (dbt), then look at its gate.

    Example: [bold]peil stage demo 2026-03-02[/bold]
    Example: [bold]PEIL_PARTS=4 peil stage demo 2026-03-02 --part 2/4[/bold]
    Example: [bold]PEIL_ENGINE=spark peil stage demo 2026-03-02[/bold]
    """
    if not part:
        return _gated("stage", pilot, day)
    from peil.stage import parts

    with working():
        say(parts.stage_part(name_of(pilot), day, *parts.as_written(part)))
    return None


@app.command()
def estimate(pilot: Pilot, day: Day, product: OfProduct = "presence") -> None:
    """Estimate presence of a day, then look at its gate; or a product of its linkage window.

    Example: [bold]peil estimate demo 2026-03-02[/bold]
    Example: [bold]peil estimate demo 2026-03-02 --product flows[/bold]
    """
    _gated("estimate", pilot, day, product)


@app.command()
def release(
    pilot: Pilot,
    day: Day,
    product: OfReleased = "presence",
    approved_by: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """Protect, audit and sign a day; it crosses when its gate is open and two people approved it.

    Example: [bold]peil release demo 2026-03-02[/bold]
    """
    if approved_by is not None:
        with answering():
            raise Refused(f"A typed name approves nothing: see `peil approve {pilot} {day}`.")
    _gated("release", pilot, day, product)


@app.command()
def run(
    pilot: Pilot,
    start: Annotated[str | None, typer.Option("--from", help="First day.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last day.")] = None,
    fresh: Annotated[bool, typer.Option(help="Do it all again (simulated pilots).")] = False,
) -> None:
    """Run a pilot: every day through its Airflow DAGs, then train, score and the pages.

    Exit codes: 0 done, 2 refused, 3 a gate closed, 130 or 143 stopped, 1 a fault of ours.

    Example: [bold]peil run pilots/demo.yml --from 2026-03-02 --to 2026-03-04[/bold]
    """
    from peil.charter import reading
    from peil.store.store import Store

    with working():
        name = name_of(pilot)
        read = reading.load(name)
        days = reading.days_between(read, start, end)
        from peil.commands import run as runs  # takes seconds, and is not needed to refuse a day
        from peil.commands.progress import shown
        from peil.commands.run_summary import tell_run

        steps = runs.steps_of(read, days, Store(), fresh)
        with shown(console, f"Running {name}", steps) as tell:
            report = runs.run(name, start, end, fresh, tell)
    tell_run(name, report, console, complaint)
    raise typer.Exit(report.exit_code)


@app.command()
def train(
    pilot: Pilot,
    fit_days: Annotated[int | None, typer.Option(min=1, help="Days to fit on.")] = None,
    judge_days: Annotated[int | None, typer.Option(min=1, help="Days to judge on.")] = None,
) -> None:
    """Calibrate the footprint, judge it on other days, register both; champion only when better.

    Example: [bold]peil train demo[/bold]
    """
    from peil import train as training

    with working():
        say(training.train(name_of(pilot), fit_days, judge_days))


@app.command()
def score(pilot: Pilot) -> None:
    """Score every estimated day on known truth, the champion beside the other estimators.

    Example: [bold]peil score demo[/bold]
    """
    from peil.score import score as scoring

    with working():
        outcome = scoring.score(name_of(pilot))
        for table in scoring.as_tables(name_of(pilot)):
            console.print(table)
        say(outcome)


@app.command()
def status(pilot: Pilot) -> None:
    """Show where each day stands and why it waits.

    Example: [bold]peil status demo[/bold]
    """
    from peil.commands.status_table import tell_status

    with answering():
        tell_status(pilot, console)


@app.command()
def watch(
    pilot: Pilot,
    day: Annotated[str | None, typer.Argument(help="By default the last day measured.")] = None,
) -> None:
    """Look for trouble, tell people what is new and what has ended, and say what lasts.

    Example: [bold]peil watch demo[/bold]
    """
    with answering():
        terminal.tell_watch(name_of(pilot), day, console)


def _page_of(charter: Any, reload_s: float) -> Any:
    from peil.pages.outlook import replayed  # takes its second

    return replayed.page_of(charter, reload_s)


app.command()(command.asked(answering, console))
app.command()(quality.asked(answering, console))
app.command()(redteam_command(answering, console))
app.command()(verify_command(console, complaint))
app.command()(receive_command(answering, say))
app.command()(outlook_command(answering, say))
app.command()(replay_command(answering, say, _page_of))
app.command()(reproduce_command(working, console))
modelling.add_to(app, answering, working, console)
app.command("approve")(approve.asked(working, console))
app.add_typer(charter.commands(answering, console), name="charter")
app.add_typer(party.commands(answering, console), name="party")
retaining.add_to(app, working, console)
app.add_typer(studies(answering, working, console), name="study")
app.add_typer(export_app(answering, console), name="export")
alerts_app = typer.Typer(help="Look after what tells people of trouble.", no_args_is_help=True)
app.add_typer(alerts_app, name="alerts")


@alerts_app.command("test")
def alerts_test() -> None:
    """Send a test message by every configured channel, and say what happened.

    Example: [bold]peil alerts test[/bold]
    """
    with answering():
        terminal.tell_alerts_test(console)


@app.command()
def up(airflow_port: Port = 8080, mlflow_port: Port = 5000) -> None:
    """Start Airflow and MLflow on this machine's loopback, for people who want the consoles.

    Example: [bold]peil up[/bold]
    """
    from peil.adapters.airflow.standalone import up as start
    from peil.settings import settings

    with answering():
        start(settings(), airflow_port, mlflow_port)


def main() -> None:
    """Run a command; stopped, it does not wait even for what libraries do at an exit."""
    leaving.prepare()
    look_less_often()
    terminal.warn_of_variables()
    try:
        app()
    except SystemExit as end:
        if end.code in STOPPED:
            leaving.at_once(int(end.code))
        if isinstance(end.code, int | None):
            leaving.with_code(end.code or 0)
        raise


if __name__ == "__main__":
    main()
