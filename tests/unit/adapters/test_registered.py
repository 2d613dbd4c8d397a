"""Registered models: MLflow's own API loads them, from a copied store too, and nothing hostile."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import skops.io

from peil.adapters import experiments, registered, tracking, versions
from peil.outcome import Refused
from peil.settings import Settings
from peil.store.store import Store
from peil_models.footprint import FootprintSignalStrength

pytestmark = pytest.mark.usefixtures("with_registry")

RUN_ID = "b" * 32

BY_MLFLOW_ALONE = """
import json, sys
import mlflow
mlflow.set_tracking_uri(sys.argv[1])
model = mlflow.sklearn.load_model("models:/footprint__tiny@champion")
info = mlflow.models.get_model_info("models:/footprint__tiny@champion")
print(json.dumps([model.get_params()["steepness"], [c.name for c in info.signature.inputs]]))
assert not any(name == "peil" or name.startswith("peil.") for name in sys.modules)
"""


@pytest.fixture
def store(tiny: Any) -> Store:
    """A store with one registered footprint, which is champion."""
    footprint = FootprintSignalStrength(steepness=0.31)
    number = versions.register(
        tiny.store, "tiny", RUN_ID, footprint, {}, {}, {"peil.footprint": "calibrated"}
    )
    versions.promote(tiny.store, "tiny", number)
    own: Store = tiny.store
    return own


@pytest.mark.slow
def test_a_copied_store_loads_by_mlflows_own_api_once_peil_looked_at_it(
    store: Store, tmp_path: Path
) -> None:
    elsewhere = Store(Settings(data=tmp_path / "elsewhere" / "store"))
    shutil.copytree(store.operator, elsewhere.operator)
    shutil.rmtree(store.operator)  # what would still be read there is gone
    champion = versions.champion(elsewhere, "tiny")
    assert champion is not None and champion.footprint.steepness == 0.31
    done = subprocess.run(
        [sys.executable, "-c", BY_MLFLOW_ALONE, elsewhere.mlflow_uri],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [0.31, ["x_m", "y_m"]]


def test_a_model_killed_on_its_way_is_logged_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    footprint, tags = FootprintSignalStrength(), {"peil.footprint": "defaults"}
    parts = ("c" * 32, footprint, {}, {}, tags)

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    for name in ("log_model_artifacts", "finalize_logged_model", "create_model_version"):
        with monkeypatch.context() as patch:
            patch.setattr(experiments.MlflowClient, name, killed)
            with pytest.raises(KeyboardInterrupt):
                versions.register(store, "tiny", *parts)
    number = versions.register(store, "tiny", *parts)
    assert number == versions.register(store, "tiny", *parts) == 2
    flow = tracking.client(store)
    experiment = flow.get_experiment_by_name("tiny")
    logged = flow.search_logged_models([experiment.experiment_id])
    assert sorted(model.tags[registered.RUN_ID] for model in logged) == [RUN_ID, "c" * 32]
    assert {str(model.status) for model in logged} == {"READY"}


def test_the_same_model_has_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        registered.save(FootprintSignalStrength(steepness=0.2), tmp_path / name, RUN_ID)
    first, second = (
        {file.name: file.read_bytes() for file in (tmp_path / name).iterdir()}
        for name in ("first", "second")
    )
    assert first == second and {"MLmodel", registered.FILE} <= set(first)


def test_a_registered_file_that_was_altered_is_not_loaded(store: Store) -> None:
    (file,) = store.mlflow_artifacts.rglob(registered.FILE)
    file.chmod(0o600)
    skops.io.dump(FootprintSignalStrength(steepness=0.5), file)
    with pytest.raises(Refused, match=r"^Version 1 of footprint__tiny is not the file that was"):
        versions.champion(store, "tiny")


def test_a_version_of_a_newer_peil_is_not_read_without_its_parameter(tiny: Any) -> None:
    newer = FootprintSignalStrength()
    newer.reflection_db = 3.0
    parts = ("d" * 32, newer, {}, {}, {"peil.footprint": "calibrated"})
    versions.promote(tiny.store, "tiny", versions.register(tiny.store, "tiny", *parts))
    with pytest.raises(Refused, match=r"has a parameter that this Peil .* \(reflection_db\)"):
        versions.champion(tiny.store, "tiny")


def test_a_registered_file_of_foreign_types_is_not_loaded(store: Store) -> None:
    (file,) = store.mlflow_artifacts.rglob(registered.FILE)
    file.chmod(0o600)
    skops.io.dump(shutil.which, file)
    with pytest.raises(Refused, match=r"^Version 1 of footprint__tiny holds types that are not"):
        versions.champion(store, "tiny")


def test_a_registered_file_that_is_no_model_is_told_in_a_sentence(store: Store) -> None:
    (file,) = store.mlflow_artifacts.rglob(registered.FILE)
    file.chmod(0o600)
    for content in (b"", b"PK\x03\x04 cut off"):
        file.write_bytes(content)
        with pytest.raises(Refused, match=r"^Version 1 of footprint__tiny cannot be read"):
            versions.champion(store, "tiny")
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("other.txt", "nothing")
    with pytest.raises(Refused, match="cannot be read"):
        versions.champion(store, "tiny")


def test_a_version_of_before_models_were_folders_is_still_read(tiny: Any, tmp_path: Path) -> None:
    own = experiments.log_run(
        tiny.store, "tiny", RUN_ID, "train defaults", {}, {}, {"peil.footprint": "defaults"}
    )
    file = tmp_path / versions.OLD_FILE
    skops.io.dump(FootprintSignalStrength(steepness=0.17), file)
    flow, name = tracking.client(tiny.store), experiments.model_name("tiny")
    flow.log_artifact(own, str(file))
    flow.create_registered_model(name)
    source = f"{flow.get_run(own).info.artifact_uri}/{versions.OLD_FILE}"
    flow.create_model_version(name, source=source, run_id=own, tags={registered.RUN_ID: RUN_ID})
    versions.promote(tiny.store, "tiny", 1)
    champion = versions.champion(tiny.store, "tiny")
    assert champion is not None and champion.footprint.steepness == 0.17
