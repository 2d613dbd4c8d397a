"""Stage: makes the `staged` state of a day: pseudonymised, cleaned and counted, in SQL.

Runs for every day of which the `raw` state exists. Where `PEIL_PARTS` is more than 1, parts of the
day are staged first, each a task that any worker may take: where Airflow has a `CeleryExecutor`
beside its own, workers on other machines that share the store.

If it fails: read the gate report first; nothing downstream has moved. Rows set aside are
listed by reason in the quarantine; the SQL's own tests are in the task's log.
"""

from typing import Any

from airflow.sdk import DAG, task

from peil.tasks.chain import Pilot, day, guard, pilots, report_outcome
from peil.tasks.parts import how_many, of_a_part


def declare(pilot: Pilot) -> DAG:
    """Declare this verb's DAG for one pilot."""
    n_parts = how_many()
    with DAG(**pilot.dag("stage", __doc__, pilot.at_once), schedule=pilot.after("raw")) as dag:

        @task(task_id="part", on_failure_callback=pilot.tell("stage"), **of_a_part())
        def stage_part(number: int) -> dict[str, Any]:
            """Pseudonymise and clean one part of the day, cut by pseudonym."""
            from peil.stage import parts

            # a failure of the verb ends when the day is staged, not with one of its parts
            return dict(vars(parts.stage_part(pilot.name, day(), number, n_parts)))

        @task(task_id="stage", on_failure_callback=pilot.tell("stage"))
        def run() -> dict[str, Any]:
            """Pseudonymise, clean and count the day, in SQL by dbt; its parts are joined here."""
            from peil.stage.stage import stage

            return report_outcome(stage(pilot.name, day()))

        staged = run()
        if n_parts > 1:
            stage_part.expand(number=list(range(1, n_parts + 1))) >> staged
        guard(pilot, "staged", staged)
    return dag


for _pilot in pilots():
    globals()[f"stage__{_pilot.name}"] = declare(_pilot)
