"""CSV, CSV.gz and Parquet by a mapping: tables written by hand against the rows they become."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from peil.charter.schema import Delivery
from peil.ingest.readers.generic import header
from peil.outcome import Refused

OURS = (
    "line, subscriber_id, observed_at, mcc, mnc, plmn, cell_id, event_type, timing_advance, defect"
)
MAPPING = Delivery(
    reader="generic",
    path="-",
    separator=";",
    time_format="%d-%m-%Y %H:%M:%S",
    time_zone="Europe/Amsterdam",
    columns={
        "subscriber_id": "IMSI",
        "observed_at": "TIME",
        "mcc": "MCC",
        "mnc": "MNC",
        "cell_id": "CELL",
        "event_type": "CODE",
        "timing_advance": "TA",
    },
)
AT = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
LINES = [
    "IMSI;TIME;MCC;MNC;CELL;CODE;TA;IMEI;OTHER",
    "2041;02-03-2026 08:30:00;204;08;c1;attach;3;35;0612",
    " 2042 ;02-03-2026 08:30:00;204;008; c2 ;;;35;",
]
EXPECTED = [
    (2, "2041", AT, 204, "08", None, "c1", "attach", 3, None),
    (3, "2042", AT, 204, "008", None, "c2", None, None, None),
]


def write(tmp_path: Path, content: str | bytes, name: str = "a.csv") -> Path:
    file = tmp_path / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def text(lines: list[str] = LINES, end: str = "\n") -> str:
    return end.join(lines) + end


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plain.csv", text()),
        ("no_last_line_end.csv", text().rstrip("\n")),
        ("crlf.csv", text(end="\r\n")),
        ("bom.csv", "\ufeff" + text()),
        ("bom_and_crlf.csv", "\ufeff" + text(end="\r\n")),
        ("quoted.csv", text().replace("attach", '"attach"').replace("c1", '"c1"')),
        ("quoted_header.csv", text().replace("IMSI;TIME", '"IMSI";"TIME"')),
        ("gz.csv.gz", gzip.compress(text().encode(), mtime=0)),
    ],
)
def test_every_way_to_write_a_csv_becomes_the_same_rows(
    desk: Any, tmp_path: Path, name: str, content: str | bytes
) -> None:
    rows, dropped = desk.events("generic", write(tmp_path, content, name), MAPPING, OURS)
    assert rows == EXPECTED
    assert dropped == ["IMEI", "OTHER"]


def test_columns_may_come_in_any_order(desk: Any, tmp_path: Path) -> None:
    turned = [";".join(reversed(line.split(";"))) for line in LINES]
    rows, _ = desk.events("generic", write(tmp_path, text(turned)), MAPPING, OURS)
    assert rows == EXPECTED


def test_parquet_becomes_the_same_rows(desk: Any, tmp_path: Path) -> None:
    heads, *records = [line.split(";") for line in LINES]
    columns = {head: [record[n] for record in records] for n, head in enumerate(heads)}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    rows, dropped = desk.events("generic", tmp_path / "a.parquet", MAPPING, OURS)
    assert [row[1:] for row in rows] == [row[1:] for row in EXPECTED]
    assert [row[0] for row in rows] == [1, 2]  # a Parquet file has no header line
    assert dropped == ["IMEI", "OTHER"]


def test_a_separator_in_quotes_is_part_of_the_field(desk: Any, tmp_path: Path) -> None:
    line = '2041;02-03-2026 08:30:00;204;08;"c;1";"say ""a""";3;35;0612'
    rows, _ = desk.events("generic", write(tmp_path, text([LINES[0], line])), MAPPING, OURS)
    assert rows[0][6:] == ("c;1", 'say "a"', 3, None)


@pytest.mark.parametrize(
    ("line", "defect"),
    [
        ("2041;02-03-2026 08:30:00;204;08;c1", "cannot_parse"),  # too few columns
        ("2041;02-03-2026 08:30:00;204;08;c1;attach;3;35;0612;more", "cannot_parse"),
        ("2041;2026-03-02 08:30:00;204;08;c1;attach;3;35;", "cannot_parse"),
        ("2041;31-02-2026 08:30:00;204;08;c1;attach;3;35;", "cannot_parse"),
        ("2041;02-03-2026 08:30:00;two;08;c1;attach;3;35;", "cannot_parse"),
        ("2041;02-03-2026 08:30:00;204;08;c1;attach;far;35;", "cannot_parse"),
        (";02-03-2026 08:30:00;204;08;c1;attach;3;35;", "null_value"),
        ("2041;;204;08;c1;attach;3;35;", "null_value"),
        ("2041;02-03-2026 08:30:00;;;;;;;", None),  # no network, no cell: staging says why
    ],
)
def test_a_record_that_cannot_be_read_is_kept_with_its_defect(
    desk: Any, tmp_path: Path, line: str, defect: str | None
) -> None:
    file = write(tmp_path, text([LINES[0], line, LINES[1]]))
    rows, _ = desk.events("generic", file, MAPPING, "line, defect")
    assert rows == [(2, defect), (3, None)]


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("29-03-2026 01:59:59", datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC)),
        ("29-03-2026 03:00:00", datetime(2026, 3, 29, 1, 0, 0, tzinfo=UTC)),
        ("25-10-2026 01:59:59", datetime(2026, 10, 24, 23, 59, 59, tzinfo=UTC)),
        ("25-10-2026 03:00:00", datetime(2026, 10, 25, 2, 0, 0, tzinfo=UTC)),
    ],
)
def test_local_time_is_read_right_around_a_change_of_the_clock(
    desk: Any, tmp_path: Path, local: str, utc: datetime
) -> None:
    file = write(tmp_path, text([LINES[0], LINES[1].replace("02-03-2026 08:30:00", local)]))
    rows, _ = desk.events("generic", file, MAPPING, "observed_at")
    assert rows == [(utc,)]


def test_an_iso_moment_is_read_without_a_format(desk: Any, tmp_path: Path) -> None:
    plain = MAPPING.model_copy(update={"time_format": None, "time_zone": "UTC"})
    line = LINES[1].replace("02-03-2026 08:30:00", "2026-03-02 07:30:00")
    rows, _ = desk.events("generic", write(tmp_path, text([LINES[0], line])), plain, OURS)
    assert rows == EXPECTED[:1]


@pytest.mark.parametrize(
    ("moment", "read"),
    [
        ("2026-03-02 07:30:00 UTC", datetime(2026, 3, 2, 7, 30, tzinfo=UTC)),
        ("2026-03-02 07:30:00.5 utc", datetime(2026, 3, 2, 7, 30, 0, 500_000, tzinfo=UTC)),
        ("2026-03-02 07:30:00-05:00:00", datetime(2026, 3, 2, 12, 30, tzinfo=UTC)),
        ("2026-03-02", None),  # no moment: a cast would say midnight
    ],
)
def test_text_that_says_utc_is_no_local_time_and_a_day_no_midnight(
    desk: Any, tmp_path: Path, moment: str, read: datetime | None
) -> None:
    local = MAPPING.model_copy(update={"time_format": None, "time_zone": "Asia/Kolkata"})
    line = LINES[1].replace("02-03-2026 08:30:00", moment)
    file = write(tmp_path, text([LINES[0], line]))
    rows, _ = desk.events("generic", file, local, "observed_at, defect")
    assert rows == [(read, None if read else "cannot_parse")]


def test_the_network_of_the_charter_fills_what_records_lack(desk: Any, tmp_path: Path) -> None:
    given = MAPPING.model_copy(update={"mcc": 204, "mnc": "08"})
    file = write(tmp_path, text([LINES[0], "2041;02-03-2026 08:30:00;;;c1;;;;"]))
    rows, _ = desk.events("generic", file, given, "mcc, mnc")
    assert rows == [(204, "08")]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.csv", b"", "empty.csv is empty"),
        (
            "cut.csv.gz",
            gzip.compress(text().encode(), mtime=0)[:20],
            "cut.csv.gz cannot be read as gzip",
        ),
        ("no.csv.gz", b"plain text", "no.csv.gz, line 1 lacks the column IMSI"),
        ("latin.csv", "IMSI;TÏME\n".encode("latin-1"), "latin.csv, line 1 is not UTF-8"),
        ("twice.csv", text().replace("CODE", "CELL", 1), "line 1 names a column twice"),
        ("lacks.csv", text().replace("CELL", "SITE", 1), "lacks.csv, line 1 lacks the column CELL"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_file_and_line(
    desk: Any, tmp_path: Path, name: str, content: str | bytes, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence) as refused:
        desk.events("generic", write(tmp_path, content, name), MAPPING)
    assert "2041" not in str(refused.value)


PLAN = Delivery(
    reader="generic",
    path="-",
    separator=";",
    time_zone="Europe/Amsterdam",
    columns={
        "cell_id": "NAME",
        "latitude": "LAT",
        "longitude": "LON",
        "is_directional": "DIR",
        "power_w": "W",
        "valid_from": "FROM",
    },
)


def test_a_cell_plan_is_typed(desk: Any, tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "LON;NAME;LAT;W;DIR;FROM;COST\n4.9;c1;52.37;10;true;2026-01-01;7\n5.1;c2;52.4;;0;;\n",
    )
    columns = "cell_id, latitude, longitude, is_directional, power_w, valid_from"
    start = datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert desk.cells("generic", file, PLAN, columns) == [
        ("c1", 52.37, 4.9, True, 10.0, start),
        ("c2", 52.4, 5.1, False, None, None),
    ]


def test_a_decimal_comma_is_read_where_the_charter_says_so(desk: Any, tmp_path: Path) -> None:
    file = write(tmp_path, "LON;NAME;LAT;W;DIR;FROM\n4,9;c1;52,37;10;1;\n")
    comma = PLAN.model_copy(update={"decimal": ","})
    assert desk.cells("generic", file, comma, "latitude, longitude") == [(52.37, 4.9)]
    with pytest.raises(Refused, match="line 2, latitude"):
        desk.cells("generic", file, PLAN)
    file = write(tmp_path, "LON;NAME;LAT;W;DIR;FROM\n4,9;c1;52,37;1.800;1;\n")
    with pytest.raises(Refused, match="line 2, power_w: cannot be read"):  # 1800, and not 1.8
        desk.cells("generic", file, comma)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("far;c2;52.4;10;1;", "line 3, longitude: cannot be read"),
        ("5.1;c2;52.4;10;perhaps;", "line 3, is_directional: cannot be read"),
        ("5.1;c2;52.4;10;1;yesterday", "line 3, valid_from: cannot be read"),
        ("5.1;c2", "line 3, record: cannot be read"),
        ("5.1;c\xff2;52.4;10;1;", "line 3, record: cannot be read"),
    ],
)
def test_a_cell_plan_is_never_read_in_part(
    desk: Any, tmp_path: Path, line: str, sentence: str
) -> None:
    sound = "4.9;c1;52.37;10;true;2026-01-01"
    content = "\n".join(["LON;NAME;LAT;W;DIR;FROM", sound, line, sound]) + "\n"
    file = write(tmp_path, content.encode("latin-1"), "plan.csv")
    with pytest.raises(Refused, match=f"plan.csv, {sentence}") as refused:
        desk.cells("generic", file, PLAN)
    assert "far" not in str(refused.value) and "yesterday" not in str(refused.value)


def test_a_header_is_read_without_its_byte_order_mark(tmp_path: Path) -> None:
    assert header(write(tmp_path, '\ufeffa; b ;"c;d"\r\n'), ";") == ["a", "b", "c;d"]


@pytest.mark.parametrize(
    ("written", "seconds", "utc"),
    [
        ("1772436600", 1, AT),
        ("1772436600000", 0.001, AT),
        ("1772436600.25", 1, AT.replace(microsecond=250_000)),
    ],
)
def test_a_number_since_1970_is_read_where_the_charter_gives_the_epoch(
    desk: Any, tmp_path: Path, written: str, seconds: float, utc: datetime
) -> None:
    numbers = MAPPING.model_copy(
        update={"epoch": datetime(1970, 1, 1, tzinfo=UTC), "seconds_per_t": seconds}
    )
    line = LINES[1].replace("02-03-2026 08:30:00", written)
    bad = LINES[1].replace("02-03-2026 08:30:00", "1e300")
    file = write(tmp_path, text([LINES[0], line, bad]))
    rows, _ = desk.events("generic", file, numbers, "observed_at, defect")
    assert rows == [(utc, None), (None, "cannot_parse")]


@pytest.mark.parametrize(
    "written",
    ["2026-03-02 08:30:00+01:00", "2026-03-02T07:30:00Z", "2026-03-02 09:30:00.000 +02"],
)
def test_a_moment_that_says_its_offset_is_read_by_it(
    desk: Any, tmp_path: Path, written: str
) -> None:
    line = LINES[1].replace("02-03-2026 08:30:00", written)
    file = write(tmp_path, text([LINES[0], line]))
    plain = MAPPING.model_copy(update={"time_format": None})
    assert desk.events("generic", file, plain, "observed_at")[0] == [(AT,)]
    if written.endswith("+01:00"):
        with_offset = MAPPING.model_copy(update={"time_format": "%Y-%m-%d %H:%M:%S%z"})
        assert desk.events("generic", file, with_offset, "observed_at")[0] == [(AT,)]


def test_a_plan_on_a_plane_says_which(desk: Any, tmp_path: Path) -> None:
    plane = Delivery(
        reader="generic",
        path="-",
        crs="EPSG:28992",
        columns={"cell_id": "c", "x_m": "x", "y_m": "y"},
    )
    file = write(tmp_path, "c,x,y\na,155000,463000\n")
    assert desk.cells("generic", file, plane) == [("a", 155000.0, 463000.0, "EPSG:28992")]
