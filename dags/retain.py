"""Retain: deletes what is past the time that the charter gives it, keys first, with receipts.

Runs every hour, after the period too, and under an expired charter: what is due must die.

If it fails: something is kept too long, or its receipt is not in the ledger. A refusal names the
folder in which nothing can be deleted, or what the ledger lacks; all else is deleted. A day that
another run holds dies an hour later. `peil retain PILOT` does the same from a terminal.
"""

from typing import Any

from airflow.sdk import DAG, task

from peil.tasks.chain import Pilot, pilots, report_outcome


def declare(pilot: Pilot) -> DAG:
    """Declare this verb's DAG for one pilot."""
    with DAG(
        **pilot.dag("retain", __doc__, active_runs=1),
        schedule="37 * * * *" if pilot.start else None,
        start_date=pilot.start,
    ) as dag:

        @task(task_id="retain", on_failure_callback=pilot.tell("retain"))
        def run() -> dict[str, Any]:
            """Delete what is past its time, keys first, with a receipt each."""
            from peil.watch.retain.retain import retain

            return report_outcome(retain(pilot.name))

        run()
    return dag


for _pilot in pilots():
    globals()[f"retain__{_pilot.name}"] = declare(_pilot)
