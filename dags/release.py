"""Release: makes the `released` state of a day: protected, approved, the only one that leaves.

Runs for every day of which the `estimated` state exists. A person approves each release first;
a simulated pilot needs none, and its ledger says so. Only then, and only through an open
gate, does the candidate cross to the agency. Products that follow devices ask and cross for
themselves, each period a release of its own, once their linkage window is estimated.

If it fails: read the gate report first; nothing has left. A rejected release is skipped, not
failed, and the day stays at `estimated`.
"""

from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG, task

from peil.tasks.chain import SOON, WHEN, Pilot, day, guard, is_walked, pilots, report_outcome
from peil.tasks.products import release_products


def declare(pilot: Pilot) -> DAG:
    """Declare this verb's DAG for one pilot."""
    # a day that waits for a person must not hold up the next
    with DAG(
        **pilot.dag("release", __doc__, active_runs=31),
        schedule=pilot.after("estimated"),
    ) as dag:

        @task.branch(task_id="needs_approval")
        def needs_approval() -> str:
            from peil.charter import reading

            needs_approval = not reading.load(pilot.name).is_synthetic and not is_walked()
            return "approval" if needs_approval else "release"

        approval = ApprovalOperator(
            task_id="approval",
            subject=f"Release {pilot.name}, {WHEN}?",
            body="Read the gate report of the `estimated` state first. What is released cannot "
            "be called back. Your name and the moment go into the ledger.",
            ignore_downstream_trigger_rules=True,  # a rejection skips all that follows
            # what fails here is Airflow's own (an answer that came too soon): it asks again at once
            retry_delay=SOON,
        )

        @task(task_id="approved")
        def approved(answer: dict[str, Any]) -> None:
            from peil.release.release import approve

            approve(pilot.name, day(), answer["responded_by_user"]["name"])

        @task(
            task_id="release",
            trigger_rule="none_failed_min_one_success",
            on_failure_callback=pilot.tell("release"),
        )
        def run() -> dict[str, Any]:
            from peil.release.release import release

            return report_outcome(release(pilot.name, day()))

        @task(
            task_id="released",
            outlets=[pilot.asset("released")],
            on_failure_callback=pilot.tell("publish"),
        )
        def cross() -> dict[str, Any]:
            from peil.release.release import publish

            return report_outcome(publish(pilot.name, day()))

        @task(task_id="pages", on_failure_callback=pilot.tell("pages"))
        def show() -> None:
            from peil.pages.build import rebuild

            if not is_walked():  # `peil run` builds them once, at its end
                rebuild(pilot.name)

        released, recorded, crossed = run(), approved(approval.output), cross()
        needs_approval() >> [approval, recorded, released]
        recorded >> released
        guard(pilot, "released", released, exists=crossed)
        crossed >> show()
        release_products(pilot)
    return dag


for _pilot in pilots():
    globals()[f"release__{_pilot.name}"] = declare(_pilot)
