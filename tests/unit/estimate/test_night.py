"""Which night calibrates a day."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from benchmarks.disturbed import bundles
from peil.charter import public_register
from peil.charter.clock import hours_of
from peil.charter.hour import Hour, unit_of
from peil.estimate import night as nights
from peil.outcome import Refused, Waiting

MONDAY, FRIDAY, SATURDAY, SUNDAY = (date(2026, 3, day) for day in (2, 6, 7, 8))


@pytest.fixture
def registered(tiny: Any) -> Any:
    """The pilot in two zones with a register, so that there is something to calibrate on."""
    import geopandas as gpd
    from shapely.geometry import box

    folder = tiny.deliveries / "tiny"
    tiles = pd.DataFrame(
        {"tile_id": [1, 2], "x_m": [50.0, 150.0], "y_m": 50.0, "zone_id": ["A", "B"]}
    )
    for name in ("elevation_m", "building", "residential", "forest", "water", "roads"):
        tiles[name] = 0.0
    tiles.to_parquet(folder / "tiles.parquet")
    zones = pd.DataFrame(
        {"zone_id": ["A", "B"], "name": ["A", "B"], "parent_id": [None, None], "level": "city"}
    )
    shapes = [box(0, 0, 100, 100), box(100, 0, 200, 100)]
    gpd.GeoDataFrame(zones, geometry=shapes).to_parquet(folder / "zones.parquet")
    (folder / "register.csv").write_text("zone_id,n_persons\nA,300\nB,90\n")
    tiny.write_charter(
        area={
            "crs": "local",
            "country": "NL",
            "tiles": "tiny/tiles.parquet",
            "zones": "tiny/zones.parquet",
            "register": "tiny/register.csv",
        }
    )
    return tiny


def estimated(tiny: Any, day: date, by_zone: dict[str, float]) -> None:
    """A day's estimate in which every hour has the same devices, times its position at night."""
    folder = tiny.store.estimated("tiny", day)
    folder.mkdir(parents=True)
    rows = [
        {"zone_id": zone, "hour_at": hour, "estimator": name, "n_devices": devices * (1 + n)}
        for name in ("em", "sb")
        for zone, devices in by_zone.items()
        for n, hour in enumerate(hours_of(day, "Europe/Amsterdam"))
    ]
    pd.DataFrame(rows).to_parquet(folder / "est_presence__by_zone_hour.parquet")
    (folder / "estimated.json").write_text(json.dumps({"run_ids": {"em": str(day)}}))


def test_a_working_day_is_calibrated_on_its_own_night(registered: Any) -> None:
    night = nights.night_for(registered.charter, FRIDAY, registered.store)
    assert (night.day, night.is_own, night.is_working) == (FRIDAY, True, True)
    assert night.own_hours == [0, 1, 2, 3, 4, 5]


def test_a_ratio_far_from_that_of_all_zones_is_bounded_by_the_choice(registered: Any) -> None:
    """A wrong footprint leaves two of a zone's devices there by night, and many more by day."""
    night = nights.night_for(registered.charter, FRIDAY, registered.store)
    by_night = np.array([[400.0] * 6, [400.0] * 6, [2.0] * 6])
    devices = night.devices_of("em", ["A", "B", "C"], by_night)
    fitted = night.weights.fit(devices, np.array([4000.0] * 3))
    together, pooled = 12000 / 802, night.weights.pooled_devices
    near = (4000 + pooled * together) / (400 + pooled)
    assert fitted.ratio_.tolist() == pytest.approx([near, near, 3 * together])
    assert fitted.is_bounded_.tolist() == [False, False, True]


@pytest.mark.parametrize("day", [SATURDAY, SUNDAY])
def test_a_day_off_is_calibrated_on_the_last_working_night(registered: Any, day: date) -> None:
    estimated(registered, FRIDAY, {"A": 10.0, "B": 3.0})
    night = nights.night_for(registered.charter, day, registered.store)
    assert (night.day, night.is_own, night.is_working) == (FRIDAY, False, True)
    assert set(night.devices) == {"em", "sb"}
    assert night.devices["em"].tolist() == [[10, 20, 30, 40, 50, 60], [3, 6, 9, 12, 15, 18]]
    today = np.ones((2, 6))
    assert night.devices_of("em", ["A", "B"], today).tolist() == night.devices["em"].tolist()
    assert night.devices_of("landuse", ["A", "B"], today) is today


def test_a_day_off_waits_for_the_night_it_needs(registered: Any) -> None:
    with pytest.raises(Waiting, match="2026-03-08 is calibrated on the night of 2026-03-06"):
        nights.night_for(registered.charter, SUNDAY, registered.store)


def test_a_closed_gate_on_that_night_leaves_the_own_night_and_says_so(registered: Any) -> None:
    closed = registered.store.quarantine("tiny") / f"{FRIDAY}.closed.json"
    closed.parent.mkdir(parents=True)
    closed.write_text("{}")
    night = nights.night_for(registered.charter, SATURDAY, registered.store)
    assert (night.day, night.is_own, night.is_working) == (SATURDAY, True, False)


def test_a_period_that_begins_on_a_day_off_uses_its_own_night(registered: Any) -> None:
    registered.write_charter(
        area=json.loads(registered.charter.area.model_dump_json(by_alias=True, exclude_none=True)),
        period={"start": "2026-03-07", "end": "2026-03-08"},
    )
    for day in (SATURDAY, SUNDAY):
        assert nights.night_for(registered.charter, day, registered.store).day == day


def test_a_holiday_is_a_day_off(registered: Any) -> None:
    charter = registered.charter
    assert not nights.is_working(charter, date(2026, 4, 27))  # King's Day, a Monday
    assert not nights.is_working(charter, date(2026, 4, 6))  # Easter Monday
    assert nights.is_working(charter, date(2026, 4, 28))
    assert not nights.is_working(charter, SUNDAY)
    abroad = charter.model_copy(update={"area": charter.area.model_copy(update={"country": None})})
    assert nights.is_working(abroad, date(2026, 4, 27))


def test_the_days_of_a_long_weekend_rest_on_one_night(registered: Any) -> None:
    area = json.loads(registered.charter.area.model_dump_json(by_alias=True, exclude_none=True))
    registered.write_charter(area=area, period={"start": "2026-04-01", "end": "2026-04-10"})
    thursday = date(2026, 4, 2)
    estimated(registered, thursday, {"A": 1.0, "B": 1.0})
    for off in (3, 4, 5, 6):  # Good Friday to Easter Monday
        night = nights.night_for(registered.charter, date(2026, 4, off), registered.store)
        assert night.day == thursday


def test_without_a_register_there_is_nothing_to_calibrate(tiny: Any) -> None:
    night = nights.night_for(tiny.charter, SUNDAY, tiny.store)
    assert (night.day, night.is_own, night.devices) == (SUNDAY, True, {})


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 3, 29), [0, 1, 2, 3, 4]),  # 02:00 does not exist
        (date(2026, 10, 25), [0, 1, 2, 3, 4, 5, 6]),  # 02:00 exists twice
        (date(2026, 3, 2), [0, 1, 2, 3, 4, 5]),
    ],
)
def test_the_night_is_by_the_local_clock_when_clocks_change(
    tiny: Any, day: date, expected: list[int]
) -> None:
    assert nights.positions(tiny.charter, day) == expected


def test_zones_that_changed_since_are_not_calibrated_on_the_old_ones(registered: Any) -> None:
    estimated(registered, FRIDAY, {"A": 10.0, "B": 3.0})
    night = nights.night_for(registered.charter, SATURDAY, registered.store)
    with pytest.raises(Waiting, match="zones of 2026-03-06 differ"):
        night.devices_of("em", ["A"], np.ones((1, 6)))


def estimated_hours(
    tiny: Any, day: date, *hours: int, times: float = 1.0, withheld: str = ""
) -> None:
    """Hours of a day, each estimated and released by itself, some zones withheld."""
    for hour in hours:
        unit = Hour(day.year, day.month, day.day, hour)
        estimated(tiny, unit, {"A": 40.0 * times * (1 + hour), "B": 20.0})
        record = tiny.store.estimated_record("tiny", unit)
        content = json.loads(record.read_text()) | {"facts": {"misfit_share": 0.1 * (1 + hour)}}
        record.write_text(json.dumps(content))
        table = pd.DataFrame({"REF_AREA": ["A", "B"], "OBS_STATUS": "A", "OBS_VALUE": 1})
        table.loc[[zone in withheld for zone in table["REF_AREA"]], "OBS_STATUS"] = "Q"
        bundles.cross(tiny.store, tiny.charter, "presence", unit, table)


@pytest.fixture
def hourly(registered: Any) -> Any:
    """By the hour, entered in the register."""
    content = yaml.safe_load(registered.charter_file.read_text())
    content["every"] = "PT1H"
    content["inputs"]["events"]["path"] = "tiny/events/{day}/{hour}/*"
    registered.charter_file.write_text(yaml.safe_dump(content, allow_unicode=True))
    public_register.enter(registered.charter, registered.store)
    return registered


def _night_for(tiny: Any, hour: str) -> nights.Night:
    return nights.night_for(tiny.charter, unit_of(hour), tiny.store)


def test_an_hour_is_calibrated_on_the_last_working_night_before_its_day(hourly: Any) -> None:
    estimated_hours(hourly, FRIDAY, 2, 4)
    estimated_hours(hourly, SATURDAY, 3, times=9.0)
    for hour in ("2026-03-07T20", "2026-03-07T03", "2026-03-08T00"):
        night = _night_for(hourly, hour)
        assert (night.day, night.is_own, night.is_working) == (FRIDAY, False, True)
        assert [str(each) for each in night.hours] == ["2026-03-06T02", "2026-03-06T04"]
        assert night.devices["em"].tolist() == [[120.0, 200.0], [20.0, 20.0]]
        assert night.misfit_share == pytest.approx(0.4)
    assert _night_for(hourly, "2026-03-08T03").today_hours == [0]  # it is an hour of a night too
    assert _night_for(hourly, "2026-03-08T20").today_hours == []


def test_a_released_hour_of_which_a_byte_was_changed_calibrates_nothing(hourly: Any) -> None:
    estimated_hours(hourly, FRIDAY, 2, 4)
    folder = hourly.store.released("tiny", "presence", Hour(2026, 3, 6, 4))
    file = folder / "rel_presence__by_zone_hour.parquet"
    pd.read_parquet(file).assign(OBS_STATUS=["Q", "A"]).to_parquet(file, index=False)
    with pytest.raises(Refused, match=r"presence 2026-03-06T04 cannot be vouched for: .* changed"):
        _night_for(hourly, "2026-03-07T20")


def test_nothing_of_an_hours_own_future_calibrates_it(hourly: Any) -> None:
    before = _night_for(hourly, "2026-03-02T03")
    assert (str(before.day), before.is_own) == ("2026-03-02T03", True)  # the first night: itself
    estimated_hours(hourly, MONDAY, 4, 5)
    for hour in ("2026-03-02T03", "2026-03-02T05"):
        assert (str(_night_for(hourly, hour).day), _night_for(hourly, hour).hours) == (hour, [])
    assert len(_night_for(hourly, "2026-03-02T20").hours) == 2
    assert _night_for(hourly, "2026-03-03T04").day == MONDAY


def test_an_hour_of_the_first_day_waits_for_the_night_before_it(hourly: Any) -> None:
    with pytest.raises(Waiting, match="run the hours of its night first"):
        _night_for(hourly, "2026-03-02T20")


def test_a_withheld_entry_of_a_night_weighs_no_later_hour(hourly: Any) -> None:
    estimated_hours(hourly, MONDAY, 2, 3)
    estimated_hours(hourly, MONDAY, 4, withheld="A", times=50.0)
    estimated_hours(hourly, MONDAY, 5, withheld="AB")
    night = _night_for(hourly, "2026-03-02T20")
    assert len(night.hours) == 4
    assert night.devices["em"].tolist() == [[120.0, 160.0, 140.0, 140.0], [20.0] * 4]
    (hourly.store.released("tiny", "presence", MONDAY)).parent.rename(hourly.folder / "gone")
    with pytest.raises(Waiting, match="no hour of a night before it is released"):
        _night_for(hourly, "2026-03-02T20")
