"""Read what every walk of a pilot needs, in a process that has nothing to walk yet."""

from __future__ import annotations

from peil.adapters import dbt_parsed
from peil.adapters.airflow import walking
from peil.settings import settings


def read(pilot: str) -> None:
    """Read the DAGs of a pilot and dbt's project; whoever walks finds both."""
    walking.ready(pilot)
    dbt_parsed.manifest(settings().engine)
