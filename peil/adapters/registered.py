"""Models as they lie in MLflow's registry: what MLflow's own `load_model` reads, at any path.

Which version is champion, and what a run logs, is `experiments`'s business.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # it may hold a password
# else a server that fails is asked for two minutes
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")

from mlflow.models import Model, ModelSignature
from mlflow.tracking import MlflowClient
from mlflow.types import ColSpec, DataType, Schema, TensorSpec

from peil.adapters import fitted
from peil.outcome import Refused
from peil.store.atomic import sha256

# Only our own estimators are ever loaded from a registry file (no pickle, see docs/privacy.md).
TRUSTED = [
    "peil_models.footprint.signal_strength.FootprintSignalStrength",
    "peil_models.presence.by_name.PresenceByName",
    "peil_models.stays.by_choices.StaysByChoices",
    "peil_models.residence.by_home.PersonsByHome",
    *fitted.CROWDING,
]
FILE = "model.skops"  # within the folder of a model, beside MLmodel
RUN_ID = "peil.run_id"
FILE_HASH = "peil.file_sha256"  # of the file that was registered; older versions have none
NEEDED = ("peil-models", "scikit-learn", "skops")  # to load one
RESTORE = "restore MLflow from backup, or let the version before stand with `peil rollback`"
# columns of MLflow's database that hold the place of the store
PLACES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
# what a model of a quantity is fitted on: the columns of a cell plan that a footprint cannot do
# without; the probability of each cell (row) to serve a device of each tile (column)
INPUTS = {
    "footprint": Schema([ColSpec(DataType.double, name) for name in ("x_m", "y_m")]),
    "presence": Schema([TensorSpec(np.dtype(np.float64), (-1, -1))]),
    "stays": Schema([TensorSpec(np.dtype(np.float64), (-1, -1))]),
    # devices by zone of home
    "flows": Schema([TensorSpec(np.dtype(np.float64), (-1,))]),
    "visitors": Schema([TensorSpec(np.dtype(np.float64), (-1,))]),
    # hours before those to be forecast
    "outlook": Schema(
        [
            ColSpec(DataType.string, "zone_id"),
            ColSpec(DataType.datetime, "hour_at"),
            ColSpec(DataType.double, "value"),
        ]
    ),
}
CHANCES, BY_HOME = np.array([[0.9, 0.4, 0.1], [0.1, 0.6, 0.9]]), np.array([100.0, 20.0])
EXAMPLES = {"presence": CHANCES, "stays": CHANCES, "flows": BY_HOME, "visitors": BY_HOME}


def save(model: Any, folder: Path, run_id: str, quantity: str = "footprint") -> None:
    """Write a model as `mlflow.sklearn.load_model` reads it; the same bytes for the same model.

    The file is skops: it holds an estimator's parameters and can run no code.
    """
    import mlflow.sklearn

    fitted.library()  # in silence, before it does
    with _silent("mlflow.sklearn", "mlflow.utils.environment"):
        mlflow.sklearn.save_model(
            model,
            str(folder),
            serialization_format="skops",
            skops_trusted_types=TRUSTED,
            signature=ModelSignature(inputs=INPUTS[quantity]),
            input_example=EXAMPLES.get(quantity),
            pip_requirements=[f"{name}=={metadata.version(name)}" for name in NEEDED],
            # else it draws an id and looks at the clock
            mlflow_model=Model(model_uuid=run_id, utc_time_created="1970-01-01 00:00:00"),
        )
    fitted.make_canonical(folder / FILE)
    written = Model.load(str(folder))
    written.model_size_bytes = (folder / FILE).stat().st_size
    written.save(str(folder / "MLmodel"))


def log(
    flow: MlflowClient,
    experiment: str,
    own: str,
    run_id: str,
    name: str,
    model: Any,
    parameters: Mapping[str, Any],
) -> tuple[str, str, str]:
    """Log a model with its run, once per `run_id`. Returns MLflow's id of it, place and hash."""
    query = f"tags.`{RUN_ID}` = '{run_id}'"
    for left in flow.search_logged_models([experiment], filter_string=query):
        if str(left.status) == "READY":
            return str(left.model_id), str(left.artifact_location), left.tags.get(FILE_HASH, "")
        flow.delete_logged_model(left.model_id)
    with tempfile.TemporaryDirectory() as folder:
        save(model, Path(folder) / "model", run_id, name)
        file_hash = sha256(Path(folder) / "model" / FILE)
        logged = flow.create_logged_model(
            experiment,
            name=name,
            source_run_id=own,
            tags={RUN_ID: run_id, FILE_HASH: file_hash},
            params={key: str(value) for key, value in parameters.items()},
            model_type=name,
        )
        flow.log_model_artifacts(logged.model_id, str(Path(folder) / "model"))
    flow.finalize_logged_model(logged.model_id, "READY")
    return str(logged.model_id), str(logged.artifact_location), file_hash


def load(file: Path, label: str, file_hash: str = "") -> Any:
    """Load a model of ours.

    Parameters
    ----------
    file_hash : str, optional
        Of the file as it was registered.

    Raises
    ------
    Refused
        It holds types that are none of ours or a parameter that this Peil lacks, it cannot be read,
        or it is not what was registered.
    """
    skops = fitted.library()
    try:
        model = skops.load(file, trusted=TRUSTED)
    except skops.exceptions.UntrustedTypesFoundException:
        raise Refused(
            f"{label} holds types that are not on our list: it is not loaded; {RESTORE}."
        ) from None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise Refused(f"{label} cannot be read ({type(error).__name__}): {RESTORE}.") from None
    if file_hash and sha256(file) != file_hash:
        raise Refused(f"{label} is not the file that was registered: it is not loaded; {RESTORE}.")
    # A version registered before a parameter existed takes that parameter's default.
    attributes, kind = vars(model), type(model)
    names = kind._get_param_names()
    learnt = [name for name in attributes if name.endswith("_")]
    if newer := sorted(set(attributes) - {*names, *learnt}):
        raise Refused(
            f"{label} has a parameter that this Peil does not know ({newer[0]}), so that it would "
            "give other figures: run the Peil that registered it, or let the version before stand "
            "again with `peil rollback`."
        )
    loaded = kind(**{name: attributes[name] for name in names if name in attributes})
    for name in learnt:  # of a model that is kept fitted
        setattr(loaded, name, attributes[name])
    return loaded


def follow(database: Path, artifacts: Path) -> None:
    """Let a registry whose store was moved or copied name the place where it lies now.

    MLflow writes absolute places into its database. They are changed in one transaction.
    """
    place_now = artifacts.absolute().as_uri()
    with sqlite3.connect(database) as connection:
        rows = connection.execute(
            "SELECT name, artifact_location FROM experiments WHERE artifact_location LIKE 'file:%'"
        ).fetchall()
        before = {
            place.removesuffix(f"/{name}") for name, place in rows if place.endswith(f"/{name}")
        } - {place_now}
        for place in sorted(before):
            for table, column in PLACES:
                connection.execute(
                    f"UPDATE {table} SET {column} = ? || substr({column}, ?) "
                    f"WHERE substr({column}, 1, ?) = ?",
                    (place_now, len(place) + 1, len(place) + 1, f"{place}/"),
                )
    connection.close()


@contextmanager
def _silent(*names: str) -> Iterator[None]:
    """Keep a library from telling what whoever trains can do nothing about."""
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
