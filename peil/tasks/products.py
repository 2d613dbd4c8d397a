"""Tasks of the products that follow devices: one a product that the charter names, no other.

They hang beside the state's own tasks: presence, which follows nobody, never waits for them.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import task

from peil.tasks.asking import asks, two_answers
from peil.tasks.chain import AT_ONCE, Pilot, day, is_walked, report_outcome


def estimate_products(pilot: Pilot, after: Any) -> None:
    """Put a task for each product behind the one that estimated presence, one after the other."""
    for product in pilot.linked:
        estimated = _estimate(pilot, product)
        after >> estimated
        after = estimated


def _estimate(pilot: Pilot, product: str) -> Any:
    @task(
        task_id=product,
        max_active_tis_per_dag=AT_ONCE,
        trigger_rule="all_done",  # of each other they need nothing
        on_failure_callback=pilot.tell(f"estimate_{product}"),
    )
    def run() -> dict[str, Any]:
        """Estimate the product for all days of a window that is whole."""
        from peil.tasks.windows import estimate

        return report_outcome(estimate(pilot.name, product, day()))

    return run()


def release_products(pilot: Pilot) -> None:
    """Declare the releases of products: each asks two people for itself and crosses by itself."""
    for product in pilot.releasable:
        _release(pilot, product)


def _release(pilot: Pilot, product: str) -> None:
    @task.branch(
        task_id=f"{product}_is_ready", on_failure_callback=pilot.tell(f"release_{product}")
    )
    def is_ready() -> str | None:
        """Go on once the window is whole and estimated."""
        from peil.tasks.windows import readiness

        return f"release_{product}" if readiness(pilot.name, product, day()) == "ready" else None

    @task(task_id=f"release_{product}", on_failure_callback=pilot.tell(f"release_{product}"))
    def run() -> dict[str, Any]:
        """Protect and audit the product: candidates, which have not left."""
        from peil.tasks.windows import release_window

        return report_outcome(release_window(pilot.name, product, day()))

    asker = f"needs_approval_{product}"

    @task.branch(task_id=asker, on_failure_callback=pilot.tell(f"release_{product}"))
    def needs_approval() -> str:
        """Ask people, unless nothing is left to cross or the pilot is simulated."""
        from peil.tasks.windows import unreleased_days

        days = unreleased_days(pilot.name, product, day())
        is_asked = bool(days) and asks(pilot, product, days)
        return f"approval_operator_{product}" if is_asked else f"released_{product}"

    @task(
        task_id=f"released_{product}",
        trigger_rule="none_failed_min_one_success",
        on_failure_callback=pilot.tell(f"publish_{product}"),
    )
    def cross() -> dict[str, Any]:
        """Let what two people approved cross to the agency, signed."""
        from peil.tasks.windows import publish_window

        return report_outcome(publish_window(pilot.name, product, day()))

    @task(task_id=f"pages_{product}", on_failure_callback=pilot.tell("pages"))
    def show() -> None:
        """Make the pages again."""
        from peil.pages.build import rebuild

        if not is_walked():  # `peil run` builds them once, at its end
            rebuild(pilot.name)

    question, crossed = needs_approval(), cross()
    is_ready() >> run() >> question
    asked_first, answered = two_answers(pilot, product, asker, f"_{product}")
    question >> [asked_first, crossed]
    answered >> crossed >> show()
