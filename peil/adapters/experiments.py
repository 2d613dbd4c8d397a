"""The one door to MLflow: runs of estimators, versions of footprints, who is champion.

A run is found again by its `run_id` (a tag, see `peil.store.provenance`), so that a verb that is
killed and run again neither logs twice nor leaves a run running.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock
from mlflow.entities import Metric, Param, Run, ViewType
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from peil.adapters import registered
from peil.adapters.registered import RUN_ID
from peil.store.provenance import code_hash, git_commit
from peil.store.store import Store

OLD_FILE = "footprint.skops"  # a version of before models were folders
# what MLflow answers of a model or an alias that it does not know
UNKNOWN = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")


@dataclass(frozen=True)
class Version:
    """One registered footprint: its number (0: the defaults, not registered), run and object."""

    number: int
    run_id: str
    footprint: Any
    is_champion: bool = False

    @property
    def label(self) -> str:
        return f"version {self.number}" if self.number else "defaults"


def client(store: Store) -> MlflowClient:
    """A client of the operator's tracking store; makes the store on first use."""
    # what fails is raised; its log would show statements with their values, and a trace
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    store.operator.mkdir(parents=True, exist_ok=True)
    if store.settings.mlflow_uri is None:
        _make_database(store)
    return MlflowClient(tracking_uri=store.mlflow_uri, registry_uri=store.mlflow_uri)


def _make_database(store: Store) -> None:
    """Make MLflow's database aside: its dozens of migrations cannot go on after a kill."""
    file = store.operator / "mlflow.db"
    if file.exists():
        registered.follow(file, store.mlflow_artifacts)
        return
    lock = store.lock("mlflow", "database")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock):
        if file.exists():  # another process made it meanwhile
            return
        aside = file.with_name(f".{file.name}.part")
        for left in (aside, aside.with_name(f"{aside.name}-journal")):
            left.unlink(missing_ok=True)
        MlflowClient(tracking_uri=f"sqlite:///{aside}").search_experiments(max_results=1)
        os.replace(aside, file)


def model_name(pilot: str) -> str:
    """Name of a pilot's footprint in the registry."""
    return f"footprint__{pilot}"


def _experiment(flow: MlflowClient, store: Store, pilot: str) -> str:
    experiment = flow.get_experiment_by_name(pilot)
    if experiment:
        return str(experiment.experiment_id)
    local = store.mlflow_uri.startswith("sqlite")
    place = (store.mlflow_artifacts / pilot).as_uri() if local else None
    try:
        return str(flow.create_experiment(pilot, artifact_location=place))
    except MlflowException:  # another process made it meanwhile
        made_meanwhile = flow.get_experiment_by_name(pilot)
        if made_meanwhile is None:
            raise
        return str(made_meanwhile.experiment_id)


def _runs(flow: MlflowClient, experiment: str, query: str) -> list[Run]:
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
) -> str:
    """Log one finished run, once. Returns MLflow's own id.

    A run with this `run_id` that was cut off is closed as killed and made anew.
    """
    flow = client(store)
    experiment = _experiment(flow, store, pilot)
    for left in _runs(flow, experiment, f"tags.`{RUN_ID}` = '{run_id}'"):
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
    for file in files or []:
        flow.log_artifact(run.info.run_id, str(file))
    flow.set_terminated(run.info.run_id, "FINISHED")
    return str(run.info.run_id)


def add_scores(store: Store, pilot: str, run_id: str, scores: Mapping[str, float]) -> None:
    """Write scores on known truth beside the run that made the figures; the same ones once."""
    flow = client(store)
    for run in _runs(flow, _experiment(flow, store, pilot), f"tags.`{RUN_ID}` = '{run_id}'"):
        new = {key: value for key, value in scores.items() if run.data.metrics.get(key) != value}
        moment = int(run.info.start_time)
        flow.log_batch(
            run.info.run_id, metrics=[Metric(k, float(v), moment, 0) for k, v in new.items()]
        )


def close_cut_off(store: Store, pilot: str, period: str) -> int:
    """Close the runs of a period that a killed process left running; the caller holds its lock."""
    flow = client(store)
    query = f"attributes.status = 'RUNNING' and tags.`peil.day` = '{period}'"
    left = _runs(flow, _experiment(flow, store, pilot), query)
    for run in left:
        flow.set_terminated(run.info.run_id, "KILLED")
        flow.delete_run(run.info.run_id)
    return len(left)


def forget(store: Store, pilot: str) -> None:
    """Remove a pilot's runs and registered versions, for `peil run --fresh`."""
    flow = client(store)
    experiment = flow.get_experiment_by_name(pilot)
    if experiment:
        for run in _runs(flow, str(experiment.experiment_id), ""):
            flow.delete_run(run.info.run_id)
    try:
        flow.delete_registered_model(model_name(pilot))
    except MlflowException:  # never registered
        return


def register(
    store: Store,
    pilot: str,
    run_id: str,
    footprint: Any,
    parameters: Mapping[str, Any],
    metrics: Mapping[str, float],
    tags: Mapping[str, str],
) -> int:
    """Register a footprint as a new version, once per `run_id`. Returns its number."""
    flow = client(store)
    for version in _versions(flow, pilot):
        if version.tags.get(RUN_ID) == run_id:
            return int(version.version)
    own = log_run(
        store, pilot, run_id, f"train {tags['peil.footprint']}", parameters, metrics, tags
    )
    model_id, place = registered.log(
        flow,
        _experiment(flow, store, pilot),
        own,
        run_id,
        "footprint",
        footprint,
        {name: value for name, value in vars(footprint).items() if not name.endswith("_")},
    )
    name = model_name(pilot)
    try:
        flow.create_registered_model(name)
    except MlflowException:
        flow.get_registered_model(name)
    created = flow.create_model_version(
        name, source=place, run_id=own, tags={RUN_ID: run_id}, model_id=model_id
    )
    return int(created.version)


def _versions(flow: MlflowClient, pilot: str) -> list[Any]:
    versions = flow.search_model_versions(f"name = '{model_name(pilot)}'")
    return sorted(versions, key=lambda version: int(version.version))


def promote(store: Store, pilot: str, number: int) -> None:
    """Make a version champion: its figures are released from then on."""
    client(store).set_registered_model_alias(model_name(pilot), "champion", str(number))


def champion(store: Store, pilot: str) -> Version | None:
    """The champion, loaded; none when nothing is registered yet."""
    flow = client(store)
    try:
        version = flow.get_model_version_by_alias(model_name(pilot), "champion")
    except MlflowException as error:
        if error.error_code not in UNKNOWN:
            raise  # a registry that cannot be read is not one that knows of no champion
        return None
    label = f"Version {version.version} of {model_name(pilot)}"
    with tempfile.TemporaryDirectory() as folder:
        footprint = registered.load(_file_of(flow, version, Path(folder)), label)
    return Version(int(version.version), version.tags[RUN_ID], footprint, True)


def _file_of(flow: MlflowClient, version: Any, folder: Path) -> Path:
    """Fetch a version's file; one of before there were folders lies with its run."""
    if str(version.source).endswith(OLD_FILE):
        return Path(flow.download_artifacts(str(version.run_id), OLD_FILE, str(folder)))
    from mlflow.artifacts import download_artifacts

    place = f"{version.source}/{registered.FILE}"
    return Path(download_artifacts(place, dst_path=str(folder), tracking_uri=flow.tracking_uri))


def compare(store: Store, pilot: str) -> dict[str, list[dict[str, Any]]]:
    """Runs of the estimators and versions of the footprint, as rows for a table."""
    flow = client(store)
    runs = []
    for run in _runs(flow, _experiment(flow, store, pilot), "attributes.status = 'FINISHED'"):
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
    best = champion(store, pilot)
    versions = []
    for version in _versions(flow, pilot):
        run = flow.get_run(version.run_id)
        versions.append(
            {
                "version": int(version.version),
                "is_champion": best is not None and best.number == int(version.version),
                "footprint": run.data.tags["peil.footprint"],
                **run.data.params,
                **run.data.metrics,
            }
        )
    runs.sort(key=lambda row: (row["day"], row["estimator"]))
    return {"runs": runs, "versions": versions}
