"""Every registered model loads by MLflow's own API, from a store that was copied elsewhere."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from peil.adapters import tracking, versions
from peil.adapters.experiments import QUANTITIES
from peil.adapters.tracking import OUTLOOK
from peil.estimate import champion
from peil.estimate.linked import versions as followed
from peil.settings import Settings
from peil.store.store import Store
from peil.watch.outlook import registering
from peil_models.crowding import Climatology, CrowdingOutlook
from peil_models.footprint import FootprintSignalStrength

BY_MLFLOW_ALONE = """
import json, sys
import mlflow, numpy, pandas
shown = {}
for uri, *quantities in json.loads(sys.argv[1]):
    mlflow.set_tracking_uri(uri)
    for quantity in quantities:
        name = f"models:/{quantity}__tiny@champion"
        model = mlflow.sklearn.load_model(name)
        info = mlflow.models.get_model_info(name)
        X = numpy.array([[0.9, 0.4, 0.1], [0.1, 0.6, 0.9]])
        if quantity == "presence":
            answer = len(model.fit(X, numpy.array([100.0, 50.0])).devices_)
        elif quantity == "stays":
            answer = len(model.fit(X).stays([0, 0], [0.0, 7200.0], [0, 0])[0])
        elif quantity in ("flows", "visitors"):
            answer = model.fit([100.0, 20.0], [300.0, 50.0]).ratio_.tolist()
        elif quantity == "outlook":
            rows = pandas.read_parquet(sys.argv[2])
            answer = len(model.forecast(rows, pandas.Timestamp(sys.argv[3]), 3))
        else:
            answer = model.get_params()["steepness"]
        shown[quantity] = [type(model).__name__, answer, len(info.signature.inputs.inputs)]
print(json.dumps(shown))
assert not any(name == "peil" or name.startswith("peil.") for name in sys.modules)
"""


def hours() -> pd.DataFrame:
    """Three weeks of a zone, released or counted."""
    at = pd.date_range("2026-02-09", periods=21 * 24, freq="h", tz="Europe/Amsterdam")
    value = 900.0 + 100.0 * np.sin(at.hour / 4.0) + np.arange(len(at)) % 7
    return pd.DataFrame({"zone_id": "a", "hour_at": at, "value": value})


def fitted() -> CrowdingOutlook:
    return CrowdingOutlook(Climatology(), tried_days=7, record={"pilot": "tiny"}).fit(hours())


FACTS = {
    "estimator": "Climatology",
    "fitted_until": "2026-03-02T00:00:00+01:00",
    "n_zones": 1,
    "levels_tried_on_days": 7,
}


@pytest.mark.usefixtures("with_registry")
def test_the_outlook_is_a_version_of_the_agencys_own_registry(tiny: Any) -> None:
    store, model = tiny.store, fitted()
    for name in ("2026-03-02-abc", "2026-03-02-abc", "2026-02-23-def"):
        registering.registered(tiny.charter, store, name, model, FACTS)
    assert versions.numbers(store, "tiny", OUTLOOK) == [1, 2]
    standing = versions.champion(store, "tiny", OUTLOOK)
    assert standing is not None and standing.number == 1  # of the latest week
    assert standing.model.coverage_ == model.coverage_ and standing.model.forecaster_
    assert (store.agency / "mlflow.db").exists() and list((store.agency / "mlflow").iterdir())
    own = tracking.client(store)  # the operator's
    assert not own.search_registered_models() and own.get_experiment_by_name("tiny") is None
    theirs = Store(Settings(data=tiny.store.agency, plane="agency", mlflow_uri="http://a:1"))
    assert tracking.tracking_of(theirs, OUTLOOK).uri == "http://a:1"
    both = Store(Settings(data=tiny.store.root, mlflow_uri="http://b:2"))
    assert tracking.tracking_of(both, OUTLOOK).uri.startswith("sqlite")
    assert tracking.tracking_of(both, "flows").uri == "http://b:2"
    version = tracking.client(store, OUTLOOK).get_model_version("outlook__tiny", "1")
    for words in ("Purpose", "Data", "Accuracy", "Where it fails", "Privacy", "Licence"):
        assert f"**{words}" in version.description, words


@pytest.mark.slow
def test_a_copied_store_loads_every_model_by_mlflows_own_api(tiny: Any, tmp_path: Path) -> None:
    store = tiny.store
    tags = {"peil.footprint": "calibrated"}
    footprint = FootprintSignalStrength(steepness=0.31)
    number = versions.register(store, "tiny", "b" * 32, footprint, {}, {}, tags)
    versions.promote(store, "tiny", number)
    champion.first_presence(store, "tiny")
    charter = tiny.charter.model_copy(update={"products": ["presence", "flows", "visitors"]})
    followed.first_versions(charter, store)
    registering.registered(charter, store, "2026-03-02-abc", fitted(), FACTS)
    elsewhere = Store(Settings(data=tmp_path / "elsewhere" / "store"))
    for side in ("operator", "agency"):
        shutil.copytree(store.root / side, elsewhere.root / side)
        shutil.rmtree(store.root / side)  # what would still be read there is gone
    places = []
    for quantities in (QUANTITIES, (OUTLOOK,)):
        for quantity in quantities:
            assert versions.champion(elsewhere, "tiny", quantity) is not None
        places.append([tracking.tracking_of(elsewhere, quantities[0]).uri, *quantities])
    rows = tmp_path / "hours.parquet"
    hours().to_parquet(rows)
    done = subprocess.run(
        [sys.executable, "-c", BY_MLFLOW_ALONE, json.dumps(places), str(rows), "2026-03-02T00+01"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "footprint": ["FootprintSignalStrength", 0.31, 2],
        "presence": ["PresenceByName", 3, 1],
        "stays": ["StaysByChoices", 1, 1],
        "flows": ["PersonsByHome", [3.0, 2.5], 1],
        "visitors": ["PersonsByHome", [3.0, 2.5], 1],
        "outlook": ["CrowdingOutlook", 3, 3],
    }
