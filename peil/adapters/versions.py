"""Versions of a pilot's footprint in MLflow's registry, and whose figures are released.

How a model lies there, `registered` knows; the client, and the runs that versions come from,
`experiments`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from peil.adapters import registered
from peil.adapters.experiments import client, experiment_of, log_run, model_name, runs_of
from peil.adapters.registered import RUN_ID
from peil.store.store import Store

OLD_FILE = "footprint.skops"  # a version of before models were folders
# what MLflow answers of a model or an alias that it does not know
UNKNOWN = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
CHAMPION, EARLIER = "champion", "earlier"  # aliases: whose figures are released, and whose were
ROLLBACK = "peil.rollback"  # a tag while aliases change places


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


@dataclass(frozen=True)
class Rollback:
    """A going back: the champion that stood, the version before it, and how many came before."""

    standing: int
    earlier: int
    number: int


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
        experiment_of(flow, store, pilot),
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


def promote(store: Store, pilot: str, number: int, before: int | None = None) -> None:
    """Make a version champion: its figures are released from then on.

    The champion before it, or the version `before` where there was none, keeps the alias `earlier`.
    """
    flow, name = client(store), model_name(pilot)
    standing = _number_of(flow, pilot, CHAMPION) or before
    if standing not in (None, number):
        flow.set_registered_model_alias(name, EARLIER, str(standing))
    flow.set_registered_model_alias(name, CHAMPION, str(number))


def possible_rollback(store: Store, pilot: str, number: int) -> Rollback | None:
    """Which going back is possible, as that of this number; none where none was champion before.

    One that was cut off is the one that goes on.
    """
    flow = client(store)
    standing, earlier = (_number_of(flow, pilot, alias) for alias in (CHAMPION, EARLIER))
    if standing is None:
        return None
    if words := flow.get_registered_model(model_name(pilot)).tags.get(ROLLBACK):
        return Rollback(*map(int, words.split()))
    return None if earlier is None else Rollback(standing, earlier, number)


def begin_rollback(store: Store, pilot: str, places: Rollback) -> None:
    """Let champion and earlier version change places, until `end_rollback`."""
    flow, name = client(store), model_name(pilot)
    words = f"{places.standing} {places.earlier} {places.number}"
    flow.set_registered_model_tag(name, ROLLBACK, words)
    flow.set_registered_model_alias(name, CHAMPION, str(places.earlier))
    flow.set_registered_model_alias(name, EARLIER, str(places.standing))


def end_rollback(store: Store, pilot: str) -> None:
    """Forget that aliases were changing places: all is written down."""
    client(store).delete_registered_model_tag(model_name(pilot), ROLLBACK)


def _number_of(flow: MlflowClient, pilot: str, alias: str) -> int | None:
    version = _version_of(flow, pilot, alias)
    return None if version is None else int(version.version)


def _version_of(flow: MlflowClient, pilot: str, alias: str) -> Any:
    try:
        return flow.get_model_version_by_alias(model_name(pilot), alias)
    except MlflowException as error:
        if error.error_code not in UNKNOWN:
            raise  # a registry that cannot be read is not one that knows of no champion
        return None


def champion(store: Store, pilot: str) -> Version | None:
    """The champion, loaded; none when nothing is registered yet."""
    flow = client(store)
    version = _version_of(flow, pilot, CHAMPION)
    if version is None:
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
