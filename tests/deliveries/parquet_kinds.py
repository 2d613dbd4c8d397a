"""Broken Parquet: cut, damaged, of other types, of another schema."""

from __future__ import annotations

import io
import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from kinds import Kind, landed, refused

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def columns(batch: int, n: int = 3, **changed: Any) -> dict[str, Any]:
    sound = {
        "imsi": pa.array([f"2040834{batch:04d}{i:04d}" for i in range(n)]),
        "at": pa.array([AT + timedelta(seconds=i) for i in range(n)], pa.timestamp("us", "UTC")),
        "mcc": pa.array([204] * n, pa.int32()),
        "mnc": pa.array(["08"] * n),
        "cell": pa.array(["c1"] * n),
        "type": pa.array(["attach"] * n),
        "ta": pa.array([3] * n, pa.int32()),
        "plmn": pa.nulls(n, pa.int32()),
        "imei": pa.array(["35"] * n),
    }
    return sound | changed


def bytes_of(columns: dict[str, Any], names: list[str] | None = None, **how: Any) -> bytes:
    out = io.BytesIO()
    arrays = [a if isinstance(a, pa.Array) else pa.array(a) for a in columns.values()]
    pq.write_table(pa.Table.from_arrays(arrays, names or list(columns)), out, **how)
    return out.getvalue()


def damaged() -> list[Kind]:
    whole = bytes_of(columns(200))
    page = bytearray(bytes_of(columns(201, 20_000), compression="zstd"))
    page[40:400] = bytes(255 - b for b in page[40:400])
    footer = bytearray(bytes_of(columns(202)))
    start = len(footer) - 8 - int.from_bytes(footer[-8:-4], "little")
    footer[start : start + 100] = b"\xff" * 100
    return [
        refused("cut.parquet", whole[:-20], "truncated", "lacks the end of a Parquet file"),
        refused("start_only.parquet", b"PAR1", "truncated", "lacks the end"),
        refused(
            "page_damaged.parquet", bytes(page), "unreadable", "cannot be read as the charter says"
        ),
        refused(
            "footer_damaged.parquet",
            bytes(footer),
            "unreadable",
            "cannot be read as the charter says",
        ),
        refused(
            "footer_too_long.parquet",
            b"PAR1" + b"x" * 50 + b"\xff\xff\xff\x7fPAR1",
            "unreadable",
            "cannot be read",
        ),
        refused(
            "parquet_behind_text.csv",
            b"x" + whole,
            "wrong_encoding",
            "line 1 is UTF-16 or no text at all",
        ),
        landed("parquet_but_named.csv", bytes_of(columns(203)), staged=3),
        landed("no_rows.parquet", bytes_of(columns(204, 0))),
    ]


def types() -> list[Kind]:
    stamps = [datetime(2026, 3, 2, 10, 0, i) for i in range(3)]
    mixed = {"imsi": pa.array(["20408340240" + str(i) for i in range(3)])}
    return [
        landed(
            "numbers.parquet",
            bytes_of(columns(210, imsi=pa.array([204083402100001, 204083402100002, None]))),
            staged=2,
            null_value=1,
        ),
        landed(
            "decimals.parquet",
            bytes_of(
                columns(
                    211,
                    imsi=pa.array(
                        [
                            Decimal("204083402110001"),
                            Decimal("204083402110002.50"),
                            Decimal("204083402110003"),
                        ],
                        pa.decimal128(20, 2),
                    ),
                )
            ),
            staged=2,
            cannot_parse=1,
        ),
        landed(
            "dictionary.parquet",
            bytes_of(
                {
                    k: v.dictionary_encode() if k in ("imsi", "cell", "type") else v
                    for k, v in columns(212).items()
                }
            ),
            staged=3,
        ),
        landed(
            "bytes.parquet",
            bytes_of(columns(213, imsi=pa.array([b"\x02\x13", b"\x02\x14", b""]))),
            staged=2,
            null_value=1,
        ),
        landed(
            "ms.parquet", bytes_of(columns(214, at=pa.array(stamps, pa.timestamp("ms")))), staged=3
        ),
        landed(
            "us.parquet", bytes_of(columns(215, at=pa.array(stamps, pa.timestamp("us")))), staged=3
        ),
        landed(
            "ns.parquet", bytes_of(columns(216, at=pa.array(stamps, pa.timestamp("ns")))), staged=3
        ),
        landed(
            "zoned.parquet",
            bytes_of(columns(217, at=pa.array(stamps, pa.timestamp("us", "Asia/Tokyo")))),
            staged=3,
        ),
        landed(
            "int96.parquet",
            bytes_of(
                columns(218, at=pa.array(stamps, pa.timestamp("ns"))),
                use_deprecated_int96_timestamps=True,
            ),
            staged=3,
        ),
        landed(
            "text_times.parquet",
            bytes_of(columns(219, at=pa.array(["2026-03-02 10:00:00", "soon", None]))),
            staged=1,
            cannot_parse=1,
            null_value=1,
        ),
        landed(
            "not_a_time.parquet",
            bytes_of(
                columns(
                    220, at=pa.array([2**63 - 1, -(2**63) + 1, 0]).view(pa.timestamp("us", "UTC"))
                )
            ),
            cannot_parse=2,
            out_of_range=1,
        ),
        landed(
            "floats.parquet",
            bytes_of(
                columns(
                    221, mcc=pa.array([204.0, math.nan, 204.5]), ta=pa.array([3.0, 3.0, math.inf])
                )
            ),
            staged=1,
            cannot_parse=2,
        ),
        landed(
            "all_null.parquet", bytes_of(columns(222, cell=pa.nulls(3, pa.string()))), no_location=3
        ),
        landed("null_type.parquet", bytes_of(columns(223, type=pa.nulls(3))), staged=3),
        landed(
            "blanks.parquet",
            bytes_of(columns(224, **mixed | {"cell": pa.array([" c1", "c2 ", " "])})),
            staged=2,
            no_location=1,
        ),
        refused(
            "float_identifier.parquet",
            bytes_of(columns(225, imsi=pa.array([2.04e14] * 3))),
            "wrong_columns",
            "column imsi is DOUBLE, not text or a whole number",
        ),
        refused(
            "nested.parquet",
            bytes_of(columns(226, cell=pa.array([["c1"]] * 3))),
            "wrong_columns",
            r"column cell is VARCHAR\[\]",
        ),
        refused(
            "nested_time.parquet",
            bytes_of(columns(227, at=pa.array([{"t": 1}] * 3))),
            "wrong_columns",
            "column at is STRUCT",
        ),
        refused(
            "epoch.parquet",
            bytes_of(columns(228, at=pa.array([1772449200] * 3))),
            "wrong_columns",
            "column at is BIGINT: give the moment of 0 as `epoch`",
        ),
        refused(
            "dates.parquet",
            bytes_of(columns(229, at=pa.array([AT.date()] * 3))),
            "wrong_columns",
            "column at is DATE, which holds no time of day",
        ),
        refused(
            "yes_or_no.parquet",
            bytes_of(columns(230, mcc=pa.array([True] * 3))),
            "wrong_columns",
            "column mcc is BOOLEAN",
        ),
    ]


def schemas() -> list[Kind]:
    lacks = columns(240)
    del lacks["cell"]
    twice = list(columns(241))
    return [
        refused(
            "lacks_a_column.parquet",
            bytes_of(lacks),
            "wrong_columns",
            "parquet lacks the column cell",
        ),
        refused(
            "column_twice.parquet",
            bytes_of(columns(241), [*twice[:-1], "imsi"]),
            "wrong_columns",
            "names a column twice",
        ),
        refused(
            "column_twice_by_case.parquet",
            bytes_of(columns(242), [*twice[:-1], "CELL"]),
            "wrong_columns",
            "names a column twice",
        ),
        landed(
            "other_case.parquet", bytes_of(columns(243), [name.upper() for name in twice]), staged=3
        ),
        landed(
            "nested_beside.parquet",
            bytes_of(columns(244, imei=pa.array([{"imsi": 1, "cell": [2]}] * 3))),
            staged=3,
        ),
        refused(
            "own_row_number.parquet",
            bytes_of(columns(245) | {"file_row_number": pa.array([1, 2, 3])}),
            "wrong_columns",
            "column file_row_number",
        ),
    ]


def all_kinds() -> list[Kind]:
    return [*damaged(), *types(), *schemas()]
