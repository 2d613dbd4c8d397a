"""Estimate: makes the `estimated` state of a day: numbers with an interval, not yet protected.

Runs for every day of which the `staged` state exists. The day that completes a linkage window
also makes the products that follow devices, for all days of the window.

If it fails: read the gate report first; nothing downstream has moved. The run's parameters
and scores are in MLflow under the run id of the table.
"""

from typing import Any

from airflow.sdk import DAG, task

from peil.tasks.chain import AT_ONCE, Pilot, day, guard, pilots, report_outcome
from peil.tasks.products import estimate_products


def declare(pilot: Pilot) -> DAG:
    """Declare this verb's DAG for one pilot."""
    with DAG(
        # days that wait for the night before must not hold up that night, should it come late
        **pilot.dag("estimate", __doc__, active_runs=31),
        schedule=pilot.after("staged"),
    ) as dag:

        @task(
            task_id="estimate",
            max_active_tis_per_dag=AT_ONCE,
            on_failure_callback=pilot.tell("estimate"),
        )
        def run() -> dict[str, Any]:
            """Estimate presence by each estimator, with joint draws for intervals."""
            from peil.estimate.estimate import estimate

            return report_outcome(estimate(pilot.name, day()))

        estimated = run()
        guard(pilot, "estimated", estimated)
        estimate_products(pilot, estimated)
    return dag


for _pilot in pilots():
    globals()[f"estimate__{_pilot.name}"] = declare(_pilot)
