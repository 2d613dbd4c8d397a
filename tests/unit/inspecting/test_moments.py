"""How moments are written and in which time zone, from values alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from peil.area.countries import mcc_of_imsi
from peil.inspecting.columns import looks_like
from peil.inspecting.moments import FORMATS, writing_of, zone_of

START = datetime(2026, 3, 2, 0, 0, 7)


def written(form: str, n: int = 40, step_h: float = 9.5) -> list[str | None]:
    return [(START + timedelta(hours=step_h * k)).strftime(form) for k in range(n)]


@pytest.mark.parametrize("form", FORMATS)
def test_each_way_to_write_a_moment_is_told_from_the_others(form: str) -> None:
    writing = writing_of([*written(form), None])
    assert writing is not None
    assert (writing.time_format, writing.share, writing.is_sure) == (form, 1.0, True)
    assert not writing.accept_iso_t and not writing.has_offset


def test_days_up_to_the_twelfth_leave_the_order_open() -> None:
    writing = writing_of(written("%d/%m/%Y %H:%M:%S", n=20))
    assert writing is not None and not writing.is_sure and "ask" in writing.why


@pytest.mark.parametrize(
    ("day", "form"),
    [(date(2026, 3, 2), "%d/%m/%Y %H:%M:%S"), (date(2026, 2, 3), "%m/%d/%Y %H:%M:%S")],
)
def test_the_day_of_the_path_settles_the_order(day: date, form: str) -> None:
    writing = writing_of(["02/03/2026 08:30:00"] * 3, day)
    assert writing is not None and writing.is_sure and writing.time_format == form
    assert writing.moments[0].date() == day


def test_a_month_by_name_leaves_no_order_open() -> None:
    writing = writing_of(written("%d-%b-%Y %H:%M:%S", n=20))
    assert writing is not None and writing.is_sure and writing.time_format == "%d-%b-%Y %H:%M:%S"


def test_a_t_between_some_days_and_times_is_accepted_and_told() -> None:
    mixed = written("%Y-%m-%d %H:%M:%S") + written("%Y-%m-%dT%H:%M:%S", n=10)
    writing = writing_of(mixed)
    assert writing is not None and writing.accept_iso_t and writing.share == 1.0
    assert writing.time_format == "%Y-%m-%d %H:%M:%S"


@pytest.mark.parametrize("form", ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f"])
def test_iso_needs_no_format(form: str) -> None:
    writing = writing_of(written(form))
    assert writing is not None and writing.time_format is None and not writing.has_offset


def test_a_moment_without_signs_is_no_imsi_of_greece() -> None:
    assert looks_like(written("%Y%m%d%H%M%S")) == "moment"
    assert looks_like([f"20205{number:09d}" for number in range(20)]) == "IMSI"


@pytest.mark.parametrize("tail", ["+00:00", "Z", "+02", "+0100", " UTC"])
def test_an_offset_in_the_text_settles_the_zone(tail: str) -> None:
    writing = writing_of([f"{text}{tail}" for text in written("%Y-%m-%d %H:%M:%S")])
    assert writing is not None and writing.has_offset and writing.share == 1.0
    assert zone_of(writing, "at", 204).sure == "high"


@pytest.mark.parametrize(
    ("unit", "scale"), [(1, 1.0), (1000, 1e-3), (1_000_000, 1e-6), (10**9, 1e-9)]
)
def test_units_since_1970_are_told_apart(unit: int, scale: float) -> None:
    start = int(START.replace(tzinfo=UTC).timestamp())
    writing = writing_of([str((start + 60 * k) * unit) for k in range(20)])
    assert writing is not None and writing.seconds_per_t == scale and writing.has_offset
    assert abs(writing.moments[0] - START.replace(tzinfo=UTC)) < timedelta(milliseconds=1)


@pytest.mark.parametrize("number", [505_013_000_000_000, 3_569_380_356_438_090])
def test_long_numbers_of_subscribers_and_devices_are_no_moments(number: int) -> None:
    assert writing_of([str(number + k) for k in range(20)]) is None


@settings(deadline=None)
@example(["¹²³", "٢٠٤٠٨"])  # digits to the eye, and to some of Python's questions
@given(st.lists(st.one_of(st.none(), st.text(max_size=20)), max_size=20))
def test_no_text_breaks_the_guessing(values: list[str | None]) -> None:
    writing_of(values)
    looks_like(values)
    mcc_of_imsi(values)


def test_few_numbers_are_no_moment() -> None:
    assert writing_of(["12", "13"]) is None
    assert writing_of([None]) is None and writing_of([]) is None


def busy(zone: str) -> list[str | None]:
    """Time stamps of a network that sleeps from one to five, written in UTC or local time."""
    stamps: list[str | None] = []
    for minute in range(0, 14 * 24 * 60, 5):
        local = START.replace(tzinfo=ZoneInfo("Europe/Athens")) + timedelta(minutes=minute)
        if not 1 <= local.hour < 6 or minute % 60 == 0:
            stamps.append(local.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S"))
    return stamps


@pytest.mark.parametrize("zone", ["Europe/Athens", "UTC"])
def test_the_quiet_hours_tell_local_time_from_utc(zone: str) -> None:
    writing = writing_of(busy(zone))
    assert writing is not None
    guess = zone_of(writing, "at", 202)
    assert (guess.name, guess.sure) == (zone, "medium")
    assert "quietest" in guess.why


def test_without_evidence_the_zone_is_the_networks_and_must_be_asked() -> None:
    writing = writing_of(written("%Y-%m-%d %H:%M:%S"))
    assert writing is not None
    assert (zone_of(writing, "at", 214).name, zone_of(writing, "at", 214).sure) == (
        "Europe/Madrid",
        "low",
    )
    assert (zone_of(writing, "at", None).name, zone_of(writing, "at", None).sure) == ("UTC", "low")
    assert zone_of(writing, "TIME_UTC", 214).name == "UTC"
