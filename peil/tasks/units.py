"""The days or hours of a pilot: when they are ingested, how a run names them, how long it waits.

Light, as `peil.tasks.chain`: the files in `dags/` import it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import CronPartitionTimetable, ExceptionRetryPolicy, RetryAction, RetryRule

from peil.charter import reading

RETRY_RULES = ExceptionRetryPolicy(
    rules=[
        # first match wins: Waiting is a Refused that time may heal
        RetryRule(
            "peil.outcome.Waiting",
            RetryAction.RETRY,
            reason="an earlier state is missing",
        ),
        RetryRule("peil.outcome.Refused", RetryAction.FAIL, reason="refused: see the message"),
        RetryRule("peil.outcome.GateClosed", RetryAction.FAIL, reason="a gate is closed"),
    ]
)

# five hours of waiting for a late delivery: 5, 10, 20, 40, then 60 minutes
RETRIES: dict[str, Any] = {
    "retries": 8,
    "retry_delay": timedelta(minutes=5),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(hours=1),
}
# an hour is looked for often, and for an hour: what comes later than that is for a person
RETRIES_OF_AN_HOUR: dict[str, Any] = {
    "retries": 240,
    "retry_delay": timedelta(seconds=5),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(seconds=15),
}


def named(dag_id: str, key: str) -> str:
    """Return the name of the day or hour of a run, from the key of its partition.

    Airflow's key of an hour carries its offset, which the hour's own name does not need.
    """
    if "T" not in key:
        return key
    return str(reading.day_of(reading.load(dag_id.partition("__")[2]), key))


def retries(is_hourly: bool) -> dict[str, Any]:
    """Return the arguments of every task that say how often, and when, it is tried again."""
    return {"retry_policy": RETRY_RULES, **(RETRIES_OF_AN_HOUR if is_hourly else RETRIES)}


def by_the_clock(is_hourly: bool, time_zone: str) -> CronPartitionTimetable:
    """Return the schedule of ingest: the midnight that ends a day, or the end of an hour.

    The key of an hour carries its offset: two hours of an autumn night have one name.
    """
    cron, key = ("0 * * * *", "%Y-%m-%dT%H%z") if is_hourly else ("0 0 * * *", "%Y-%m-%d")
    return CronPartitionTimetable(cron, timezone=time_zone, run_offset=-1, key_format=key)
