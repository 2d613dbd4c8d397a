"""Tasks of the products that follow devices: one a product that the charter names, no other.

They hang beside the state's own tasks: presence, which follows nobody, never waits for them.
"""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import task

from peil.tasks.chain import SOON, WHEN, Pilot, day, is_walked, report_outcome


def estimate_products(pilot: Pilot, after: Any) -> None:
    """Put a task for each product behind the one that estimated presence, one after the other."""
    for product in pilot.linked:
        estimated = _estimate(pilot, product)
        after >> estimated
        after = estimated


def _estimate(pilot: Pilot, product: str) -> Any:
    @task(
        task_id=product,
        trigger_rule="all_done",  # of each other they need nothing
        on_failure_callback=pilot.tell(f"estimate_{product}"),
    )
    def run() -> dict[str, Any]:
        from peil.tasks.windows import estimate

        return report_outcome(estimate(pilot.name, product, day()))

    return run()


def release_products(pilot: Pilot) -> None:
    """Declare the releases of products: each asks a person for itself and crosses by itself."""
    for product in pilot.releasable:
        _release(pilot, product)


def _release(pilot: Pilot, product: str) -> None:
    @task.branch(
        task_id=f"{product}_is_ready", on_failure_callback=pilot.tell(f"release_{product}")
    )
    def is_ready() -> str | None:
        from peil.tasks.windows import readiness

        ready = readiness(pilot.name, product, day(), is_walked())
        return {"asks": f"approval_{product}", "ready": f"release_{product}"}.get(ready)

    approval = ApprovalOperator(
        task_id=f"approval_{product}",
        subject=f"Release {product} of {pilot.name}, every day of the linkage window of {WHEN}?",
        body="These figures follow devices over the days of the window. What is released cannot "
        "be called back. Your name and the moment go into the ledger, once for each day.",
        ignore_downstream_trigger_rules=True,
        retry_delay=SOON,
    )

    @task(task_id=f"approved_{product}")
    def approved(answer: dict[str, Any]) -> None:
        from peil.tasks.windows import approve

        approve(pilot.name, product, day(), answer["responded_by_user"]["name"])

    @task(
        task_id=f"release_{product}",
        trigger_rule="none_failed_min_one_success",
        on_failure_callback=pilot.tell(f"release_{product}"),
    )
    def run() -> dict[str, Any]:
        from peil.tasks.windows import release_window

        return report_outcome(release_window(pilot.name, product, day()))

    @task(task_id=f"pages_{product}", on_failure_callback=pilot.tell("pages"))
    def show() -> None:
        from peil.pages.build import rebuild

        if not is_walked():  # `peil run` builds them once, at its end
            rebuild(pilot.name)

    answered: Any = approval.output
    recorded, released = approved(answered), run()
    is_ready() >> [approval, released]
    recorded >> released >> show()
