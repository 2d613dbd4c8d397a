"""dbt asks of the Parquet files of estimated and released what it asks of its own tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from peil.adapters import transform
from peil.estimate.estimators import ESTIMATORS, RELEASED_ESTIMATOR
from peil.outcome import Refused, Waiting

HOURS = [datetime(2026, 3, 1, 23, tzinfo=UTC) + timedelta(hours=n) for n in range(3)]
Rows = list[dict[str, Any]]
UNOBSERVED = "2026-03-02T10:00:00+01:00"


def estimated() -> dict[str, Rows]:
    by_zone = [
        {
            "zone_id": zone,
            "hour_at": hour,
            "estimator": name,
            "n_devices": 40.5,
            "n_devices_counted": 38.0,
            "n_persons": 90.0,
            "n_persons_lower": 80.0,
            "n_persons_upper": 100.0,
            "run_id": "r",
        }
        for zone in "AB"
        for hour in HOURS
        for name in ESTIMATORS
    ]
    by_tile = [
        {
            "tile_id": tile,
            "x_m": 50.0,
            "y_m": 50.0,
            "hour_at": hour,
            "estimator": RELEASED_ESTIMATOR,
            "n_devices": 1.5,
            "run_id": "r",
        }
        for tile in range(3)
        for hour in HOURS
    ]
    unlocated = [
        {
            "hour_at": hour,
            "estimator": RELEASED_ESTIMATOR,
            "n_devices_unlocated": 0.0,
            "n_devices_withheld": 3.0,
            "n_devices_censored": 2.0,
        }
        for hour in HOURS
    ]
    return {
        "est_presence__by_zone_hour": by_zone,
        "est_presence__by_tile_hour": by_tile,
        "unlocated": unlocated,
    }


def released() -> dict[str, Rows]:
    shown = {
        "OBS_VALUE": 90,
        "OBS_LOWER": 80,
        "OBS_UPPER": 100,
        "OBS_STATUS": "A",
        "CONF_STATUS": "F",
        "UNIT_MEASURE": "PS",
    }
    withheld = shown | {
        "OBS_VALUE": None,
        "OBS_LOWER": None,
        "OBS_UPPER": None,
        "OBS_STATUS": "Q",
        "CONF_STATUS": "C",
    }
    rows = [
        {"REF_AREA": zone, "TIME_PERIOD": f"2026-03-02T0{hour}:00:00+01:00"} | values
        for hour in range(6)
        for zone, values in (("A", shown), ("B", withheld))
    ]
    missing = withheld | {"OBS_STATUS": "L", "CONF_STATUS": "F"}
    rows += [{"REF_AREA": zone, "TIME_PERIOD": UNOBSERVED} | missing for zone in "AB"]
    return {"rel_presence__by_zone_hour": rows}


def check(state: str, tables: dict[str, Rows], folder: Path) -> transform.TransformResult:
    made = folder / state
    made.mkdir()
    for name, rows in tables.items():
        pq.write_table(pa.Table.from_pylist(rows), made / f"{name}.parquet")
    session = transform.TransformSession(memory_limit="300MB", temp_directory=folder / "spill")
    return transform.check(state, made, session, folder / "dbt")


def test_sound_estimates_pass_and_persons_may_be_missing_altogether(tmp_path: Path) -> None:
    tables = estimated()
    for row in tables["est_presence__by_zone_hour"][:9]:
        row["n_persons"] = row["n_persons_lower"] = row["n_persons_upper"] = None
    for rows in tables.values():  # an hour that nobody observed
        for row in rows:
            if row["hour_at"] == HOURS[2]:
                row |= {name: None for name in row if name.startswith("n_")}
    result = check("estimated", tables, tmp_path)
    assert (result.n_tables, result.n_tests) == (3, 9)


def test_each_fault_of_an_estimate_is_told_in_a_sentence_of_its_own(tmp_path: Path) -> None:
    tables = estimated()
    rows = tables["est_presence__by_zone_hour"]
    rows.append(dict(rows[0]))
    rows[1]["n_persons_lower"] = 98765.0
    rows[2]["run_id"] = None
    rows[3]["estimator"] = "guess"
    tables["est_presence__by_tile_hour"].append(dict(tables["est_presence__by_tile_hour"][0]))
    tables["est_presence__by_tile_hour"][1]["n_devices"] = float("nan")
    tables["unlocated"][0]["n_devices_unlocated"] = -1.0
    with pytest.raises(Refused) as refused:
        check("estimated", tables, tmp_path)
    for told in (
        "estimated zone hours are unique",
        "estimated persons lie in their interval",
        "estimated zone hours are complete",
        "estimators of zones are known",
        "estimated tile hours are unique",
        "estimated tile hours are complete",
        "unlocated hours are complete",
    ):
        assert f"{told} does not hold (1 times)" in str(refused.value)
    assert "98765" not in str(refused.value)
    assert "guess" not in str(refused.value)


def test_a_sound_release_passes(tmp_path: Path) -> None:
    result = check("released", released(), tmp_path)
    assert (result.n_tables, result.n_tests) == (1, 5)


def test_each_fault_of_a_release_is_told_in_a_sentence_of_its_own(tmp_path: Path) -> None:
    tables = released()
    rows = tables["rel_presence__by_zone_hour"]  # even: shown, odd: withheld
    rows[1]["OBS_VALUE"] = 12345
    rows[2] |= {"OBS_VALUE": None, "OBS_LOWER": None, "OBS_UPPER": None}
    rows[3] |= {"OBS_LOWER": 7, "OBS_UPPER": 9}
    rows[5]["OBS_STATUS"] = "A"
    rows[4]["OBS_UPPER"] = 85
    rows[6]["OBS_LOWER"] = None
    rows[7]["CONF_STATUS"] = "D"
    rows[8]["TIME_PERIOD"] = "2026-03-02T04:30:00+01:00"
    rows[12]["OBS_VALUE"] = rows[12]["OBS_LOWER"] = rows[12]["OBS_UPPER"] = 12345
    rows[13]["CONF_STATUS"] = "C"
    rows[10]["TIME_PERIOD"] = "2026-03-02T05:00:00"
    rows.append(dict(rows[0]))
    with pytest.raises(Refused) as refused:
        check("released", tables, tmp_path)
    for told, times in {
        "released zone hours are unique": 1,
        "released codes are known": 1,
        "released periods are whole hours with an offset": 2,
        "released figures are null when withheld or unobserved": 7,
        "released figures lie in their interval": 2,
    }.items():
        assert f"{told} does not hold ({times} times)" in str(refused.value)
    assert "12345" not in str(refused.value)


def test_a_state_that_is_not_made_yet_is_waited_for(tmp_path: Path) -> None:
    tables = estimated()
    del tables["unlocated"]
    with pytest.raises(Waiting, match=r"unlocated\.parquet is not there"):
        check("estimated", tables, tmp_path)
