"""Receive: takes in, on the agency's side, what the operator laid in the outbox.

Runs every quarter of an hour on the agency's Airflow; where one machine is both sides, `release`
has taken everything in already, and it finds nothing. Signatures, hashes, approvals, pilot, period
and the signed head of the ledger are checked first; the agency's key then signs a head of its own.

If it fails: a bundle or the ledger does not hold, and lies in the outbox still; the message names
it. Ask the operator, who sends it again; nothing of it is on the agency's side.
"""

from typing import Any

from airflow.sdk import DAG, task

from peil.tasks.chain import Pilot, pilots, report_outcome


def declare(pilot: Pilot) -> DAG:
    """Declare this verb's DAG for one pilot."""
    with DAG(
        **pilot.dag("receive", __doc__, active_runs=1),
        schedule="*/15 * * * *" if pilot.start else None,
        start_date=pilot.start,
    ) as dag:
        # the next quarter of an hour tries again
        @task(task_id="receive", retries=0, on_failure_callback=pilot.tell("receive"))
        def run() -> dict[str, Any]:
            """Verify what lies in the outbox and take it in."""
            from peil.release.crossing.receive import receive

            return report_outcome(receive(pilot.name))

        run()
    return dag


for _pilot in pilots("agency"):
    globals()[f"receive__{_pilot.name}"] = declare(_pilot)
