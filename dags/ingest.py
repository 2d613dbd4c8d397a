"""Ingest: makes the `raw` state of a day, as delivered minus the fields nobody needs.

Runs at the midnight that ends the day, in the pilot's time zone; of a pilot of hours at the end of
each hour. Waits for a late delivery, and no other day or hour waits with it.
To run days by hand, backfill them: that works after the period too.

If it fails: read the gate report first; nothing downstream has moved. A refusal names the
file and what to do. After a correction, clear the failed run or backfill the day.
"""

from typing import Any

from airflow.sdk import DAG, task

from peil.tasks.chain import Pilot, day, guard, pilots, report_outcome


def declare(pilot: Pilot) -> DAG:
    """Declare this verb's DAG for one pilot."""
    with DAG(
        **pilot.dag("ingest", __doc__, pilot.at_once),
        schedule=pilot.by_the_clock() if pilot.start else None,
        start_date=pilot.start,
        end_date=pilot.end,
        deadline=pilot.deadline(),
        # Airflow drops the tasks of a run outside these dates, unless it is a backfill: a run
        # triggered by hand after the period would do nothing, and succeed
        allowed_run_types=["scheduled", "backfill"] if pilot.start else None,
    ) as dag:

        @task(task_id="ingest", on_failure_callback=pilot.tell("ingest"))
        def run() -> dict[str, Any]:
            """Land the day's files, sealed; those who opted out are never written."""
            from peil.ingest.ingest import ingest

            return report_outcome(ingest(pilot.name, day()))

        guard(pilot, "raw", run())
    return dag


for _pilot in pilots():
    globals()[f"ingest__{_pilot.name}"] = declare(_pilot)
