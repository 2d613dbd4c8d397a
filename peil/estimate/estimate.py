"""Estimate: the counted table of a day becomes persons by zone and hour.

Belongs in here: what must hold before, and a day that is done already. How the tables of the day
are made is in `estimated_day`, which takes seconds to import.
"""

from __future__ import annotations

from peil.charter.period import Period
from peil.gates import require_open
from peil.outcome import Outcome
from peil.store.atomic import require_whole


def estimate(pilot: str, day: str) -> Outcome:
    """Make the `estimated` state of one day: every estimator, weights, intervals, MLflow runs.

    Raises
    ------
    Waiting
        The staged state is not there, or a night that calibrates this day is not.
    Refused
        No hour of the day was observed, or where a register is to be met none of its night, or
        only counts under the threshold.
    """
    period = Period.open(pilot, day, is_unit=True)
    record = period.store.estimated_record(period.pilot, period.day)
    if period.is_released():
        require_whole(record)
        return period.outcome("estimate", "unchanged", {"why": "released"})
    is_estimated = record.exists()
    if retained := period.retained("estimate", "staged", is_estimated):
        return retained
    require_open("staged", period.pilot, str(period.day))
    with period.held("estimate"):
        from peil.estimate.estimated_day import estimated

        return estimated(period)
