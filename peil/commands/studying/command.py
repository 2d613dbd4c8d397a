"""The commands `peil study`, as they are typed; tables are made in `tables`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from peil.commands.signing.party import Answering
from peil.commands.terminal import plainly, say

Name = Annotated[str, typer.Argument(help="A study's name: studies/NAME.study.yml.")]
Candidate = Annotated[str, typer.Argument(help="An estimator @ a set of parameters.")]


def studies(answering: Answering, working: Answering, console: Console) -> typer.Typer:
    """The group of commands as typer takes it, answering as the other commands do."""
    group = typer.Typer(
        help="Try estimators and parameters on worlds of known truth.", no_args_is_help=True
    )

    @group.command("run")
    def run(
        name: Name,
        jobs: Annotated[int, typer.Option(min=1, help="Processes at a time.")] = 2,
    ) -> None:
        """Make the worlds of a study and estimate each; what stands is not done again.

        Example: [bold]peil study run demo --jobs 2[/bold]
        """
        with working():
            from peil.commands.progress import Step, shown
            from peil.commands.studying import tables
            from peil.score.studies import plan, results, running
            from peil.store.store import Store

            store = Store()
            study = plan.read(name, store.settings)
            weights = {"world": 30.0, "estimate": 8.0}
            steps = [
                Step(step, place, weights[step] / jobs)
                for step, place in running.steps(study, store)
            ]
            with shown(console, f"Study {name}", steps) as tell:
                outcome = running.run(name, jobs, tell)
            console.print(tables.scores(results.record_of(store, name)))
            say(outcome, console)

    @group.command("show")
    def show(name: Name) -> None:
        """Show the table of a study: each candidate's errors, with intervals over worlds.

        Example: [bold]peil study show demo[/bold]
        """
        with answering():
            from peil.commands.studying import tables
            from peil.score.studies import results
            from peil.store.store import Store

            console.print(tables.scores(results.record_of(Store(), name)))

    @group.command("compare")
    def compare(
        name: Name,
        incumbent: Candidate,
        candidate: Candidate,
        html: Annotated[Path | None, typer.Option(help="A page to write, with maps.")] = None,
    ) -> None:
        """Say by how much the second errs less than the first, where, and how sure that is.

        Example: [bold]peil study compare demo em@as_released combined@as_released[/bold]

        With --html FILE.html also a page: two maps with one slider, and their difference.
        """
        with answering():
            from peil.commands.studying import tables
            from peil.pages import study_page
            from peil.score.studies import results
            from peil.store.store import Store

            store = Store()
            compared = results.compare(store, name, incumbent, candidate)
            record = results.record_of(store, name)
            changed = tables.changed(record, incumbent, candidate)
            console.print(tables.beside(compared, incumbent, candidate, len(record["worlds"])))
            for line in changed:
                plainly(console, line)
            data = study_page.data_of(store, name, incumbent, candidate, changed)
            plainly(console, f"{candidate} is: {data.verdict.en}.")
            if html is not None:
                plainly(console, f"  look at {study_page.build(data, html)}")

    return group
