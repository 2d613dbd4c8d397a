"""Parts of a day as tasks: how many, which executor takes them, how soon one is tried again.

Light, as `peil.tasks.chain`: the files in `dags/` import it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk.configuration import conf

from peil.settings import settings

WORKERS = "CeleryExecutor"


def how_many() -> int:
    """Return in how many parts a day is staged."""
    return settings().parts


def of_a_part() -> dict[str, Any]:
    """Return the arguments of the task that stages a part.

    Where Airflow has workers on other machines they take it; all else stays with the scheduler,
    whose processes have the libraries imported. A part that went with its worker is tried again
    soon: what waits for a delivery, and so for minutes, comes before it.
    """
    executors = [name.strip() for name in conf.get("core", "executor").split(",")]
    return {
        "executor": WORKERS if WORKERS in executors else None,
        "retry_delay": timedelta(seconds=20),
    }
