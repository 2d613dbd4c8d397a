"""The one door to MLflow, and the runs of estimators. Versions of models are in `versions`.

A run is found again by its `run_id` (a tag, see `peil.store.provenance`), so that a verb that is
killed and run again neither logs twice nor leaves a run running.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from mlflow.entities import Dataset, DatasetInput, Metric, Param, Run, ViewType
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from peil.adapters import experiment_words
from peil.adapters.registered import RUN_ID
from peil.adapters.tracking import OUTLOOK, client, tracking_of
from peil.store.provenance import code_hash, git_commit
from peil.store.store import Store

# of which a pilot has registered models at the operator; the outlook's are the agency's
QUANTITIES = ("footprint", "presence", "stays", "flows", "visitors")


def model_name(pilot: str, quantity: str = "footprint") -> str:
    """Name of a pilot's model of a quantity in the registry.

    >>> model_name("demo", "presence")
    'presence__demo'
    """
    return f"{quantity}__{pilot}"


def experiment_of(flow: MlflowClient, store: Store, pilot: str, quantity: str = "") -> str:
    """MLflow's id of a pilot's experiment, which is made at first use, with its words and view."""
    experiment = flow.get_experiment_by_name(pilot)
    if experiment:
        number = str(experiment.experiment_id)
        for key, value in experiment_words.tags_of(pilot, number).items():
            if experiment.tags.get(key) != value:
                flow.set_experiment_tag(number, key, value)
        return number
    own = tracking_of(store, quantity)
    # a server has its own place for files; of a database alone the store is it
    place = None if own.uri.startswith("http") else (own.artifacts / pilot).absolute().as_uri()
    try:
        flow.create_experiment(pilot, artifact_location=place)
    except MlflowException:  # another process made it meanwhile
        if flow.get_experiment_by_name(pilot) is None:
            raise
    return experiment_of(flow, store, pilot, quantity)


def places(store: Store) -> dict[str, str]:
    """Where MLflow shows each experiment, by its name, behind the address of its server."""
    experiments = client(store).search_experiments(order_by=["name ASC"])
    return {
        str(experiment.name): experiment_words.path_of(str(experiment.experiment_id))
        for experiment in experiments
        if experiment_words.VIEW in experiment.tags
    }


def runs_of(flow: MlflowClient, experiment: str, query: str) -> list[Run]:
    """Every run of an experiment that MLflow's query matches, the oldest first."""
    runs: list[Run] = []
    token: str | None = None
    while True:
        page = flow.search_runs(
            [experiment],
            query,
            ViewType.ACTIVE_ONLY,
            max_results=1000,
            order_by=["attributes.start_time ASC"],
            page_token=token,
        )
        runs.extend(page)
        token = page.token
        if not token:
            return runs


def log_run(
    store: Store,
    pilot: str,
    run_id: str,
    name: str,
    parameters: Mapping[str, Any],
    metrics: Mapping[str, float],
    tags: Mapping[str, str],
    files: list[Path] | None = None,
    inputs: Mapping[str, str] | None = None,
    quantity: str = "",
) -> str:
    """Log one finished run, once. Returns MLflow's own id.

    A run with this `run_id` that was cut off is closed as killed and made anew.

    Parameters
    ----------
    inputs : mapping of str to str, optional
        What it was made of: the hash of each data set by its name, as MLflow lists data sets.
    quantity : str, optional
        Of a model that is registered with it: the outlook's runs are the agency's.
    """
    flow = client(store, quantity)
    experiment = experiment_of(flow, store, pilot, quantity)
    for left in runs_of(flow, experiment, f"tags.`{RUN_ID}` = '{run_id}'"):
        if left.info.status == "FINISHED":
            return str(left.info.run_id)
        flow.set_terminated(left.info.run_id, "KILLED")
        flow.delete_run(left.info.run_id)
    everything = {**tags, RUN_ID: run_id, "peil.commit": git_commit(), "peil.code": code_hash()}
    run = flow.create_run(experiment, run_name=name, tags=everything)
    moment = int(run.info.start_time)
    flow.log_batch(
        run.info.run_id,
        metrics=[Metric(key, float(value), moment, 0) for key, value in metrics.items()],
        params=[Param(key, str(value)) for key, value in parameters.items()],
    )
    if inputs:
        flow.log_inputs(run.info.run_id, [_dataset(*each) for each in sorted(inputs.items())])
    for file in files or []:
        flow.log_artifact(run.info.run_id, str(file))
    flow.set_terminated(run.info.run_id, "FINISHED")
    return str(run.info.run_id)


def _dataset(name: str, digest: str) -> DatasetInput:
    """A data set as MLflow knows it: a name and a hash (36 digits at most), never its place."""
    return DatasetInput(Dataset(name, digest[:32], "hash", json.dumps({"sha256": digest})), [])


def add_scores(store: Store, pilot: str, run_id: str, scores: Mapping[str, float]) -> None:
    """Write scores on known truth beside the run that made the figures; the same ones once.

    Another score of the same figures takes the place of the one before: of two of one moment MLflow
    would show the larger.
    """
    flow = client(store)
    for run in runs_of(flow, experiment_of(flow, store, pilot), f"tags.`{RUN_ID}` = '{run_id}'"):
        own, before = run.info.run_id, run.data.metrics
        new = []
        for key, value in scores.items():
            if before.get(key) == value:
                continue
            moments = [each.timestamp + 1 for each in flow.get_metric_history(own, key)]
            new.append(Metric(key, float(value), max(moments, default=run.info.start_time), 0))
        flow.log_batch(own, metrics=new)


def close_cut_off(store: Store, pilot: str, period: str) -> int:
    """Close the runs of a period that a killed process left running; the caller holds its lock."""
    flow = client(store)
    query = f"attributes.status = 'RUNNING' and tags.`peil.day` = '{period}'"
    left = runs_of(flow, experiment_of(flow, store, pilot), query)
    for run in left:
        flow.set_terminated(run.info.run_id, "KILLED")
        flow.delete_run(run.info.run_id)
    return len(left)


def forget(store: Store, pilot: str) -> None:
    """Remove a pilot's runs and registered versions, for `peil run --fresh`."""
    _forget(client(store), pilot, QUANTITIES)
    if store.plane == "both" and (tracking_of(store, OUTLOOK).folder / "mlflow.db").exists():
        _forget(client(store, OUTLOOK), pilot, (OUTLOOK,))


def _forget(flow: MlflowClient, pilot: str, quantities: tuple[str, ...]) -> None:
    experiment = flow.get_experiment_by_name(pilot)
    if experiment:
        for run in runs_of(flow, str(experiment.experiment_id), ""):
            flow.delete_run(run.info.run_id)
    for quantity in quantities:
        with suppress(MlflowException):  # never registered
            flow.delete_registered_model(model_name(pilot, quantity))
