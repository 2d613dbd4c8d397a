"""An Airflow of one plane sees the DAGs of that plane."""

from __future__ import annotations

from typing import Any

import pytest

from peil.adapters.airflow.home import DAGS
from peil.settings import PROJECT

PILOTS = PROJECT / "pilots"
VERBS = {file.stem for file in DAGS.glob("*.py")}


@pytest.mark.parametrize(
    ("plane", "verbs"),
    [("agency", {"receive", "outlook"}), ("operator", VERBS - {"receive", "outlook"})],
)
def test_an_airflow_of_one_plane_declares_the_dags_of_that_plane_only(
    read_dags: Any, plane: str, verbs: set[str]
) -> None:
    dags = read_dags(DAGS, PILOTS, PEIL_PLANE=plane)
    assert not dags.import_errors
    pilots = [file.stem for file in PILOTS.glob("*.yml")]
    assert set(dags.dags) == {f"{verb}__{pilot}" for verb in verbs for pilot in pilots}
