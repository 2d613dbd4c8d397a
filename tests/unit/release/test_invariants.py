"""The median night of a zone is its register: what that gives away is withheld, and audited."""

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
from peil.outcome import Refused
from peil.release import invariants
from peil.release.presence import presence
from peil.store.atomic import write_json
from peil_models.disclosure.medians import median_bounds
from tests.unit.conftest import DAY

ZONES = ["A", "B", "C"]
PARENT = {"A": "ALL", "B": "ALL", "C": "ALL", "ALL": None}
NIGHT = {  # devices; hour 3 of A is under the threshold, and B hides it
    "A": [18.0, 16.0, 20.0, 14.0, 22.0, 19.0],
    "B": [40.0, 42.0, 44.0, 46.0, 48.0, 50.0],
    "C": [90.0, 91.0, 92.0, 93.0, 94.0, 95.0],
}
REGISTER = pd.Series({"A": 74.0, "B": 180.0, "C": 370.0})


def area(register: pd.Series | None = REGISTER) -> Any:
    zones = pd.DataFrame({"zone_id": list(PARENT), "parent_id": list(PARENT.values())})
    zones["level"] = ["-"] * 3 + ["all"]
    sums = [("ALL", np.arange(3)), *((zone, np.array([i])) for i, zone in enumerate(ZONES))]
    return SimpleNamespace(
        zones=zones,
        register=register,
        is_whole_country=True,
        bottom=lambda: ZONES,
        members=lambda: sums,
    )


def estimated(folder: Path, night_day: str = str(DAY)) -> Path:
    """Estimates whose persons are set so that the median night is the register."""
    rows = []
    for number, hour in enumerate(hours_of(DAY, "Europe/Amsterdam")):
        devices = {zone: NIGHT[zone][number] if number < 6 else 100.0 for zone in ZONES}
        persons = {zone: REGISTER[zone] / np.median(NIGHT[zone]) * devices[zone] for zone in ZONES}
        for zone in [*ZONES, "ALL"]:
            pair = [sum(of.values()) if zone == "ALL" else of[zone] for of in (devices, persons)]
            rows.append((zone, hour, RELEASED_ESTIMATOR, *pair, pair[1] - 9, pair[1] + 9, "r"))
    names = ["n_devices", "n_persons", "n_persons_lower", "n_persons_upper", "run_id"]
    frame = pd.DataFrame(rows, columns=["zone_id", "hour_at", "estimator", *names])
    frame["n_devices_counted"] = frame["n_devices"]
    frame.to_parquet(folder / "est_presence__by_zone_hour.parquet")
    write_json(folder / "estimated.json", {"night": {"day": night_day}})
    return folder


def widths(table: pd.DataFrame) -> dict[str, float]:
    """What somebody who knows the register finds of each zone with a gap in its night. Devices."""
    ranges = {}
    for zone in ZONES:
        of_zone = table[table["REF_AREA"] == zone].head(6)
        ratio = REGISTER[zone] / np.median(NIGHT[zone])
        shown = of_zone.loc[of_zone["OBS_STATUS"] == "A", "OBS_VALUE"].astype(float) / ratio
        if 0 < len(shown) < 6:
            low, high = median_bounds(shown, 6 - len(shown), float(REGISTER[zone]) / ratio)
            ranges[zone] = high - low
    return ranges


def test_the_register_would_give_away_an_hour_of_the_night_and_more_is_withheld(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, charter = estimated(tmp_path), reading.load("demo")
    with monkeypatch.context() as patch:  # the twin: nobody thinks of the register
        patch.setattr(invariants, "own_night", lambda *_: pd.DatetimeIndex([], tz="UTC"))
        careless = widths(presence(charter, area(), folder, DAY))
    assert careless["B"] < 1.0  # known exactly, and A with it
    careful = widths(presence(charter, area(), folder, DAY))
    assert careful and min(careful.values()) >= 15


def test_the_audit_knows_nights_and_totals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, charter = estimated(tmp_path), reading.load("demo")
    monkeypatch.setattr(invariants, "also_withheld", lambda *_: pd.Index([]))
    with pytest.raises(Refused, match="narrow 3 more"):
        presence(charter, area(), folder, DAY)


def test_a_night_of_another_day_is_no_row(tmp_path: Path) -> None:
    charter = reading.load("demo")
    folder = estimated(tmp_path, "2026-03-01")
    assert not len(invariants.own_night(charter, folder, DAY))
    assert len(invariants.own_night(charter, estimated(tmp_path), DAY)) == 6
    table = presence(charter, area(), estimated(tmp_path, "2026-03-01"), DAY)
    assert (table["OBS_STATUS"] == "Q").sum() == 2


def test_few_devices_hold_the_area_back_though_its_register_tells_its_persons(
    tmp_path: Path,
) -> None:
    """A pilot of few devices is released with what little it may say, not refused as a leak."""
    folder, charter = estimated(tmp_path), reading.load("demo")
    file = folder / "est_presence__by_zone_hour.parquet"
    rows = pd.read_parquet(file)
    few = {"A": 5.0, "B": 6.0, "C": 8.0, "ALL": 19.0}
    noon = rows["hour_at"] == sorted(rows["hour_at"].unique())[12]
    for name in ("n_devices", "n_devices_counted"):
        rows.loc[noon, name] = rows.loc[noon, "zone_id"].map(few)
    rows.loc[noon, "n_persons"] = rows.loc[noon, "zone_id"].map(few) * 4.0
    rows.to_parquet(file)
    table = presence(charter, area(), folder, DAY)
    of_noon = table[table["TIME_PERIOD"].str.contains("T12:00")]
    assert of_noon["CONF_STATUS"].tolist() == ["C"] * 4
    assert of_noon["OBS_VALUE"].isna().all()


def test_an_area_of_one_zone_with_a_small_hour_is_refused_with_the_reason(tmp_path: Path) -> None:
    folder, charter = estimated(tmp_path), reading.load("demo")
    file = folder / "est_presence__by_zone_hour.parquet"
    own = pd.read_parquet(file).query("zone_id == 'A'")
    pd.concat([own, own.assign(zone_id="ALL")]).to_parquet(file)
    zones = pd.DataFrame(
        {"zone_id": ["A", "ALL"], "parent_id": ["ALL", None], "level": ["-", "all"]}
    )
    one = SimpleNamespace(
        zones=zones,
        register=REGISTER[["A"]],
        is_whole_country=True,
        bottom=lambda: ["A"],
        members=lambda: [("ALL", np.array([0])), ("A", np.array([0]))],
    )
    with pytest.raises(Refused, match="one zone, whose persons its register tells: an hour under"):
        presence(charter, one, folder, DAY)


def test_a_device_stands_for_fewer_persons_in_one_hour_of_the_night_than_in_another(
    tmp_path: Path,
) -> None:
    """What the median tells of devices is told of persons by the hour's own weight."""
    folder = estimated(tmp_path)
    file = folder / "est_presence__by_zone_hour.parquet"
    rows = pd.read_parquet(file)
    withheld_hour = rows["hour_at"] == sorted(rows["hour_at"].unique())[3]
    for name in ("n_persons", "n_persons_lower", "n_persons_upper"):
        rows.loc[withheld_hour, name] *= 0.6
    rows.to_parquet(file)
    table = presence(reading.load("demo"), area(), folder, DAY)
    assert table["OBS_STATUS"].eq("Q").any()


def changed_at_noon(folder: Path, devices: dict[str, float], persons: dict[str, float]) -> None:
    """Change the estimates of an hour of the day: devices, all of them counted, and persons."""
    file = folder / "est_presence__by_zone_hour.parquet"
    rows = pd.read_parquet(file)
    noon = rows["hour_at"] == sorted(rows["hour_at"].unique())[12]
    for name, of in (
        ("n_devices", devices),
        ("n_devices_counted", devices),
        ("n_persons", persons),
        ("n_persons_lower", persons),
        ("n_persons_upper", persons),
    ):
        changed = rows.loc[noon, "zone_id"].map({**of, "ALL": sum(of[zone] for zone in ZONES)})
        rows.loc[noon, name] = changed
    rows.to_parquet(file)


def statuses_at_noon(folder: Path) -> list[str]:
    table = presence(reading.load("demo"), area(), folder, DAY)
    return list(table.loc[table["TIME_PERIOD"].str.contains("T12:00"), "OBS_STATUS"])


def test_an_hour_of_which_nothing_was_counted_is_withheld_and_refuses_no_day(
    tmp_path: Path,
) -> None:
    nobody = dict.fromkeys(ZONES, 0.0)
    folder = estimated(tmp_path)
    changed_at_noon(folder, nobody, nobody)
    assert statuses_at_noon(folder) == ["Q"] * 4


def test_what_a_device_stands_for_by_day_counts_by_night(tmp_path: Path) -> None:
    """The audit of the day has the heaviest device of any hour; what is withheld rests on it."""
    folder = estimated(tmp_path)
    changed_at_noon(folder, dict.fromkeys(ZONES, 16.0), dict.fromkeys(ZONES, 1000.0))
    assert statuses_at_noon(folder) == ["A"] * 4


def test_fewer_persons_than_the_threshold_are_withheld_however_many_devices_they_have(
    tmp_path: Path,
) -> None:
    folder = estimated(tmp_path)
    changed_at_noon(
        folder, dict.fromkeys(ZONES, 100.0), {"A": 9.0, "B": 300.0, "C": 300.0, "ALL": 0.0}
    )
    assert statuses_at_noon(folder).count("Q") == 2  # and another, that does not give it away
