"""Train: fits the footprint on the period's days and promotes it only where it is better.

Has no schedule: start it after the period, from the console or with `peil train`.

If it fails: the champion is still the one before; nothing downstream has moved. A refusal
names the day whose counts are missing.
"""

from typing import Any

from airflow.sdk import DAG, task

from peil.tasks.chain import Pilot, pilots, report_outcome


def declare(pilot: Pilot) -> DAG:
    """Declare this verb's DAG for one pilot."""
    with DAG(**pilot.dag("train", __doc__, active_runs=1), schedule=None) as dag:

        @task(task_id="train", on_failure_callback=pilot.tell("train"))
        def run() -> dict[str, Any]:
            """Fit the footprint on first nights, judge it on later ones, promote a better one."""
            from peil.train import train

            return report_outcome(train(pilot.name))

        run()
    return dag


for _pilot in pilots():
    globals()[f"train__{_pilot.name}"] = declare(_pilot)
