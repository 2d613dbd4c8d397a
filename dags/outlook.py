"""Outlook: computes what is normal and what is not, whenever a day is released, and tells the city.

The agency's: it reads released bundles that verify, hours that the agency counted before, and the
file of known events. What it computes passes a gate of its own before it is placed.

Without a history to say what is normal by, or before the first release, it is skipped: that is
nobody's fault.

If it fails: what stood there before still stands, and nobody is told of what is new. A refusal
names the line of the events that is wrong; `peil outlook PILOT` does the same.
"""

from typing import Any

from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowSkipException

from peil.tasks.chain import Pilot, is_walked, pilots, report_outcome


def declare(pilot: Pilot) -> DAG:
    """Declare this verb's DAG for one pilot."""
    with DAG(
        **pilot.dag("outlook", __doc__, active_runs=1),
        schedule=pilot.after_release(),
        start_date=pilot.start,
    ) as dag:

        @task(task_id="outlook", on_failure_callback=pilot.tell("outlook"))
        def run() -> dict[str, Any]:
            """Compute the outlook as at the newest released hour, and tell the city what is new."""
            from peil.outcome import Waiting
            from peil.watch.outlook.outlook import NoHistory, outlook

            try:
                return report_outcome(outlook(pilot.name))
            except (NoHistory, Waiting) as nothing:
                raise AirflowSkipException(str(nothing)) from None

        @task(task_id="pages", retries=0, on_failure_callback=pilot.tell("pages"))
        def show() -> None:
            """Make the pages again: their first sentence says what is unusual."""
            from peil.pages.build import rebuild
            from peil.store.store import Store

            if Store().plane == "both" and not is_walked():
                rebuild(pilot.name)

        run() >> show()
    return dag


for _pilot in pilots("agency"):
    globals()[f"outlook__{_pilot.name}"] = declare(_pilot)
