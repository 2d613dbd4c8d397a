"""Pictures of Airflow's console for docs/consoles.md, taken in a real browser."""

from benchmarks.consoles.taking import consoles

__all__ = ["consoles"]
