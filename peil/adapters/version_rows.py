"""Runs of estimators and versions of models, as rows for a table."""

from __future__ import annotations

from typing import Any

from mlflow.tracking import MlflowClient

from peil.adapters.experiments import (
    QUANTITIES,
    experiment_of,
    model_name,
    runs_of,
)
from peil.adapters.registered import RUN_ID
from peil.adapters.tracking import client
from peil.adapters.versions import (
    CHALLENGER,
    CHAMPION,
    EARLIER,
    FOOTPRINT,
    PRESENCE,
    all_of,
    number_of_alias,
)
from peil.store.store import Store


def compare(store: Store, pilot: str) -> dict[str, list[dict[str, Any]]]:
    """Runs of the estimators and versions of the models.

    Returns
    -------
    dict
        ``runs``; ``versions`` of the footprint; ``presences``, versions of presence; ``followed``,
        of what follows devices, each with `aliases` and `quantity`.
    """
    flow = client(store)
    runs = []
    for run in runs_of(flow, experiment_of(flow, store, pilot), "attributes.status = 'FINISHED'"):
        if "peil.estimator" in run.data.tags:
            runs.append(
                {
                    "day": run.data.tags["peil.day"],
                    "run_id": run.data.tags[RUN_ID],
                    "estimator": run.data.tags["peil.estimator"],
                    "footprint": run.data.tags["peil.footprint"],
                    **run.data.metrics,
                }
            )
    runs.sort(key=lambda row: (row["day"], row["estimator"]))
    others = [name for name in QUANTITIES if name not in (FOOTPRINT, PRESENCE)]
    return {
        "runs": runs,
        "versions": _rows(flow, pilot, FOOTPRINT),
        "presences": _rows(flow, pilot, PRESENCE),
        "followed": [row for name in others for row in _rows(flow, pilot, name)],
    }


def _rows(flow: MlflowClient, pilot: str, quantity: str) -> list[dict[str, Any]]:
    name = model_name(pilot, quantity)
    of_alias = {
        alias: number_of_alias(flow, name, alias) for alias in (CHAMPION, EARLIER, CHALLENGER)
    }
    rows = []
    for version in all_of(flow, name):
        run, number = flow.get_run(version.run_id), int(version.version)
        rows.append(
            {
                "quantity": quantity,
                "version": number,
                "is_champion": of_alias[CHAMPION] == number,
                "aliases": [alias for alias, held in of_alias.items() if held == number],
                "footprint": run.data.tags["peil.footprint"],
                "title": run.data.tags.get("peil.title", ""),
                **run.data.params,
                **run.data.metrics,
            }
        )
    return rows
