"""What nobody observed is released as missing: it is no zero, and it is not withheld."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from peil.charter import reading
from peil.charter.clock import hours_of
from peil.estimate.estimators import RELEASED_ESTIMATOR
from peil.pages import released_tables
from peil.release.presence import presence
from tests.unit.conftest import DAY

PARENT = {"A": "ALL", "B": "ALL", "C": "ALL", "ALL": None}
SMALL, SILENT = 3, (10, 11)  # an hour with few devices in A; hours without a row


@pytest.fixture
def table(tmp_path: Path) -> pd.DataFrame:
    zones = pd.DataFrame({"zone_id": list(PARENT), "parent_id": list(PARENT.values())})
    zones["level"] = ["-"] * 3 + ["all"]
    area: Any = SimpleNamespace(zones=zones, register=None)
    rows = []
    for number, hour in enumerate(hours_of(DAY, "Europe/Amsterdam")):
        of_zone = {"A": 3.0 if number == SMALL else 40.0, "B": 50.0, "C": 60.0}
        of_zone["ALL"] = sum(of_zone.values())
        for zone, devices in of_zone.items():
            n_devices = np.nan if number in SILENT else devices
            rows.append((zone, hour, RELEASED_ESTIMATOR, n_devices, "r"))
    columns = ["zone_id", "hour_at", "estimator", "n_devices", "run_id"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["n_devices_counted"] = frame["n_devices"]
    frame.to_parquet(tmp_path / "est_presence__by_zone_hour.parquet")
    return presence(reading.load("demo"), area, tmp_path, DAY)


def test_it_is_missing_in_every_zone_and_nothing_of_it_is_withheld(table: pd.DataFrame) -> None:
    hour = table["TIME_PERIOD"].str[11:13].astype(int)
    missing = table[hour.isin(SILENT)]
    assert set(missing["OBS_STATUS"] + missing["CONF_STATUS"]) == {"LF"}
    assert missing[["OBS_VALUE", "OBS_LOWER", "OBS_UPPER"]].isna().all(axis=None)
    withheld = table[table["OBS_STATUS"] == "Q"]
    assert set(withheld["TIME_PERIOD"].str[11:13]) == {"03"} and set(withheld["CONF_STATUS"]) == {
        "C"
    }
    rest = table[~hour.isin([*SILENT, SMALL])]
    assert set(rest["OBS_STATUS"]) == {"A"} and rest["OBS_VALUE"].notna().all()


def test_the_page_has_a_letter_of_its_own_for_it(table: pd.DataFrame) -> None:
    shown = released_tables.presence(table)
    for letters, values in zip(shown.conf_status, shown.values, strict=True):
        assert [letters[number] for number in SILENT] == ["L", "L"]
        assert [values[number] for number in SILENT] == [None, None]
        assert "".join(letter or "-" for letter in letters).count("L") == 2
