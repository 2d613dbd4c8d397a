"""Release: makes the `released` state of a day: protected, approved, the only one that leaves.

Runs for every day of which the `estimated` state exists. It makes a candidate and asks its gate;
then two people, of the operator and of the agency, are shown what would leave and approve it, one
after the other; of a simulated pilot its simulated parties do. Only then does the candidate cross
to the agency. Products that follow devices ask and cross for themselves, each period a release of
its own, once their linkage window is estimated. Of a pilot of hours a day is bundled, of the very
entries that were released, once its last hour is.

If it fails: read the gate report first; nothing has left. A rejected release is skipped, not
failed, its reason is in the ledger, and the day stays at `estimated`.
"""

from typing import Any

from airflow.sdk import DAG, task

from peil.tasks.asking import asks, two_answers
from peil.tasks.chain import Pilot, day, guard, is_walked, pilots, report_outcome
from peil.tasks.products import release_products


def declare(pilot: Pilot) -> DAG:
    """Declare this verb's DAG for one pilot."""
    # a day that waits for a person must not hold up the next
    with DAG(
        **pilot.dag("release", __doc__, active_runs=31),
        schedule=pilot.after("estimated"),
    ) as dag:

        @task(
            task_id="release",
            on_failure_callback=pilot.tell("release"),
        )
        def run() -> dict[str, Any]:
            """Protect and audit the day: a candidate, which has not left."""
            from peil.release.release import release

            return report_outcome(release(pilot.name, day()))

        @task.branch(task_id="needs_approval", on_failure_callback=pilot.tell("approval"))
        def needs_approval() -> str:
            """Ask people, unless it crossed before or the pilot is simulated."""
            from peil.charter.period import Period

            if Period.open(pilot.name, day()).has_crossed():
                return "released"
            return "approval_operator" if asks(pilot, "presence", [day()]) else "released"

        @task(
            task_id="released",
            trigger_rule="none_failed_min_one_success",
            outlets=[pilot.asset("released")],
            on_failure_callback=pilot.tell("publish"),
        )
        def cross() -> dict[str, Any]:
            """Let what two people approved cross, signed; with its last hour a day of hours."""
            from peil.release.hours.day import bundle_days
            from peil.release.release import publish

            crossed = report_outcome(publish(pilot.name, day()))
            bundle_days(pilot.name, [day()] if pilot.is_hourly else [])
            return crossed

        @task(task_id="pages", on_failure_callback=pilot.tell("pages"))
        def show() -> None:
            """Make the pages again."""
            from peil.pages.build import rebuild

            if not is_walked():  # `peil run` builds them once, at its end
                rebuild(pilot.name)

        candidate, question, crossed = run(), needs_approval(), cross()
        guard(pilot, "released", candidate, exists=question, opened="needs_approval")
        first_question, answered = two_answers(pilot, "presence", "needs_approval")
        question >> [first_question, crossed]
        answered >> crossed >> show()
        release_products(pilot)
    return dag


for _pilot in pilots():
    globals()[f"release__{_pilot.name}"] = declare(_pilot)
