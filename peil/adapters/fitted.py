"""Keep a fitted estimator in a file of skops, which can run no code: the same bytes each time.

Where such files lie and which is used is decided elsewhere; MLflow's registry uses this form too.
"""

from __future__ import annotations

import json
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from peil.outcome import Refused
from peil.store.atomic import write_bytes

# what a file of the outlook may hold beside arrays and numbers
CROWDING = (
    "peil_models.crowding.conformal.Offsets",
    "peil_models.crowding.naive.Climatology",
    "peil_models.crowding.next_hour.NextHours",
    "peil_models.crowding.nowcast.Nowcast",
    "peil_models.crowding.outlook.CrowdingOutlook",
    "peil_models.crowding.quantiles.CrowdingQuantiles",
    "peil_models.crowding.surges.SurgeDetector",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
)


def save(estimator: Any, file: Path) -> Path:
    """Write a fitted estimator, aside and renamed."""
    aside = file.with_name(f".{file.name}.new")
    aside.parent.mkdir(parents=True, exist_ok=True)
    library().dump(estimator, aside)
    make_canonical(aside)
    write_bytes(file, aside.read_bytes())
    aside.unlink()
    return file


def load(file: Path, trusted: Sequence[str], again: str) -> Any:
    """Load a fitted estimator that holds no other types than those trusted.

    Raises
    ------
    Refused
        It cannot be read, or holds other types; `again` says how it is made again.
    """
    skops = library()
    try:
        return skops.load(file, trusted=list(trusted))
    except skops.exceptions.UntrustedTypesFoundException:
        raise Refused(
            f"{file} holds types that are not on our list: it is not loaded; {again}."
        ) from None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise Refused(f"{file} cannot be read ({type(error).__name__}): {again}.") from None


def make_canonical(file: Path) -> None:
    """Write a skops file again without addresses in memory and moments, so that it is its content.

    Objects in it are told apart by numbers: here they count in the order in which they come.
    """
    with zipfile.ZipFile(file) as archive:
        entries = {name: archive.read(name) for name in sorted(archive.namelist())}
    numbers: dict[int, int] = {}

    def counted(node: Any) -> Any:
        if isinstance(node, dict):
            return {
                key: numbers.setdefault(value, len(numbers)) if key == "__id__" else counted(value)
                for key, value in node.items()
            }
        return [counted(item) for item in node] if isinstance(node, list) else node

    schema = json.dumps(counted(json.loads(entries.pop("schema.json"))))
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in {**entries, "schema.json": schema.encode()}.items():
            archive.writestr(zipfile.ZipInfo(name), content)


def library() -> Any:
    """Import skops when a model is read or written: it takes a second that no other verb needs.

    It looks for hundreds of names in every module that is loaded, so that behind all of Airflow,
    dbt and MLflow it takes ten: a run that will need it asks for it first.
    """
    with warnings.catch_warnings():
        # it asks every loaded module for the names of functions; some of Airflow's warn at each
        warnings.simplefilter("ignore")
        import skops.io
    return skops.io
