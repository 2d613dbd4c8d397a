"""What can be told from names and values alone: separators, formats, zones, kinds of columns."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from peil.area.countries import mcc_of_imsi
from peil.inspecting.columns import CELL_NAMES, EVENT_NAMES, guesses, has_decimal_comma, looks_like
from peil.inspecting.formats import day_of, format_of, plane_of, template
from peil.inspecting.moments import FORMATS, writing_of, zone_of
from peil.inspecting.tables import Table, container_of, table_of
from peil.outcome import Refused

START = datetime(2026, 3, 2, 0, 0, 7)


def written(form: str, n: int = 40, step_h: float = 9.5) -> list[str | None]:
    return [(START + timedelta(hours=step_h * k)).strftime(form) for k in range(n)]


@pytest.mark.parametrize("form", FORMATS)
def test_each_way_to_write_a_moment_is_told_from_the_others(form: str) -> None:
    found = writing_of([*written(form), None])
    assert found is not None
    assert (found.time_format, found.share, found.is_sure) == (form, 1.0, True)
    assert not found.accept_iso_t and not found.has_offset


def test_days_up_to_the_twelfth_leave_the_order_open() -> None:
    found = writing_of(written("%d/%m/%Y %H:%M:%S", n=20))
    assert found is not None and not found.is_sure and "ask" in found.why


@pytest.mark.parametrize(
    ("day", "form"),
    [(date(2026, 3, 2), "%d/%m/%Y %H:%M:%S"), (date(2026, 2, 3), "%m/%d/%Y %H:%M:%S")],
)
def test_the_day_of_the_path_settles_the_order(day: date, form: str) -> None:
    found = writing_of(["02/03/2026 08:30:00"] * 3, day)
    assert found is not None and found.is_sure and found.time_format == form
    assert found.moments[0].date() == day


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("e/2026-03-02/a.csv", date(2026, 3, 2)),
        ("cells_20260302.csv", date(2026, 3, 2)),
        ("year=2023/month=1/day=7/a", date(2023, 1, 7)),
        ("e/2026-13-40/a.csv", None),
        ("n_12345678901.csv", None),
    ],
)
def test_a_path_names_its_day(path: str, day: date | None) -> None:
    assert day_of(Path(path)) == day


def test_a_t_between_some_days_and_times_is_accepted_and_told() -> None:
    mixed = written("%Y-%m-%d %H:%M:%S") + written("%Y-%m-%dT%H:%M:%S", n=10)
    found = writing_of(mixed)
    assert found is not None and found.accept_iso_t and found.share == 1.0
    assert found.time_format == "%Y-%m-%d %H:%M:%S"


@pytest.mark.parametrize("form", ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f"])
def test_iso_needs_no_format(form: str) -> None:
    found = writing_of(written(form))
    assert found is not None and found.time_format is None and not found.has_offset


@pytest.mark.parametrize("tail", ["+00:00", "Z", "+02", "+0100"])
def test_an_offset_in_the_text_settles_the_zone(tail: str) -> None:
    found = writing_of([f"{text}{tail}" for text in written("%Y-%m-%d %H:%M:%S")])
    assert found is not None and found.has_offset and found.share == 1.0
    assert zone_of(found, "at", 204).sure == "high"


@pytest.mark.parametrize(("unit", "scale"), [(1, 1.0), (1000, 0.001)])
def test_seconds_and_milliseconds_are_told_apart(unit: int, scale: float) -> None:
    start = int(START.replace(tzinfo=UTC).timestamp())
    found = writing_of([str((start + 60 * k) * unit) for k in range(20)])
    assert found is not None and found.seconds_per_t == scale and found.has_offset
    assert found.moments[0] == START.replace(tzinfo=UTC)


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
    made: list[str | None] = []
    for minute in range(0, 14 * 24 * 60, 5):
        local = START.replace(tzinfo=ZoneInfo("Europe/Athens")) + timedelta(minutes=minute)
        if not 1 <= local.hour < 6 or minute % 60 == 0:
            made.append(local.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S"))
    return made


@pytest.mark.parametrize("zone", ["Europe/Athens", "UTC"])
def test_the_quiet_hours_tell_local_time_from_utc(zone: str) -> None:
    found = writing_of(busy(zone))
    assert found is not None
    told = zone_of(found, "at", 202)
    assert (told.name, told.sure) == (zone, "medium")
    assert "quietest" in told.why


def test_without_evidence_the_zone_is_the_networks_and_must_be_asked() -> None:
    found = writing_of(written("%Y-%m-%d %H:%M:%S"))
    assert found is not None
    assert (zone_of(found, "at", 214).name, zone_of(found, "at", 214).sure) == (
        "Europe/Madrid",
        "low",
    )
    assert (zone_of(found, "at", None).name, zone_of(found, "at", None).sure) == ("UTC", "low")
    assert zone_of(found, "TIME_UTC", 214).name == "UTC"


@pytest.mark.parametrize(
    ("values", "look"),
    [
        (["204080000000123", "204080000000456", "20408000000077"], "IMSI"),
        (["352099001761481", "490154203237518", "352099001761499", "490154203237526"], "IMEI"),
        (["+31612345678", "0031687654321"], "MSISDN"),
        (["a" * 64, "0123456789abcdef" * 4], "keyed or hashed identifier"),
        (["2026-03-02 08:30:00", None], "moment"),
        (["204", "310"], "mobile country code"),
        (["204-08-3040-11197", "204-08-3040-11198"], "cell identity"),
        (["1.5", "-2,5"], "number"),
        (["north", "south"], ""),
        ([], ""),
    ],
)
def test_values_look_like_what_they_are(values: list[str | None], look: str) -> None:
    assert looks_like(values) == look


def table(**columns: list[Any]) -> Table:
    return Table(Path("a.csv"), "csv", columns=columns)


def test_names_and_content_together_make_a_guess_surer() -> None:
    found = guesses(
        table(
            IMSI=["204080000000123"] * 3,
            EVENT_TIME=["2026-03-02 08:30:00"] * 3,
            MCC=["204"] * 3,
            LAC_CI=["12-7"] * 3,
            IMEI=["352099001761481"] * 3,
            B_PARTY=["+31612345678"] * 3,
            DURATION=["12"] * 3,
        ),
        EVENT_NAMES,
    )
    assert {ours: (guess.theirs, guess.sure) for ours, guess in found.items()} == {
        "subscriber_id": ("IMSI", "high"),
        "observed_at": ("EVENT_TIME", "high"),
        "mcc": ("MCC", "high"),
        "cell_id": ("LAC_CI", "medium"),
    }


def test_content_alone_finds_columns_with_strange_names_but_never_contacts() -> None:
    found = guesses(
        table(
            k1=["204080000000123"] * 3,
            k2=["2026-03-02 08:30:00"] * 3,
            k3=["kerk"] * 3,
            OTHER_PARTY=["+31612345678"] * 3,
            imei=["204080000000123"] * 3,
        ),
        EVENT_NAMES,
        {"kerk", "plein"},
    )
    assert {ours: (guess.theirs, guess.sure) for ours, guess in found.items()} == {
        "cell_id": ("k3", "high"),
        "subscriber_id": ("k1", "low"),
        "observed_at": ("k2", "low"),
    }
    assert "100% of its values are cells of the plan" in found["cell_id"].why


def test_a_name_that_its_values_belie_is_asked() -> None:
    found = guesses(table(latitude=["far", "away"], mcc=["x", "y"]), {**CELL_NAMES, **EVENT_NAMES})
    assert found["latitude"].sure == "low" and found["mcc"].sure == "low"


def test_a_decimal_comma_is_seen() -> None:
    assert has_decimal_comma(table(lat=["52,1", "52,2"], n=["1", "2"]), ["lat", "n"])
    assert not has_decimal_comma(table(lat=["52.1", "5,2", "1.1"]), ["lat"])


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_separator_and_header_are_seen(tmp_path: Path, separator: str, name: str) -> None:
    lines = [["a", "b,c" if separator != "," else "b", "d"], ["1", "x", ""], ["2,5", '"q"', "z"]]
    if separator == ",":
        lines[2][0] = "25"
    content = "\ufeff" + "\r\n".join(separator.join(line) for line in lines)
    file = tmp_path / name
    file.write_bytes(gzip.compress(content.encode()) if name.endswith("gz") else content.encode())
    found = table_of(file)
    assert (found.separator, found.has_header, found.encoding) == (separator, True, "UTF-8")
    assert found.names == lines[0]
    assert list(found.columns.values())[2] == [None, "z"]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("imsi;naam\n1;café\n".encode("utf-16"), "UTF-16"),
        (b"imsi;naam\n1;caf\xe9 en meer tekst\n", "WINDOWS-1252"),
    ],
)
def test_another_encoding_is_told_with_its_remedy(
    tmp_path: Path, content: bytes, encoding: str
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(content)
    found = table_of(file)
    assert found.encoding == encoding and f"iconv -f {encoding} -t UTF-8" in found.why


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (gzip.compress(b"a,b\n" * 99, mtime=0)[:20], "breaks off"),
        (b"PAR1 and nothing", "is damaged"),
    ],
)
def test_a_file_that_cannot_be_looked_into_is_told(
    tmp_path: Path, content: bytes, said: str
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(content)
    with pytest.raises(Refused, match=rf"a\.csv {said}"):
        table_of(file)


@pytest.mark.parametrize(
    ("content", "container"),
    [
        (b'{"files": []}', "other"),
        (b'{"type": "FeatureCollection"}', "vector"),
        (b"<a></a>", "xml"),
        (b"II*\0", "raster"),
        (b"a\0b", "other"),
        (b"a,b\n", "csv"),
    ],
)
def test_a_container_is_told_by_its_first_bytes(
    tmp_path: Path, content: bytes, container: str
) -> None:
    (tmp_path / "a").write_bytes(content)
    assert container_of(tmp_path / "a") == container


def test_parquet_says_its_types_and_bytes_are_shown_as_such(tmp_path: Path) -> None:
    made = {
        "id": pa.array([b"\x01"]),
        "n": [1],
        "x": [1.5],
        "b": [True],
        "at": pa.array([START]),
        "s": [" "],
    }
    pq.write_table(pa.table(made), tmp_path / "a.parquet")
    found = table_of(tmp_path / "a.parquet")
    assert list(found.kinds.values()) == [
        "bytes",
        "whole number",
        "number",
        "yes or no",
        "moment",
        "text",
    ]
    assert found.columns["id"] == ["01"] and found.columns["s"] == [None]


@pytest.mark.parametrize(
    ("columns", "reader", "role"),
    [
        ("datetime,msisdn,location_id", "flowkit", "events"),
        ("id,version,geom_point", "flowkit", "cells"),
        ("t,AntennaId,EventCode,PhoneId,x,y", "essnet", "events"),
        ("cell,small,height,direction,tilt,beam_h,beam_v,x,y", "mobloc", "cells"),
        ("radio,mcc,net,area,cell,unit,lon,lat,range", "opencellid", "cells"),
        ("cell_id,latitude,longitude", "generic", "cells"),
        ("id,latitude,longitude,azimuth", "generic", "cells"),
        ("code,population", "register", "register"),
        ("rid,x,y,building,forest,water", "tiles", "tiles"),
    ],
)
def test_a_format_is_known_by_its_columns(columns: str, reader: str, role: str) -> None:
    found = format_of(table(**{name: ["1"] for name in columns.split(",")}))
    assert found is not None and (found.reader, found.role) == (reader, role)


@pytest.mark.parametrize("columns", ["name,latitude,longitude", "a,b", "date,holiday"])
def test_a_table_of_something_else_is_not_taken(columns: str) -> None:
    assert format_of(table(**{name: ["1"] for name in columns.split(",")})) is None


@pytest.mark.parametrize(
    ("path", "made"),
    [
        ("e/2026-03-02/a.csv", "e/{day}/a.csv"),
        ("e/month=03/day=09/a.csv", "e/month={month:02d}/day={day_of_month:02d}/a.csv"),
        ("cells_20260302.csv", "cells_{day:%Y%m%d}.csv"),
        ("part-00001-ab.c000.csv.gz", "*.csv.gz"),
        ("cells.csv", "cells.csv"),
        ("n_12345678.csv", "n_12345678.csv"),
    ],
)
def test_a_days_path_becomes_every_days(path: str, made: str) -> None:
    assert template(path) == made


def test_a_plane_is_told_by_the_size_of_its_coordinates() -> None:
    assert plane_of(["4028177.3"], ["3100291.1"])[0] == "EPSG:3035"
    assert plane_of(["155000,5"], ["463000"])[0] == "EPSG:28992"
    assert plane_of(["12"], ["7"])[0] is None and plane_of([None], ["1"])[0] is None
