"""Watch: looks for trouble every hour, and tells people what is new and what has ended.

Late deliveries, closed gates, drift of what is delivered, and what verbs left to be told. Also
sends again what a mail server or a webhook did not take the last time.

If it fails: nobody is told of new trouble until it runs again; the gates hold all the same.
`peil watch PILOT` does the same from a terminal and says what is wrong.
"""

from typing import Any

from airflow.sdk import DAG, task

from peil.tasks.chain import Pilot, asked_day, is_walked, pilots, report_outcome


def declare(pilot: Pilot) -> DAG:
    """Declare this verb's DAG for one pilot."""
    with DAG(
        **pilot.dag("watch", __doc__, active_runs=1),
        # beside the full hour, when deliveries are due
        schedule="7 * * * *" if pilot.start else None,
        start_date=pilot.start,
    ) as dag:
        # the next hour tries again
        @task(task_id="watch", retries=0, on_failure_callback=pilot.tell("watch"))
        def run() -> dict[str, Any]:
            """Look for trouble; tell what is new and what has ended.

            Of hours first bundle the days of which nothing can come any more: the last one has no
            hour after it that would.
            """
            from peil.watch.watch import watch

            if pilot.is_hourly:
                from peil.release.hours.day import bundle_days

                bundle_days(pilot.name)
            return report_outcome(watch(pilot.name, asked_day()))

        # what lasts is on the operator's pages, whoever could be told of it
        @task(task_id="pages", retries=0, trigger_rule="all_done")
        def show() -> None:
            """Make the pages again: what lasts is on them."""
            from peil.pages.build import rebuild

            if not is_walked():
                rebuild(pilot.name)

        run() >> show()
    return dag


for _pilot in pilots():
    globals()[f"watch__{_pilot.name}"] = declare(_pilot)
