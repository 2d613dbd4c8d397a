"""Stage: makes the `staged` state of a day: pseudonymised, cleaned and counted, in SQL.

Runs for every day of which the `raw` state exists.

If it fails: read the gate report first; nothing downstream has moved. Rows set aside are
listed by reason in the quarantine; the SQL's own tests are in the task's log.
"""

from typing import Any

from airflow.sdk import DAG, task

from peil.tasks.chain import Pilot, day, guard, pilots, report_outcome


def declare(pilot: Pilot) -> DAG:
    """Declare this verb's DAG for one pilot."""
    with DAG(**pilot.dag("stage", __doc__, pilot.at_once), schedule=pilot.after("raw")) as dag:

        @task(task_id="stage", on_failure_callback=pilot.tell("stage"))
        def run() -> dict[str, Any]:
            """Pseudonymise, clean and count the day, in SQL by dbt."""
            from peil.stage.stage import stage

            return report_outcome(stage(pilot.name, day()))

        guard(pilot, "staged", run())
    return dag


for _pilot in pilots():
    globals()[f"stage__{_pilot.name}"] = declare(_pilot)
