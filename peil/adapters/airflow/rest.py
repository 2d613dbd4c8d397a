"""A small client of Airflow's REST API: what the tests and an operator's script need of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

from peil.adapters.airflow.home import CONSOLE_USER
from peil.charter.hour import Hour

OVER = ("success", "failed")
# what Airflow answers where another of its processes wrote just then: nothing was done
BUSY, TRIES, PAUSE_S = '"reason":"Database error"', 5, 2.0


@dataclass
class Airflow:
    """Talks to a started Airflow. The token is fetched at the first call.

    Parameters
    ----------
    url : str
        Of the API server, as http://127.0.0.1:8080.
    password : str
        Of the user.
    user : str
        Default the console's, `peil`; who answers a question is another.
    pause_s : float
        Seconds between two tries.
    """

    url: str
    password: str = field(repr=False)
    user: str = CONSOLE_USER
    pause_s: float = PAUSE_S
    _token: str = field(default="", repr=False)

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Send one request and return its JSON; again where Airflow's database was busy.

        A question is asked again at any failure of Airflow's own (a status of 500 and above).

        Raises
        ------
        RuntimeError
            Airflow refused: method, path, status and its reason.
        """
        for _ in range(TRIES - 1):
            try:
                return self._sent(method, path, body)
            except RuntimeError as error:
                # reading changes nothing, so whatever Airflow itself failed at is asked for again
                is_of_airflow = method == "GET" and f"{path}: 5" in str(error)
                if BUSY not in str(error) and not is_of_airflow:
                    raise
                time.sleep(self.pause_s)
        return self._sent(method, path, body)

    def _sent(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        """Send one request once."""
        if not self._token and path != "/auth/token":
            credentials = {"username": self.user, "password": self.password}
            self._token = self.call("POST", "/auth/token", credentials)["access_token"]
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        sent = None if body is None else json.dumps(body).encode()
        request = Request(self.url + path, data=sent, headers=headers, method=method)
        try:
            with urlopen(request, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except HTTPError as error:
            reason = error.read().decode(errors="replace")[:500]
            raise RuntimeError(f"{method} {path}: {error.code} {reason}") from None

    def get(self, path: str, **query: Any) -> Any:
        """Read one resource of the stable API."""
        return self.call("GET", f"/api/v2{path}" + (f"?{urlencode(query)}" if query else ""))

    def answers(self) -> bool:
        """Tell whether the API server is there, and its database with it."""
        return self._are_healthy("metadatabase")

    def is_healthy(self) -> bool:
        """Tell whether the database and all components that run tasks are up."""
        return self._are_healthy("metadatabase", "scheduler", "dag_processor", "triggerer")

    def _are_healthy(self, *parts: str) -> bool:
        try:
            health = self.get("/monitor/health")
        except (URLError, OSError, RuntimeError):
            return False
        return all((health.get(part) or {}).get("status") == "healthy" for part in parts)

    def dag_ids(self) -> set[str]:
        """Return the ids of the DAGs that Airflow has read."""
        return {dag["dag_id"] for dag in self.get("/dags", limit=500)["dags"]}

    def backfill(self, dag_id: str, first: date, last: date, max_active_runs: int = 2) -> int:
        """Ask for a run of every day, or hour, from first to last; return the backfill's number."""
        # Airflow reads both on the pilot's own clock, whatever zone is written
        begins, ends = (
            f"{each}:00:00Z" if isinstance(each, Hour) else f"{each}T00:00:00Z"
            for each in (first, last)
        )
        body = {
            "dag_id": dag_id,
            "from_date": begins,
            "to_date": ends,
            "max_active_runs": max_active_runs,
            "reprocess_behavior": "completed",
        }
        return int(self.call("POST", "/api/v2/backfills", body)["id"])

    def trigger(self, dag_id: str, day: str) -> str:
        """Start one run for a day by hand; return its id. (Of ingest: only by `backfill`.)"""
        body = {"logical_date": None, "partition_key": day}
        return str(self.call("POST", f"/api/v2/dags/{dag_id}/dagRuns", body)["dag_run_id"])

    def answer(self, dag_id: str, run_id: str, task_id: str, option: str, **words: str) -> None:
        """Answer what a task asks a person, with what its form asks for."""
        where = f"/dags/{dag_id}/dagRuns/{quote(run_id)}/taskInstances/{task_id}/-1/hitlDetails"
        self.call("PATCH", f"/api/v2{where}", {"chosen_options": [option], "params_input": words})

    def runs(self, dag_id: str) -> dict[str, str]:
        """Return the state of the newest run of each partition (day) of a DAG."""
        runs = self.get(f"/dags/{dag_id}/dagRuns", limit=500, order_by="run_after")["dag_runs"]
        return {run["partition_key"]: run["state"] for run in runs if run.get("partition_key")}

    def tasks(self, dag_id: str, day: str) -> dict[str, str]:
        """Return the state of each task of the newest run of a day."""
        runs = self.get(f"/dags/{dag_id}/dagRuns", limit=500, order_by="run_after")["dag_runs"]
        newest = [run["dag_run_id"] for run in runs if run.get("partition_key") == day][-1]
        return self.tasks_of(dag_id, newest)

    def tasks_of(self, dag_id: str, run_id: str) -> dict[str, str]:
        """Return the state of each task of one run."""
        tasks = self.get(f"/dags/{dag_id}/dagRuns/{quote(run_id)}/taskInstances")
        return {task["task_id"]: task["state"] for task in tasks["task_instances"]}

    def partitions(self, uri: str) -> set[str]:
        """Return the days for which an asset exists."""
        assets = self.get("/assets", uri_pattern=uri, limit=500)["assets"]
        number = next(asset["id"] for asset in assets if asset["uri"] == uri)
        events = self.get("/assets/events", asset_id=number, limit=500)["asset_events"]
        return {event["partition_key"] for event in events if event.get("partition_key")}

    def wait_for_runs(self, dag_id: str, days: set[str], timeout_s: float) -> dict[str, str]:
        """Wait until a DAG's runs of these days are over; return their states.

        Raises
        ------
        TimeoutError
            With the states so far.
        """
        states: dict[str, str] = {}

        def over() -> bool:
            states.update(self.runs(dag_id))
            return all(states.get(day) in OVER for day in days)

        wait_until(over, timeout_s, lambda: f"{dag_id}: {states}")
        return {day: states[day] for day in sorted(days)}


def wait_until(true: Callable[[], bool], timeout_s: float, what: Callable[[], str]) -> None:
    """Look once a second until it is true.

    Raises
    ------
    TimeoutError
        Saying what was still not so.
    """
    end = time.monotonic() + timeout_s
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"Not within {timeout_s:.0f} s: {what()}")
        time.sleep(1)
