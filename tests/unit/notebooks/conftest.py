"""A released bundle of three areas and a day, with a figure that was withheld."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.disturbed import bundles
from peil.charter import public_register
from peil.store import signing

DAY = date(2026, 3, 2)


@dataclass(frozen=True)
class Bundle:
    """Where it lies, whose key it is of, and the figures that were written."""

    folder: Path
    key: str
    figures: np.ndarray


@pytest.fixture
def bundle(tiny: Any) -> Bundle:
    hours = np.arange(24)
    figures = np.concatenate([size + 10.0 * hours for size in (500, 900, 700)])
    values = pd.array(figures, dtype="Int64")
    values[0] = pd.NA
    table = pd.DataFrame(
        {
            "REF_AREA": np.repeat(["A", "B", "C"], 24),
            "TIME_PERIOD": np.tile([f"{DAY}T{hour:02d}:00:00+01:00" for hour in hours], 3),
            "OBS_VALUE": values,
            "OBS_LOWER": values - 20,
            "OBS_UPPER": values + 30,
            "OBS_STATUS": ["Q", *["A"] * 71],
        }
    )
    public_register.enter(tiny.charter, tiny.store)
    folder = bundles.cross(tiny.store, tiny.charter, "presence", DAY, table)
    return Bundle(folder, signing.public_key(tiny.store), figures)
